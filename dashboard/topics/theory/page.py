"""The record of "Theory": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose
from dashboard.text.sections import card, slug
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/theory")
SECTIONS = (
    "The setting",
    "The formulas of all samplers",
    "What is proven",
    "Bounds against measurement",
)
_CARDS = dict.fromkeys(card(theorem) for found in THEOREMS.values() for theorem in found)
PLACES = (0, 10, 25, 50, 75, 90, 100)
AT = choice("at", 50, PLACES, int)
SECTION = choice("section", "", ("", *map(slug, SECTIONS), *_CARDS))
PAGE = Page(
    "theory",
    phrase("theory"),
    "Understand",
    1,
    (AT, SECTION),
    after=("why", "assumptions", "literature"),
)
