"""What the picture shows and how: the player's layers and view, kept in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.controls import setting
from dashboard.keys import start_again
from dashboard.permalink import choice, several
from dashboard.player import LAYERS, VIEWS

LAYER_LABELS = {
    "particles": "particles",
    "trails": "trails",
    "target": "target p_t",
    "contours": "contours",
    "output": "output q_t",
    "field": "score field",
    "parts": "parts of a step",
    "histogram": "histogram",
}
VIEW_LABELS = {
    "auto": "automatic",
    "density": "density",
    "spacetime": "space and time",
    "both": "both",
}
ON_THE_LINE = ("output", "histogram")
SHOWN = ("particles", "target", "contours", "output", "histogram")

LAYER_SETTING = several("layers", SHOWN, LAYERS)
VIEW_SETTING = choice("view", "auto", VIEWS)


def choose_picture(page: str, values: Mapping[str, Any], dim: int) -> dict[str, Any]:
    """The layers and the view, below the picture."""
    chosen = set(values["layers"])
    offered = [name for name in LAYERS if dim == 1 or name not in ON_THE_LINE]
    if st.session_state.get("layers offered") != (page, offered):
        st.session_state["layers offered"] = page, offered
        start_again(f"{page}.{LAYER_SETTING.name}")
    picked = st.pills(
        "Layers",
        offered,
        selection_mode="multi",
        format_func=LAYER_LABELS.__getitem__,
        key=setting(page, LAYER_SETTING, [n for n in offered if n in chosen]),
        help="The score field is √(1 − ᾱ_t) s_t, the direction in which p_t grows. The parts are "
        "those of the next step of the followed particle; click a particle to follow it.",
    )
    kept = chosen.difference(offered) | set(picked)
    view = values["view"]
    if dim == 1:
        view = st.segmented_control(
            "View",
            list(VIEWS),
            format_func=VIEW_LABELS.__getitem__,
            required=True,
            key=setting(page, VIEW_SETTING, view),
        )
    layers = tuple(name for name in LAYERS if name in kept) or ("particles",)
    return {"layers": layers, "view": view}
