"""Mounts the player on a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.player.animation import Animation
from dashboard.player.packing import pack, with_height

FOLDER = Path(__file__).parent
MODULES = ("payload.js", "canvas.js", "contours.js", "dots.js", "line.js", "plane.js", "player.js")


def _script() -> str:
    """The modules as one source: Streamlit loads it from a blob: address, where imports fail."""
    source = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in MODULES)
    source = re.sub(r"^import [^;]*;\n", "", source, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", source, flags=re.MULTILINE)


_mount = st.components.v2.component(
    "reverse_process_player",
    html=(FOLDER / "player.html").read_text(encoding="utf-8"),
    css=(FOLDER / "player.css").read_text(encoding="utf-8"),
    js=_script(),
)


def player(animation: Animation | bytes, key: str, height: int | None = None) -> Any:
    """Shows the animation (or its `pack`ed bytes), playing once by itself where motion is welcome.

    key: names the player: when its data change, the share of reverse time and the playing state
        are kept.
    height: of the picture in CSS pixels, without the controls; by default it follows the width.

    Returns the component's result, which is empty: the player never makes the page rerun.
    """
    blob = animation if isinstance(animation, bytes) else pack(animation)
    return _mount(key=key, data=blob if height is None else with_height(blob, height))
