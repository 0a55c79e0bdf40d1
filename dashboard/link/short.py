"""Short links for a class: the server keeps a link under a name made of its own digest.

``?class=name`` at any page's address opens it. The names are in a small file that all processes of
a server share; the least recently used go first, and what a kept link says is checked like any.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import parse_qsl, urlencode

from dashboard.kept_file import Rows, directory

NAME = "class"
FILE = "links.sqlite"
MOST = 2000  # links
LONGEST = 8000  # characters of one
_LETTERS = 8
_SAID = re.compile(f"[a-z2-7]{{{_LETTERS}}}")


def name_of(page: str, address: dict[str, str]) -> str | None:
    """The name under which this page's address is kept from now on; None where it cannot be."""
    text = f"{page}?{urlencode(address)}"
    digest = hashlib.sha256(text.encode()).digest()
    name = base64.b32encode(digest).decode().lower()[:_LETTERS]
    rows = _rows()
    return name if rows and len(text) <= LONGEST and rows.put(name, text) else None


def find(name: str) -> tuple[str, dict[str, str]] | None:
    """The page's name and its address; None where that is not known, or not any more."""
    rows = _rows()
    text = rows.get(name) if rows and _SAID.fullmatch(name) else None
    if text is None:
        return None
    page, _, query = text.partition("?")
    return page, dict(parse_qsl(query, keep_blank_values=True))


def _rows() -> Rows | None:
    folder = directory()
    return Rows(folder / FILE, "links", MOST) if folder else None
