"""The samplers whose updates are recorded as programs, which the browser runs."""

from __future__ import annotations

from diffusion_core.samplers import SAMPLERS

# ode-order asks between the chain's t, and its positions are sent
RECORDED = [name for name in SAMPLERS if name != "ode-order"]
