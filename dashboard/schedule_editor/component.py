"""Mounts the editor on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.javascript import script
from dashboard.link.widget_keys import mounted
from dashboard.prose.components import in_language

FOLDER = Path(__file__).parent
_mount = st.components.v2.component(
    "schedule_editor",
    html=in_language((FOLDER / "editor.html").read_text(encoding="utf-8")),
    css=(FOLDER / "editor.css").read_text(encoding="utf-8"),
    js=script(FOLDER / "editor.js"),
)


def editor(data: Mapping[str, Any], key: str, take: Callable[[Any], None]) -> None:
    """Shows the handles; ``take`` is called with them when the reader has moved one.

    data: origin (a text; where it is new the browser takes points and start, else it keeps what the
    reader has made), points and start (lists of [v, s]), steps, gap, narrowest, limit, reference (a
    list of [v, s], drawn faintly), colours (light and dark) and reference_colours.
    """
    mounted(_mount, key, "points", take, dict(data))
