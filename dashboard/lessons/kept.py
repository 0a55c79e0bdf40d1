"""What a reader has answered in every lesson, kept in the reader's own browser and nowhere else.

What a browser sends is checked like a link, and what is not possible counts as not kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.javascript import script
from dashboard.lessons import LESSONS
from dashboard.lessons.progress import ANSWERS, STEP, clash
from dashboard.lessons.visit import Values
from diffusion_core import InputError

_KEY, _FORGET = "answers kept in the browser", "answers to forget"
ALL = "all"
MOST = 20_000  # characters that a browser may send
_mount = st.components.v2.component(
    "kept_answers", html="<span hidden></span>", js=script(Path(__file__).with_name("kept.js"))
)


def kept(values: Values) -> dict[str, tuple[str, ...]]:
    """The answers by lesson, once the browser has told them; those of ``values`` are kept."""
    known = st.session_state.get(_KEY, {}).get("kept", "")
    data = {
        "lesson": values["lesson"],
        "answers": ANSWERS.write(values["answers"]),
        "forget": st.session_state.pop(_FORGET, ""),
        "known": known,
    }
    _mount(key=_KEY, data=data, on_kept_change=lambda: None)
    return read(known)


def forget(lesson: str = ALL) -> None:
    """For callbacks: drop what is kept of a lesson, or all."""
    st.session_state[_FORGET] = lesson


def read(text: Any) -> dict[str, tuple[str, ...]]:
    """The possible ones among the answers that a browser has sent."""
    try:
        sent = json.loads(text) if isinstance(text, str) and len(text) <= MOST else {}
    except (ValueError, RecursionError):
        sent = {}
    if not isinstance(sent, Mapping):
        return {}
    found = {}
    for name, said in sent.items():
        if name not in LESSONS or not isinstance(said, str):
            continue
        try:
            answers = ANSWERS.read(said)
        except InputError:
            continue
        if not clash({"lesson": name, "answers": answers, "step": STEP.default})[0]:
            found[name] = answers
    return found
