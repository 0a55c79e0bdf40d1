"""The record of "A learned score": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose

phrase = prose("phrases/learned_score")
VIEWS = {
    "training": phrase("training"),
    "samples": phrase("more-samples"),
    "memory": phrase("memory"),
    "acceleration": phrase("learned-w-and-v"),
}
VIEW = choice("view", "training", tuple(VIEWS))
PAGE = Page(
    "learned_score",
    phrase("a-learned-score"),
    "Measure",
    6,
    (VIEW,),
    after=("imperfect_scores", "guidance", "challenges"),
)
