"""Short words by room: buttons, labels, axes, headings. Every one is used, with its values."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.prose import names, prose

FILES = names("phrases")


def modules(file: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules that call this file's words ``phrase``."""
    for path in (*Path("dashboard").rglob("*.py"), *Path("pages").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if f'prose("{file}")' in text:
            assert f'\nphrase = prose("{file}")\n' in text, path
            yield path, ast.parse(text)


def said(file: str) -> Iterator[tuple[str, set[str | None], str]]:
    """Every block that is asked for, the values that it gets, and where."""
    for path, module in modules(file):
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "phrase":
                block = call.args[0]
                assert isinstance(block, ast.Constant), ast.unparse(block)
                yield block.value, {value.arg for value in call.keywords}, f"{path}:{call.lineno}"


@pytest.mark.parametrize("file", FILES)
def test_every_phrase_is_used_and_every_used_one_exists(file):
    assert {block for block, _, _ in said(file)} == set(prose(file).blocks)


@pytest.mark.parametrize("file", FILES)
def test_every_place_of_a_phrase_gets_its_value_and_no_value_is_lost(file):
    for block, values, where in said(file):
        assert values == prose(file).places(block), (block, where)


@pytest.mark.parametrize("file", FILES)
def test_no_phrase_stands_twice_in_a_file(file):
    texts = [re.sub(r"\[\[\w+\]\]", "[[]]", text) for text in prose(file).blocks.values()]
    assert len(set(texts)) == len(texts)
