"""The record of "Distance against T": its settings and how a link spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.experiment.controls import FIRST_SAMPLERS
from dashboard.link.permalink import Clash, Page, choice, several, switch, whole
from diffusion_core import SAMPLERS
from diffusion_core.distances.of_masses import METRIC_LABELS
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.samplers.ode_order import SPELLED

POWERS = tuple(2**k for k in range(1, 14))
BUDGETS = (*POWERS, *(2**k for k in range(14, 18)))  # score evaluations, K = 4 makes 13 a step
SAMPLES = (5000, 20_000, 100_000)
DENSITIES = (1, 2)  # points a doubling
AXES = {"steps": "steps T", "nfe": "score evaluations"}
AGAINST = {"p1": "p₁, as the theorems do", "data": "p₀, the data"}
BOUNDS = {"none": "none", "paper": "the first of each", "all": "also sharper ones"}
FITS = {"natural": "natural log factor", "none": "no log factor", "free": "free log factor"}
METHODS = {"exact": "exact law", "particles": "particles"}
ANCHORS = {
    "above": "touching from above",
    "first": "through the smallest T",
    "last": "through the largest T",
}
SETTINGS = (
    several("samplers", PAPER_SAMPLERS, (*SAMPLERS, *SPELLED), FIRST_SAMPLERS),
    choice("axis", "steps", tuple(AXES)),
    whole("from", 8, BUDGETS),
    whole("to", 1024, BUDGETS),
    whole("per", 1, DENSITIES),
    choice("metric", "tv", tuple(METRIC_LABELS)),
    choice("against", "p1", tuple(AGAINST)),
    choice("bounds", "paper", tuple(BOUNDS)),
    switch("logs", True),
    choice("anchor", "above", tuple(ANCHORS)),
    choice("fit", "natural", tuple(FITS)),
    whole("particles", 20_000, SAMPLES),
    choice("method", "auto", ("auto", *METHODS)),
)


def clash(values: Mapping[str, Any]) -> Clash:
    """Which settings of a link do not go together, and why."""
    if values["from"] > values["to"]:
        return ("from", "to"), f"from: at most to, got {values['from']} and {values['to']}"
    if values["axis"] == "steps" and values["to"] > POWERS[-1]:
        return ("from", "to"), f"to: at most {POWERS[-1]} steps, got {values['to']}"
    return (), ""


PAGE = Page(
    "convergence",
    "Distance against T",
    "Measure",
    1,
    SETTINGS,
    clash,
    after=("budget", "theory", "why"),
)
