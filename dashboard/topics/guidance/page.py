"""The record of "Guidance": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice

VIEWS = {"law": "What comes out", "scale": "Against w", "steps": "Against T", "run": "Watch it"}
VIEW = choice("view", "law", tuple(VIEWS))
PAGE = Page("guidance", "Guidance", "Measure", 8, (VIEW,), after=("trajectories", "literature"))
