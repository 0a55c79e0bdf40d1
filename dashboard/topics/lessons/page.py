"""The record of "Lessons"."""

from __future__ import annotations

from dashboard.lessons.progress import SETTINGS, clash
from dashboard.link.permalink import Page
from dashboard.prose import prose

phrase = prose("phrases/lessons")
PAGE = Page(
    "lessons",
    phrase("lessons"),
    "Learn",
    1,
    SETTINGS,
    clash,
    after=("trajectories", "challenges", "theory"),
)
