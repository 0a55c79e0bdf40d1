"""The record of "Why 1/T, why 1/T²": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose

phrase = prose("phrases/why")
NOISES, VARIANCES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9), (1.0, 0.25, 0.04)
NOISE = choice("noise", 0.3, NOISES, float)
VARIANCE = choice("variance", 1.0, VARIANCES, float)
PAGE = Page(
    "why",
    phrase("why-1-t-why-1"),
    "Understand",
    2,
    (NOISE, VARIANCE),
    after=("assumptions", "convergence"),
)
