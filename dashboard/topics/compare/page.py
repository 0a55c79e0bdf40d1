"""The record of "Side by side": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.animation.controls import PICTURE_SETTINGS
from dashboard.experiment.controls import PARTICLE_COUNTS
from dashboard.link.permalink import Page, whole
from dashboard.prose import prose
from dashboard.topics.compare.panels import MOST, Changes, changes_setting

phrase = prose("phrases/compare")
FEW = PARTICLE_COUNTS[:5]  # per panel
PANELS = whole("panels", 2, range(2, MOST + 1))
PARTICLES = whole("particles", 1000, FEW)
# panels B to D, and what C and D were in links that do not say it
CHANGES = [
    changes_setting("b", Changes(sampler="ddpm")),
    changes_setting("c", Changes(sampler="ode-taylor"), Changes(sampler="ode-accelerated")),
    changes_setting("d", Changes(sampler="ddpm-covariance"), Changes(sampler="ddpm-accelerated")),
]
PAGE = Page(
    "compare",
    phrase("side-by-side"),
    "Watch",
    3,
    (PANELS, PARTICLES, *PICTURE_SETTINGS, *CHANGES),
    after=("convergence", "budget"),
)
