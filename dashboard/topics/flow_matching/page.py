"""The record of "Flow matching": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice, whole

SOURCES = {"noise": "noise N(0, 1)", "modes": "two modes"}
TEACHERS = (4, 8, 16, 32, 64, 128)
SOURCE = choice("source", "noise", tuple(SOURCES))
TEACHER = whole("teacher", 64, TEACHERS)
PAGE = Page(
    "flow_matching",
    "Flow matching",
    "Measure",
    9,
    (SOURCE, TEACHER),
    after=("convergence", "correctors"),
)
