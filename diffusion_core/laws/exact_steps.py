"""What exact steps with an exact score leave of a wrong start, on the line and in the plane.

The reverse kernel p(x_{t-1} | x_t) takes q_t = h_t p_t to q_{t-1} = h_{t-1} p_{t-1} with
h_{t-1}(y) = E[h_t(X_t) | X_{t-1} = y]: the ratio is smoothed. All steps together are

    h_1(y) = E[h_T(X_T) | X_1 = y],    X_T | X_1 = y ~ N(a y, 1 - a^2),    a = sqrt(abar_T/abar_1),

one normal integral of h_T = phi/p_T, and TV(q_1, p_1) = (1/2) E|h_1(X_1) - 1|.
"""

from __future__ import annotations

import math

import numpy as np

from diffusion_core.distances.mass_partition import resolve as line_masses
from diffusion_core.distances.of_masses import Distance, total_variation
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.line.law import marginal_bounds, standard_normal, start_nodes
from diffusion_core.laws.line.pushforward import TransportLaw
from diffusion_core.laws.noisy_steps import Stop, never
from diffusion_core.laws.plane.coordinates import law_box
from diffusion_core.laws.plane.variation import TOLERANCE, plane_initialisation, variation
from diffusion_core.schedules import Array

REACH = 9.0  # of the normal start, in standard deviations
FINENESS = 0.3  # steps of the inner integral, over the width of what is integrated
MOST_NODES = 1500  # of the inner integral, along an axis
CELLS = 20_000  # of the outer one on the line
BATCH = 4096
LINE_TOLERANCE = 1e-5  # relative, on the initialisation
CLIP = 700.0


class Smoothed:
    """h_1 at points y (N, d), d = 1 or 2, by the trapezoid rule, which converges spectrally."""

    def __init__(self, experiment: Experiment) -> None:
        e = experiment
        first, last = e.chain.level(1), e.chain.level(e.chain.steps)
        self._a = math.sqrt(last.abar / first.abar)
        # 1 - abar_T/abar_1 without cancellation
        self._v = (last.var - first.var) / first.abar
        h = FINENESS * math.sqrt(self._v)
        count = math.ceil(2 * REACH / h) + 1
        if count > MOST_NODES:
            raise Refused(
                "what exact steps leave of the start is not computed here for so little noise: "
                f"T = {e.steps} steps of this schedule hardly move p_1"
            )
        self._x, self._h = np.linspace(-REACH, REACH, count, retstep=True)
        self._dim = e.target.dim
        grid = np.meshgrid(*[self._x] * self._dim, indexing="ij")
        x = np.stack(grid, axis=-1).reshape(-1, self._dim)
        log_phi = -0.5 * (x * x).sum(axis=1) - 0.5 * self._dim * math.log(2 * math.pi)
        log_h = log_phi - e.target.marginal(last).log_density(x)
        self._ratio = np.exp(np.minimum(log_h, CLIP)).reshape([count] * self._dim)

    def __call__(self, y: Array) -> Array:
        """h_1(y), (N,)."""
        blocks = [y[k : k + BATCH] for k in range(0, len(y), BATCH)]
        return np.concatenate([self._at(block) for block in blocks])

    def _at(self, y: Array) -> Array:
        scale = self._h / math.sqrt(2 * math.pi * self._v)
        bells = [
            scale * np.exp(-0.5 * (self._x - self._a * c[:, None]) ** 2 / self._v) for c in y.T
        ]
        if self._dim == 1:
            return np.asarray(bells[0] @ self._ratio)
        return np.asarray(((bells[0] @ self._ratio) * bells[1]).sum(axis=1))


def smoothed_start(experiment: Experiment) -> Distance:
    """TV(q_1, p_1) of the exact reverse kernels started from N(0, I); Refused for d > 2."""
    if experiment.target.dim > 2:
        raise Refused("what exact steps leave of the start is computed in one and two dimensions")
    h = Smoothed(experiment)
    return _on_line(experiment, h) if experiment.target.dim == 1 else _in_plane(experiment, h)


def _on_line(e: Experiment, h: Smoothed) -> Distance:
    """By Simpson's rule for h in cells that have p_1's exact masses; the change from half of them.

    p_1 may be far finer than a cell: only h has to be smooth.
    """
    level = e.chain.level(1)
    edges = np.linspace(*marginal_bounds(e.target, level), CELLS + 1)
    excess = h(edges[:, None]) - 1
    mass = e.target.marginal(level).interval_mass(edges)
    fine = _cells(excess, mass)
    rough = _cells(excess[::2], mass[::2] + mass[1::2])
    defect = abs(float(mass @ (excess[:-1] + excess[1:])) / 2)  # int p_1 (h - 1) = 0
    return Distance(fine, abs(fine - rough) + defect + 1e-12)


def _cells(excess: Array, mass: Array) -> float:
    """(1/2) sum of masses times the mean of |h - 1|, taken as linear between edges."""
    a, b = excess[:-1], excess[1:]
    total = np.abs(a) + np.abs(b)
    crossing = a * b < 0
    mean = np.where(crossing, (a * a + b * b) / np.maximum(2 * total, 1e-300), total / 2)
    return 0.5 * float(mass @ mean)


def initialisation(experiment: Experiment, stop: Stop = never) -> Distance:
    """TV(p_T, N(0, I)), d <= 2: what starting from noise costs before any step is made."""
    chain, target = experiment.chain, experiment.target
    if target.dim == 2:
        return plane_initialisation(experiment, stop)
    level = chain.level(chain.steps)
    law = TransportLaw(lambda x: x, standard_normal(), start_nodes(target, chain, False))
    bounds = marginal_bounds(target, level)
    return total_variation(line_masses(law, target.marginal(level), bounds, LINE_TOLERANCE))


def _in_plane(e: Experiment, h: Smoothed) -> Distance:
    level = e.chain.level(1)
    marginal = e.target.marginal(level)

    def of(y: Array) -> tuple[Array, Array, Array]:
        log_p = marginal.log_density(y)
        log_h = np.log(np.maximum(h(y), 1e-300))
        return log_p, log_p + log_h, np.ones(len(y))

    return variation(of, law_box(e.target, level), TOLERANCE)
