"""Distances estimated from particles: the value, its standard error and its noise floor.

TV, KL and Hellinger are computed on cells, in one and two dimensions: plug-in values, biased upward
by noise (the floor) and downward by what happens within a cell (the blur). The cells are cut by
medians of the target's draws and the particles pooled, so that they are fine where either law is.
In more dimensions as many cells as particles can fill see almost nothing, and that is refused.

SW1 and SW2, the sliced distances (``sliced``), see much smaller distances from three dimensions on.
W1 and W2 pair sorted particles with target quantiles on the line; elsewhere they are the mean of
optimal assignments between disjoint groups of at most 600 particles and as many draws of the
target. The noise floor is what the same estimator returns, on average, for draws of the target
itself: below it nothing is seen.

Larger groups would help little for their time. POT's network simplex (0.9.7, ``ot.emd2``) gives the
same numbers as SciPy's assignment; for groups of 1,200 in the plane it needs 0.4 of the time, in
eight dimensions the same. Four such groups lower the floor of W2 from 0.20 to 0.15 in the plane and
from 1.5 to 1.4 in eight dimensions, for 1.7 and 4 times the time of eight groups of 600. POT also
takes 180 MB, so it is no dependency.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from diffusion_core.distances.sliced import SLICED, sliced
from diffusion_core.errors import Refused
from diffusion_core.schedules import Array

Sample = Callable[[int, np.random.Generator], Array]
LEAST_PARTICLES = 100
BOOTSTRAPS = 100
RESAMPLES = 20
GROUPS, GROUP_SIZE = 8, 600
REFERENCE = 400_000
LARGEST_HALF = 100_000  # particles, and draws of the target, that cut the cells
MOST_DIM = 2  # for cells
GROWTH = {1: 0.4, 2: 0.5}  # the power of n with which cells grow in number, by dimension
BLUR = {"tv": 1.0, "kl": 1.5, "hellinger": 1.5}  # what is lost, over these changes


@dataclass(frozen=True)
class Estimate:
    """A distance from particles.

    standard_error: how much ``value`` would scatter over seeds.
    noise_floor: the mean value for particles that are draws of the target.
    blur: what the cells hide, judged by the change from cells twice as wide on every axis, or by
    half the change from these to cells four times as wide, whichever is larger.
    size: particles that enter one evaluation (a group's size for assignments).
    """

    value: float
    standard_error: float
    noise_floor: float
    size: int
    blur: float = 0.0

    @property
    def error(self) -> float:
        """Three standard errors, the floor and the blur: covers the truth in 95 % of seeds.

        Three and not two, because floor and standard error are themselves estimated.
        """
        return 3 * self.standard_error + self.noise_floor + self.blur


def check_estimate(metric: str, dim: int) -> None:
    """Refused where no estimator here would see the distance."""
    if metric in _CELL_METRICS and dim > MOST_DIM:
        raise Refused(
            f"{metric}: particles give no estimate in {dim} dimensions, at most in {MOST_DIM}: "
            "cells that hold enough particles are too wide; use sw1 or sw2, or w1 or w2"
        )


def estimate(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    """The metric between at least 100 particles (N, d) and the target that ``perfect`` draws."""
    check_estimate(metric, points.shape[1])
    if metric in _CELL_METRICS:
        return _binned(metric, points, perfect, rng)
    if metric in SLICED:
        return Estimate(*sliced(SLICED[metric], points, perfect, rng))
    if points.shape[1] == 1:
        return _sorted(metric, points[:, 0], perfect, rng)
    return _assigned(metric, points, perfect, rng)


def cell_count(n: int, dim: int) -> int:
    """Cells for a histogram of n particles: about n^{2/5}, n^{1/2} in the plane; a power of two."""
    return 1 << max(2, min(12, round(GROWTH[dim] * math.log2(n))))


def _binned(metric: str, points: Array, perfect: Sample, rng: np.random.Generator) -> Estimate:
    n, dim = points.shape
    cells, size, of = cell_count(n, dim), min(10 * n, REFERENCE), _CELL_METRICS[metric]
    half = max(min(n, LARGEST_HALF), 20 * cells)
    some = points[rng.choice(n, size=half, replace=half > n)]
    tree = MedianTree(np.concatenate([perfect(half, rng), some]), cells)
    counts, known = tree.count(points), tree.count(perfect(size, rng))

    def redrawn(shares: Array, size: int) -> Array:
        return rng.multinomial(size, shares, size=BOOTSTRAPS).astype(float)

    value = float(of(counts, known))
    p, q = known / size, counts / n
    references = redrawn(p, size)
    floor = of(redrawn(p, n), references)
    # the plug-in q is noise away from p even for equal laws: resampling it would count that twice
    shrink = math.sqrt(max(0.0, 1 - float((floor.mean() / value) ** 2))) if value > 0 else 0.0
    again = of(redrawn(p + shrink * (q - p), n), references)
    half_fine, quarter = (float(of(_merged(counts, k), _merged(known, k))) for k in (dim, 2 * dim))
    # a law thinner than the cells changes little by one halving, but more by the one before
    blur = BLUR[metric] * max(abs(value - half_fine), 0.5 * abs(half_fine - quarter))
    return Estimate(value, float(again.std()), float(floor.mean()), n, blur)


def _merged(counts: Array, levels: int) -> Array:
    """Counts of the cells before the last cuts, one an axis: half the resolution."""
    return counts.reshape(max(1, len(counts) >> levels), -1).sum(axis=1)


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
    """Space cut into 2^k cells by medians of a reference sample, its principal axes in turn."""

    def __init__(self, reference: Array, cells: int) -> None:
        self._depth, self._cells = cells.bit_length() - 1, cells
        dim = reference.shape[1]
        self._normal, self._cut = np.zeros((cells, dim)), np.zeros(cells)
        groups = [reference]
        for node in range(1, cells):
            group = groups[node - 1]
            self._normal[node] = _axis(group, node.bit_length() - 1)
            along = group @ self._normal[node]
            self._cut[node] = np.median(along) if len(group) else 0.0
            right = along > self._cut[node]
            groups += [group[~right], group[right]]

    def count(self, points: Array) -> Array:
        """How many points fall in each cell, (2^k,)."""
        node: NDArray[np.intp] = np.ones(len(points), dtype=np.intp)
        for _ in range(self._depth):
            along = np.einsum("nd,nd->n", points, self._normal[node])
            node = 2 * node + (along > self._cut[node])
        return np.bincount(node - self._cells, minlength=self._cells).astype(float)


def _axis(group: Array, depth: int) -> Array:
    """The principal axis of a group of points whose turn it is at this depth of the tree."""
    dim = group.shape[1]
    if len(group) < 2:  # draws that coincide leave cells without any
        return np.eye(dim)[0]
    return np.linalg.eigh(np.cov(group.T).reshape(dim, dim))[1][:, -1 - depth % dim]


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
        cost = scipy.spatial.distance.cdist(a, b) ** power
        i, j = scipy.optimize.linear_sum_assignment(cost)
        return float(cost[i, j].mean() ** (1 / power))

    chosen = rng.permutation(len(points))[: GROUPS * size].reshape(GROUPS, size)
    values = [of(points[group]) for group in chosen]
    floor = [of(perfect(size, rng)) for _ in range(GROUPS)]
    spread = float(np.std(values, ddof=1)) / math.sqrt(GROUPS)
    return Estimate(float(np.mean(values)), spread, float(np.mean(floor)), size)
