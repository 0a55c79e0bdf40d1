"""The record of "Imperfect scores": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice

VIEWS = {"steps": "More steps", "waves": "Finer waves"}
VIEW = choice("view", "steps", tuple(VIEWS))
PAGE = Page(
    "imperfect_scores",
    "Imperfect scores",
    "Measure",
    5,
    (VIEW,),
    after=("learned_score", "correctors", "why"),
)
