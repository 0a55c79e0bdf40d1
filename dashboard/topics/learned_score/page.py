"""The record of "A learned score": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice

VIEWS = {
    "training": "Training",
    "samples": "More samples",
    "memory": "Memory",
    "acceleration": "Learned w and v",
}
VIEW = choice("view", "training", tuple(VIEWS))
PAGE = Page(
    "learned_score",
    "A learned score",
    "Measure",
    6,
    (VIEW,),
    after=("imperfect_scores", "guidance", "challenges"),
)
