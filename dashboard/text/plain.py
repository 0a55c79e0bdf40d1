"""Words of others (file names, cells, links) inside our sentences: shown as they are."""

from __future__ import annotations

import re

# what Markdown as Streamlit reads it would take for a sign: emphasis, code, links, mathematics,
# HTML, and the colour and emoji directives between colons
_SIGN = re.compile(r"[\\`*\[\]$<~]|(?<!\w)_|_(?!\w)|:(?=\w)")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def plain(text: str) -> str:
    """The text with every sign of Markdown escaped; underscores within words stay."""
    return _SIGN.sub(lambda found: "\\" + found[0], text)


def short(text: str, length: int = 60) -> str:
    """The text on one line, cut at ``length`` characters."""
    text = " ".join(CONTROL.sub(" ", text).split())
    return text if len(text) <= length else text[: length - 1] + "…"
