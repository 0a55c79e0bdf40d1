"""The record of "What is proven, by whom": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice, several
from dashboard.prose import prose
from dashboard.topics.literature.table import BY_NAME, FAMILIES

phrase = prose("phrases/literature")
DIMENSIONS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
ACCURACIES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0001)
SHOWN = several("families", tuple(FAMILIES), tuple(FAMILIES))
DIMENSION = choice("d", 100, DIMENSIONS, int)
ACCURACY = choice("accuracy", 0.01, ACCURACIES, float)
SURE = choice("sure", "all", ("all", "read"))
ONE = choice("result", "2306.09251-1", tuple(BY_NAME))
PAGE = Page(
    "literature",
    phrase("what-is-proven-by-whom"),
    "Understand",
    4,
    (SHOWN, DIMENSION, ACCURACY, SURE, ONE),
    after=("theory", "discrete", "notation"),
)
