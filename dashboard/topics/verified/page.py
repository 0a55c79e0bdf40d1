"""The record of "Verified": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from dashboard.prose import prose
from diffusion_core.verification import FAULTS

phrase = prose("phrases/verified")
FAULT = choice("fault", "none", tuple(FAULTS))
PAGE = Page(
    "verified", phrase("verified"), "Understand", 6, (FAULT,), after=("convergence", "theory")
)
