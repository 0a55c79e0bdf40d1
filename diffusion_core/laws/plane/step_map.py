"""What one deterministic step does to p_t, beside p_{t-1}: exactly, in the plane.

Seen from the points x that the step K moves, with r(x) = p_{t-1}(K x) |det DK(x)|/p_t(x),

    TV(K p_t, p_{t-1}) = int p_t (1 - r)_+ dx,

over square cells that split until polynomials serve (plane_transport). A whole run is one such
integral over its start law for every t, on cells that serve t = 1.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import points
from diffusion_core.laws.noisy_steps import never
from diffusion_core.laws.plane.coordinates import LOST, Coordinates, detail, law_box
from diffusion_core.laws.plane.inverse_map import Inverse
from diffusion_core.laws.plane.jacobian_flow import Image, Stop, flow
from diffusion_core.laws.plane.map_distances import WIDTHS
from diffusion_core.laws.plane.quadrature import (
    NODES,
    Cells,
    Sampled,
    integrate,
    joined,
    picked,
    resolve,
    sampled_cells,
)
from diffusion_core.laws.plane.variation import PIECES, stated, variation
from diffusion_core.laws.step import NOTHING, StepError
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import ExactScore, Score

PROBED = 10  # cells along an axis, to choose coordinates
TOLERANCE = 3e-3  # relative, of a step; three times that is the error that is stated
FLOOR = 1e-9
ROUNDS, MOST_CELLS = 12, 1500
BATCH = 8192
UNKNOWN = -1.0


@dataclass(frozen=True)
class Reached:
    """TV(q_t, p_t), t = T..1, and whether the run has folded."""

    tv: tuple[Distance, ...]
    folds: bool


class PlaneMaps:
    """Steps that are maps of the plane. One-to-one maps move both laws alike."""

    def __init__(self, experiment: Experiment, stop: Stop = never) -> None:
        self._experiment, self._stop = experiment, stop
        self._exact, self._score = ExactScore(experiment.target, experiment.chain), experiment.score
        self._width: float | None = UNKNOWN  # what serves one start serves the other

    def steps(self) -> Iterator[StepError]:
        """Every step, t = T..2."""
        e = self._experiment
        run = self._run(e.exact_start, True)
        for t in range(e.steps, 1, -1):
            self._stop()
            local = self._local(t)
            yield StepError(
                t, local, run.tv[e.steps - t + 1], None if run.folds else 0.0, self._share(t)
            )

    def total(self, exact_start: bool) -> Distance:
        """TV(q_1, p_1)."""
        return self._run(exact_start, False).tv[-1]

    # ---- single steps

    def _image(self, t: int, x: Array, score: Score) -> Image:
        """The image of x (N, 2) under the step from t."""
        e = self._experiment
        chain = Chain(e.chain.beta[: t + 2])
        parts = []
        for k in range(0, len(x), BATCH):
            run = flow(e.record, chain, score, x[k : k + BATCH], self._scale, self._stop)
            next(run)
            parts.append(next(run)[1])
        return Image(
            np.concatenate([p.y for p in parts]),
            np.concatenate([p.log_det for p in parts]),
            np.concatenate([p.sign for p in parts]),
        )

    def _scale(self, t: int) -> float:
        return detail(self._experiment.target, self._experiment.chain.level(t))

    def _box(self, t: int) -> Array:
        return law_box(self._experiment.target, self._experiment.chain.level(t))

    def _local(self, t: int) -> Distance:
        p, ahead = self._exact.marginal(t), self._exact.marginal(t - 1)

        def of(x: Array) -> tuple[Array, Array, Array]:
            image = self._image(t, x, self._exact)
            log_p = ahead.log_density(image.y) + image.log_det
            return p.log_density(x), np.maximum(log_p, LOST), image.sign

        return variation(of, self._box(t), TOLERANCE, self._stop)

    def _share(self, t: int) -> Distance:
        """TV(K^ p_t, K p_t): r(x) compares the density of K p_t at K^ x with that of K^ p_t."""
        if self._experiment.score_error is None:
            return NOTHING
        p = self._exact.marginal(t)

        def of(x: Array) -> tuple[Array, Array, Array]:
            image = self._image(t, x, self._score)
            log_p = self._log_image(t, image.y, x, self._exact) + image.log_det
            return p.log_density(x), np.maximum(log_p, LOST), image.sign

        return variation(of, self._box(t), TOLERANCE, self._stop)

    def _log_image(self, t: int, y: Array, near: Array, score: Score) -> Array:
        """log of the density that a step makes of p_t at y (N, 2), which comes from near."""
        e = self._experiment
        inverse = Inverse(e.record, e.chain, score, self._scale, self._stop)
        z, log_det, found = inverse.undone(y, near, t)
        return np.where(found, self._exact.marginal(t).log_density(z) - log_det, LOST)

    def difference(self, t: int, axes: tuple[Array, Array]) -> Array:
        """Density of K^ p_t minus that of p_{t-1} on a grid, (X, Y)."""
        y = points(axes)
        near = math.sqrt(float(self._experiment.chain.alpha[t])) * y
        made = np.exp(self._log_image(t, y, near, self._score))
        gap = made - np.exp(self._exact.marginal(t - 1).log_density(y))
        return np.asarray(gap).reshape(len(axes[0]), len(axes[1]))

    # ---- whole runs

    def _run(self, exact_start: bool, everywhere: bool) -> Reached:
        """At every t, or at t = 1 only."""
        widths = WIDTHS if self._width == UNKNOWN else (self._width,)
        tried = [(self._tried(exact_start, width), width) for width in widths]
        (of, coordinates, _), self._width = min(tried, key=lambda one: one[0][2])
        cells = _adapted(of, coordinates.box, self._stop)
        if not everywhere:
            sums = integrate(cells).total()
            return Reached((stated(sums, TOLERANCE),), sums["folded"] > FLOOR)
        tv, folds = list[Distance](), False
        for part in self._at_all_times(coordinates, cells):
            sums = integrate(part).total()
            tv.append(stated(sums, TOLERANCE))
            folds |= sums["folded"] > FLOOR
        if exact_start:
            tv[0] = NOTHING
        return Reached(tuple(tv), folds)

    def _tried(self, exact_start: bool, width: float | None) -> tuple[Sampled, Coordinates, float]:
        e = self._experiment
        coordinates = Coordinates(e.target, e.chain, exact_start, width, self._stop)

        def of(w: Array) -> tuple[Array, Array, Array]:
            parts = [self._last(coordinates, w[k : k + BATCH]) for k in range(0, len(w), BATCH)]
            a, b, c = (np.concatenate(v) for v in zip(*parts, strict=True))
            return a, b, c

        s = resolve(of, coordinates.box, PROBED, math.inf, self._stop)
        return of, coordinates, s["tv_error"] + abs(s["q"] - 1) + abs(s["p"] - 1)

    def _times(self, coordinates: Coordinates, w: Array) -> Iterator[tuple[Array, Array, Array]]:
        """log q, log(r q) and sign for t = T..1."""
        e = self._experiment
        z, log_q, log_det = coordinates(w)
        for t, image in flow(e.record, e.chain, self._score, z, self._scale, self._stop):
            log_p = self._exact.marginal(t).log_density(image.y) + image.log_det + log_det
            yield log_q, np.maximum(log_p, LOST), image.sign

    def _last(self, coordinates: Coordinates, w: Array) -> tuple[Array, Array, Array]:
        e = self._experiment
        z, log_q, log_det = coordinates(w)
        run = flow(e.record, e.chain, self._score, z, self._scale, self._stop)
        ((_, image),) = deque(run, maxlen=1)
        log_p = self._exact.marginal(1).log_density(image.y) + image.log_det + log_det
        return log_q, np.maximum(log_p, LOST), image.sign

    def _at_all_times(self, coordinates: Coordinates, cells: Cells) -> Iterator[Cells]:
        w = _nodes(cells)
        shape = (len(cells.low), NODES, NODES)
        for log_q, log_p, sign in self._times(coordinates, w):
            yield Cells(cells.low, cells.width, *(v.reshape(shape) for v in (log_q, log_p, sign)))


def _nodes(cells: Cells) -> Array:
    """All nodes of all cells, in the order of their values, (M n n, 2)."""
    met: list[Array] = []

    def note(w: Array) -> tuple[Array, Array, Array]:
        met.append(w)
        return w[:, 0], w[:, 0], w[:, 0]

    sampled_cells(cells.low, cells.width, note)
    return np.concatenate(met)


def _adapted(of: Sampled, box: Array, stop: Stop) -> Cells:
    """Cells over the box, split until the sum of their errors is small enough."""
    width = (box[1] - box[0]) / PIECES
    corner = np.array(list(np.ndindex(PIECES, PIECES)), dtype=float)
    cells = sampled_cells(box[0] + width * corner, np.tile(width, (len(corner), 1)), of)
    found = integrate(cells)
    for _ in range(ROUNDS):
        stop()
        allowed = TOLERANCE * float(found.tv.sum()) + FLOOR
        which = np.flatnonzero(found.tv_error > 0.5 * allowed / len(cells.low))
        if found.tv_error.sum() <= allowed or len(cells.low) + 3 * len(which) > MOST_CELLS:
            break
        rest = np.setdiff1d(np.arange(len(cells.low)), which)
        half = cells.width[which] / 2
        low = np.concatenate([cells.low[which] + half * c for c in np.ndindex(2, 2)])
        fresh = sampled_cells(low, np.tile(half, (4, 1)), of)
        cells = joined([picked(cells, rest), fresh])
        found = joined([picked(found, rest), integrate(fresh)])
    return cells
