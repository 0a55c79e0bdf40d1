"""The exact law of a stochastic sampler, carried as a density on a grid: on the line, in the plane.

One stage maps the density f of Y to that of m(Y) + S(Y) Z, whose Fourier transform is

    f'^(w) = int f(x) exp(-i w.m(x) - |S(x)^T w|^2/2) dx.

The trapezoid rule for it converges spectrally once the grid resolves f. Its sum is evaluated by
spreading every node as a Gaussian no narrower than the new grid allows and dividing the surplus
width out in Fourier space (the Gaussian gridding of Greengard and Lee, SIAM Review 46, 2004). So a
step's noise may be far narrower than the grid: only the density itself has to be resolved, and
every step checks that it is.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import (
    MOST_SOURCE,
    Density,
    Limited,
    Resolution,
    Stop,
    grid_shape,
    limited,
    points,
    sampled_density,
    spread_in_plane,
    spread_on_line,
)
from diffusion_core.laws.direct_transform import image_directly
from diffusion_core.samplers import Sampler
from diffusion_core.samplers.update import Stage, kernel
from diffusion_core.schedules import Array, Chain, Index, Mask, NoiseLevel
from diffusion_core.scores.exact import AtNodes, ExactScore, Score, score_detail
from diffusion_core.targets.base import Target

REACH = 8.4  # standard deviations that hold all but 1e-15 of a normal law
PATCH = 16  # nodes along an axis that are spread together
ROUNDS = 12  # times that a grid is made finer
ROUNDED = 1e-7  # a rim below that no finer grid lowers is rounding, magnified by the division
FURTHER, NEARLY = 1.5, 1.2  # times finer; where little more than the tail was cut
EDGED = 4.0  # times finer where the rim falls slowly: the law has an edge, which only noise blurs
CRUDE = 10.0  # times the tail: a larger rim has the grid made finer at once
SAFE = 0.93  # of the scale that a spectrum shows, for the next grid
BEGIN = 0.7  # scale of q_t over that of p_t before any is known
FINER = (1.0, 1.5, *(m * 2.0**k for k in range(1, 22) for m in (1.0, 1.5)))
WIDE = 1.5  # times the grid that p_t needs: a wider one may not see where its score bends
DETAIL = 0.5  # of a score's own detail: nodes farther apart may see nothing of it
TORN = 10.0  # times the tail: the mass that may land too far apart

Run = Iterator[tuple[int, Density, float]]


def never() -> None:
    """The stop check of work that nobody can stop."""


def finest(target: Target, level: NoiseLevel) -> float:
    """The scale of the finest detail of the target noised to ``level``."""
    return math.sqrt(level.abar * target.finest_scale**2 + level.var)


def law_box(target: Target, level: NoiseLevel) -> Array:
    """A box that holds all of the noised law but about 1e-15 of its mass, (2, d)."""
    reach = REACH * math.sqrt(level.var)
    return math.sqrt(level.abar) * target.bounds + np.array([[-reach], [reach]])


def start_density(e: Experiment, res: Resolution) -> Density:
    """The density of Y_T: p_T from an exact start, else N(0, I)."""
    level, d = e.chain.level(e.chain.steps), e.target.dim

    def normal(x: Array) -> Array:
        return -0.5 * (x * x).sum(axis=1) - 0.5 * d * math.log(2 * math.pi)

    if not e.exact_start:
        return sampled_density(normal, REACH * np.array([[-1.0] * d, [1.0] * d]), 1.0, res)
    of = e.target.marginal(level).log_density
    return sampled_density(of, law_box(e.target, level), finest(e.target, level), res)


def densities(e: Experiment, res: Resolution, stop: Stop = never) -> Run:
    """t, the density of Y_t, and the largest part of one that the grids left out: t = T..1."""
    transfer, density = Transfer(e, e.score, res, stop), start_density(e, res)
    yield e.steps, density, transfer.unresolved
    for t in range(e.steps, 1, -1):
        density = transfer.step(density, t)
        yield t - 1, density, transfer.unresolved


def final_density(e: Experiment, res: Resolution, stop: Stop = never) -> tuple[Density, float]:
    """The density of Y_1, and the largest part of a density that the grids left out."""
    ((_, density, unresolved),) = deque(densities(e, res, stop), maxlen=1)
    return density, unresolved


class Transfer:
    """Carries densities of Y_t to Y_{t-1}, for one t after the other.

    The scale of the finest detail of p_t predicts the grid; the spectrum of every new density then
    confirms the grid or refines it.
    """

    def __init__(
        self, experiment: Experiment, score: Score, res: Resolution, stop: Stop = never
    ) -> None:
        self._sampler: Sampler = experiment.record
        self._chain: Chain = experiment.chain
        self._target, self._score, self._res, self._stop = experiment.target, score, res, stop
        self.unresolved = res.tail  # the largest part of a density that a grid left out
        self._sharpness = BEGIN  # scale of q_t over that of p_t, learned on the way

    def step(self, density: Density, t: int) -> Density:
        """The density of Y_{t-1} from that of Y_t."""
        stages = self._sampler.stages
        moving = len(stages) - self._sampler.corrections
        for place, stage in enumerate(stages):
            density = self._stage(density, t, stage, t if place < moving else t - 1)
        return density

    def _stage(self, density: Density, t: int, stage: Stage, asked: int) -> Density:
        """asked: the level whose score the stage asks for."""
        sources = self._sources(density, t, stage)
        feature, noise = finest(self._target, self._chain.level(t - 1)), sources.noise
        scale = max(noise, min(self._sharpness * feature, score_detail(self._score, asked)))
        best: Limited | None = None
        for _ in range(ROUNDS):
            try:
                sources = self._close(sources, t, stage, scale, asked)
                found = sources.image(scale, self._res, self._stop)
            except Refused:
                if best is None:
                    raise
                break  # what the largest grid leaves out is stated
            slow = best is not None and found.rim > best.rim / 3
            if best is not None and slow and best.rim < ROUNDED:
                break
            best = found
            if found.rim <= CRUDE * self._res.tail or scale <= noise:
                break
            by = EDGED if slow else NEARLY if best.rim <= CRUDE**2 * self._res.tail else FURTHER
            scale = max(scale / by, min(scale, noise))
        assert best is not None
        self.unresolved = max(self.unresolved, self._left_out(best))
        self._sharpness = min(1.0, max(noise, SAFE * best.scale) / feature)
        return best.density

    def _left_out(self, found: Limited) -> float:
        """The mass that the end of the band may hide.

        Beyond a band that ends like a Gaussian there is as much as at its end. Where it does not
        end, n modes of that size may follow: by Cauchy and Schwarz, sqrt(n) times as much mass.
        """
        if found.rim <= CRUDE * self._res.tail:
            return found.rim
        return found.rim * math.sqrt(found.density.values.size)

    def _sources(self, density: Density, t: int, stage: Stage) -> Sources:
        self._stop()
        f = density.values
        kept = np.abs(f) > self._res.negligible * f.max()
        x, score = points(density.axes)[kept.ravel()], self._score
        if f.ndim == 2 and isinstance(score, ExactScore):
            score = AtNodes(score, (density.axes[0], density.axes[1]), kept, x)
        law = kernel(stage, x, t, self._chain, score)
        return Sources(density, kept, law.mean, law.spread)

    def _close(self, begun: Sources, t: int, stage: Stage, scale: float, asked: int) -> Sources:
        """Sources so close that they resolve exp(-i w.m(x)) up to the new band's edge."""
        least = WIDE * self._res.step(finest(self._target, self._chain.level(asked)))
        most = TORN * self._res.tail
        seen = DETAIL * score_detail(self._score, asked)
        sources, factor = begun, 1.0
        for finer in FINER:
            far = sources.torn(self._res, scale * finer / factor) > most  # as far as can be told
            density = begun.density
            shape = finer * np.array(density.values.shape)
            if far or density.h > seen * finer or (shape % 1).any():
                continue
            if finer > factor:
                grid_shape(shape, MOST_SOURCE)
                sources, factor = self._sources(density.upsampled(finer), t, stage), finer
                if sources.torn(self._res, scale) > most:
                    continue
            if sources.density.h <= least or sources.bent(scale) <= most:
                return sources
        raise Refused("a step tears the law into parts too far apart for any grid; use more steps")


