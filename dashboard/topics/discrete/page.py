"""The record of "Discrete diffusion": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import (
    ELSEWHERE,
    Page,
    Setting,
    choice,
    decoded,
    encode,
    several,
    switch,
    whole,
)
from dashboard.prose import prose
from diffusion_core import DiscreteExperiment
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.grids import TheoryGrid
from diffusion_core.discrete.runs import METRICS
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS

phrase = prose("phrases/discrete")
FIRST = DiscreteExperiment(dynamics=Masked(), grid=TheoryGrid(end=0.001))
LARGEST = (8, 16, 32, 64, 128, 256)
RUN = Setting(
    "run",
    FIRST,
    lambda text: DiscreteExperiment.from_json(decoded(text)),
    lambda run: encode(run) or ELSEWHERE,
)
SETTINGS = (
    RUN,
    switch("beside", True),
    choice("metric", "tv", METRICS),
    several("samplers", ("euler", "tau-leaping", "bridge", "unmasking"), tuple(DISCRETE_SAMPLERS)),
    whole("to", 32, LARGEST),
)
PAGE = Page(
    "discrete",
    phrase("discrete-diffusion"),
    "Watch",
    5,
    SETTINGS,
    own=True,
    after=("trajectories", "convergence", "literature"),
)
