"""The entries that a reader has submitted, kept in the session and in the reader's own browser.

What is kept of an entry is its run, as in a link, never its number: that is measured when it is
shown. What a browser sends is checked like a link, and what is no entry counts as not kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.browser_storage import BrowserStorage, as_object
from dashboard.link.permalink import MAX_LINK, decode, encode
from dashboard.topics.challenges.entries import CHALLENGES, broken_rule
from diffusion_core import Experiment, InputError

MOST = 12  # entries of one challenge; the oldest goes first
LONGEST = len(CHALLENGES) * MOST * (MAX_LINK + 100)  # characters that a browser may send
_OWN, _FORGET = "own entries", "entries to forget"
_STORAGE = BrowserStorage(
    "own_entries", Path(__file__).with_name("history.js"), "entries kept in the browser"
)
Entries = dict[str, tuple[str, ...]]


def keep_in_browser() -> None:
    """Exchange the entries with the browser, whose own come first."""
    data = {
        "entries": _own(),
        "forget": st.session_state.pop(_FORGET, False),
        "most": MOST,
    }
    _STORAGE.exchange(data, _told)


def submitted(challenge: str) -> list[Experiment]:
    """The reader's entries for a challenge, the oldest first."""
    return [decode(text) for text in _own().get(challenge, ())]


def submit(challenge: str, entry: Experiment) -> None:
    """For callbacks: keep an entry as the latest; one that is kept already moves there."""
    text = encode(entry)
    if text is not None:
        own = _own()
        others = [kept for kept in own.get(challenge, ()) if kept != text]
        st.session_state[_OWN] = {**own, challenge: (*others, text)[-MOST:]}


def clear() -> None:
    """For callbacks: drop all entries, here and in the browser."""
    st.session_state[_OWN] = {}
    st.session_state[_FORGET] = True


def read(text: Any) -> Entries:
    """The entries that keep the rules among what a browser has sent."""
    found = {}
    for name, texts in as_object(text, LONGEST).items():
        if name in CHALLENGES and isinstance(texts, list):
            valid = tuple(text for text in texts[-MOST:] if _is_entry(name, text))
            if valid:
                found[name] = valid
    return found


def _is_entry(challenge: str, text: Any) -> bool:
    try:
        return isinstance(text, str) and not broken_rule(CHALLENGES[challenge], decode(text))
    except InputError:
        return False


def _own() -> Entries:
    found: Entries = st.session_state.get(_OWN, {})
    return found


def _told() -> None:
    """The browser has the session's entries already, so what it says is all there is."""
    st.session_state[_OWN] = read(_STORAGE.told)
