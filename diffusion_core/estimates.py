"""Distances estimated from particles: the value, its standard error and its noise floor.

TV, KL and Hellinger are computed on cells that hold equal target mass: quantile cells on the line,
cells of a k-d tree in higher dimension. W1 and W2 pair sorted particles with target quantiles on the
line, and are optimal assignments between subsamples elsewhere. The noise floor is what the same
estimator returns, on average, for as many draws of the target itself: below it nothing is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from diffusion_core.laws.particles import bin_count
from diffusion_core.schedules import Array

Sample = Callable[[int, np.random.Generator], Array]
BOOTSTRAPS = 100
ASSIGNED = 600
REFERENCE = 400_000


@dataclass(frozen=True)
class Estimate:
    """``error`` = standard error + noise floor + what the cells blur: it is meant to cover the truth."""

    value: float
    standard_error: float
    noise_floor: float
    blur: float = 0.0

    @property
    def error(self) -> float:
        return self.standard_error + self.noise_floor + self.blur


def estimate(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    """The metric between particles (N, d) and the target that ``perfect`` draws from."""
    if metric in ("tv", "kl", "hellinger"):
        return _binned(metric, points, perfect, rng)
    if points.shape[1] == 1:
        return _sorted(metric, points[:, 0], perfect, rng)
    return _assigned(metric, points, perfect, rng)


def _binned(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    n, cells = len(points), bin_count(len(points))
    reference = perfect(max(min(10 * n, REFERENCE), 20 * cells), rng)
    half = len(reference) // 2
    tree = MedianTree(reference[:half], cells)
    # the second half measures the cells that the first half chose
    p = (tree.count(reference[half:]) + 0.5) / (len(reference) - half + 0.5 * cells)
    counts = tree.count(points)
    of = _CELL_METRICS[metric]
    value = of(counts / n, p)
    again = of(rng.multinomial(n, counts / n, size=BOOTSTRAPS) / n, p)
    floor = of(rng.multinomial(n, p, size=BOOTSTRAPS) / n, p)
    joined = of((counts.reshape(-1, 2) / n).sum(-1), p.reshape(-1, 2).sum(-1))
    return Estimate(
        float(value), float(again.std()), float(floor.mean()), float(abs(value - joined))
    )


def _tv(f: Array, p: Array) -> Array:
    return 0.5 * np.abs(f - p).sum(axis=-1)


def _kl(f: Array, p: Array) -> Array:
    f = np.maximum(f, 1e-3 * p)
    return (p * np.log(p / f)).sum(axis=-1)


def _hellinger(f: Array, p: Array) -> Array:
    return np.sqrt(0.5 * ((np.sqrt(f) - np.sqrt(p)) ** 2).sum(axis=-1))


_CELL_METRICS = {"tv": _tv, "kl": _kl, "hellinger": _hellinger}


class MedianTree:
    """Space cut into 2^k cells by medians of a reference sample, the axes in turn by spread."""

    def __init__(self, reference: Array, cells: int) -> None:
        self._depth = cells.bit_length() - 1
        self._cells = cells
        self._axis = np.zeros(cells, dtype=int)
        self._cut = np.zeros(cells)
        groups = [reference]
        node = 1
        for _ in range(self._depth):
            halves = []
            for group in groups:
                axis = int(np.argmax(group.std(axis=0))) if len(group) > 1 else 0
                cut = float(np.median(group[:, axis])) if len(group) else 0.0
                self._axis[node], self._cut[node] = axis, cut
                right = group[:, axis] > cut
                halves += [group[~right], group[right]]
                node += 1
            groups = halves

    def count(self, points: Array) -> Array:
        """How many points fall in each cell, (2^k,)."""
        node = np.ones(len(points), dtype=int)
        rows = np.arange(len(points))
        for _ in range(self._depth):
            node = 2 * node + (points[rows, self._axis[node]] > self._cut[node])
        return np.bincount(node - self._cells, minlength=self._cells)


def _sorted(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    n, power = len(points), 1 if metric == "w1" else 2
    reference = np.sort(perfect(REFERENCE, rng)[:, 0])
    level = (np.arange(n) + 0.5) / n
    quantile = np.interp(level, (np.arange(REFERENCE) + 0.5) / REFERENCE, reference)

    def of(sample: Array) -> float:
        return float((np.abs(np.sort(sample) - quantile) ** power).mean() ** (1 / power))

    again = [of(points[rng.integers(n, size=n)]) for _ in range(20)]
    floor = [of(perfect(n, rng)[:, 0]) for _ in range(20)]
    return Estimate(of(points), float(np.std(again)), float(np.mean(floor)))


def _assigned(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    size, power = min(len(points), ASSIGNED), 1 if metric == "w1" else 2

    def of(a: Array, b: Array) -> float:
        cost = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1)) ** power
        i, j = linear_sum_assignment(cost)
        return float(cost[i, j].mean() ** (1 / power))

    def draw() -> Array:
        return points[rng.choice(len(points), size=size, replace=False)]

    values = [of(draw(), perfect(size, rng)) for _ in range(5)]
    floor = [of(perfect(size, rng), perfect(size, rng)) for _ in range(5)]
    return Estimate(float(np.mean(values)), float(np.std(values)), float(np.mean(floor)))
