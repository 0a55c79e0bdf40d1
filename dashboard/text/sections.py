"""What links call the sections of a page."""

from __future__ import annotations

import re

from diffusion_core.theory.theorems import Theorem


def slug(heading: str) -> str:
    """Such as "what-is-proven": what a link calls a section."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def card(theorem: Theorem) -> str:
    """What a link calls a theorem's card, such as "theorem-1-of-2306-09251"."""
    return slug(f"{theorem.name} of {theorem.arxiv}")
