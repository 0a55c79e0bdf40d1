"""Targets of every kind and errors of every kind that tests of scores share."""

import numpy as np

from diffusion_core import Experiment
from diffusion_core.schedules import NoiseLevel
from diffusion_core.scores.errors import FourierError, Scale, Shift, WaveError
from diffusion_core.scores.exact import ExactScore
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT

LEVEL = NoiseLevel.of(0.7)
SKEWED = GaussianMixture((0.3, 0.7), ((-1.0,), (0.8,)), (((0.09,),), ((0.3,),)))
PLANE = GaussianMixture(
    (0.4, 0.6), ((-1.0, 0.5), (0.7, 0.2)), (((0.3, 0.1), (0.1, 0.2)), ((0.1, 0.0), (0.0, 0.5)))
)
SPACE = GaussianMixture(
    (0.5, 0.5),
    ((1.0, 0.0, 0.5), (-1.0, 0.3, 0.0)),
    tuple(tuple(tuple(row) for row in (v * np.eye(3)).tolist()) for v in (0.2, 0.4)),
)
LAWS = {
    "mixture": SKEWED,
    "atoms": Points(((-1.0,), (0.2,), (0.2,), (1.5,))),
    "cloud": Points(((-1.0, 0.3), (0.2, 0.1), (1.5, -0.7)), 0.2),
    "boxes": Boxes((0.25, 0.75), ((-1.0,), (0.5,)), ((0.0,), (1.1,))),
    "circle": Circle(1.3, (0.2, -0.1)),
    "heavy": StudentT(3.0, (0.4,), 0.5),
    "heavier": StudentT(1.5, (0.4, -0.2), 0.5),
    "nearly-normal": StudentT(300.0, (0.4,), 0.5),
    "plane": PLANE,
    "space": SPACE,
}
KINDS = {
    "shift": Shift(0.3),
    "scale": Scale(0.3),
    "wave": WaveError(0.3, 4.0, 0.7),
    "fourier": FourierError(0.3, 0.6, 5),
}


def inexact(error, target, steps=20):
    e = Experiment(target=target, steps=steps, score_error=error)
    return e, e.score, ExactScore(target, e.chain)
