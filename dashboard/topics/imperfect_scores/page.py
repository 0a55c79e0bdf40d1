"""The record of "Imperfect scores": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose

phrase = prose("phrases/imperfect_scores")
VIEWS = {"steps": phrase("more-steps"), "waves": phrase("finer-waves")}
VIEW = choice("view", "steps", tuple(VIEWS))
PAGE = Page(
    "imperfect_scores",
    phrase("imperfect-scores"),
    "Measure",
    5,
    (VIEW,),
    after=("learned_score", "correctors", "why"),
)
