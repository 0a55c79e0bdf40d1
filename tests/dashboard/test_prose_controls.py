"""The words of widgets, readings and designed grids: in Markdown, every block used and filled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.prose import prose

NAMES = ("controls", "readings", "schedule_design")


def readers(name: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules that call this file's words ``say``."""
    for path in (*Path("dashboard").rglob("*.py"), *Path("pages").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if f'prose("{name}")' in text:
            assert f'\nsay = prose("{name}")\n' in text, path
            yield path, ast.parse(text)


def blocks(chosen: ast.expr) -> list[str]:
    """The names that a call's first argument can be."""
    if isinstance(chosen, ast.IfExp):
        return blocks(chosen.body) + blocks(chosen.orelse)
    assert isinstance(chosen, ast.Constant), ast.unparse(chosen)
    return [chosen.value]


def said(name: str) -> Iterator[tuple[str, set[str | None], str]]:
    """Every block that is asked for, the values that it gets, and where."""
    for path, module in readers(name):
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "say":
                for block in blocks(call.args[0]):
                    yield block, {value.arg for value in call.keywords}, f"{path}:{call.lineno}"


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_used_and_every_used_block_exists(name):
    assert {block for block, _, _ in said(name)} == set(prose(name).blocks)


@pytest.mark.parametrize("name", NAMES)
def test_every_place_gets_its_value_and_no_value_is_lost(name):
    for block, values, where in said(name):
        given, wanted = values - {None}, prose(name).places(block)  # None: more, by **
        assert given <= wanted if None in values else given == wanted, (block, where)
