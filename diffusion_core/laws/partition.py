"""A law on the line as masses between edges, next to the masses a target puts there.

Every distance is computed from such a pair of mass vectors: on a partition TV, KL and Hellinger are
lower bounds that rise to the truth as cells are split, so splitting the cells that matter is both
the algorithm and the error estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from diffusion_core.schedules import Array, Index
from diffusion_core.targets.base import Marginal

HEAVY = 1 / 512  # no cell may hold more of either law
MOST_EDGES = 60_000
ROUNDS = 60


class LineLaw(Protocol):
    """A law on the line that can be cut ever finer.

    ``edges`` (M,) ascend; ``masses`` (M-1,) lie between them and ``tails`` (2,) outside. ``error``
    bounds what is wrong with the masses themselves, as total mass misplaced.
    """

    @property
    def edges(self) -> Array: ...

    @property
    def masses(self) -> Array: ...

    @property
    def tails(self) -> Array: ...

    @property
    def error(self) -> float: ...

    def split(self, cells: Index) -> None:
        """Cut the given cells (indices into ``masses``) in two."""
        ...


@dataclass(frozen=True)
class MassPair:
    """Masses of q (the sampler's output) and p (the target) on one partition.

    edges (M,), q and p (M+1,): cell 0 is everything below the first edge, the last everything above
    the last. ``law_error`` is the mass of q that may be misplaced.
    """

    edges: Array
    q: Array
    p: Array
    law_error: float

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
        )


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
) -> MassPair:
    """Split the law's cells until TV on the partition is within ``tolerance`` (relative) of TV.

    What cannot be reached in 60 rounds or 60,000 edges stays in the error estimate.
    """
    for _ in range(ROUNDS):
        stop()
        pair = _pair(law, marginal, bounds)
        doubt = ambiguity(pair)
        tv = 0.5 * np.abs(pair.q - pair.p).sum()
        goal = tolerance * tv + 1e-11
        inner = doubt[1:-1]
        light = np.maximum(pair.q, pair.p)[1:-1]
        worst = inner > goal / max(8, np.count_nonzero(inner))
        wanted = (light > HEAVY) | (worst if inner.sum() > goal else False)
        wanted &= np.diff(pair.edges) > 4 * np.spacing(np.abs(pair.edges[1:]))
        room = MOST_EDGES - len(pair.edges)
        if not wanted.any() or room <= 0:
            break
        cells = np.flatnonzero(wanted)
        if len(cells) > room:
            cells = np.sort(cells[np.argsort(-(inner + light)[cells])[:room]])
        law.split(cells)
    return _pair(law, marginal, bounds)


def _pair(law: LineLaw, marginal: Marginal, bounds: tuple[float, float]) -> MassPair:
    p = target_masses(marginal, law.edges, bounds)
    q = np.concatenate([law.tails[:1], law.masses, law.tails[1:]])
    return MassPair(law.edges, q, p, law.error)


def ambiguity(pair: MassPair) -> Array:
    """How much each cell may add to TV beyond |q_i - p_i|/2: none unless q - p changes sign in it.

    A cell is in doubt when the log-ratio of its masses is smaller than its change to a neighbour.
    """
    tiny = 1e-300
    ratio = np.log(np.maximum(pair.q, tiny) / np.maximum(pair.p, tiny))
    change = np.abs(np.diff(ratio))
    slope = np.maximum(np.append(change, 0.0), np.append(0.0, change))
    lesser = np.minimum(pair.q, pair.p)
    return np.where(np.abs(ratio) <= slope, 0.5 * lesser * -np.expm1(-slope), 0.0)
