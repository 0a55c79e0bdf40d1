"""Targets: laws of X_0 whose noised marginals p_t are known in closed form."""

from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.gallery import DEFAULT_1D, DEFAULT_2D, PRESETS, Preset
from diffusion_core.targets.gaussian_mixture import GaussianMixture, Points
from diffusion_core.targets.own import own_target
from diffusion_core.targets.student_t import StudentT

TARGETS: dict[str, type[Target]] = {
    cls.kind: cls for cls in (GaussianMixture, Points, Boxes, Circle, StudentT)
}

__all__ = [
    "DEFAULT_1D",
    "DEFAULT_2D",
    "PRESETS",
    "TARGETS",
    "Boxes",
    "Circle",
    "GaussianMixture",
    "Marginal",
    "Points",
    "Preset",
    "StudentT",
    "Target",
    "own_target",
]
