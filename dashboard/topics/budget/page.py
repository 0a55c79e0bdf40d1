"""The record of "Where the error comes from": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.link.permalink import Page, Setting, choice, several
from dashboard.prose import prose
from dashboard.topics.budget.measure import SINGLE
from diffusion_core import InputError
from diffusion_core.schedules import MAX_STEPS

phrase = prose("phrases/budget")
AXES = {"log": phrase("logarithmic"), "linear": phrase("linear")}
LARGEST = 0  # the step from this t: the one that adds most


def _step(text: str) -> int:
    if text.isdecimal() and len(text) <= 4 and 2 <= int(text) <= MAX_STEPS:
        return int(text)
    raise InputError(phrase("step-a-t-from-2", max_steps=MAX_STEPS, text=repr(text[:40])))


BESIDE = several("beside", (), SINGLE)
AXIS = choice("axis", "log", tuple(AXES))
STEP = Setting("step", LARGEST, _step)
PAGE = Page(
    "budget",
    phrase("where-the-error-comes-from"),
    "Measure",
    2,
    (BESIDE, AXIS, STEP),
    after=("why", "schedule_design"),
)
