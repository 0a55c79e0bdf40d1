"""The record of "Notation and glossary"."""

from __future__ import annotations

from dashboard.link.permalink import Page

PAGE = Page("notation", "Notation and glossary", "Understand", 5, after=("lessons", "theory"))
