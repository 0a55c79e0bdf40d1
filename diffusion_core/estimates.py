"""Distances estimated from particles: the value, its standard error and its noise floor.

TV, KL and Hellinger are computed on cells of equal target mass, cut by medians of draws of the
target: plug-in values, biased upward by noise (the floor) and downward by what happens within a
cell (the blur). W1 and W2 pair sorted particles with target quantiles on the line; elsewhere they
are the mean of optimal assignments between disjoint groups of at most 600 particles and as many
draws of the target. The noise floor is what the same estimator returns, on average, for draws of
the target itself: below it nothing is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from diffusion_core.schedules import Array

Sample = Callable[[int, np.random.Generator], Array]
LEAST_PARTICLES = 100
BOOTSTRAPS = 100
RESAMPLES = 20
GROUPS, GROUP_SIZE = 8, 600
REFERENCE = 400_000


@dataclass(frozen=True)
class Estimate:
    """A distance from particles.

    standard_error: how much ``value`` would scatter over seeds.
    noise_floor: the mean value for particles that are draws of the target.
    blur: what the cells hide, judged by the change from half as many.
    size: particles that enter one evaluation (a group's size for assignments).
    """

    value: float
    standard_error: float
    noise_floor: float
    size: int
    blur: float = 0.0

    @property
    def error(self) -> float:
        """Two standard errors, the noise floor and the blur: covers the truth in 95 % of seeds."""
        return 2 * self.standard_error + self.noise_floor + self.blur


def estimate(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    """The metric between at least 100 particles (N, d) and the target that ``perfect`` draws."""
    if metric in _CELL_METRICS:
        return _binned(metric, points, perfect, rng)
    if points.shape[1] == 1:
        return _sorted(metric, points[:, 0], perfect, rng)
    return _assigned(metric, points, perfect, rng)


def cell_count(n: int) -> int:
    """Cells for a histogram of n particles, about n^{2/5}, a power of two."""
    return 1 << max(2, min(12, round(0.4 * math.log2(n))))


def _binned(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    n, cells = len(points), cell_count(len(points))
    size = min(10 * n, REFERENCE)
    tree = MedianTree(perfect(max(size // 4, 20 * cells), rng), cells)
    counts, known = tree.count(points), tree.count(perfect(size, rng))
    of = _CELL_METRICS[metric]

    def redrawn(counts: Array, size: int) -> Array:
        return rng.multinomial(size, counts / counts.sum(), size=BOOTSTRAPS).astype(float)

    value = float(of(counts, known))
    references = redrawn(known, size)
    again = of(redrawn(counts, n), references)
    floor = of(redrawn(known, n), references)
    coarse = float(of(_siblings(counts), _siblings(known)))
    return Estimate(value, float(again.std()), float(floor.mean()), n, abs(value - coarse))


def _siblings(counts: Array) -> Array:
    """Counts of the cells before the last cut."""
    return counts.reshape(-1, 2).sum(axis=1)


def _tv(q: Array, p: Array) -> Array:
    return 0.5 * np.abs(_shares(q) - _shares(p)).sum(axis=-1)


def _kl(q: Array, p: Array) -> Array:
    # half a particle in every cell: an empty one does not make KL infinite
    q, p = _shares(q + 0.5), _shares(p + 0.5)
    return (p * np.log(p / q)).sum(axis=-1)


def _hellinger(q: Array, p: Array) -> Array:
    gap = np.sqrt(_shares(q)) - np.sqrt(_shares(p))
    return np.sqrt(0.5 * (gap**2).sum(axis=-1))


def _shares(counts: Array) -> Array:
    return counts / counts.sum(axis=-1, keepdims=True)


_CELL_METRICS = {"tv": _tv, "kl": _kl, "hellinger": _hellinger}


class MedianTree:
    """Space cut into 2^k cells by medians of a reference sample, the axes in turn by spread."""

    def __init__(self, reference: Array, cells: int) -> None:
        self._depth = cells.bit_length() - 1
        self._cells = cells
        self._axis = np.zeros(cells, dtype=int)
        self._cut = np.zeros(cells)
        groups = [reference]
        for node in range(1, cells):
            group = groups[node - 1]
            if not len(group):  # draws that coincide leave cells without any
                groups += [group, group]
                continue
            axis = int(np.argmax(group.std(axis=0)))
            cut = float(np.median(group[:, axis]))
            self._axis[node], self._cut[node] = axis, cut
            right = group[:, axis] > cut
            groups += [group[~right], group[right]]

    def count(self, points: Array) -> Array:
        """How many points fall in each cell, (2^k,)."""
        node: NDArray[np.intp] = np.ones(len(points), dtype=np.intp)
        rows = np.arange(len(points))
        for _ in range(self._depth):
            node = 2 * node + (points[rows, self._axis[node]] > self._cut[node])
        return np.bincount(node - self._cells, minlength=self._cells).astype(float)


def _sorted(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    n, power = len(points), 1 if metric == "w1" else 2
    reference = np.sort(perfect(REFERENCE, rng)[:, 0])
    level = (np.arange(n) + 0.5) / n
    quantile = np.interp(level, (np.arange(REFERENCE) + 0.5) / REFERENCE, reference)

    def of(sample: Array) -> float:
        return float((np.abs(np.sort(sample) - quantile) ** power).mean() ** (1 / power))

    again = [of(points[rng.integers(n, size=n)]) for _ in range(RESAMPLES)]
    floor = [of(perfect(n, rng)[:, 0]) for _ in range(RESAMPLES)]
    return Estimate(of(points), float(np.std(again)), float(np.mean(floor)), n)


def _assigned(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    size, power = min(len(points) // GROUPS, GROUP_SIZE), 1 if metric == "w1" else 2

    def of(a: Array) -> float:
        b = perfect(size, rng)
        cost = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1)) ** power
        i, j = linear_sum_assignment(cost)
        return float(cost[i, j].mean() ** (1 / power))

    chosen = rng.permutation(len(points))[: GROUPS * size].reshape(GROUPS, size)
    values = [of(points[group]) for group in chosen]
    floor = [of(perfect(size, rng)) for _ in range(GROUPS)]
    spread = float(np.std(values, ddof=1)) / math.sqrt(GROUPS)
    return Estimate(float(np.mean(values)), spread, float(np.mean(floor)), size)
