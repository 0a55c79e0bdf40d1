"""The record of "Correctors": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.experiment.corrector import SIZES
from dashboard.link.permalink import Page, choice
from dashboard.prose import prose

phrase = prose("phrases/correctors")
VIEWS = {"repair": phrase("after-a-sampler"), "mixing": phrase("at-one-noise-level")}
NOISES = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LONG = tuple(size for size in SIZES if size >= 0.1)  # shorter steps need too many nodes
VIEW = choice("view", "repair", tuple(VIEWS))
SIZE = choice("size", 0.3, LONG, float)
NOISE = choice("noise", 0.1, NOISES, float)
PAGE = Page(
    "correctors",
    phrase("correctors"),
    "Measure",
    7,
    (VIEW, SIZE, NOISE),
    after=("imperfect_scores", "flow_matching", "budget"),
)
