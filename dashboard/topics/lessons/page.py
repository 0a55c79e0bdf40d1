"""The record of "Lessons"."""

from __future__ import annotations

from dashboard.lessons.progress import SETTINGS, clash
from dashboard.link.permalink import Page

PAGE = Page(
    "lessons",
    "Lessons",
    "Learn",
    1,
    SETTINGS,
    clash,
    after=("trajectories", "challenges", "theory"),
)
