"""The words of components, written in English in their JavaScript and HTML.

``en/components.md`` has each of them as a block, by which it is known again and said in the
server's language, as sentences of the library are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from dashboard.prose import ENGLISH, PLACE, english, language, prose

FILE = "components"
_IN_HTML = re.compile(r'(?P<before>>|="\s*)(?P<text>[^<>"]+?)(?P<after>\s*<|\s*")')


@cache
def words() -> dict[str, str]:
    """What the server's language has for an English text; nothing where that is English.

    [[]] stands in the English for a value, [[2]] in the other for the second of them.
    """
    if language() == ENGLISH:
        return {}
    said = prose(FILE).blocks
    return {
        PLACE.sub("[[]]", text): _numbered(said[block], PLACE.findall(text))
        for block, text in english(FILE).blocks.items()
    }


def _numbered(text: str, places: Sequence[str]) -> str:
    """The text with its places by their number in the English one, from 1."""
    return PLACE.sub(lambda place: f"[[{places.index(place[1]) + 1}]]", text)


def in_language(html: str) -> str:
    """The HTML of a component, its texts and what its attributes say in the server's language."""

    def replaced(found: re.Match[str]) -> str:
        plain = " ".join(found["text"].split())
        return f"{found['before']}{words().get(plain, found['text'])}{found['after']}"

    return _IN_HTML.sub(replaced, html) if words() else html
