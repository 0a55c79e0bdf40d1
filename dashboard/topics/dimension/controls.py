"""What the dimension page lets a reader choose, and how its link spells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.experiment.controls import (
    choose_samplers,
    choose_schedule,
    choose_start,
    choose_steps,
    described,
)
from dashboard.experiment.target import choose_target
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text.labels import METRICS as METRIC_LABELS
from dashboard.text.plain import told
from dashboard.topics.dimension.page import BOUNDS, KINDS, METRICS, PAGE, RESTS, SIGNALS
from diffusion_core import Experiment, InputError
from diffusion_core.studies.dimension import GaussianAxes

phrase = prose("phrases/dimension")
say = prose("controls")
DIMS = (*(m * 10**e for e in range(6) for m in (1, 2, 5)), 10**6)


@dataclass(frozen=True)
class Question:
    """What to measure: the axes of a Gaussian, or None for copies of the experiment's target."""

    experiment: Experiment
    axes: GaussianAxes | None
    samplers: tuple[str, ...]
    metric: str


def _key(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def choose_law(base: Experiment, values: dict[str, Any]) -> tuple[Experiment, GaussianAxes | None]:
    """In the sidebar: the target in every dimension, the schedule, T and the start."""
    values["kind"] = st.segmented_control(
        phrase("target-in-d-dimensions"),
        list(KINDS),
        format_func=KINDS.__getitem__,
        required=True,
        **_key("kind", values["kind"]),
        help=say("dimension-kind"),
    )
    target, axes = (base.target, base.preset), None
    if values["kind"] == "product":
        target = choose_target(base)
    else:
        axes = _choose_axes(values)
    schedule = choose_schedule(base)
    steps, start = choose_steps(base, schedule), choose_start(base)
    return described(base, target, schedule, steps=steps, start=start), axes


def _choose_axes(values: dict[str, Any]) -> GaussianAxes:
    low = values["kind"] == "low"
    variance = st.number_input(
        phrase("variance-of-the-k-axes") if low else phrase("variance-v"),
        value=None,
        step=0.05,
        format="%g",
        **_key("variance", values["variance"]),
    )
    if low:
        values["k"] = st.select_slider(
            phrase("axes-k-that-vary"),
            SIGNALS,
            format_func=lambda k: f"{k:,}",
            **_key("k", values["k"]),
            help=say("dimension-k"),
        )
        values["rest"] = st.selectbox(
            phrase("variance-of-all-others"),
            RESTS,
            format_func=lambda v: f"{v:g}",
            **_key("rest", values["rest"]),
        )
    signal = values["k"] if low else None
    try:
        if variance is None:
            raise InputError(phrase("variance-needs-a-number"))
        axes = GaussianAxes(float(variance), signal, values["rest"] if low else 0.0)
        values["variance"] = axes.variance
    except InputError as error:
        st.error(say("dimension-refused", reason=told(error)))
        axes = GaussianAxes(values["variance"], signal, values["rest"] if low else 0.0)
    return axes


def choose_curves(
    experiment: Experiment, axes: GaussianAxes | None, values: dict[str, Any]
) -> Question | None:
    """Under the figure: samplers, distance and bounds; None where there is nothing to measure."""
    if axes is None and experiment.target.dim != 1:
        st.info(say("dimension-copies"))
        return None
    samplers = choose_samplers(_key("samplers", list(values["samplers"])))
    if not samplers:
        return None
    values["samplers"] = samplers
    left, right = st.columns(2)
    values["metric"] = left.segmented_control(
        phrase("distance"),
        METRICS,
        format_func=METRIC_LABELS.__getitem__,
        required=True,
        **_key("metric", values["metric"]),
    )
    values["bounds"] = right.segmented_control(
        phrase("upper-bounds"),
        list(BOUNDS),
        format_func=BOUNDS.__getitem__,
        required=True,
        **_key("bounds", values["bounds"]),
        help=say("dimension-bounds"),
    )
    return Question(experiment, axes, values["samplers"], values["metric"])
