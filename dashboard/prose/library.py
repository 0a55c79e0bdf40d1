"""What is known by its English, such as what the library says, in the server's language.

The library knows nothing of languages: its refusals, notes and labels are English sentences with
their numbers in them. Here they are known again by the files in ``en/library``, where numbers are
places, and said as the server's language has them. A test finds every sentence without a block.
Headings that links lead to, names of columns and what a lesson can be moved to are known so, too.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from dashboard.prose import ENGLISH, PLACE, english, language, names, prose

FILES = (*names("library"), "headings", "columns", "options")


@lru_cache(maxsize=4096)
def spoken(text: str) -> str:
    """A text of the library in the server's language; itself where no file has it.

    Values within it that are texts of the library too, such as a reason, are said likewise.
    """
    if language() == ENGLISH:
        return text
    found = known(text)
    if found is None:
        return text
    file, block, values = found
    return prose(file)(block, **{name: spoken(value) for name, value in values.items()})


def known(text: str) -> tuple[str, str, dict[str, str]] | None:
    """The file and the block that a text of the library is, and its values by name."""
    exact, patterns = _known()
    if text in exact:
        return (*exact[text], {})
    for pattern, file, block in patterns:
        if found := pattern.fullmatch(text):
            return file, block, found.groupdict()
    return None


@cache
def _known() -> tuple[dict[str, tuple[str, str]], list[tuple[re.Pattern[str], str, str]]]:
    """Blocks without a place by their text; the others by a pattern, the most particular first."""
    exact, patterns = {}, []
    for file in FILES:
        for block, text in english(file).blocks.items():
            literal = PLACE.sub("", text)
            if literal == text:
                exact[text] = (file, block)
            else:
                patterns.append((len(literal), re.compile(_pattern(text), re.DOTALL), file, block))
    patterns.sort(key=lambda one: -one[0])
    return exact, [(pattern, file, block) for _, pattern, file, block in patterns]


def _pattern(text: str) -> str:
    """A regular expression for a text: what fills its places is found by their names."""
    pieces, seen = PLACE.split(text), set[str]()
    made = re.escape(pieces[0])
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        made += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        made += re.escape(literal)
        seen.add(name)
    return made
