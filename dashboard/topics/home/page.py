"""The record of the front door, and the experiment that its story shows."""

from __future__ import annotations

from dashboard.link.permalink import Page
from dashboard.prose import prose
from diffusion_core import Experiment
from diffusion_core.targets import DEFAULT_1D

phrase = prose("phrases/home")
PAGE = Page("home", phrase("start"), "", 1)
STORY = Experiment(preset=DEFAULT_1D, sampler="ode", steps=50)
PARTICLES = 500
EXPLORE = ("trajectories", "convergence", "budget")
"""The pages to look around in from here."""
