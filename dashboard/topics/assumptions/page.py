"""The record of "Assumptions": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, switch

TAILS = switch("tails", False)
PAGE = Page(
    "assumptions",
    "Assumptions",
    "Understand",
    3,
    (TAILS,),
    after=("failures", "theory", "dimension"),
)
