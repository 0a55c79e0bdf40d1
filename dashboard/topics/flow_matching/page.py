"""The record of "Flow matching": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice, whole
from dashboard.prose import prose

phrase = prose("phrases/flow_matching")
SOURCES = {"noise": phrase("noise-n-0-i"), "modes": phrase("two-modes")}
TEACHERS = (4, 8, 16, 32, 64, 128)
COUNTS = (5_000, 10_000, 20_000, 50_000)
METRICS = {"tv": "TV", "sw2": "SW₂"}
DRAWN = (1, 2, 4, 8, 16, 32, 64)
SOURCE = choice("source", "noise", tuple(SOURCES))
TEACHER = whole("teacher", 64, TEACHERS)
METRIC = choice("metric", "tv", tuple(METRICS))  # this and what follows: in the plane
PARTICLES = whole("particles", 10_000, COUNTS)
STEPS = whole("drawn", 4, DRAWN)  # of Euler's, in the picture
PAGE = Page(
    "flow_matching",
    phrase("flow-matching"),
    "Measure",
    9,
    (SOURCE, TEACHER, METRIC, PARTICLES, STEPS),
    after=("convergence", "correctors"),
)
