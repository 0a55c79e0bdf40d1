"""What the app says, in Markdown files of their own: to be edited, and translated, without Python.

A file is cut into blocks by lines such as ``<!-- intro -->``, which Markdown does not show. Numbers
that the app computes stand in the text as ``[[name]]``.

A language is a folder with these files. DIFFUSION_LAB_LANGUAGE is the name of one beside this
module, such as ``en``, or the path of one elsewhere; what it lacks is said in English.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from diffusion_core.errors import InputError

VARIABLE = "DIFFUSION_LAB_LANGUAGE"
FOLDER = Path(__file__).parent
ENGLISH = FOLDER / "en"
_BLOCK = re.compile(r"^<!-- ([a-z0-9-]+) -->$", re.MULTILINE)
PLACE = re.compile(r"\[\[([a-z0-9_]+)\]\]")


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
        return PLACE.sub(lambda place: str(values[place[1]]), self.blocks[block])

    def places(self, block: str) -> set[str]:
        """The names that a block leaves to be filled."""
        return set(PLACE.findall(self.blocks[block]))

    def translate(self, other: Prose) -> None:
        """Take over every block of another language that asks for no value unknown here."""
        for name in self.blocks.keys() & other.blocks.keys():
            if other.blocks[name] and other.places(name) <= self.places(name):
                self.blocks[name] = other.blocks[name]


@cache
def language() -> Path:
    """The folder of the server's language; English where the environment names none that is one."""
    asked = os.environ.get(VARIABLE) or ENGLISH.name
    for folder in (FOLDER / asked, Path(asked)):
        if any(folder.glob("*.md")):
            return folder
    return ENGLISH


def check_language() -> None:
    """InputError where the environment asks for a language that is not there or cannot be read."""
    if complaint := _complaint():
        raise InputError(complaint)


@cache
def _complaint() -> str:
    asked = os.environ.get(VARIABLE) or ENGLISH.name
    if language() == ENGLISH and asked != ENGLISH.name:
        there = ", ".join(sorted({path.parent.name for path in FOLDER.glob("*/*.md")}))
        return (
            f"{VARIABLE}: one of {there}, or the path of a folder of such files, got {asked[:40]!r}"
        )
    for name in names():
        try:
            _translation(name)
        except ValueError:
            path = language() / f"{name}.md"
            return f"{path}: every line belongs to a block, no name comes twice, and all is UTF-8"
    return ""


def _translation(name: str) -> Prose | None:
    """The file of this name in the server's language; ValueError where it is none of ours."""
    path = language() / f"{name}.md"
    return Prose(path.read_text(encoding="utf-8")) if path.is_file() else None


@cache
def prose(name: str) -> Prose:
    """The file ``name``.md, such as "lessons/noising", in the server's language."""
    said = english(name)
    with suppress(ValueError):  # check_language says so
        if language() != ENGLISH and (other := _translation(name)):
            said.translate(other)
    return said


def english(name: str) -> Prose:
    """The same file in English, whatever the server's language is."""
    return Prose((ENGLISH / f"{name}.md").read_text(encoding="utf-8"))


def file(name: str) -> Path:
    """The file of this name in the server's language, or where that lacks it, in English."""
    here = language() / name
    return here if here.is_file() else ENGLISH / name


def names(under: str = "") -> list[str]:
    """The files there are, by name."""
    found = (ENGLISH / under).rglob("*.md")
    return sorted(path.relative_to(ENGLISH).with_suffix("").as_posix() for path in found)
