"""The record of "Distance against T": its settings and how a link spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.experiment.controls import FIRST_SAMPLERS
from dashboard.link.permalink import Clash, Page, choice, several, switch, whole
from dashboard.prose import prose
from diffusion_core import SAMPLERS
from diffusion_core.distances.of_masses import METRIC_LABELS
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.samplers.ode_order import SPELLED

phrase = prose("phrases/convergence")
POWERS = tuple(2**k for k in range(1, 14))
BUDGETS = (*POWERS, *(2**k for k in range(14, 18)))  # score evaluations, K = 4 makes 13 a step
SAMPLES = (5000, 20_000, 100_000)
DENSITIES = (1, 2)  # points a doubling
AXES = {"steps": phrase("steps-t"), "nfe": phrase("score-evaluations")}
AGAINST = {"p1": phrase("p1-as-the-theorems-do"), "data": phrase("p0-the-data")}
BOUNDS = {
    "none": phrase("none"),
    "paper": phrase("the-first-of-each"),
    "all": phrase("also-sharper-ones"),
}
FITS = {
    "natural": phrase("natural-log-factor"),
    "none": phrase("no-log-factor"),
    "free": phrase("free-log-factor"),
}
METHODS = {"exact": phrase("exact-law"), "particles": phrase("particles-2")}
ANCHORS = {
    "above": phrase("touching-from-above"),
    "first": phrase("through-the-smallest-t"),
    "last": phrase("through-the-largest-t"),
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
        return ("from", "to"), phrase("from-at-most-to-got", from_=values["from"], to=values["to"])
    if values["axis"] == "steps" and values["to"] > POWERS[-1]:
        return ("from", "to"), phrase("to-at-most-steps-got", powers=POWERS[-1], to=values["to"])
    return (), ""


PAGE = Page(
    "convergence",
    phrase("distance-against-t"),
    "Measure",
    1,
    SETTINGS,
    clash,
    after=("budget", "theory", "why"),
)
