"""The record of "When it fails": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose
from dashboard.topics.failures.cases import NAMES

phrase = prose("phrases/failures")
FAILURE = choice("failure", NAMES[0], NAMES)
PAGE = Page(
    "failures",
    phrase("when-it-fails"),
    "Watch",
    4,
    (FAILURE,),
    after=("imperfect_scores", "trajectories", "verified"),
)
