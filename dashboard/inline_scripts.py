"""The scripts that pages hold in themselves: a server's policy lets these run and no others."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from dashboard.javascript import body

_FOLDER = Path(__file__).parent
_WATCHERS = (_FOLDER / "figures" / "save.js", _FOLDER / "news.js")
_WATCH = "".join(f"(() => {{\n{body(path)}}})()(document);" for path in _WATCHERS)
FRAME = (_FOLDER / "menu.js").read_text(encoding="utf-8") + _WATCH
SCROLL = (_FOLDER / "scroll.js").read_text(encoding="utf-8")
ALL = (FRAME, SCROLL)


def element(script: str) -> str:
    """One of ``ALL`` as an element of a page."""
    return f'<script type="module">{script}</script>'


def digest(script: str) -> str:
    """What a Content-Security-Policy calls a script that may run: 'sha256-...'."""
    found = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"
