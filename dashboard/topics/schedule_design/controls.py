"""What the schedule-design page lets a reader choose, and how its link spells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.link.widget_keys import KEY, widget
from dashboard.prose import prose
from dashboard.text.labels import GRIDS
from dashboard.topics.schedule_design.measure import (
    KINDS,
    PLACES,
    Task,
    place_label,
    places,
    wanted,
)
from dashboard.topics.schedule_design.page import HIGH, LOW, NONE, PAGE, STEPS
from diffusion_core import Experiment
from diffusion_core.studies.noise_grids import KNOTS, MOST_BEND, NAMED, STRAIGHT, Ends
from diffusion_core.studies.schedule_search import LEAST_STEPS, MOST_STEPS

phrase = prose("phrases/schedule_design")
say = prose("controls")


def _key(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def choose_length(values: Mapping[str, Any], experiment: Experiment) -> int:
    """T, and what it costs."""
    steps = int(
        st.select_slider(
            phrase("steps-t"),
            STEPS,
            **_key("T", values["T"]),
            help=say("grid-steps", least=LEAST_STEPS, most=MOST_STEPS),
        )
    )
    st.caption(say("grid-cost", nfe=experiment.record.nfe(steps)))
    return steps


def choose_ends(values: Mapping[str, Any]) -> Ends:
    left, right = st.columns(2)
    low = left.select_slider(
        phrase("most-noise-log-snr-at"),
        LOW,
        **_key("low", values["low"]),
        help=say("grid-low"),
    )
    high = right.select_slider(
        phrase("least-noise-log-snr-at"),
        HIGH,
        **_key("high", values["high"]),
        help=say("grid-high"),
    )
    return Ends(float(high), float(low))


def choose_grid(values: Mapping[str, Any], ends: Ends) -> tuple[str, tuple[float, ...]]:
    """The named grid to start from, and how it is bent at the five knots."""
    shape = st.selectbox(
        phrase("spread-the-points-like"),
        NAMED,
        format_func=GRIDS.__getitem__,
        **_key("shape", values["shape"]),
    )
    st.caption(say("grid-bend"))
    bend = []
    for i, column in reversed(list(zip(range(len(KNOTS)), reversed(st.columns(5)), strict=True))):
        place = ends.high + KNOTS[i] * (ends.low - ends.high)
        bend.append(
            column.slider(
                phrase("points-near", place=f"{place:.1f}").replace("-", "−"),
                -MOST_BEND,
                MOST_BEND,
                step=0.05,
                **_bend_key(i, values["bend"][i]),
            )
        )
    return shape, tuple(round(float(b), 2) for b in reversed(bend))


def _bend_key(i: int, value: float) -> dict[str, Any]:
    return _key(f"bend {i}", float(value))


def choose_elsewhere(values: Mapping[str, Any], task: Task) -> tuple[str, str]:
    """Other targets or other samplers, and for which of them to search as well."""
    left, right = st.columns(2)
    chosen = left.segmented_control(
        phrase("move-the-least-error-grid"),
        list(PLACES),
        format_func=PLACES.__getitem__,
        required=True,
        **_key("elsewhere", values["elsewhere"]),
    )
    kind = str(chosen)
    offered = (NONE, *places(task, kind))
    held = _key("there", values["there"])
    if st.session_state.get(held["key"], NONE) not in offered:
        st.session_state[held["key"]] = NONE
    there = right.selectbox(
        phrase("search-there-too"),
        offered,
        format_func=lambda n: "no" if n == NONE else place_label(n),
        **held,
        help=say("grid-there"),
    )
    return kind, str(there)


def stay_here() -> None:
    """For a callback: search nowhere else."""
    st.session_state[f"{KEY}{PAGE}.there"] = NONE


def put_on_sliders(base: str, bend: tuple[float, ...]) -> None:
    """For a callback: let the sliders show this grid."""
    st.session_state[f"{KEY}{PAGE}.shape"] = base
    for i, b in enumerate(bend):
        st.session_state[f"{KEY}{PAGE}.bend {i}"] = float(b)


def straighten() -> None:
    """For a callback: no bend at all."""
    for i, b in enumerate(STRAIGHT):
        st.session_state[f"{KEY}{PAGE}.bend {i}"] = b


def begin_as_linked(fresh: bool, values: Mapping[str, Any], task: Task) -> None:
    """A link that shows what a search found asks for it."""
    if fresh:
        wanted().update({kind: task for kind in values["found"] if kind in KINDS})
