"""What one stochastic step does to p_t, beside p_{t-1}: exactly, on the line.

The image of p_t is carried as a density on a grid; TV is half the integral of the size of a smooth
difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import scipy

from diffusion_core.distances.of_masses import Distance
from diffusion_core.distances.on_grid import half_modulus
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density, sampled_density
from diffusion_core.laws.line import law
from diffusion_core.laws.line.law import RESOLUTION
from diffusion_core.laws.noisy_steps import Transfer, densities, final_density, finest, law_box
from diffusion_core.laws.step import NOTHING, StepError
from diffusion_core.schedules import Array
from diffusion_core.scores.exact import ExactScore, Score

FINENESS = 0.05  # grid step over the scale of p_t's finest detail
MOST_NODES = 1 << 19
PROMISED = 1e-5  # relative: the change from half the nodes may be small by chance


class StochasticSteps:
    """Steps that draw noise, which takes away some of the error that a step meets."""

    def __init__(self, experiment: Experiment, stop: law.Stop = law.never) -> None:
        self._experiment, self._stop = experiment, stop
        self._exact, self._score = ExactScore(experiment.target, experiment.chain), experiment.score

    def steps(self) -> Iterator[StepError]:
        e = self._experiment
        transfer, given = self._transfer(self._exact), self._transfer(self._score)
        run = self._run(e.exact_start)
        _, _, _, before = next(run)
        for below, x, gap, reached in run:
            nodes, own, found = self._local(transfer, below + 1)
            score = NOTHING
            if e.score_error is not None:
                used, theirs, other = self._local(given, below + 1)
                score = self._apart(below, (used, theirs), (nodes, own))
                score = Distance(score.value, score.error + found.error + other.error)
                nodes, own = used, theirs
            # K^ q_t - K^ p_t = (q_{t-1} - p_{t-1}) - (K^ p_t - p_{t-1})
            kept, _ = _size(gap - self._gap_at(below, nodes, own, x), x[1] - x[0])
            yield StepError(below + 1, found, reached, max(0.0, before.value - kept), score)
            before = reached

    def local_errors(self) -> Iterator[Distance]:
        """TV(K p_t, p_{t-1}) for t = T..2, without the rest."""
        transfer = self._transfer(self._exact)
        for t in range(self._experiment.steps, 1, -1):
            self._stop()
            yield self._local(transfer, t)[2]

    def total(self, exact_start: bool) -> Distance:
        """TV(q_1, p_1)."""
        *_, (_, _, _, found) = self._run(exact_start)
        return found

    def _run(self, exact_start: bool) -> Iterator[tuple[int, Array, Array, Distance]]:
        """t, nodes, q_t - p_t there and TV(q_t, p_t), for t = T..1."""
        e = self._experiment
        begun = e.with_(start="exact" if exact_start else "noise")
        for t, density, unresolved in densities(begun, RESOLUTION, self._stop):
            x, gap = self._gap(density, t)
            yield t, x, gap, self._distance(density, t, x, gap, unresolved)

    def _distance(
        self, density: Density, t: int, x: Array, gap: Array, unresolved: float
    ) -> Distance:
        """TV to p_t, the mass of p_t outside the grid included."""
        size, error = _size(gap, x[1] - x[0])
        outside = max(0.0, 1.0 - float(self._exact.marginal(t).interval_mass(x[[0, -1]])[0]))
        doubt = 10 * unresolved + abs(density.mass - 1.0) + 1e-11
        return Distance(min(size + 0.5 * outside, 1.0), error + doubt)

    def _transfer(self, score: Score) -> Transfer:
        return Transfer(self._experiment, score, RESOLUTION, self._stop)

    def _feature(self, t: int) -> float:
        return finest(self._experiment.target, self._experiment.chain.level(t))

    def _gap(self, density: Density, t: int) -> tuple[Array, Array]:
        """Nodes that resolve the density and p_t, and their difference there."""
        coarse = density.h / (FINENESS * self._feature(t))
        factor = 1 << max(2, math.ceil(math.log2(coarse)))
        most = max(1, MOST_NODES // len(density.values))
        fine = density.upsampled(min(factor, 1 << int(math.log2(most))))
        x = fine.axes[0]
        return x, fine.values - np.exp(self._exact.marginal(t).log_density(x[:, None]))

    def _gap_at(self, t: int, nodes: Array, gap: Array, x: Array) -> Array:
        """A density minus p_t between its nodes, and -p_t where the density has ended."""
        found = scipy.interpolate.CubicSpline(nodes, gap)(np.clip(x, nodes[0], nodes[-1]))
        beyond = (x < nodes[0]) | (x > nodes[-1])
        found[beyond] = -np.exp(self._exact.marginal(t).log_density(x[beyond, None]))
        return np.asarray(found)

    def _apart(self, t: int, one: tuple[Array, Array], other: tuple[Array, Array]) -> Distance:
        """TV of two densities, each given as its nodes and what it differs from p_t there."""
        (x, f), (z, g) = one, other
        lo, hi = min(x[0], z[0]), max(x[-1], z[-1])
        h = max(min(x[1] - x[0], z[1] - z[0]), (hi - lo) / (4 * MOST_NODES))
        nodes = lo + h * np.arange(int((hi - lo) / h) + 1)
        gap = self._gap_at(t, x, f, nodes) - self._gap_at(t, z, g, nodes)
        size, error = _size(gap, h)
        return Distance(min(size, 1.0), error)

    def _image(self, transfer: Transfer, t: int) -> Density:
        """The density of the image of p_t."""
        box = law_box(self._experiment.target, self._experiment.chain.level(t))
        of = self._exact.marginal(t).log_density
        return transfer.step(sampled_density(of, box, self._feature(t), RESOLUTION), t)

    def _local(self, transfer: Transfer, t: int) -> tuple[Array, Array, Distance]:
        transfer.unresolved = RESOLUTION.tail
        image = self._image(transfer, t)
        x, gap = self._gap(image, t - 1)
        return x, gap, self._distance(image, t - 1, x, gap, transfer.unresolved)

    def difference(self, t: int, edges: Array) -> Array:
        """Mass of K^ p_t minus that of p_{t-1} between the edges (G + 1,): (G,)."""
        return self._between(self._image(self._transfer(self._score), t), t - 1, edges)

    def outcome(self, edges: Array) -> Array:
        """Mass of q_1 minus that of p_1 between the edges."""
        e = self._experiment
        density, _ = final_density(e, RESOLUTION, self._stop)
        return self._between(density, 1, edges)

    def _between(self, density: Density, t: int, edges: Array) -> Array:
        x, gap = self._gap(density, t)
        below = scipy.interpolate.CubicSpline(x, gap).antiderivative()
        return np.diff(below(np.clip(edges, x[0], x[-1])))


def _size(gap: Array, h: float) -> tuple[float, float]:
    """(1/2) int |gap| over nodes h apart, and its error."""
    size, error = half_modulus(gap, h)
    return size, max(PROMISED * size, error)
