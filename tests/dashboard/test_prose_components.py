"""The words of components' JavaScript and HTML are prose, every one, and each is still there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.javascript import WORDS, body
from dashboard.prose import PLACE, english
from dashboard.prose import components as spoken

SOURCES = [p for p in Path("dashboard").rglob("*.js") if "vendor" not in p.parts]
PAGES = sorted(Path("dashboard").rglob("*.html"))
IN_HTML = re.compile(r'>([^<>]+)<|(?:aria-label|title|aria-description)="([^"]+)"')


def tagged(source: str) -> Iterator[str]:
    """What stands in said`...`, with [[]] for its values."""
    for begun in re.finditer("said`", source):
        text, i = "", begun.end()
        while source[i] != "`":
            if source.startswith("${", i):
                depth, i = 1, i + 2
                while depth:
                    depth += {"{": 1, "}": -1}.get(source[i], 0)
                    i += 1
                text += "[[]]"
            else:
                text, i = text + source[i], i + 1
        yield text


def written() -> set[str]:
    """All words of components, as they are written there."""
    texts = {
        text for path in SOURCES if path.name != "said.js" for text in tagged(path.read_text())
    }
    for path in PAGES:
        texts |= {" ".join((a or b).split()) for a, b in IN_HTML.findall(path.read_text())}
    return {text for text in texts if re.search("[A-Za-z]{2}", text.replace("[[]]", ""))}


def test_every_word_of_a_component_is_a_block_and_every_block_is_one():
    blocks = {PLACE.sub("[[]]", text) for text in english("components").blocks.values()}
    assert written() == blocks


@pytest.fixture
def german(monkeypatch):
    words = {"Save": "Sichern", "Particle [[]] of [[]] followed": "Von [[2]]: Teilchen [[1]]"}
    monkeypatch.setattr(spoken, "words", lambda: words)
    monkeypatch.setattr("dashboard.javascript.words", lambda: words)


def test_a_components_html_is_said_in_the_servers_language(german):
    html = '<button class="save" aria-label="Save" title="Save as">Save</button>'
    said = '<button class="save" aria-label="Sichern" title="Save as">Sichern</button>'
    assert spoken.in_language(html) == said


def test_a_script_has_the_words_of_the_servers_language(german):
    joined = body(Path("dashboard/said.js").resolve())
    assert WORDS not in joined
    assert '"Save": "Sichern"' in joined


def test_in_english_nothing_is_replaced():
    assert spoken.words() == {}
    assert spoken.in_language('<p title="Save">Save</p>') == '<p title="Save">Save</p>'
    assert WORDS in body(Path("dashboard/said.js").resolve())
