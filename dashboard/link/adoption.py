"""Another experiment in the place of the reader's: the one door for buttons, files and links.

What a lecturer's link fixes stays as it is, and the experiment of before is one press away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.link.permalink import BEFORE, EXPERIMENT, decode, encode
from dashboard.link.widget_keys import is_fixed
from dashboard.prose import prose
from dashboard.text.plain import told
from diffusion_core import Experiment, InputError

say = prose("controls")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "target": ("target", "preset"),
    "schedule": ("schedule",),
    "sampler": ("sampler", "eta", "order", "rounds", "corrector"),
    "steps": ("steps",),
    "start": ("start",),
    "score": ("score_error",),
    "seed": ("seed",),
}
"""What of an experiment belongs to the parts that a link may fix."""


def kept(wanted: Experiment) -> Experiment:
    """``wanted`` with what the link fixes as it is now; InputError where that does not go."""
    now: Experiment | None = st.session_state.get("experiment")
    fixed = [name for part, names in FIELDS.items() if is_fixed(part) for name in names]
    if now is None or not fixed:
        return wanted
    return wanted.with_(**{name: getattr(now, name) for name in fixed})


def adopt(wanted: Experiment) -> None:
    """Put it in the place of the reader's from the next run on; InputError as ``kept``."""
    session = st.session_state
    session[BEFORE], session["experiment"] = session.get("experiment"), kept(wanted)
    session["opened anew"] = True


def adopted(wanted: Callable[[], Experiment]) -> bool:
    """Whether it is adopted; where that does not go, here is one sentence that says why."""
    try:
        adopt(wanted())
    except InputError as reason:
        st.error(f"{told(reason)}.")
        return False
    return True


def kept_query(query: Mapping[str, str]) -> Mapping[str, str]:
    """The settings of a link within the app, its experiment as ``kept`` has it."""
    if EXPERIMENT not in query:
        return query
    try:
        text = encode(kept(decode(query[EXPERIMENT])))
    except InputError:
        text = encode(st.session_state["experiment"])
    return {**query, EXPERIMENT: text} if text else query


def back_to_own() -> None:
    """The way back to the experiment that another one has replaced."""
    before: Experiment | None = st.session_state.get(BEFORE)
    if before is None or before == st.session_state["experiment"]:
        return
    label = say("back-to-own", sampler=before.record.label, steps=f"{before.steps:,}")
    if st.button(label, width="stretch", icon=":material/undo:") and adopted(lambda: before):
        st.rerun()
