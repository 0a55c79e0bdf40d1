"""The record of "Challenges": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose
from dashboard.topics.challenges.entries import NAMES

phrase = prose("phrases/challenges")
CHALLENGE = choice("challenge", NAMES[0], NAMES)
PAGE = Page(
    "challenges",
    phrase("challenges"),
    "Learn",
    3,
    (CHALLENGE,),
    own=True,
    after=("schedule_design", "theory"),
)
