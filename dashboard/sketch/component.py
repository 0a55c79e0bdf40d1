"""Mounts the sketch pads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.figures.marks import TARGET, css_colours
from dashboard.javascript import script
from dashboard.link.component_value import Held, choose, hold
from dashboard.link.widget_keys import mounted
from dashboard.prose.components import in_language
from dashboard.sketch.drawing import (
    MAX_DRAWN,
    REACH,
    TOP,
    boxes_of,
    heights_of,
    points_of,
)
from diffusion_core.targets import Boxes, Points

FOLDER = Path(__file__).parent
BANDWIDTH = 0.1


def _component(name: str, view: str) -> Any:
    return st.components.v2.component(
        name,
        html=in_language((FOLDER / "pad.html").read_text(encoding="utf-8")),
        css=css_colours(".pad", {"--pad-law": TARGET})
        + (FOLDER / "pad.css").read_text(encoding="utf-8"),
        js=script(FOLDER / view),
    )


_line = _component("sketch_line", "line.js")
_plane = _component("sketch_plane", "plane.js")


def sketch_line(current: Boxes | None, key: str) -> Boxes | None:
    """A pad of 64 columns over [-3, 3] on which the reader draws a density.

    current: the law that the page shows, drawn on the pad; None for an empty pad.
    key: names the pad; what it holds is forgotten by ``dashboard.link.widget_keys.forget``.

    Returns the law drawn, ``current`` where nothing was drawn since it changed, or None for an
    empty pad.
    """
    held = hold(key, current)

    def content() -> dict[str, Any]:
        drawn = held.note["content"] if held.note else heights_of(held.value)
        return {"heights": drawn, "top": TOP}

    _mount(_line, key, held, content, boxes_of)
    value: Boxes | None = held.value
    return value


def sketch_plane(current: Points | None, key: str, bandwidth: float = BANDWIDTH) -> Points | None:
    """A pad over [-3, 3]^2 on which the reader sets points and draws strokes, lines and rings.

    As ``sketch_line``. bandwidth: of what is drawn while ``current`` is None; else its own stays.
    """
    width = bandwidth if current is None else current.bandwidth
    held = hold(key, None if current is None else current.points)
    _mount(_plane, key, held, lambda: {"points": held.value or (), "most": MAX_DRAWN}, points_of)
    return None if held.value is None else Points(held.value, width)


def _mount(
    component: Any,
    key: str,
    held: Held,
    content: Callable[[], dict[str, Any]],
    target_of: Callable[[Any], Any],
) -> None:

    def drawn(sent: Any) -> None:
        if isinstance(sent, dict):
            choose(key, target_of(sent.get("content")), sent)

    # a pad ignores what it has drawn itself: it may be a stroke ahead of the page
    echo = held.note["by"] if held.note else None
    data = {**content(), "reach": REACH, "echo": echo}
    mounted(component, f"{key} pad", "drawn", drawn, data)
