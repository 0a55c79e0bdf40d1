"""Boxes on a product grid, p_t(x) = sum_ij H_ij A_i(x_1) B_j(x_2), by small matrix products.

Pictures and checkerboards have thousands of boxes on few intervals an axis. On an axis, with
u = (x - X_0)/sigma and He_n the Hermite polynomials, the n-th derivative of an interval's mass is

    d^n A / dx^n = (-1/sigma)^n int_b^a He_n(u) phi(u) du,
    int_b^a He_n phi = He_{n-1}(b) phi(b) - He_{n-1}(a) phi(a) for n >= 1,

which costs one phi and one distribution function an edge. Where p_t, in these plain numbers, would
lose digits (far tails, or between boxes under little noise), the general form takes over with those
of the boxes that matter there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import ndtr

from diffusion_core.schedules import Array, Index, Mask
from diffusion_core.targets.base import CHUNK, Marginal, Separable

REACH = 24.5  # phi and Phi beyond are below 1e-130 and count as 0: no product gets subnormal
LEAST = 1e-100  # of p_t over its largest height
FARTHEST = {2: 15.0, 3: 6.0}  # |E u| up to which derivatives of that order keep 11 digits
NARROW = 0.01  # shorter intervals: differences of phi would cancel, a series does not
MARGIN = 45.0  # in log p_t: boxes further below the dominant one do not count
ROUNDING = 1 + 1e-13  # of squared distances, which far away is more than that margin
TILE = 64  # points that share a choice of boxes
BLOCK = 32_768  # numbers in an array of one axis: a few of them fit the cache
MOST_EMPTY = 8  # cells of the grid for each box
SQRT_2PI = math.sqrt(2 * math.pi)


General = Callable[[Array, Array, Array, float], Marginal]


class GridMarginal(Marginal):
    """The law of ``general(weights, lows, highs, sigma)`` in the plane. s, H and grad tr H are made

    of m_ab, where m_ab p_t = sum_ij H_ij int He_a phi (axis 1) int He_b phi (axis 2).
    """

    dim = 2

    def __init__(
        self, general: General, weights: Array, lows: Array, highs: Array, sigma: float
    ) -> None:
        self._general, self._sigma = general, sigma
        self._boxes = weights, lows, highs
        self._axes = [_Axis(lows[:, i], highs[:, i], sigma) for i in range(2)]
        self._heights = np.zeros([axis.count for axis in self._axes])
        height = weights / np.prod(highs - lows, axis=1)
        np.add.at(self._heights, tuple(axis.index for axis in self._axes), height)
        self._least = LEAST * self._heights.max()
        sides = np.minimum((highs - lows) / sigma, 1.0).min()
        self._slack = float(np.log(len(weights) * height.max() / height.min() / sides**2))

    def log_density(self, x: Array) -> Array:
        return self._blocks(x, 0, (), lambda m: np.log(m.p), lambda g, y: g.log_density(y))

    def score(self, x: Array) -> Array:
        def of(m: _Moments) -> Array:
            return np.stack([m(1, 0), m(0, 1)], axis=1) / -self._sigma

        return self._blocks(x, 1, (2,), of, lambda g, y: g.score(y))

    def jacobian(self, x: Array) -> Array:
        return self.score_and_jacobian(x)[1]

    def score_and_jacobian(self, x: Array) -> tuple[Array, Array]:
        def of(m: _Moments) -> Array:
            m10, m01 = m(1, 0), m(0, 1)
            cross = m(1, 1) - m10 * m01
            h = [m(2, 0) - m10 * m10, cross, cross, m(0, 2) - m01 * m01]
            rows = [-self._sigma * m10, -self._sigma * m01, *h]
            return np.stack(rows, axis=1).reshape(-1, 3, 2) / self._sigma**2

        def general(marginal: Marginal, y: Array) -> Array:
            s, h = marginal.score_and_jacobian(y)
            return np.concatenate([s[:, None], h], axis=1)

        both = self._blocks(x, 2, (3, 2), of, general)
        return both[:, 0], both[:, 1:]

    def trace_gradient(self, x: Array) -> Array:
        def of(m: _Moments) -> Array:
            m10, m01, m11, m20, m02 = m(1, 0), m(0, 1), m(1, 1), m(2, 0), m(0, 2)
            both = m20 + m02 - 2 * (m10 * m10 + m01 * m01)
            first = m(3, 0) + m(1, 2) - m10 * both - 2 * (m10 * m20 + m01 * m11)
            second = m(0, 3) + m(2, 1) - m01 * both - 2 * (m01 * m02 + m10 * m11)
            return np.stack([first, second], axis=1) / -(self._sigma**3)

        return self._blocks(x, 3, (2,), of, lambda g, y: g.trace_gradient(y))

    def separable(self, axes: tuple[Array, Array]) -> Separable | None:
        if max(self._heights.shape) * sum(map(len, axes)) > CHUNK:
            return None
        (a, slope_a), (b, slope_b) = (
            axis.integrals(nodes, 1) for axis, nodes in zip(self._axes, axes, strict=True)
        )
        along, across = (a, slope_a / -self._sigma), (b, slope_b / -self._sigma)
        mixed = self._heights.T @ along[0], self._heights.T @ along[1]
        return Separable(mixed, across, self._least)

    def _blocks(
        self,
        x: Array,
        order: int,
        shape: tuple[int, ...],
        of: Callable[[_Moments], Array],
        general: Callable[[Marginal, Array], Array],
    ) -> Array:
        size = max(64, BLOCK // max(self._heights.shape))
        out = np.empty((len(x), *shape))
        plain = np.zeros(len(x), dtype=bool)
        for i in range(0, len(x), size):
            part = slice(i, i + size)
            m = _Moments(
                self._heights, [a.integrals(x[part, k], order) for k, a in enumerate(self._axes)]
            )
            kept = self._plain(m, order)
            plain[part] = kept
            out[part][kept] = of(m)
        far = np.flatnonzero(~plain)
        for group in _tiles(x[far]):
            rows = far[group]
            out[rows] = general(self._near(x[rows]), x[rows])
        return out

    def _plain(self, m: _Moments, order: int) -> Mask:
        """Where the matrix form keeps its digits; leaves only those points in m."""
        plain = m.p > self._least
        m.keep(plain)
        if order > 1:
            near = np.hypot(m(1, 0), m(0, 1)) < FARTHEST[order]
            plain[plain] = near
            m.keep(near)
        return plain

    def _near(self, x: Array) -> Marginal:
        """The law with the boxes that have more than exp(-45) of p_t at one of these points."""
        z = x / self._sigma
        first, last = z.min(axis=0), z.max(axis=0)
        least, most = self._squares(first, last), self._squares(last, first)
        # a box at distance g has between side/(5 + 5 g) and 1 of exp(-g^2/2) on an axis
        margin = 2 * (MARGIN + self._slack + 2 * math.log(5 + 5 * math.sqrt(most.min())))
        chosen = np.flatnonzero(least <= ROUNDING * most.min() + margin)
        weights, lows, highs = (part[chosen] for part in self._boxes)
        gap = np.maximum(lows[:, None] - x, x - highs[:, None])
        square = (np.maximum(gap, 0.0) ** 2).sum(axis=2) / self._sigma**2
        close = (square <= ROUNDING * square.min(axis=0) + margin).any(axis=1)
        return self._general(weights[close], lows[close], highs[close], self._sigma)

    def _squares(self, first: Array, last: Array) -> Array:
        """Squared distances, over sigma, from a rectangle of points to all boxes, (K,).

        With first < last from its nearest points, with first > last from its farthest.
        """
        total = np.zeros(len(self._boxes[0]))
        for axis, low, high in zip(self._axes, first, last, strict=True):
            gap = np.maximum(np.maximum(axis.low - high, low - axis.high), 0.0)
            total += (gap * gap)[axis.index]
        return total


def _tiles(x: Array) -> Iterator[Index]:
    """Indices of x in groups of at most TILE neighbours."""
    strip = max(TILE, math.isqrt(TILE * len(x)))
    by_first = np.argsort(x[:, 0], kind="stable")
    for i in range(0, len(x), strip):
        rows = by_first[i : i + strip]
        rows = rows[np.argsort(x[rows, 1], kind="stable")]
        for j in range(0, len(rows), TILE):
            yield rows[j : j + TILE]


class _Moments:
    """m(a, b) for a chunk of points; products with the matrix are made once."""

    def __init__(self, heights: Array, axes: list[list[Array]]) -> None:
        self._heights, self._axes = heights, axes
        self._rows: dict[int, Array] = {}
        self.p = np.einsum("in,in->n", axes[0][0], self._row(0))

    def __call__(self, a: int, b: int) -> Array:
        return np.einsum("in,in->n", self._axes[0][a], self._row(b)) / self.p

    def _row(self, b: int) -> Array:
        if b not in self._rows:
            self._rows[b] = self._heights @ self._axes[1][b]
        return self._rows[b]

    def keep(self, chosen: Mask) -> None:
        """Only these points from here on."""
        if chosen.all():
            return
        self.p = self.p[chosen]
        self._axes = [[part[:, chosen] for part in axis] for axis in self._axes]
        self._rows = {b: row[:, chosen] for b, row in self._rows.items()}


class _Axis:
    """The distinct intervals of one axis, over their distinct edges; box k uses number index[k]."""

    def __init__(self, lows: Array, highs: Array, sigma: float) -> None:
        rows, index = np.unique(np.stack([lows, highs], axis=1), axis=0, return_inverse=True)
        self.index, self.count = index.reshape(-1), len(rows)
        self._edges, ends = np.unique(rows, return_inverse=True)
        self._low, self._high = ends.reshape(rows.shape).T
        self._sigma, self._delta = sigma, (rows[:, 1] - rows[:, 0]) / sigma
        self._narrow = self._delta < NARROW
        self._middles = rows.mean(axis=1)
        self.low, self.high = rows.T / sigma

    def integrals(self, x: Array, order: int) -> list[Array]:
        """int He_n phi over each interval of u, (U, N), for n = 0..order."""
        if self._narrow.all():
            return self._series(x, order, self._narrow)
        z = np.clip((x - self._edges[:, None]) / self._sigma, -REACH, REACH)
        out = [self._masses(z)]
        term = np.exp(-0.5 * z * z) / SQRT_2PI  # He_{n-1} phi
        before = np.zeros_like(term)
        for n in range(1, order + 1):
            out.append(term[self._high] - term[self._low])
            term, before = z * term - (n - 1) * before, term
        if self._narrow.any():
            for whole, part in zip(out, self._series(x, order, self._narrow), strict=True):
                whole[self._narrow] = part
        return out

    def _masses(self, z: Array) -> Array:
        """Phi(a) - Phi(b) by the smaller tail, so that no digits cancel."""
        tail = ndtr(-np.abs(z))
        a, b = z[self._low], z[self._high]
        mass = tail[self._high] - tail[self._low]
        np.negative(mass, out=mass, where=a <= 0)
        return np.where((b < 0) & (a > 0), 1 - tail[self._high] - tail[self._low], mass)

    def _series(self, x: Array, order: int, chosen: Mask) -> list[Array]:
        """int He_n phi = delta phi(c) sum_k He_{n+2k}(c) (delta/2)^{2k} / (2k+1)!, c the middle."""
        c = np.clip((x - self._middles[chosen, None]) / self._sigma, -REACH, REACH)
        delta = self._delta[chosen, None]
        he = [np.ones_like(c), c]
        for n in range(1, order + 6):
            he.append(c * he[n] - n * he[n - 1])
        scale = delta * np.exp(-0.5 * c * c) / SQRT_2PI
        quarter = 0.25 * delta * delta
        return [
            scale
            * (
                he[n]
                + quarter / 6 * (he[n + 2] + quarter / 20 * (he[n + 4] + quarter / 42 * he[n + 6]))
            )
            for n in range(order + 1)
        ]


def is_grid(lows: Array, highs: Array) -> bool:
    """Whether the boxes are in the plane and fill enough of the product of their intervals."""
    if lows.shape[1] != 2:
        return False
    counts = [len(np.unique(np.stack([lows[:, i], highs[:, i]]), axis=1).T) for i in range(2)]
    return counts[0] * counts[1] <= MOST_EMPTY * len(lows)
