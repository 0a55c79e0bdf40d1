"""A stranger's words, in a link, a file or a table, stay words: on pages and in what is saved."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from dashboard.arrow_table import arrow_table
from dashboard.exports.notebook import notebook
from dashboard.exports.snippets import comparison_snippet, described
from dashboard.link.axis_names import write
from dashboard.navigation import PAGES
from dashboard.page_chrome import to_csv
from dashboard.text.plain import JOINER
from diffusion_core import DiscreteExperiment, Experiment
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.targets import Words
from diffusion_core.scores.guided import Guided
from diffusion_core.targets import GaussianMixture, Points
from tests.dashboard.visiting import visit
from tests.quick import QUICK

ROOT = Path(__file__).resolve().parents[3]
PICTURE = "![x](//e.invalid/p)"  # Markdown loads it from there
WORDS = f"{PICTURE}<b>$y$`z`"
GUIDED = Guided(WORDS, 3.0)
TABLE = Experiment(
    target=Points(tuple((k / 7,) for k in range(-6, 7)), 0.3, (WORDS,) * 6 + ("b",) * 7),
    score_error=GUIDED,
    steps=12,
)
MIXTURE = Experiment(
    target=GaussianMixture((0.5, 0.5), ((-1.5,), (1.8,)), (((0.1,),), ((0.2,),)), (WORDS, "b")),
    score_error=GUIDED,
    steps=12,
)
SETTINGS = QUICK | {"lessons": {"lesson": "noising"}}
AS_THEY_ARE = {
    "ButtonGroup.rawValues",  # what is chosen, by its value
    "Code.codeText",
    "TextArea.value",
    "BidiComponent.json",  # scripts of ours write it as text
}
"""Where Streamlit shows a text without reading Markdown in it."""


def texts(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text that is sent to the browser, with the kind of its element and its field."""

    def of(value: object, place: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, part in value.items():
                yield from of(part, f"{place}.{name}")
        elif isinstance(value, list):
            for part in value:
                yield from of(part, place)
        elif isinstance(value, str):
            kind, *_, field = place.split(".")
            yield f"{kind}.{field}", value

    nodes = [app._tree]
    while nodes:
        node = nodes.pop()
        nodes += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        if hasattr(proto, "DESCRIPTOR"):
            yield from of(MessageToDict(proto), type(proto).__name__)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_reads_markdown_in_labels_and_names_of_axes(page: str) -> None:
    app = visit(page, TABLE, **SETTINGS.get(page, {}), axes=write([WORDS]))
    assert not app.exception
    assert {place for place, text in texts(app) if PICTURE in text} <= AS_THEY_ARE


def test_axes_and_classes_are_drawn_and_offered_as_they_are_written() -> None:
    app = visit("forward", TABLE, particles="200", axes=write([WORDS]))
    specs = [text for place, text in texts(app) if place == "PlotlyChart.spec"]
    assert any("&lt;b&gt;" in text for text in specs)
    assert not any("<b>$y$" in text for text in specs)
    app = visit("guidance", MIXTURE)
    offered = [text for place, text in texts(app) if place == "ButtonGroup.content"]
    assert any(r"!\[x\](" in text for text in offered)


@pytest.mark.parametrize("words", [("=1+", "<b>"), ("$y$", "`z`"), ("**b**", "**c**")])
def test_sequences_are_shown_as_they_are(words: tuple[str, ...]) -> None:
    run = DiscreteExperiment(Words(words), Masked(), steps=4).to_dict()
    app = visit("discrete", run=json.dumps(run), to="8")
    assert not app.exception
    assert not app.error
    shown = {place for place, text in texts(app) for word in words if word in text}
    assert shown
    assert shown <= AS_THEY_ARE


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("trajectories", {"particles": WORDS}),
        ("trajectories", {WORDS[:40]: "1"}),
        ("trajectories", {"e": WORDS}),
        ("trajectories", {"e": json.dumps({"target": {"kind": WORDS}})}),
        ("trajectories", {"e": json.dumps({WORDS: 1})}),
        ("trajectories", {"axes": WORDS}),
        ("trajectories", {"lock": WORDS}),
        ("lessons", {"lesson": f"../../../{PICTURE}"}),
        ("theory", {"section": f'"><script>{PICTURE}'}),
        ("discrete", {"run": json.dumps({"target": {"kind": WORDS}})}),
        ("home", {"class": f"../{PICTURE}"}),
    ],
)
def test_what_a_link_gets_wrong_is_quoted_as_it_is(page: str, said: dict[str, str]) -> None:
    app = visit(page, **said)
    assert not app.exception
    assert len(app.error) == 1
    assert not [place for place, text in texts(app) if PICTURE in text]


