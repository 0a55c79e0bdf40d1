"""The record of "Dimension": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.experiment.controls import FIRST_SAMPLERS
from dashboard.link.permalink import Page, Setting, choice, several, whole
from diffusion_core import SAMPLERS, InputError
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.studies.dimension import GaussianAxes

KINDS = {"isotropic": "Gaussian", "low": "On k axes", "product": "Copies"}
SIGNALS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000)
RESTS = (0.0, 1e-6, 1e-4, 1e-2)
METRICS = ("tv", "kl", "hellinger")
BOUNDS = {"none": "none", "paper": "the first of each", "all": "also sharper ones"}


def _read_variance(text: str) -> float:
    try:
        return GaussianAxes(float(text)).variance
    except (ValueError, InputError):
        raise InputError(f"variance: a number from 0 to 1e6, got {text[:40]!r}") from None


SETTINGS = (
    choice("kind", "isotropic", tuple(KINDS)),
    Setting("variance", 0.25, _read_variance, lambda value: f"{value:.12g}"),
    whole("k", 10, SIGNALS),
    choice("rest", 0.0, RESTS, float),
    several("samplers", PAPER_SAMPLERS, tuple(SAMPLERS), FIRST_SAMPLERS),
    choice("metric", "tv", METRICS),
    choice("bounds", "paper", tuple(BOUNDS)),
)
PAGE = Page("dimension", "Dimension", "Measure", 4, SETTINGS, after=("theory", "literature"))
