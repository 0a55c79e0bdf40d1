"""Mounts the editor on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent
MODULES = ("pchip.js", "editor.js")


def _script() -> str:
    """The modules as one source: Streamlit loads it from a blob: address, where imports fail."""
    source = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in MODULES)
    lines = [line for line in source.split("\n") if not line.startswith("import ")]
    return "\n".join(line.replace("export function", "function", 1) for line in lines)


_mount = st.components.v2.component(
    "schedule_editor",
    html=(FOLDER / "editor.html").read_text(encoding="utf-8"),
    css=(FOLDER / "editor.css").read_text(encoding="utf-8"),
    js=_script(),
)


def editor(data: Mapping[str, Any], key: str, on_points: Callable[[], None]) -> Any:
    """Shows the handles; ``st.session_state[key].points`` holds them while ``on_points`` runs.

    data: origin (a text; where it is new the browser takes points and start, else it keeps what the
    reader has made), points and start (lists of [v, s]), steps, gap, narrowest, limit, reference (a
    list of [v, s], drawn faintly), colours (light and dark) and reference_colours.
    """
    return _mount(key=key, data=dict(data), on_points_change=on_points)
