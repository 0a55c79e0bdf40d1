"""What is kept of a reader's in the reader's own browser: its side of ``browser_storage.js``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.javascript import script


class BrowserStorage:
    """An object that a script keeps in the browser, and exchanges with the session."""

    def __init__(self, name: str, entry: Path, key: str) -> None:
        """name: of the component; entry: its script; key: of its state in the session."""
        self._key = key
        self._mount = st.components.v2.component(
            name, html="<span hidden></span>", js=script(entry)
        )

    @property
    def told(self) -> str:
        """What the browser has told last; empty until it has."""
        text: str = st.session_state.get(self._key, {}).get("kept", "")
        return text

    def exchange(self, data: Mapping[str, Any], on_told: Callable[[], None] = lambda: None) -> None:
        """Give ``data`` to the script; on_told: called where more is kept than the page knows."""
        self._mount(key=self._key, data={**data, "known": self.told}, on_kept_change=on_told)


def as_object(text: Any, most: int) -> Mapping[str, Any]:
    """The object that a browser has sent; empty for what is none, or of more characters."""
    try:
        sent = json.loads(text) if isinstance(text, str) and len(text) <= most else {}
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, Mapping) else {}
