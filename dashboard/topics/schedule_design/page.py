"""The record of "Design a schedule": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, Setting, choice, several, switch, whole
from dashboard.prose import prose
from dashboard.text.numbers import exact
from dashboard.topics.schedule_design.measure import KINDS, PLACES, THERE
from diffusion_core import InputError
from diffusion_core.studies.noise_grids import KNOTS, NAMED, STRAIGHT, check_bend
from diffusion_core.studies.schedule_search import LEAST_STEPS, MOST_STEPS

phrase = prose("phrases/schedule_design")
STEPS = (LEAST_STEPS, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, MOST_STEPS)
HIGH, LOW = tuple(range(1, 13)), tuple(range(-14, -1))
NONE = "none"
BUDGETS = (0, 5, 10, 20, 50)  # score evaluations; 0: nobody has asked


def _read_bend(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise InputError(
            phrase("bend-numbers-got", knots=len(KNOTS), text=repr(text[:40]))
        ) from None
    check_bend(values)
    return values


def _write_bend(values: tuple[float, ...]) -> str:
    return ",".join(map(exact, values))


SETTINGS = (
    whole("T", 16, STEPS),
    whole("high", 5, HIGH),
    whole("low", -9, LOW),
    choice("shape", "log-snr", NAMED),
    Setting("bend", STRAIGHT, _read_bend, _write_bend),
    several("found", (NONE,), (NONE, *KINDS)),
    choice("elsewhere", "targets", tuple(PLACES)),
    choice("there", NONE, (NONE, *THERE)),
    whole("few", 0, BUDGETS),
    switch("exact", False),
)
PAGE = Page(
    "schedule_design",
    phrase("design-a-schedule"),
    "Measure",
    3,
    SETTINGS,
    keys="design",
    after=("challenges", "budget"),
)
