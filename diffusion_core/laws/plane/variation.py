"""TV in the plane as one integral over square cells, with its error."""

from __future__ import annotations

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.noisy_steps import never
from diffusion_core.laws.plane.coordinates import law_box, normal_log_density
from diffusion_core.laws.plane.quadrature import Sampled, Stop, resolve
from diffusion_core.laws.plane.summed import FOLDED, TV_CAUTION
from diffusion_core.schedules import Array

FAR = 9.0  # standard deviations of a normal start
PIECES, TOLERANCE = 12, 1e-4  # cells along an axis, relative
PROMISED = 0.3  # of the tolerance: no relative error is stated below


def variation(of: Sampled, box: Array, tolerance: float, stop: Stop = never) -> Distance:
    """int q (1 - r)_+ over the box from log q, log(r q) and the sign of a determinant."""
    return stated(resolve(of, box, PIECES, tolerance, stop), tolerance)


def stated(sums: dict[str, float], tolerance: float) -> Distance:
    """The distance with its error; Refused where folds may hide a part that matters."""
    value, hidden = sums["tv"], 2 * sums["folded"]
    if hidden > FOLDED * value and value < 1 - FOLDED and hidden > 1e-7:
        raise Refused(
            "a step folds the plane: points from different places land on one, so what it adds is "
            "not known here; use more steps or another sampler"
        )
    value = min(value, 1.0)
    error = TV_CAUTION * sums["tv_error"] + abs(sums["q"] - 1) + min(hidden, 1 - value) + 1e-12
    return Distance(value, error + PROMISED * tolerance * value)


def plane_initialisation(experiment: Experiment, stop: Stop) -> Distance:
    """TV(p_T, N(0, I)) in the plane."""
    level = experiment.chain.level(experiment.steps)
    marginal = experiment.target.marginal(level)
    box = law_box(experiment.target, level)
    both = np.stack([np.minimum(box[0], -FAR), np.maximum(box[1], FAR)])

    def of(x: Array) -> tuple[Array, Array, Array]:
        return normal_log_density(x), marginal.log_density(x), np.ones(len(x))

    return variation(of, both, TOLERANCE, stop)
