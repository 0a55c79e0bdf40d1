"""The record of "Reverse trajectories": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.animation.controls import PICTURE_SETTINGS
from dashboard.experiment.controls import PARTICLE_COUNTS
from dashboard.link.permalink import Page, whole
from dashboard.prose import prose

phrase = prose("phrases/trajectories")
PARTICLES = whole("particles", 2000, PARTICLE_COUNTS)
PAGE = Page(
    "trajectories",
    phrase("reverse-trajectories"),
    "Watch",
    1,
    (PARTICLES, *PICTURE_SETTINGS),
    after=("convergence", "compare", "forward"),
)
