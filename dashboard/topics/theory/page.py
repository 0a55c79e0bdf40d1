"""The record of "Theory": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice

PLACES = (0, 10, 25, 50, 75, 90, 100)
AT = choice("at", 50, PLACES, int)
PAGE = Page("theory", "Theory", "Understand", 1, (AT,), after=("why", "assumptions", "literature"))
