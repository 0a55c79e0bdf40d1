"""Exact convergence measurements: schedules, targets, samplers, laws and distances."""

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.measure import Measurement, measure, measure_all
from diffusion_core.samplers import SAMPLERS, own_sampler
from diffusion_core.schedules import SCHEDULES
from diffusion_core.scores.own import own_score
from diffusion_core.studies.convergence import (
    asymptotic_fit,
    fit,
    plan,
    plan_evaluations,
    slopes,
    sweep,
)
from diffusion_core.targets import PRESETS, own_target

__all__ = [
    "PRESETS",
    "SAMPLERS",
    "SCHEDULES",
    "DiscreteExperiment",
    "Experiment",
    "InputError",
    "Measurement",
    "Refused",
    "asymptotic_fit",
    "fit",
    "measure",
    "measure_all",
    "own_sampler",
    "own_score",
    "own_target",
    "plan",
    "plan_evaluations",
    "slopes",
    "sweep",
]