@dataclass(frozen=True, eq=False)
class Sources:
    """The nodes of a density that carry mass, and the normal laws that a stage sends them to.

    kept: which nodes (n_1, .., n_d); mean (N, d); deviation: a number or (N, d, d).
    """

    density: Density
    kept: Mask
    mean: Array
    deviation: Array | float

    @cached_property
    def weight(self) -> Array:
        return self.density.values[self.kept] * self.density.cell

    @cached_property
    def own(self) -> Array:
        """|S|, (1,) or (N,); Refused where it differs between directions."""
        if np.ndim(self.deviation) == 0:
            return np.abs(np.array([self.deviation], dtype=float))
        s = np.asarray(self.deviation)
        if s.shape[1] > 1:
            raise Refused(
                "the exact law in the plane needs noise of one width in every direction, which "
                "this sampler does not have; use the particles method"
            )
        return np.abs(s[:, 0, 0])

    @property
    def noise(self) -> float:
        """The least standard deviation of the laws."""
        return float(self.own.min())

    def torn(self, res: Resolution, scale: float) -> float:
        """The mass of nodes whose neighbours land too far apart for the band of ``scale``."""
        most = (2 * res.oversampled - 1) * res.step(scale)
        total = 0.0
        for i, j, leap in self._leaps:
            far = leap > most * most
            if far.any():
                total += float(np.minimum(self.weight[i], self.weight[j])[far].sum())
        return total

    def bent(self, scale: float) -> float:
        """How far a map departs from straight lines between nodes, over ``scale``, on average."""
        bend = np.abs(np.diff(self.mean, 2, axis=0)).sum(axis=1)
        return float(np.minimum(np.abs(self.weight[1:-1]), 1.0) @ bend) / scale

    @cached_property
    def columns(self) -> Array:
        """The means, (d, N)."""
        return np.ascontiguousarray(self.mean.T)

    @cached_property
    def _leaps(self) -> list[tuple[Any, Any, Array]]:
        """Sources side by side along an axis, and the square of how far apart they land."""
        return [
            (i, j, sum(np.square(m[j] - m[i]) for m in self.columns)) for i, j in self._neighbours
        ]

    @property
    def _neighbours(self) -> list[tuple[Any, Any]]:
        """Pairs of sources side by side along each axis; some beside a gap, which are light."""
        pairs: list[tuple[Any, Any]] = [(np.s_[:-1], np.s_[1:])]
        if self.kept.ndim == 2:
            place = np.cumsum(self.kept.ravel()).reshape(self.kept.shape) - 1
            both = self.kept[:-1] & self.kept[1:]
            pairs.append((place[:-1][both], place[1:][both]))
        return pairs

    def image(self, scale: float, res: Resolution, stop: Stop) -> Limited:
        """The sum of the normal laws on a grid that resolves ``scale``, cut at the band's end."""
        if self.kept.ndim == 1:
            found = image_directly(self.columns[0], self.own, self.weight, scale, res)
            if found is not None:
                return found
        return limited(*self._spread(scale, res, stop), res)

    def _spread(self, scale: float, res: Resolution, stop: Stop) -> tuple[Density, float, float]:
        """sum_k w_k N(.; m_k, S_k^2 + surplus) on a grid that resolves ``scale``.

        The density, the scale and the surplus.
        """
        h = res.step(scale)
        surplus = max(0.0, (res.narrowest * h) ** 2 - self.noise**2)
        width = np.sqrt(np.square(self.own) + surplus)
        reach = res.window * width
        low, high = (self.columns - reach).min(axis=1), (self.columns + reach).max(axis=1)
        out = Density(low, h, np.zeros(grid_shape((high - low) / h + 2)))
        if self.kept.ndim == 1:
            width = np.broadcast_to(width, len(self.mean))
            spread_on_line(out, self.columns[0], width, self.weight, res.window)
        else:
            k, begins = self._patches()
            m = self.columns[:, k]
            spread_in_plane(out, m, float(width[0]), self.weight[k], begins, res.window, stop)
        return out, scale, surplus

    def _patches(self) -> tuple[Index, Index]:
        """The sources in squares of the grid, one after the other, and where each begins."""
        row, column = np.nonzero(self.kept)
        square = row // PATCH * (self.kept.shape[1] // PATCH + 1) + column // PATCH
        order = np.argsort(square, kind="stable")
        return order, np.flatnonzero(np.diff(square[order], prepend=-1))
