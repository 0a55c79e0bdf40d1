"""The record of "Assumptions": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, switch
from dashboard.prose import prose

phrase = prose("phrases/assumptions")
TAILS = switch("tails", False)
PAGE = Page(
    "assumptions",
    phrase("assumptions"),
    "Understand",
    3,
    (TAILS,),
    after=("failures", "theory", "dimension"),
)
