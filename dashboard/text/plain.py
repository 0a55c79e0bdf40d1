"""Words of others (file names, cells, links) inside our sentences: shown as they are."""

from __future__ import annotations

import re

from dashboard.prose.library import spoken

# what Markdown as Streamlit reads it would take for a sign: emphasis, code, links, mathematics,
# HTML, and the colour and emoji directives between colons
_SIGN = re.compile(r"[\\`*\[\]$<~]|(?<!\w)_|_(?!\w)|:(?=\w)")
# how a heading, a quotation or a list begins: a sign, or a number and a dot, and a blank after it
_BEGIN = re.compile(r"\A(?:(?=>|[#+-]+(?:\s|\Z))|(\d{1,9})(?=[.)](?:\s|\Z)))")
# a bare address becomes a link, whatever is escaped in it: a joiner of no width parts it
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
JOINER = "\u2060"
_FORMULA = re.compile(r"(?![+-]?\d+(\.\d*)?(e[+-]?\d+)?\Z)[=+\-@\t＝＋－＠]")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def plain(text: str) -> str:
    """The text on one line, every sign of Markdown escaped; underscores within words stay.

    Nothing in it is a heading, a list or a link.
    """
    text = " ".join(text.split())
    escaped = _SIGN.sub(lambda found: "\\" + found[0], text)
    escaped = _BEGIN.sub(lambda found: (found[1] or "") + "\\", escaped)
    return _ADDRESS.sub(JOINER, escaped)


def told(error: Exception) -> str:
    """What an error says, in the server's language."""
    return plain(spoken(str(error)))


def short(text: str, length: int = 60) -> str:
    """The text on one line, cut at ``length`` characters."""
    text = " ".join(CONTROL.sub(" ", text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute it: by its first character, but for numbers."""
    return _FORMULA.match(cell) is not None
