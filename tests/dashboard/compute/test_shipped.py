"""The gallery's numbers that come with the project are those that the engine gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from dashboard.compute import cached, shipped, tasks
from dashboard.compute.cost import FIRST, measuring
from dashboard.compute.shipped import Key
from dashboard.kept_file import VARIABLE
from diffusion_core import Measurement, measure
from diffusion_core.schedules import Cosine
from diffusion_core.sources import ROOT, sources

PART = 12  # rows that are computed again
QUICK = 0.5  # seconds that a row may take for that, as it is expected
AGAIN = "data/gallery.csv: {} is {} there and {} now: run python -m dashboard.compute.shipped"
KEY = Key("three-modes", "ode", 8, "tv")


def test_a_random_part_of_the_file_is_what_the_engine_gives() -> None:
    """Whoever made it: a change of the engine moves no number by more than the errors say.

    The part is another one whenever a file of the engine changes.
    """
    _, rows = shipped.read(shipped.FILE)
    quick = [k for k in rows if _seconds(k) < QUICK]
    assert len(quick) > PART
    chosen = np.random.default_rng(int(sources()[:16], 16)).permutation(len(quick))[:PART]
    for key in (quick[i] for i in chosen):
        there, run = rows[key], key.run
        now = tasks.measured(run, (key.metric,), "exact", 0, "p1", None, lambda *share: None)
        found = now[key.metric]
        told = AGAIN.format(key, there, found)
        if isinstance(there, Measurement) and isinstance(found, Measurement):
            assert abs(there.value - found.value) <= there.error + found.error, told
            assert there.notes == found.notes, told
        else:
            assert isinstance(there, str), told
            assert isinstance(found, str), told


def _seconds(key: Key) -> float:
    cost = measuring(key.run, "exact", 0)
    return cost.units * FIRST[cost.kind[0]]


def test_the_file_is_sorted_and_small() -> None:
    _, rows = shipped.read(shipped.FILE)
    assert list(rows) == sorted(rows, key=shipped._order)
    assert shipped.FILE.stat().st_size < 400_000


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One row, and only it."""
    path = tmp_path / "gallery.csv"
    monkeypatch.setattr(shipped, "FILE", path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    shipped.write(path, {KEY: measure(KEY.run), KEY._replace(metric="kl"): "kl: is too large"})
    shipped._known.cache_clear()
    st.cache_resource.clear()
    yield path
    shipped._known.cache_clear()
    st.cache_resource.clear()


@pytest.mark.usefixtures("file")
def test_what_comes_along_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = measure(KEY.run)
    monkeypatch.setattr(tasks, "measure_each", lambda *given: pytest.fail("computed"))
    found = cached.distance(KEY.run.with_(seed=3), "tv", "exact", 0, "p1", st.empty())
    assert isinstance(found, Measurement)
    assert (found.value, found.error, found.nfe) == (truth.value, truth.error, truth.nfe)
    assert found.notes == truth.notes
    assert cached.distance(KEY.run, "kl", "exact", 0, "p1", st.empty()) == "kl: is too large"


@pytest.mark.usefixtures("file")
def test_nothing_else_is_taken_for_what_comes_along() -> None:
    run = KEY.run
    assert shipped.find(run, "tv", "p1") is not None
    assert shipped.find(run, "tv", "data") is None
    assert shipped.find(run, "w1", "p1") is None
    for other in (
        run.with_(steps=9),
        run.with_(sampler="ddpm"),
        run.with_(schedule=Cosine()),
        run.with_(start="exact"),
    ):
        assert shipped.find(other, "tv", "p1") is None


def test_numbers_of_other_code_are_not_used(file: Path) -> None:
    text = file.read_text()
    made_by = text.splitlines()[0].removeprefix(shipped.MADE)
    assert made_by == f"{shipped.code()} {sources()}"
    for there, used in [
        (f"{shipped.code()} other", True),
        (f"other {sources()}", True),
        ("a b", False),
    ]:
        file.write_text(text.replace(made_by, there))
        shipped._known.cache_clear()
        assert (shipped.find(KEY.run, "tv", "p1") is not None) == used


def test_off_means_nothing_from_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert not cached.is_known(KEY.run, "tv", "exact", 0, "p1")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ('def f(x):\n    """Said otherwise."""\n\n    return x + 1  # why\n', True),
        ('"""A title."""\n\n# a line\ndef f(x):\n    return x + 1\n', True),
        ("def f(x):\n    return x + 2\n", False),
        ('def f(x):\n    return x + 1\n\n\nNAME = "a"\n', False),
    ],
)
def test_words_for_readers_are_no_other_code(other: str, same: bool) -> None:
    assert (
        shipped.statements(other) == shipped.statements("def f(x):\n    return x + 1\n")
    ) == same


def test_a_class_that_comes_at_once_reads_the_file_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = file.read_text()
    file.write_text(text.replace(sources(), "other"))
    read, cells = list[Path](), shipped._cells
    monkeypatch.setattr(shipped, "_cells", lambda of: read.append(of) or cells(of))
    shipped._known.cache_clear()
    with ThreadPoolExecutor(16) as readers:
        found = list(readers.map(lambda _: shipped.find(KEY.run, "tv", "p1"), range(16)))
    assert found[0] is not None
    assert found == found[:1] * 16
    assert len(read) == 1


def test_what_is_left_out_of_the_code_is_not_needed_to_measure() -> None:
    todo, seen = ["measure.py"], set()
    while todo:
        place = todo.pop()
        if place in seen or not (ROOT / place).exists():
            continue
        seen.add(place)
        for node in ast.walk(ast.parse((ROOT / place).read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("diffusion_core."):
                parts = str(node.module).split(".")[1:]
                names = [parts, *([*parts, a.name] for a in node.names)]
                todo += ["/".join(n) + end for n in names for end in (".py", "/__init__.py")]
    assert len(seen) > 40
    assert not [place for place in seen if {place.split("/")[0], place} & {*shipped.UNUSED}]
