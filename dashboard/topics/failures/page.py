"""The record of "When it fails": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.topics.failures.cases import NAMES

FAILURE = choice("failure", NAMES[0], NAMES)
PAGE = Page(
    "failures",
    "When it fails",
    "Watch",
    4,
    (FAILURE,),
    after=("imperfect_scores", "trajectories", "verified"),
)