@pytest.mark.parametrize("sign", "=+-@＝＋－＠\t")
def test_no_cell_is_a_formula(sign: str) -> None:
    cell = f"{sign}cmd|'/c calc'!A1"
    rows = csv.reader(io.StringIO(to_csv([cell], [[cell], [-1.5]]), newline=""))
    assert list(rows) == [[f"'{cell}"], [f"'{cell}"], ["-1.5"]]
    assert arrow_table({"a": [cell, "b"]}).column("a").to_pylist() == [JOINER + cell, "b"]


@pytest.mark.parametrize("cell", ["-0.810", "+1.250", "-3e-05"])
def test_a_number_is_no_formula(cell: str) -> None:
    assert arrow_table({"slope": [cell]}).column("slope").to_pylist() == [cell]
    assert to_csv(["slope"], [[cell]]) == f"slope\n{cell}\n"


def test_no_cell_ends_its_line() -> None:
    rows = csv.reader(io.StringIO(to_csv(["a\r=1", "b\n=1"], []), newline=""))
    assert [[cell[0] for cell in row] for row in rows] == [["a", "b"]]


TRICKY = ('\'"""\\', "{}{0}%s\\N{DIGIT ONE}", "');import os;os._exit(1)#")


@pytest.mark.parametrize("words", TRICKY)
def test_the_python_that_is_saved_holds_words_as_words(words: str) -> None:
    """It is the same program whatever they are, and makes the same experiment."""
    run = labelled(words)
    known: dict[str, object] = {"Experiment": Experiment}
    exec(described(run), known)
    assert known["experiment"] == run
    assert [program(code) for code in saved(words)] == [program(code) for code in saved("a")]


def labelled(label: str) -> Experiment:
    return MIXTURE.with_(
        target=replace(MIXTURE.target, labels=(label, "b")), score_error=Guided(label, 3.0)
    )


def saved(words: str) -> list[str]:
    """Python of several kinds that holds the words."""
    run = labelled(words)
    cells = json.loads(notebook("a", described(run), run))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [*codes, comparison_snippet({words: run}, {words: "exact"}, 10)]


def program(code: str) -> str:
    """What the code is but for its constants."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = None
    return ast.dump(tree)


SOURCES = [
    file
    for folder in ("dashboard", "deploy", "diffusion_core", "pages")
    for file in sorted((ROOT / folder).rglob("*.py"))
]
RUN = "eval|exec|compile|__import__|.*[.](system|popen|unsafe_load)"
UNPICKLE = "(.*[.])?(Unpickler|read_pickle)|pickle[.]loads?|(np|numpy|yaml|marshal)[.]loads?"
OPEN = "(.*[.])?(open|connect|write_text|write_bytes)"


def called(file: Path, like: str) -> set[str]:
    """The functions that a file calls of those that the pattern describes."""
    calls = [
        node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if type(node) is ast.Call
    ]
    return {name for node in calls if re.fullmatch(like, name := ast.unparse(node.func))}


def within(like: str) -> dict[str, set[str]]:
    """Which files of the project call which of these."""
    found = {file.relative_to(ROOT).as_posix(): called(file, like) for file in SOURCES}
    return {name: what for name, what in found.items() if what}


def test_no_text_is_run_and_no_file_is_unpickled() -> None:
    """Between processes of one program pickles do travel, through pipes of their own."""
    assert within(RUN) == {}
    assert within(UNPICKLE) == {}


def test_no_reader_names_a_file_that_the_dashboard_opens() -> None:
    by_hand = {
        *("dashboard/exports/citation.py", "dashboard/made_csv.py"),  # make what comes along
        "dashboard/prose/pseudo.py",
    }
    found = {
        name: what
        for name, what in within(OPEN).items()
        if name.startswith(("dashboard", "pages")) and name not in by_hand
    }
    assert found == {
        "dashboard/kept_file.py": {"sqlite3.connect"},  # at a path of the operator's
        "dashboard/picture_target/file.py": {"Image.open"},  # of bytes
    }
