"""The law of F(X) on the line where F folds: a piecewise cubic model of F, its branches summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from diffusion_core.errors import Refused
from diffusion_core.laws.line.pushforward import Flow, TransportLaw, outside
from diffusion_core.schedules import Array, Index, Mask
from diffusion_core.targets.base import Marginal

MODEL_NODES = 60_000
MODEL_EDGES, MOST_EDGES = 6_000, 60_000
ROUNDS = 14
MOST_CROSSINGS = 40_000_000  # edges inside the monotone pieces of a folding map
PART = 2_000_000  # of them looked at together


class FoldedLaw:
    """The law of F(X) for an F that folds: a piecewise cubic model of F, its branches summed."""

    def __init__(self, law: TransportLaw, tolerance: float, stop: Callable[[], None]) -> None:
        self._start = law.start
        self._x, self._y = law.x, law.y
        self._most_edges = max(MODEL_EDGES, min(4 * law.begun, MOST_EDGES))
        self._refine(law.flow, tolerance, stop)
        self._pieces = _monotone_pieces(self._x, self._y)
        self._edges = self._first_edges()
        masses = self._pieces.masses(self._edges, self._x, self._start)
        self._masses = masses[1:-1]
        # the start law's own tails run off along the outermost branches
        low, high = outside(self._start, self._x)
        self._tails = masses[[0, -1]] + ([low, high] if self._y[0] < self._y[-1] else [high, low])

    def _refine(self, flow: Flow, tolerance: float, stop: Callable[[], None]) -> None:
        """Add midpoints where the model misses them; sets ``error`` and ``displacement``."""
        cells = np.arange(len(self._x) - 1)
        share, miss = np.ones(len(cells)), np.zeros(len(cells))
        most = max(MODEL_NODES, 3 * len(self._x))
        for _ in range(ROUNDS):
            stop()
            middle = 0.5 * (self._x[cells] + self._x[cells + 1])
            image = flow(middle)
            off = np.abs(image - self._modelled(cells))
            span = np.maximum(np.abs(np.diff(self._y)[cells]), 1e-300)
            # halving the cell divides a cubic's misfit by 16, its share of the mass by 8
            share[cells], miss[cells] = 2 * off / np.maximum(span, 2 * off) / 4, off / 4
            share, miss = (np.insert(v, cells + 1, v[cells]) for v in (share, miss))
            self._x = np.insert(self._x, cells + 1, middle)
            self._y = np.insert(self._y, cells + 1, image)
            mass = self._start.interval_mass(self._x)
            error = share * mass
            cells = np.flatnonzero(error > tolerance / (4 * len(error)))
            if error.sum() <= tolerance or len(self._x) + len(cells) > most:
                break
        self.error = float(error.sum())
        self.displacement = (float(mass @ miss), math.sqrt(float(mass @ miss**2)))

    def _modelled(self, cells: Index) -> Array:
        """The model's value in the middle of the given cells."""
        coefficients = _local_cubics(self._x, self._y)[:, cells]
        return _value(coefficients, np.full(len(cells), 0.5))

    def _first_edges(self) -> Array:
        """The images of the nodes, thinned, and every turning point."""
        turning = np.concatenate([self._pieces.y0, self._pieces.y1])
        distinct = np.unique(np.concatenate([self._y, turning]))
        stride = max(1, len(distinct) // self._most_edges)
        turns = turning[np.isin(turning, self._y, invert=True)]
        return np.union1d(np.append(distinct[::stride], distinct[-1]), turns)

    @property
    def edges(self) -> Array:
        return self._edges

    @property
    def masses(self) -> Array:
        return self._masses

    @property
    def tails(self) -> Array:
        return self._tails

    @property
    def divisible(self) -> Mask:
        return np.diff(self._edges) > 4 * np.spacing(np.abs(self._edges[1:]))

    def split(self, cells: Index) -> None:
        if not len(cells):
            return
        left, right = self._edges[cells], self._edges[cells + 1]
        middle = 0.5 * (left + right)
        cuts = np.unique(np.concatenate([left, middle, right]))
        masses = self._pieces.masses(cuts, self._x, self._start)
        first = np.searchsorted(cuts, middle)
        self._masses[cells] = masses[first]
        self._masses = np.insert(self._masses, cells + 1, masses[first + 1])
        self._edges = np.insert(self._edges, cells + 1, middle)


def parts_of(count: Index) -> Iterator[slice]:
    """Slices of consecutive entries, each of at most ``PART`` in sum or of one entry."""
    total, first = np.cumsum(count), 0
    while first < len(count):
        done = total[first] - count[first]
        last = max(first + 1, int(np.searchsorted(total, done + PART, side="right")))
        yield slice(first, last)
        first = last


def _local_cubics(x: Array, y: Array) -> Array:
    """The cubic through the four nearest nodes, in s = (x - x_i)/(x_{i+1} - x_i): (4, M-1)."""
    n = len(x)
    first = np.clip(np.arange(n - 1) - 1, 0, n - 4)
    nodes = first[None, :] + np.arange(4)[:, None]
    h = np.diff(x)
    s = (x[nodes] - x[:-1]) / h
    v = y[nodes]
    d1 = (v[1:] - v[:-1]) / (s[1:] - s[:-1])
    d2 = (d1[1:] - d1[:-1]) / (s[2:] - s[:-2])
    d3 = (d2[1] - d2[0]) / (s[3] - s[0])
    a, b, c = s[0], s[1], s[2]
    return np.stack(
        [
            v[0] - d1[0] * a + d2[0] * a * b - d3 * a * b * c,
            d1[0] - d2[0] * (a + b) + d3 * (a * b + a * c + b * c),
            d2[0] - d3 * (a + b + c),
            d3,
        ]
    )


def _value(c: Array, s: Array) -> Array:
    return c[0] + s * (c[1] + s * (c[2] + s * c[3]))


class _Pieces:
    """Monotone pieces of the model: cell, s-interval and the values at its ends."""

    def __init__(self, cell: Index, s0: Array, s1: Array, coefficients: Array) -> None:
        self.cell, self.s0, self.s1, self._c = cell, s0, s1, coefficients
        self.y0 = _value(coefficients[:, cell], s0)
        self.y1 = _value(coefficients[:, cell], s1)

    def masses(self, edges: Array, x: Array, start: Marginal) -> Array:
        """Mass of every cell of the partition by ``edges``, (M+1,)."""
        low, high = np.minimum(self.y0, self.y1), np.maximum(self.y0, self.y1)
        a = np.searchsorted(edges, low, side="right")
        inside = np.maximum(np.searchsorted(edges, high, side="left") - a, 0)
        if inside.sum() > MOST_CROSSINGS:
            raise Refused(
                f"the map of this run folds so often that its branches meet {inside.sum():.2g} "
                f"cells, above the limit of {MOST_CROSSINGS:,}; use more steps, a wider bandwidth, "
                "another sampler or the particles method"
            )
        out = np.zeros(len(edges) + 1)
        for part in parts_of(inside + 2):
            self._add_masses(out, part, a, inside, edges, x, start)
        return out

    def _add_masses(
        self,
        out: Array,
        part: slice,
        a: Index,
        inside: Index,
        edges: Array,
        x: Array,
        start: Marginal,
    ) -> None:
        """Add what some of the pieces bring; a: the first edge in each, inside: how many."""
        piece = part.start + np.repeat(np.arange(part.stop - part.start), inside[part] + 2)
        begin = np.cumsum(inside[part] + 2) - (inside[part] + 2)
        rank = np.arange(len(piece)) - begin[piece - part.start]
        rising = (self.y1 >= self.y0)[piece]
        s = np.where(rising, self.s0[piece], self.s1[piece])
        last = rank == inside[piece] + 1
        s[last] = np.where(rising, self.s1[piece], self.s0[piece])[last]
        middle = (rank > 0) & ~last
        crossing = edges[(a[piece] + rank - 1)[middle]]
        s[middle] = self._solve(piece[middle], crossing)
        cell = self.cell[piece]
        mass = np.abs(np.diff(start.cdf(x[cell] + s * np.diff(x)[cell])))
        within = np.diff(piece) == 0
        np.add.at(out, (a[piece] + rank)[:-1][within], mass[within])

    def _solve(self, piece: Index, y: Array) -> Array:
        """s with model(s) = y, by bisection on a monotone piece."""
        c = self._c[:, self.cell[piece]]
        rising = self.y1[piece] >= self.y0[piece]
        lo = np.where(rising, self.s0[piece], self.s1[piece])
        hi = np.where(rising, self.s1[piece], self.s0[piece])
        for _ in range(48):
            mid = 0.5 * (lo + hi)
            below = _value(c, mid) < y
            lo, hi = np.where(below, mid, lo), np.where(below, hi, mid)
        return 0.5 * (lo + hi)


def _monotone_pieces(x: Array, y: Array) -> _Pieces:
    """Cut every cell's cubic at its turning points."""
    c = _local_cubics(x, y)
    root = np.full((2, c.shape[1]), np.nan)
    disc = c[2] ** 2 - 3 * c[1] * c[3]
    real = disc > 0
    # the stable pair of roots of c1 + 2 c2 s + 3 c3 s^2
    q = -(c[2] + np.copysign(np.sqrt(np.where(real, disc, 0.0)), c[2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        root[0] = np.where(real, q / (3 * c[3]), np.nan)
        root[1] = np.where(real, c[1] / q, np.nan)
    cuts = np.sort(np.where((root > 0) & (root < 1), root, 1.0), axis=0)
    bounds = np.stack([np.zeros(c.shape[1]), cuts[0], cuts[1], np.ones(c.shape[1])])
    s0, s1 = bounds[:-1].ravel(), bounds[1:].ravel()
    cell = np.tile(np.arange(c.shape[1]), 3)
    real_piece = s1 > s0
    return _Pieces(cell[real_piece], s0[real_piece], s1[real_piece], c)
