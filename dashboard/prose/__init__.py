"""What the app says, in Markdown files of their own: to be edited, and translated, without Python.

A file is cut into blocks by lines such as ``<!-- intro -->``, which Markdown does not show. Numbers
that the app computes stand in the text as ``[[name]]``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

LANGUAGE = "en"
FOLDER = Path(__file__).parent
_BLOCK = re.compile(r"^<!-- ([a-z0-9-]+) -->$", re.MULTILINE)
_PLACE = re.compile(r"\[\[([a-z0-9_]+)\]\]")


class Prose:
    """The blocks of one file, in order."""

    def __init__(self, text: str) -> None:
        before, *parts = _BLOCK.split(text)
        names = parts[::2]
        if before.strip() or len(set(names)) < len(names):
            raise ValueError("prose: every line belongs to a block, and no name comes twice")
        self.blocks = {n: t.strip() for n, t in zip(names, parts[1::2], strict=True)}

    def __call__(self, block: str, **values: object) -> str:
        """A block with its places filled; KeyError for a block or a value that is not there."""
        return _PLACE.sub(lambda place: str(values[place[1]]), self.blocks[block])

    def places(self, block: str) -> set[str]:
        """The names that a block leaves to be filled."""
        return set(_PLACE.findall(self.blocks[block]))


@cache
def prose(name: str) -> Prose:
    """The file ``name``.md, such as "lessons/noising"."""
    return Prose((FOLDER / LANGUAGE / f"{name}.md").read_text(encoding="utf-8"))


def names(under: str = "") -> list[str]:
    """The files there are, by name."""
    root = FOLDER / LANGUAGE
    found = (root / under).rglob("*.md")
    return sorted(path.relative_to(root).with_suffix("").as_posix() for path in found)
