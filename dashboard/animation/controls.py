"""What the picture shows and how: the player's layers and view, kept in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.experiment.controls import setting
from dashboard.link.permalink import Page, choice, several
from dashboard.link.widget_keys import start_again
from dashboard.player.component import VIEWS
from dashboard.prose import prose

phrase = prose("phrases/animation")
say = prose("controls")
LAYER_LABELS = {
    "particles": phrase("particles"),
    "trails": phrase("trails"),
    "target": phrase("target-p-t"),
    "contours": phrase("contours"),
    "output": phrase("output-q-t"),
    "field": phrase("score-field"),
    "parts": phrase("parts-of-a-step"),
    "histogram": phrase("histogram"),
}
LABELS_ON_THE_LINE = {"contours": phrase("quantiles-of-p-t")}
LABELS_IN_THE_PLANE = {
    "target": phrase("heat-map"),
    "contours": phrase("lines-of-p-t"),
    "output": phrase("lines-of-q-t"),
}
VIEW_LABELS = {
    "auto": phrase("automatic"),
    "density": phrase("density"),
    "spacetime": phrase("space-and-time"),
    "both": phrase("both"),
}
HEAT_MAPS = {"p": "$p_t$", "q": "$q_t$", "difference": "$q_t - p_t$"}
MAP_LAYERS = {"p": "target", "q": "output-map", "difference": "difference"}  # the player's names
SHOWN = ("particles", "target", "contours", "output", "histogram")

LAYER_SETTING = several("layers", SHOWN, tuple(LAYER_LABELS))
VIEW_SETTING = choice("view", "auto", VIEWS)
MAP_SETTING = choice("map", "p", tuple(HEAT_MAPS))
PICTURE_SETTINGS = (LAYER_SETTING, VIEW_SETTING, MAP_SETTING)


def choose_picture(page: Page, values: Mapping[str, Any], dim: int) -> dict[str, Any]:
    """The layers, the view of the line and the heat map of the plane, below the picture."""
    chosen, found = set(values["layers"]), {s.name: values[s.name] for s in PICTURE_SETTINGS}
    above = st.container()
    with st.container():
        if dim == 1:
            found["view"] = _choose_one(
                page, phrase("view"), VIEW_SETTING, VIEW_LABELS, found["view"]
            )
        if dim == 2:
            found["map"] = _choose_one(
                page,
                phrase("heat-map-2"),
                MAP_SETTING,
                HEAT_MAPS,
                found["map"],
                say("picture-map"),
            )
    offered = [name for name in LAYER_LABELS if _is_drawn(name, dim, found["map"])]
    if st.session_state.get("layers offered") != (page, offered):
        st.session_state["layers offered"] = page, offered
        start_again(f"{page}.{LAYER_SETTING.name}")
    labels = LAYER_LABELS | (LABELS_IN_THE_PLANE if dim == 2 else LABELS_ON_THE_LINE)
    picked = above.pills(
        phrase("layers"),
        offered,
        selection_mode="multi",
        format_func=labels.__getitem__,
        **setting(page, LAYER_SETTING, [n for n in offered if n in chosen]),
        help=say("picture-layers"),
    )
    kept = chosen.difference(offered) | set(picked)
    found["layers"] = tuple(name for name in LAYER_LABELS if name in kept) or ("particles",)
    return found


def _choose_one(
    page: Page, label: str, chosen: Any, labels: Mapping[str, str], value: str, text: str = ""
) -> Any:
    return st.segmented_control(
        label,
        list(labels),
        format_func=labels.__getitem__,
        required=True,
        **setting(page, chosen, value),
        help=text or None,
    )


def _is_drawn(layer: str, dim: int, heat_map: str) -> bool:
    """Whether there is anything of a layer; q_t is computed in the plane where its map is shown."""
    if dim == 1:
        return True
    return layer != "histogram" and (layer != "output" or heat_map != "p")


def look(values: Mapping[str, Any], dim: int) -> dict[str, Any]:
    """What the player has to be told: the layers by its own names, and the view."""
    layers = list(values["layers"])
    if dim == 2:
        layers = [MAP_LAYERS[values["map"]] if n == "target" else n for n in layers]
    return {"layers": layers, "view": values["view"]}
