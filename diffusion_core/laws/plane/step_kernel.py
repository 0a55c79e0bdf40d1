"""What one stochastic step does to p_t, beside p_{t-1}: densities on grids, in the plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density, points, sampled_density
from diffusion_core.laws.noisy_steps import Transfer, densities, finest, law_box, never
from diffusion_core.laws.plane import grid_distances, law
from diffusion_core.laws.plane.grid_distances import RESOLUTIONS
from diffusion_core.laws.plane.jacobian_flow import Stop
from diffusion_core.laws.plane.variation import plane_initialisation
from diffusion_core.laws.reference import noised
from diffusion_core.laws.step import NOTHING, StepError
from diffusion_core.schedules import Array
from diffusion_core.scores.exact import ExactScore, Score

COARSE, RESOLUTION = RESOLUTIONS[:2]  # of whole runs, and of single steps, whose errors are small
FIXED = 1e-3  # relative: one grid promises no more
MOST_NODES = 500_000  # at which two densities are compared


class PlaneNoise:
    """Steps in the plane that draw noise, which takes away some of the error that they meet."""

    def __init__(self, experiment: Experiment, stop: Stop = never) -> None:
        self._experiment, self._stop = experiment, stop
        self._exact, self._score = ExactScore(experiment.target, experiment.chain), experiment.score

    def steps(self) -> Iterator[StepError]:
        """Every step, t = T..2."""
        e = self._experiment
        run = self._run(e.exact_start)
        _, _, before = next(run)
        for below, density, reached in run:
            t = below + 1
            image, found = self._local(t)
            used, score = image, NOTHING
            if e.score_error is not None:
                used, rim = self._image(t, self._score)
                score = _apart(used, image, rim + found.error)
            # K^ q_t - K^ p_t, both on grids
            kept = _apart(density, used, 0.0)
            yield StepError(t, found, reached, max(0.0, before.value - kept.value), score)
            before = reached

    def total(self, exact_start: bool) -> Distance:
        """TV(q_1, p_1)."""
        e = self._experiment.with_(start="exact" if exact_start else "noise")
        return law.plane_distances(e, ("tv",), e.chain.level(1), self._stop)["tv"]

    def _run(self, exact_start: bool) -> Iterator[tuple[int, Density, Distance]]:
        """t, q_t and TV(q_t, p_t), t = T..1."""
        e = self._experiment.with_(start="exact" if exact_start else "noise")
        for t, density, unresolved in densities(e, COARSE, self._stop):
            if t == e.steps:
                start = NOTHING if exact_start else plane_initialisation(e, self._stop)
                yield t, density, start
            elif t == 1:
                yield t, density, self.total(exact_start)
            else:
                yield t, density, self._distance(density, t, unresolved)

    def _distance(self, density: Density, t: int, rim: float) -> Distance:
        e = self._experiment
        tv = grid_distances.grid_variation(density, noised(e.target, e.chain.level(t)), rim)
        return Distance(tv.value, tv.error + FIXED * tv.value)

    def _image(self, t: int, score: Score) -> tuple[Density, float]:
        """The density of the image of p_t, and what of its spectrum is cut off."""
        e, level = self._experiment, self._experiment.chain.level(t)
        of, scale = self._exact.marginal(t).log_density, finest(e.target, level)
        begin = sampled_density(of, law_box(e.target, level), scale, RESOLUTION)
        transfer = Transfer(e, score, RESOLUTION, self._stop)
        return transfer.step(begin, t), transfer.unresolved

    def _local(self, t: int) -> tuple[Density, Distance]:
        image, rim = self._image(t, self._exact)
        return image, self._distance(image, t - 1, rim)

    def difference(self, t: int, axes: tuple[Array, Array]) -> Array:
        """Density of K^ p_t minus that of p_{t-1} on a grid, (X, Y)."""
        image, _ = self._image(t, self._score)
        p = np.exp(self._exact.marginal(t - 1).log_density(points(axes)))
        return image.on(axes) - p.reshape(len(axes[0]), len(axes[1]))


def _apart(one: Density, other: Density, doubt: float) -> Distance:
    """TV of two densities on grids; half the change from half the nodes is its error.

    Where the sign changes the sum errs by h^2, so a third of that change is what is expected.
    """
    low = np.minimum(one.low, other.low)
    span = np.maximum(one.high, other.high) - low
    h = max(min(one.h, other.h) / 6, float(np.sqrt(span.prod() / MOST_NODES)))
    axes = tuple(low[k] + h * np.arange(int(span[k] / h) + 1) for k in range(2))
    gap = np.abs(one.on(axes) - other.on(axes))
    fine, rough = (0.5 * float(gap[::k, ::k].sum()) * (k * h) ** 2 for k in (1, 2))
    return Distance(min(fine, 1.0), abs(fine - rough) / 2 + doubt + FIXED * fine)
