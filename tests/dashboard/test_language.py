"""Another language is a folder, found by name or path; English stands in for what it lacks."""

import re
from pathlib import Path

import pytest

from dashboard.prose import (
    ENGLISH,
    VARIABLE,
    Prose,
    _complaint,
    check_language,
    file,
    language,
    names,
    prose,
    pseudo,
)
from diffusion_core import InputError


@pytest.fixture
def speak(monkeypatch):
    """speak(value) sets the server's language; afterwards it is the one of before."""

    def choose(value: Path | str) -> None:
        monkeypatch.setenv(VARIABLE, str(value))
        forget()

    yield choose
    monkeypatch.undo()
    forget()


def forget() -> None:
    for known in (language, prose, _complaint):
        known.cache_clear()


def test_english_is_the_language_unless_another_is_asked_for(speak):
    for value in ("", "en"):
        speak(value)
        check_language()
        assert language() == ENGLISH


@pytest.mark.parametrize("asked", ["xx", "/nowhere", "../topics"])
def test_an_unknown_language_is_named_beside_those_there_are_and_english_is_said(speak, asked):
    speak(asked)
    with pytest.raises(InputError, match=f"{VARIABLE}: one of en, or the path .*{asked}'$"):
        check_language()
    assert prose("pages")("bounds") == Prose((ENGLISH / "pages.md").read_text())("bounds")


def test_a_folder_elsewhere_says_what_it_has_and_english_the_rest(speak, tmp_path):
    (tmp_path / "pages.md").write_text("<!-- no-run -->\nNichts.\n<!-- new -->\nNeu.", "utf-8")
    english = prose("pages")("bounds")
    speak(tmp_path)
    check_language()
    assert prose("pages")("no-run") == "Nichts."
    assert prose("pages")("bounds") == english
    assert "new" not in prose("pages").blocks
    assert file("literature.json") == ENGLISH / "literature.json"


@pytest.mark.parametrize("text", ["lost", "<!-- a -->\n1\n<!-- a -->\n2", "<!-- a -->\n\xff"])
def test_a_file_that_is_none_is_named_and_english_is_said(speak, tmp_path, text):
    (tmp_path / "pages.md").write_bytes(text.encode("latin-1"))
    english = prose("pages")("bounds")
    speak(tmp_path)
    with pytest.raises(InputError, match=r"pages\.md: every line belongs to a block"):
        check_language()
    assert prose("pages")("bounds") == english


def test_a_block_that_asks_for_an_unknown_value_or_is_empty_is_said_in_english():
    said = Prose("<!-- a -->\nTV is [[tv]].\n<!-- b -->\nBye.\n<!-- c -->\n[[n]] steps")
    said.translate(Prose("<!-- a -->\nTV ist [[kl]].\n<!-- b -->\n\n<!-- c -->\n[[n]] Schritte"))
    assert list(said.blocks.values()) == ["TV is [[tv]].", "Bye.", "[[n]] Schritte"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello $p_t$, TV is **[[tv]]**.", "⟦Hello⟧ $p_t$, ⟦TV is⟧ **[[tv]]**."),
        (
            "`pip install .` at [arXiv](https://a.b/c)",
            "`pip install .` ⟦at⟧ [⟦arXiv⟧](https://a.b/c)",
        ),
        (":material/help: Li's 2nd", ":material/help: ⟦Li's 2nd⟧"),
        ("Y<sub>T</sub> &amp; more", "⟦Y⟧<sub>⟦T⟧</sub> &amp; ⟦more⟧"),
        ("before\n```python\nx = 1\n```\nafter", "⟦before⟧\n```python\nx = 1\n```\n⟦after⟧"),
        ("3 · 4 = 12", "3 · 4 = 12"),
    ],
)
def test_every_word_is_marked_and_nothing_else_changed(text, said):
    assert pseudo.marked(text) == said


@pytest.mark.parametrize("name", names())
def test_the_marked_files_have_the_same_blocks_places_and_formulas(tmp_path, name):
    english = (ENGLISH / f"{name}.md").read_text(encoding="utf-8")
    marked = pseudo.marked(english)
    assert re.sub("[⟦⟧]", "", marked) == english
    text, other = Prose(english), Prose(marked)
    assert list(other.blocks) == list(text.blocks)
    for block in text.blocks:
        assert other.places(block) == text.places(block)
        formulas = re.findall(r"\$\$?[^$]+\$\$?", text.blocks[block])
        assert re.findall(r"\$\$?[^$]+\$\$?", other.blocks[block]) == formulas


def test_the_marked_folder_is_a_language(speak, tmp_path):
    pseudo.write(tmp_path / "marked")
    speak(tmp_path / "marked")
    check_language()
    assert prose("pages")("no-run").startswith("⟦")
    assert "⟦" in file("literature.json").read_text(encoding="utf-8")
