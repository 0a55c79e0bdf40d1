"""The record of "Syllabus"."""

from __future__ import annotations

from dashboard.link.permalink import Page
from dashboard.prose import prose

phrase = prose("phrases/syllabus")
PAGE = Page("syllabus", phrase("syllabus"), "Learn", 2, after=("lessons", "challenges"))
