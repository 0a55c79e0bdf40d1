"""What a reader has answered in every lesson, kept in the reader's own browser and nowhere else.

What a browser sends is checked like a link, and what is not possible counts as not kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.browser_storage import BrowserStorage, as_object
from dashboard.lessons import LESSONS
from dashboard.lessons.progress import ANSWERS, STEP, clash
from dashboard.lessons.visit import Values
from diffusion_core import InputError

_FORGET = "answers to forget"
ALL = "all"
MOST = 20_000  # characters that a browser may send
_STORAGE = BrowserStorage(
    "kept_answers", Path(__file__).with_name("kept.js"), "answers kept in the browser"
)


def kept(values: Values) -> dict[str, tuple[str, ...]]:
    """The answers by lesson, once the browser has told them; those of ``values`` are kept."""
    known = _STORAGE.told
    data = {
        "lesson": values["lesson"],
        "answers": ANSWERS.write(values["answers"]),
        "forget": st.session_state.pop(_FORGET, ""),
    }
    _STORAGE.exchange(data)
    return read(known)


def forget(lesson: str = ALL) -> None:
    """For callbacks: drop what is kept of a lesson, or all."""
    st.session_state[_FORGET] = lesson


def read(text: Any) -> dict[str, tuple[str, ...]]:
    """The possible ones among the answers that a browser has sent."""
    found = {}
    for name, said in as_object(text, MOST).items():
        if name not in LESSONS or not isinstance(said, str):
            continue
        try:
            answers = ANSWERS.read(said)
        except InputError:
            continue
        if not clash({"lesson": name, "answers": answers, "step": STEP.default})[0]:
            found[name] = answers
    return found
