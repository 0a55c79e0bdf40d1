"""A law on the line as masses between edges, next to the masses a target puts there.

Every distance is computed from such a pair of mass vectors: on a partition TV, KL and Hellinger are
lower bounds that rise to the truth as cells are split, so splitting the cells that matter is both
the algorithm and the error estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from diffusion_core.schedules import Array, Index, Mask
from diffusion_core.targets.base import Marginal

HEAVY = 1 / 512  # no cell may hold more of either law
MOST_EDGES = 60_000
ROUNDS = 60
FEW, MOST_PARTS = 64, 8  # so few cells are cut into so many parts at once: a round costs more
MARGIN_CELLS = 400
LOST = 1e-14  # masses below are rounding where a law is carried on a grid
COARSE_TOLERANCE = 1e-4  # relative, on KL, Hellinger squared and W1


class LineLaw(Protocol):
    """A law on the line that can be cut ever finer.

    ``edges`` (M,) ascend; ``masses`` (M-1,) lie between them and ``tails`` (2,) outside.
    """

    @property
    def edges(self) -> Array: ...

    @property
    def masses(self) -> Array: ...

    @property
    def tails(self) -> Array: ...

    @property
    def error(self) -> float:
        """The mass that may be misplaced."""
        ...

    @property
    def displacement(self) -> tuple[float, float]:
        """W1 and W2 between the law as carried and the true one."""
        ...

    @property
    def divisible(self) -> Mask:
        """Which cells ``split`` can still cut, (M-1,)."""
        ...

    def split(self, cells: Index) -> None:
        """Cut the given cells (ascending indices into ``masses``) in two, each by one new edge."""
        ...


@dataclass(frozen=True)
class MassPair:
    """Masses of q (the sampler's output) and p (the target) on one partition.

    edges (M,), q and p (M+1,): cell 0 is everything below the first edge, the last everything above
    the last. ``law_error`` is the mass of q that may be misplaced, ``displacement`` what that may
    add to W1 and W2.
    """

    edges: Array
    q: Array
    p: Array
    law_error: float
    displacement: tuple[float, float] = field(default=(0.0, 0.0), kw_only=True)

    @property
    def lost(self) -> Mask:
        """Where q is too small to be known."""
        return self.q < LOST if self.law_error > 0 else self.q <= 0

    def coarsened(self) -> MassPair:
        """Every second edge removed: what the distance would have been on half the cells."""
        inner_q, inner_p = self.q[1:-1], self.p[1:-1]
        odd = len(inner_q) % 2
        pad = np.zeros(odd)
        q = np.concatenate([inner_q, pad]).reshape(-1, 2).sum(axis=1)
        p = np.concatenate([inner_p, pad]).reshape(-1, 2).sum(axis=1)
        edges = self.edges[::2] if not odd else np.append(self.edges[::2], self.edges[-1])
        return MassPair(
            edges,
            np.concatenate([self.q[:1], q, self.q[-1:]]),
            np.concatenate([self.p[:1], p, self.p[-1:]]),
            self.law_error,
            displacement=self.displacement,
        )


class Padded:
    """A law with empty cells around it, so that its partition covers a whole interval."""

    def __init__(self, law: LineLaw, interval: tuple[float, float]) -> None:
        self._law = law
        (lo, hi), first, last = interval, law.edges[0], law.edges[-1]
        spacing = (hi - lo) / MARGIN_CELLS
        self._before = lo + spacing * np.arange(max(0, math.ceil((first - lo) / spacing)))
        self._after = hi - spacing * np.arange(max(0, math.ceil((hi - last) / spacing)))[::-1]
        self.error, self.displacement = law.error, law.displacement

    @property
    def edges(self) -> Array:
        return np.concatenate([self._before, self._law.edges, self._after])

    @property
    def masses(self) -> Array:
        before, after = np.zeros(len(self._before)), np.zeros(len(self._after))
        return np.concatenate([before, self._law.masses, after])

    @property
    def tails(self) -> Array:
        return self._law.tails

    @property
    def _inner(self) -> slice:
        """Where the law's own cells are."""
        return slice(len(self._before), len(self._before) + len(self._law.edges) - 1)

    @property
    def divisible(self) -> Mask:
        edges = self.edges
        wide = np.diff(edges) > 4 * np.spacing(np.abs(edges[1:]))
        wide[self._inner] &= self._law.divisible
        return wide

    def split(self, cells: Index) -> None:
        start, stop = self._inner.start, self._inner.stop
        edges = self.edges
        middle = 0.5 * (edges[cells] + edges[cells + 1])
        left, right = cells < start, cells >= stop
        self._before = np.insert(self._before, cells[left] + 1, middle[left])
        self._after = np.insert(self._after, cells[right] - stop, middle[right])
        self._law.split(cells[~left & ~right] - start)


def target_masses(marginal: Marginal, edges: Array, bounds: tuple[float, float]) -> Array:
    """P of every cell of the partition by ``edges``, the two outer ones included.

    ``bounds`` hold all of p's mass but 1e-16; equal neighbours give mass zero.
    """
    lo, hi = bounds[0] - 1.0, bounds[1] + 1.0
    return marginal.interval_mass(np.concatenate([[lo], np.clip(edges, lo, hi), [hi]]))


def resolve(
    law: LineLaw,
    marginal: Marginal,
    bounds: tuple[float, float],
    tolerance: float,
    stop: Callable[[], None] = lambda: None,
    few: int = FEW,
) -> MassPair:
    """Split the law's cells until TV on the partition is within ``tolerance`` (relative) of TV.

    A cell is settled when cutting its parent in two hardly changed any distance; KL, Hellinger
    squared and W1 are settled to 1e-4 on the way. What cannot be reached in 60 rounds or 60,000
    edges stays in the error estimate.
    """
    law = Padded(law, bounds)
    pair = _pair(law, marginal, bounds)
    gains = _most_gains(pair)
    for _ in range(ROUNDS):
        stop()
        wanted = np.flatnonzero(_unsettled(pair, gains, tolerance, law.divisible))
        room = MOST_EDGES - len(pair.edges)
        if not len(wanted) or room <= 0:
            break
        if len(wanted) > room:
            light = np.maximum(pair.q, pair.p)[1:-1]
            wanted = np.sort(wanted[np.argsort(-light[wanted])[:room]])
        parts = _cut(law, wanted, MOST_PARTS if len(wanted) <= few else 2)
        finer = _finer_pair(law, marginal, bounds, pair, wanted, parts)
        gains = _next_gains(gains, wanted, pair, finer, parts)
        pair = finer
    return _pair(law, marginal, bounds)


def _pair(law: LineLaw, marginal: Marginal, bounds: tuple[float, float]) -> MassPair:
    return _paired(law, target_masses(marginal, law.edges, bounds))


def _cut(law: LineLaw, cells: Index, most: int) -> int:
    """Every one of these cells into ``most`` parts, a power of two, or as many as all allow."""
    parts = 1
    while parts < most and law.divisible[cells].all():
        law.split(cells)
        first = cells + np.arange(len(cells))
        cells, parts = np.stack([first, first + 1], axis=1).ravel(), 2 * parts
    return parts


def _parts_of(cells: Index, parts: int) -> Index:
    """Where the parts of cells are once these are cut, (C, parts)."""
    first: Index = cells + (parts - 1) * np.arange(len(cells))
    return first[:, None] + np.arange(parts)


def _finer_pair(
    law: LineLaw,
    marginal: Marginal,
    bounds: tuple[float, float],
    before: MassPair,
    cells: Index,
    parts: int,
) -> MassPair:
    """The pair once ``cells`` are cut: p is worked out anew in their parts only."""
    at = _parts_of(cells, parts)
    ends = law.edges[np.column_stack([at, at[:, -1] + 1])]
    masses = target_masses(marginal, ends.ravel(), bounds)[1:].reshape(ends.shape)
    p = _divided(before.p, cells + 1, parts)
    p[at + 1] = masses[:, :parts]
    return _paired(law, p)


def _divided(values: Array, cells: Index, parts: int) -> Array:
    """The values (.., M) with those of ``cells`` repeated for each of their parts."""
    count = np.ones(values.shape[-1], dtype=np.intp)
    count[cells] = parts
    return np.repeat(values, count, axis=-1)


def _paired(law: LineLaw, p: Array) -> MassPair:
    edges = law.edges
    q = np.concatenate([law.tails[:1], law.masses, law.tails[1:]])
    # differences of distribution functions may round below zero
    return MassPair(
        edges, np.maximum(q, 0.0), np.maximum(p, 0.0), law.error, displacement=law.displacement
    )


def _contents(pair: MassPair) -> Array:
    """What every inner cell adds to TV, KL, Hellinger squared and W1, (4, M-1)."""
    q, p = pair.q[1:-1], pair.p[1:-1]
    d = np.cumsum(pair.q - pair.p)[:-1]
    width = np.diff(np.clip(pair.edges, -1e60, 1e60))
    return np.stack(
        [
            0.5 * np.abs(q - p),
            np.where(pair.lost[1:-1], 0.0, relative_entropy(q, p)),
            0.5 * (np.sqrt(q) - np.sqrt(p)) ** 2,
            mean_modulus(d[:-1], d[1:]) * width,
        ]
    )


def relative_entropy(q: Array, p: Array) -> Array:
    """p log(p/q) - p + q, never negative, so that small divergences keep their digits."""
    q = np.maximum(q, 1e-300)
    log_ratio = np.log(np.maximum(p, 1e-300) / q)
    return np.where(p > 0, p * log_ratio - p + q, q)


def mean_modulus(a: Array, b: Array) -> Array:
    """The mean of |f| on an interval for f linear from a to b."""
    size = np.abs(a) + np.abs(b)
    crossing = (a * a + b * b) / np.where(size > 0, 2 * size, 1.0)
    return np.where(a * b < 0, crossing, 0.5 * size)


def _most_gains(pair: MassPair) -> Array:
    """What cutting a cell that was never cut may add to ``_contents``, roughly at most."""
    q, p = pair.q[1:-1], pair.p[1:-1]
    width = np.diff(np.clip(pair.edges, -1e60, 1e60))
    return np.stack([0.5 * np.minimum(q, p), p, np.sqrt(q * p), 0.25 * width * np.abs(q - p)])


def _next_gains(gains: Array, cells: Index, before: MassPair, after: MassPair, parts: int) -> Array:
    """Expected gains once ``cells`` are cut: halving a resolved cell again gains 1/4 as much."""
    old, new = _contents(before)[:, cells], _contents(after)
    at = _parts_of(cells, parts)
    measured = np.abs(new[:, at].sum(axis=2) - old)
    result = _divided(gains, cells, parts)
    result[:, at] = (measured / parts**2)[:, :, None]
    return result


def _unsettled(pair: MassPair, gains: Array, tolerance: float, divisible: Mask) -> Mask:
    """The cells whose cutting is possible and may matter."""
    contents, width = _contents(pair), pair.edges[-1] - pair.edges[0]
    doubt = gains.copy()
    doubt[0] = np.maximum(gains[0], ambiguity(pair)[1:-1])
    doubt[:, ~divisible] = 0.0
    relative = np.array([tolerance, *[COARSE_TOLERANCE] * 3])
    floor = np.array([1e-11, 1e-12, 1e-12, 1e-11 * min(width, 1e60)])
    goal = (relative * contents.sum(axis=1) + floor)[:, None]
    open_measure = doubt.sum(axis=1, keepdims=True) > goal
    share = goal / np.maximum(8, 2 * np.count_nonzero(doubt > 0, axis=1, keepdims=True))
    heavy = np.maximum(pair.q, pair.p)[1:-1] > HEAVY
    return divisible & (heavy | (open_measure & (doubt > share)).any(axis=0))


def ambiguity(pair: MassPair) -> Array:
    """How much each cell may add to TV beyond |q_i - p_i|/2: none unless q - p changes sign in it.

    A cell is in doubt when the log-ratio of its masses is within three times its change to a
    neighbour: inside a cell the ratio may change faster than between the means of two.
    """
    tiny = 1e-300
    ratio = np.log(np.maximum(pair.q, tiny) / np.maximum(pair.p, tiny))
    change = np.abs(np.diff(ratio))
    slope = 3 * np.maximum(np.append(change, 0.0), np.append(0.0, change))
    lesser = np.minimum(pair.q, pair.p)
    return np.where(np.abs(ratio) <= slope, 0.5 * lesser * -np.expm1(-slope), 0.0)
