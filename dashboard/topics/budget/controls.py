"""What the page on the error's parts lets a reader choose, and how its link spells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.experiment.controls import setting
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.topics.budget.measure import SINGLE
from dashboard.topics.budget.page import AXES, AXIS, BESIDE, LARGEST, PAGE
from dashboard.topics.budget.words import label
from diffusion_core.studies.budget import Budget

phrase = prose("phrases/budget")
say = prose("controls")


def choose_figure(values: Mapping[str, Any], sampler: str) -> dict[str, Any]:
    """Other samplers beside the chosen one, and the axis."""
    others = [name for name in SINGLE if name != sampler]
    given = [name for name in values[BESIDE.name] if name in others]
    beside = st.pills(
        phrase("beside", sampler=label(sampler)),
        others,
        selection_mode="multi",
        format_func=label,
        **widget(f"{PAGE}.{BESIDE.name} {sampler}", given),
    )
    axis = st.segmented_control(
        phrase("axis-of-the-error"),
        list(AXES),
        format_func=AXES.__getitem__,
        required=True,
        **setting(PAGE, AXIS, values["axis"]),
    )
    return {"beside": tuple(beside), "axis": axis}


def choose_step(found: Budget, value: int) -> tuple[int, int]:
    """The t whose step is shown, and what the link says about it."""
    first = found.steps[0].t
    largest = max(found.steps, key=lambda s: s.local.value).t
    if first == 2:
        st.caption(say("budget-one-step"))
        return 2, value
    given = largest if value == LARGEST else min(value, first)
    t = st.slider(
        phrase("step-from-t"),
        2,
        first,
        **widget(f"{PAGE}.step of {first}", given),
        help=say("budget-step"),
    )
    return t, LARGEST if t == largest else t
