"""The samplers whose updates are recorded as programs, which the browser runs."""

from __future__ import annotations

from diffusion_core.samplers import SAMPLERS

RECORDED = list(SAMPLERS)
