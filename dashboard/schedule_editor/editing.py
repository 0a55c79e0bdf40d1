"""What the reader draws or pastes becomes the experiment's schedule, on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from dashboard.experiment.controls import STEPS, choose_steps
from dashboard.figures.marks import SCHEDULES as MARKS
from dashboard.link.adoption import kept
from dashboard.link.widget_keys import KEY, button, is_fixed, key, late, start_value
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.schedule_editor.component import editor
from dashboard.schedule_editor.curve import (
    GAP,
    LIMIT,
    NARROWEST,
    Points,
    checked,
    from_handles,
    handles,
    parse_list,
    resampled,
)
from dashboard.text.labels import SCHEDULES as LABELS
from dashboard.text.plain import plain
from diffusion_core import SCHEDULES, Experiment, InputError
from diffusion_core.schedules import Chain, Custom, Schedule
from diffusion_core.studies.forward import log_snr

phrase = prose("phrases/schedule_editor")
say = prose("controls")
EDITOR = "schedule editor"
_EDITED, _COMPLAINT = "edited schedule", "schedule complaint"
_FROM, _LIST = f"{KEY}start curve from", f"{KEY}list of abar"
REFERENCE = 160


@dataclass(frozen=True)
class Edited:
    """Handles and the schedule made of them, if any; what the editing began with, and its name."""

    points: Points
    made: Custom | None
    start: Schedule
    start_points: Points
    origin: str


def choose_length(base: Experiment, schedule: Schedule) -> int:
    """T. A custom schedule has a fixed one: here its curve is read off anew where T is moved."""
    if not isinstance(schedule, Custom):
        return choose_steps(base, schedule)
    steps = len(schedule.abar)
    name = key("steps", steps)
    if name in st.session_state:  # else the browser has brought it
        st.session_state[name] = steps
    chosen = st.select_slider(
        phrase("steps-t"),
        sorted({*STEPS, start_value("steps", steps), steps}),
        format_func=lambda t: f"{t:,}",
        key=name,
        disabled=is_fixed("steps"),
        on_change=_resample,
        help=phrase("a-list-of-abar-runs"),
    )
    if chosen != steps:
        late(_resample)
    return steps


def schedule_editor(experiment: Experiment) -> None:
    """The curve with its handles, other curves to start from, and a field for a list."""
    if is_fixed("schedule"):
        st.info(say("schedule-fixed"))
        return
    chain = experiment.chain
    begun = _begun(experiment)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.markdown(phrase("move-a-handle-and-the"))
    begin = right.selectbox(
        phrase("start-the-curve-from"),
        [kind for kind in SCHEDULES if kind != "custom"],
        index=None,
        format_func=LABELS.__getitem__,
        placeholder=phrase("another-schedule"),
        key=_FROM,
        on_change=_start_from,
    )
    if begin is not None:
        late(_start_from)
    editor(_data(begun, chain), EDITOR, _take)
    if complaint := st.session_state.pop(_COMPLAINT, ""):
        st.error(phrase("the-schedule-stays-as-it", complaint=plain(complaint)))
    with st.expander(phrase("type-or-paste-a-list")):
        st.text_area(
            phrase("abar1-abar-t-falling-from"),
            key=_LIST,
            placeholder="0.99, 0.8, 0.4, 0.1, 0.01",
            help=phrase("separated-by-commas-blanks-or"),
        )
        button(st, phrase("use-this-list"), _paste)


def _begun(experiment: Experiment) -> Edited:
    """The editing that led to the experiment's schedule, or one that starts from it."""
    known = st.session_state.get(_EDITED)
    if isinstance(known, Edited) and known.made == experiment.schedule:
        return known
    points = handles(experiment.chain)
    origin = f"{experiment.schedule.kind} {hash((experiment.schedule, experiment.steps))}"
    return Edited(points, None, experiment.schedule, points, origin)


def _data(edited: Edited, chain: Chain) -> dict[str, Any]:
    start = edited.start
    if not isinstance(start, Custom) or len(start.abar) == chain.steps:
        chain = start.chain(chain.steps)
    t = np.unique(np.rint(np.linspace(1, chain.steps, REFERENCE)).astype(np.intp))
    s = np.clip(log_snr(chain, t), -LIMIT, LIMIT)
    mark, other = MARKS["custom"], MARKS[start.kind]
    return {
        "origin": edited.origin,
        "points": [list(p) for p in edited.points],
        "start": [list(p) for p in edited.start_points],
        "steps": chain.steps,
        "gap": GAP,
        "narrowest": NARROWEST,
        "limit": LIMIT,
        "reference": np.round(np.column_stack([(t - 1) / (chain.steps - 1), s]), 4).tolist(),
        "reference_name": LABELS[start.kind],
        "colours": [mark.light, mark.dark],
        "reference_colours": [other.light, other.dark],
    }


# ---- callbacks: before the script runs again, so that every widget already sees the new schedule


def _now() -> Experiment:
    found: Experiment = st.session_state["experiment"]
    return found


def _adopt(schedule: Schedule, steps: int) -> None:
    wanted = _now().with_(schedule=schedule, steps=steps)
    if kept(wanted) != wanted:
        raise InputError(phrase("schedule-this-link-fixes-it"))
    st.session_state["experiment"] = wanted
    st.session_state[f"{KEY}schedule"] = schedule.kind
    st.session_state[f"{KEY}steps"] = steps
    st.session_state[f"{KEY}start of steps"] = steps


def _take(moved: Any) -> None:
    """The reader moved a handle; all handles back at their start bring the start back."""
    experiment = _now()
    begun = _begun(experiment)
    try:
        points = checked(moved)
        if points == begun.start_points and not isinstance(begun.start, Custom):
            return _adopt(begun.start, experiment.steps)
        made = from_handles(points, experiment.steps)
        st.session_state[_EDITED] = replace(begun, points=points, made=made)
        _adopt(made, experiment.steps)
    except InputError as error:
        st.session_state[_COMPLAINT] = spoken(str(error))


def _start_from() -> None:
    kind = st.session_state[_FROM]
    st.session_state[_FROM] = None
    if kind is None:
        return
    schedule: Any = SCHEDULES[kind]
    try:
        _adopt(schedule(), _now().steps)
    except InputError as error:
        st.session_state[_COMPLAINT] = spoken(str(error))


def _resample() -> None:
    steps = int(st.session_state[f"{KEY}steps"])
    schedule = _now().schedule
    if not isinstance(schedule, Custom):
        return
    begun = _begun(_now())
    known = st.session_state.get(_EDITED)
    try:
        if begun is known:
            made = from_handles(begun.points, steps)
            st.session_state[_EDITED] = replace(begun, made=made)
        else:
            made = resampled(schedule, steps)
        _adopt(made, steps)
    except InputError as error:
        st.session_state[_COMPLAINT] = spoken(str(error))


def _paste() -> None:
    try:
        schedule = parse_list(st.session_state[_LIST])
        _adopt(schedule, len(schedule.abar))
    except InputError as error:
        st.session_state[_COMPLAINT] = spoken(str(error))
