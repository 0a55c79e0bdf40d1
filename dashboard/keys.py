"""Keys of widgets: each starts from a value of ours and then belongs to the reader."""

from __future__ import annotations

from typing import Any

import streamlit as st

KEY = "control: "


def key(name: str, value: Any) -> str:
    """The key of a widget that holds ``value`` until the reader moves it."""
    st.session_state.setdefault(KEY + name, value)
    return KEY + name


def forget() -> None:
    """Let every widget start again from the experiment, which came from elsewhere."""
    for name in [str(name) for name in st.session_state if str(name).startswith(KEY)]:
        del st.session_state[name]


def start_value(name: str, value: Any) -> Any:
    """The first ``value`` since the experiment came from elsewhere: what a scale has to hold."""
    return st.session_state.setdefault(f"{KEY}start of {name}", value)


def start_again(name: str) -> None:
    """Let one widget start again from its value, because what it offers has changed."""
    st.session_state.pop(KEY + name, None)
