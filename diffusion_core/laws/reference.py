"""What q_1 is compared with: p_1, the data; for a guided score its class and the tilted law."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.experiment import Experiment
from diffusion_core.laws.noisy_steps import finest, law_box
from diffusion_core.laws.particles import perfect_points
from diffusion_core.laws.tilted import tilted, tilted_points
from diffusion_core.schedules import CLEAN, Array, NoiseLevel
from diffusion_core.scores.guided import Guided
from diffusion_core.targets.base import Marginal, Target

COMPARISONS = ("p1", "data", "tilted", "class")
GUIDED = ("tilted", "class")


@dataclass(frozen=True, eq=False)
class Reference:
    """A law to compare with: its density, a box that holds all but 1e-15 of it (2, d), the scale of

    its finest detail, and the mass that its own quadrature may have misplaced.
    """

    marginal: Marginal
    box: Array
    fine: float
    error: float = 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """The box on the line."""
        lo, hi = self.box[:, 0].tolist()
        return lo, hi


def comparison_level(experiment: Experiment, against: str) -> NoiseLevel:
    """The noise level of what q_1 is compared with: that of p_1, or none for the data law."""
    return CLEAN if against == "data" else experiment.chain.level(1)


def noised(target: Target, level: NoiseLevel) -> Reference:
    """The target noised to ``level``."""
    return Reference(target.marginal(level), law_box(target, level), finest(target, level))


def reference(experiment: Experiment, against: str) -> Reference:
    """p_1 or the data; for a guided score "class", p_1(. | C), or "tilted", p_1 P(C | x)^w / Z.

    InputError for the last two unless the score is guided; Refused where Z is out of reach.
    """
    target, level = experiment.target, comparison_level(experiment, against)
    if against not in GUIDED:
        return noised(target, level)
    guided = guidance(experiment, against)
    share, part = guided.split(target)
    if against == "class":
        return noised(part, level)
    box, fine = law_box(target, level), finest(target, level) / math.sqrt(max(1.0, guided.scale))
    marginal = tilted(target, part, share, guided.scale, level, box)
    return Reference(marginal, box, fine, marginal.error)


def guidance(experiment: Experiment, against: str) -> Guided:
    """The guidance of the experiment; InputError where its score is not guided."""
    if not isinstance(experiment.score_error, Guided):
        raise InputError(f"against: {against} needs a guided score; compare with p1 or data")
    return experiment.score_error


def reference_points(
    experiment: Experiment, n: int, rng: np.random.Generator, against: str
) -> Array:
    """n draws of the law that ``reference`` names, (n, d); InputError and Refused as there."""
    if against not in GUIDED:
        return perfect_points(experiment, n, rng, against == "data")
    guided = guidance(experiment, against)
    share, part = guided.split(experiment.target)
    if against == "class":
        return perfect_points(experiment.with_(target=part, score_error=None), n, rng, False)
    return tilted_points(
        experiment.target, part, share, guided.scale, experiment.chain.level(1), n, rng
    )
