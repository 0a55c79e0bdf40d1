"""The record of "Guidance": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose

phrase = prose("phrases/guidance")
VIEWS = {
    "law": phrase("what-comes-out"),
    "scale": phrase("against-w"),
    "steps": phrase("against-t"),
    "run": phrase("watch-it"),
}
VIEW = choice("view", "law", tuple(VIEWS))
PAGE = Page(
    "guidance", phrase("guidance"), "Measure", 8, (VIEW,), after=("trajectories", "literature")
)
