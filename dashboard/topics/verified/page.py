"""The record of "Verified": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, choice
from diffusion_core.verification import FAULTS

FAULT = choice("fault", "none", tuple(FAULTS))
PAGE = Page("verified", "Verified", "Understand", 6, (FAULT,), after=("convergence", "theory"))
