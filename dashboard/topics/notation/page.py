"""The record of "Notation and glossary"."""

from __future__ import annotations

from dashboard.link.permalink import Page
from dashboard.prose import prose

phrase = prose("phrases/notation")
PAGE = Page(
    "notation", phrase("notation-and-glossary"), "Understand", 5, after=("lessons", "theory")
)
