"""The exact law of a deterministic sampler on the line: the start law carried by Y_1 = F(Y_T).

Between two start points whose images are known, the mass is known exactly, whatever F does to
distances. So where F increases, the law is known at the images without any interpolation; the ODE
and DDIM updates always increase, because H_t >= -I/(1 - abar_t) and beta_t <= 1 - abar_t. Where F
folds (second-order updates with few steps can), ``folded`` sums its branches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from diffusion_core.samplers import Sampler, advance
from diffusion_core.samplers.update import Memory
from diffusion_core.schedules import Array, Chain, Index, Mask
from diffusion_core.scores.exact import Score
from diffusion_core.targets.base import Marginal

FAR = 1e100  # positions beyond are held there and count as mass at infinity
STENCIL = 12  # known images that a further one is interpolated through,
MOVED = 1e-12  # where their last two terms move no more mass over it: less than TV's rounding
PARTS = 8  # into which the run cuts other cells at once: a pass costs more than its points
NEGLIGIBLE = 1e-18  # a fold of less mass is none

Flow = Callable[[Array], Array]


def bounded_chain(
    sampler: Sampler, chain: Chain, score: Score, x: Array
) -> Iterator[tuple[int, Array]]:
    """(t, Y_t), t = T..1, of a deterministic sampler from start points x (M,), within +-1e100."""
    y, memory = x[:, None], None
    yield chain.steps, x
    for t in range(chain.steps, 1, -1):
        y, memory = _advance(sampler, y, t, chain, score, memory)
        yield t - 1, y[:, 0]


def _advance(
    sampler: Sampler, y: Array, t: int, chain: Chain, score: Score, memory: Memory
) -> tuple[Array, Memory]:
    y, memory = advance(sampler, y, t, chain, score, np.zeros, memory)
    return np.maximum(np.minimum(y, FAR), -FAR), memory


class TransportLaw:
    """The law of F(X), X ~ start, for increasing F, as masses between the images of start points.

    ``folded`` says that F was seen to decrease somewhere: then use ``FoldedLaw`` instead. F is
    analytic: a further image is interpolated through those next to it where two degrees agree, so
    that the run itself is repeated only where they do not.
    """

    error = 0.0
    displacement = (0.0, 0.0)

    def __init__(self, flow: Flow, start: Marginal, nodes: Array) -> None:
        self.flow, self.start, self.begun = flow, start, len(nodes)
        self.x, self.y = nodes, flow(nodes)
        self._known = self.x, self.y  # by the run itself
        self.masses = start.interval_mass(nodes)

    @property
    def folded(self) -> bool:
        falls = np.diff(self.y) < -1e-12 * np.abs(self.y[1:])
        return bool((falls & (self.masses > NEGLIGIBLE)).any())

    @property
    def edges(self) -> Array:
        return np.maximum.accumulate(self.y)

    @property
    def tails(self) -> Array:
        return outside(self.start, self.x)

    @property
    def divisible(self) -> Mask:
        return np.diff(self.x) > 4 * np.spacing(np.abs(self.x[1:]))

    def split(self, cells: Index) -> None:
        if len(cells):
            left, right = self.x[cells], self.x[cells + 1]
            middle = 0.5 * (left + right)
            image, doubt = interpolated(*self._known, middle)
            moved = doubt * self.masses[cells]
            poor = ~(moved <= MOVED * np.abs(np.diff(self.y)[cells]))  # true for nan
            if poor.any():
                self._know(cells[poor])
                image, _ = interpolated(*self._known, middle)
            self.x = np.insert(self.x, cells + 1, middle)
            self.y = np.insert(self.y, cells + 1, image)
            ends = np.stack([left, middle, right], axis=1).ravel()
            halves = self.start.interval_mass(ends)
            self.masses[cells] = halves[::3]
            self.masses = np.insert(self.masses, cells + 1, halves[1::3])

    def _know(self, cells: Index) -> None:
        """Run from points inside these cells."""
        inner = np.arange(1, PARTS) / PARTS
        more = (self.x[cells, None] + np.diff(self.x)[cells, None] * inner).ravel()
        x, y = (np.append(*both) for both in zip(self._known, (more, self.flow(more)), strict=True))
        x, first = np.unique(x, return_index=True)
        self._known = x, y[first]


def interpolated(x: Array, y: Array, at: Array) -> tuple[Array, Array]:
    """Newton's polynomial through those of the known points (x, y) that are next to each of ``at``

    (M,), and the size of its last two terms; nan where there are too few.
    """
    if len(x) < STENCIL:
        return np.full(len(at), np.nan), np.full(len(at), np.nan)
    half = STENCIL // 2
    first = np.clip(np.searchsorted(x, at) - half, 0, len(x) - STENCIL)
    outwards = np.argsort(np.abs(np.arange(STENCIL) - half + 0.5), kind="stable")
    nodes = outwards[:, None] + first
    near, c = x[nodes], y[nodes]
    with np.errstate(all="ignore"):  # positions held at FAR
        for k in range(1, STENCIL):
            c[k:] = (c[k:] - c[k - 1 : -1]) / (near[k:] - near[:-k])
        reach = np.cumprod(at - near[:-1], axis=0)
        terms = c[1:] * reach
        return c[0] + terms.sum(axis=0), np.abs(terms[-2:]).sum(axis=0)


def outside(start: Marginal, x: Array) -> Array:
    """The start law's mass below the first and above the last of x."""
    below, upto = start.cdf(x[[0, -1]])
    return np.array([below, max(0.0, 1.0 - upto)])
