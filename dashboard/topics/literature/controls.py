"""What the page of proven results lets a reader choose."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.link.widget_keys import key
from dashboard.prose import prose
from dashboard.topics.literature.page import ACCURACIES, DIMENSIONS, PAGE
from dashboard.topics.literature.table import BY_NAME, FAMILIES, Result, short

phrase = prose("phrases/literature")


def choose(values: dict[str, Any]) -> dict[str, Any]:
    """What is drawn, in which dimension, and where the figure is read."""
    families = st.pills(
        phrase("samplers"),
        list(FAMILIES),
        selection_mode="multi",
        format_func=FAMILIES.__getitem__,
        key=key(f"{PAGE}.families", list(values["families"])),
    )
    left, right = st.columns(2)
    d = left.select_slider(
        phrase("dimension-d"),
        DIMENSIONS,
        format_func=lambda n: f"{n:,}",
        key=key(f"{PAGE}.d", values["d"]),
    )
    eps = right.select_slider(
        phrase("accuracy-eps-at-which-to"),
        ACCURACIES,
        key=key(f"{PAGE}.accuracy", values["accuracy"]),
    )
    sure = st.toggle(
        phrase("only-what-was-read-in"),
        key=key(f"{PAGE}.sure", values["sure"] == "read"),
    )
    return {
        "families": tuple(families),
        "d": int(d),
        "accuracy": float(eps),
        "sure": "read" if sure else "all",
    }


def choose_one(name: str) -> Result:
    """The result that is shown in full."""
    picked = st.selectbox(
        phrase("one-result-in-full"),
        list(BY_NAME),
        format_func=lambda n: f"{short(BY_NAME[n])}: {BY_NAME[n].sampler}",
        key=key(f"{PAGE}.result", name),
    )
    return BY_NAME[picked]
