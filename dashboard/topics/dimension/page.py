"""The record of "Dimension": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.experiment.controls import FIRST_SAMPLERS
from dashboard.link.permalink import Page, Setting, choice, several, whole
from dashboard.prose import prose
from dashboard.text.numbers import exact
from diffusion_core import SAMPLERS, InputError
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.studies.dimension import GaussianAxes

phrase = prose("phrases/dimension")
KINDS = {"isotropic": phrase("gaussian"), "low": phrase("on-k-axes"), "product": phrase("copies")}
SIGNALS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000)
RESTS = (0.0, 1e-6, 1e-4, 1e-2)
METRICS = ("tv", "kl", "hellinger")
BOUNDS = {
    "none": phrase("none"),
    "paper": phrase("the-first-of-each"),
    "all": phrase("also-sharper-ones"),
}


def _read_variance(text: str) -> float:
    try:
        return GaussianAxes(float(text)).variance
    except (ValueError, InputError):
        raise InputError(phrase("variance-a-number-from-0", text=repr(text[:40]))) from None


SETTINGS = (
    choice("kind", "isotropic", tuple(KINDS)),
    Setting("variance", 0.25, _read_variance, exact),
    whole("k", 10, SIGNALS),
    choice("rest", 0.0, RESTS, float),
    several("samplers", PAPER_SAMPLERS, tuple(SAMPLERS), FIRST_SAMPLERS),
    choice("metric", "tv", METRICS),
    choice("bounds", "paper", tuple(BOUNDS)),
)
PAGE = Page(
    "dimension", phrase("dimension"), "Measure", 4, SETTINGS, after=("theory", "literature")
)
