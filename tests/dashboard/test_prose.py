"""Prose files: cut into blocks, filled with numbers, and well-formed."""

import re
from pathlib import Path

import pytest

from dashboard.prose import Prose, names, prose

TEXT = """<!-- intro -->
Hello $p_t$, TV is [[tv]].

<!-- end -->
Bye."""


def test_blocks_come_by_name_and_are_filled():
    made = Prose(TEXT)
    assert list(made.blocks) == ["intro", "end"]
    assert made("intro", tv="0.1") == "Hello $p_t$, TV is 0.1."
    assert made.places("intro") == {"tv"}


def test_a_missing_value_or_block_is_an_error():
    with pytest.raises(KeyError):
        Prose(TEXT)("intro")
    with pytest.raises(KeyError):
        Prose(TEXT)("middle")


@pytest.mark.parametrize("text", ["lost\n<!-- a -->\nfound", "<!-- a -->\n1\n<!-- a -->\n2"])
def test_text_without_a_block_and_a_name_twice_are_refused(text):
    with pytest.raises(ValueError, match="every line belongs to a block"):
        Prose(text)


@pytest.mark.parametrize("name", names())
def test_formulas_are_closed_and_no_block_is_empty(name):
    for block, text in prose(name).blocks.items():
        assert text, block
        without_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        dollars = len(re.findall(r"(?<!\\)\$", without_code))
        assert dollars % 2 == 0, (block, "a formula is not closed")
        assert without_code.count("{") == without_code.count("}"), block


def test_every_block_of_the_pages_words_is_used_and_none_is_missing():
    used = set()
    for path in Path("pages").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'prose\("pages"\)\(\s*"([a-z-]+)"', text))
        if 'say, intro = prose("pages")' in text:
            used |= set(re.findall(r'"([a-z-]+)"', text)) & set(prose("pages").blocks)
    assert used == set(prose("pages").blocks)
