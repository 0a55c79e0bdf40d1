"""The record of "Syllabus"."""

from __future__ import annotations

from dashboard.link.permalink import Page

PAGE = Page("syllabus", "Syllabus", "Learn", 2, after=("lessons", "challenges"))
