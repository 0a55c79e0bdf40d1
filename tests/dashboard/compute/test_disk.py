"""Results on disk: found again by the same engine only, and never in the way of computing."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest
import scipy
import streamlit as st

from dashboard.compute import cached, disk, tasks
from dashboard.compute.disk import ENGINE, FILE, Kept
from dashboard.kept_file import VARIABLE, directory
from diffusion_core import PRESETS, Experiment, Measurement
from diffusion_core.sources import sources

RUN = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=6)
FOUND = Measurement("tv", 0.123456789012345, 1e-7, "exact", 6, 5, 3.2, ("capped: a note",))
ROOT = Path(__file__).resolve().parents[3]


def test_what_is_kept_is_found_again_to_the_last_digit(tmp_path: Path) -> None:
    Kept(tmp_path).put(RUN, "tv", "p1", FOUND)
    Kept(tmp_path).put(RUN, "kl", "p1", "kl: is very large there")
    again = Kept(tmp_path)
    assert again.get(RUN, "tv", "p1") == FOUND
    assert again.get(RUN, "kl", "p1") == "kl: is very large there"
    assert again.get(RUN.with_(seed=9), "tv", "p1") == FOUND  # an exact law has no seed


@pytest.mark.parametrize(
    ("run", "metric", "against"),
    [
        (RUN.with_(steps=7), "tv", "p1"),
        (RUN.with_(sampler="ddpm"), "tv", "p1"),
        (RUN, "hellinger", "p1"),
        (RUN, "tv", "data"),
    ],
)
def test_nothing_else_is_taken_for_it(
    tmp_path: Path, run: Experiment, metric: str, against: str
) -> None:
    Kept(tmp_path).put(RUN, "tv", "p1", FOUND)
    assert Kept(tmp_path).get(run, metric, against) is None


def test_another_engine_finds_nothing(tmp_path: Path) -> None:
    Kept(tmp_path, "one").put(RUN, "tv", "p1", FOUND)
    assert Kept(tmp_path, "two").get(RUN, "tv", "p1") is None
    assert Kept(tmp_path, "one").get(RUN, "tv", "p1") == FOUND


def test_the_engine_is_its_sources_and_what_they_run_on() -> None:
    for part in (sources(), sys.version, numpy.__version__, scipy.__version__):
        assert part in ENGINE


def test_a_broken_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database, but long enough to be looked at" * 100)
    kept = Kept(tmp_path)
    assert kept.get(RUN, "tv", "p1") is None
    kept.put(RUN, "tv", "p1", FOUND)
    assert kept.get(RUN, "tv", "p1") == FOUND


ROW = (
    '{"metric": "tv", "value": %s, "error": %s, "method": "exact", "steps": 6, "nfe": 5, '
    '"seconds": 3.2, "notes": %s}'
)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"value": 1}',
        "null",
        "[" * 100_000,
        '{"refused": [1]}',
        ROW % ("NaN", "0.1", "[]"),
        ROW % ('"0.1"', "0.1", "[]"),
        ROW % ("0.1", "-1", "[]"),
        ROW % ("0.1", "Infinity", "[]"),
        ROW % ("0.1", "0.1", "[1]"),
    ],
    ids=range(11),
)
def test_a_broken_row_is_nothing(tmp_path: Path, text: str) -> None:
    kept = Kept(tmp_path)
    kept.put(RUN, "tv", "p1", FOUND)
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("UPDATE results SET value = ?", (text,))
    file.close()
    assert kept.get(RUN, "tv", "p1") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    kept = Kept(blocked / "folder")
    kept.put(RUN, "tv", "p1", FOUND)
    assert kept.get(RUN, "tv", "p1") is None


@pytest.mark.parametrize(
    "spoil",
    [
        "DROP TABLE results; CREATE TABLE results (key TEXT, found TEXT)",  # of another version
        "UPDATE results SET value = CAST(x'ff00fe' AS TEXT)",
        "UPDATE results SET value = 0.5",
    ],
)
def test_a_table_of_another_kind_gives_way(tmp_path: Path, spoil: str) -> None:
    Kept(tmp_path).put(RUN, "tv", "p1", FOUND)
    with sqlite3.connect(tmp_path / FILE) as file:
        file.executescript(spoil)
    file.close()
    kept = Kept(tmp_path)
    assert kept.get(RUN, "tv", "p1") is None
    kept.put(RUN, "tv", "p1", FOUND)
    assert kept.get(RUN, "tv", "p1") == FOUND


def read_only(path: Path, timeout: float) -> sqlite3.Connection:
    return OPEN(f"file:{path}?mode=ro", timeout=timeout, uri=True)


def full(path: Path, timeout: float) -> sqlite3.Connection:
    file = OPEN(path, timeout=timeout)
    file.execute("PRAGMA max_page_count = 1")  # that is, no more than there are
    return file


OPEN = sqlite3.connect


@pytest.mark.parametrize("connect", [read_only, full])
def test_what_cannot_be_written_is_still_read_and_the_log_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, connect
) -> None:
    Kept(tmp_path).put(RUN, "tv", "p1", FOUND)
    kept = Kept(tmp_path)
    monkeypatch.setattr(sqlite3, "connect", connect)
    for _ in range(3):
        assert kept.get(RUN, "tv", "p1") == FOUND
        kept.put(RUN, "kl", "p1", "a long reason" * 1000)
        assert kept.get(RUN, "kl", "p1") is None
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"nothing is kept in {tmp_path / FILE}: ")


def test_a_folder_that_is_removed_meanwhile_is_made_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "folder")
    kept.put(RUN, "tv", "p1", FOUND)
    shutil.rmtree(tmp_path / "folder")
    assert kept.get(RUN, "tv", "p1") is None
    kept.put(RUN, "tv", "p1", FOUND)
    assert kept.get(RUN, "tv", "p1") == FOUND


def test_the_least_recently_used_goes_first_from_disk(tmp_path: Path) -> None:
    kept = Kept(tmp_path, rows=2)
    kept.put(RUN, "tv", "p1", FOUND)
    kept.put(RUN, "kl", "p1", FOUND)
    time.sleep(0.01)
    assert kept.get(RUN, "tv", "p1") == FOUND
    time.sleep(0.01)
    kept.put(RUN, "hellinger", "p1", FOUND)
    assert [m for m in ("tv", "kl", "hellinger") if kept.get(RUN, m, "p1")] == ["tv", "hellinger"]


def test_sessions_and_processes_share_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.dashboard.compute.test_disk import *\n"
        "kept = Kept(Path(sys.argv[1]))\n"
        "for t in range(2, 22): kept.put(RUN.with_(steps=t), 'tv', 'p1', FOUND)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    kept = Kept(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        runs = [RUN.with_(steps=t) for t in range(100, 140)]
        list(pool.map(lambda run: kept.put(run, "tv", "p1", FOUND), runs))
    assert other.wait(60) == 0
    assert all(kept.get(run, "tv", "p1") == FOUND for run in runs)
    assert all(kept.get(RUN.with_(steps=t), "tv", "p1") == FOUND for t in range(2, 22))


def test_the_reader_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert directory() is None
    assert disk.kept() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert directory() == tmp_path
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert directory() == tmp_path / "cache" / "diffusion-convergence-lab"


def test_a_new_start_does_not_compute_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(cached, "LONG", 0.0)
    st.cache_resource.clear()
    first = cached.distances(RUN, ("tv", "kl"), "exact", 0, st.empty())
    st.cache_resource.clear()
    monkeypatch.setattr(tasks, "measure_each", lambda *given: pytest.fail("computed again"))
    assert cached.is_known(RUN, "tv", "exact", 0, "p1")
    assert cached.distances(RUN, ("tv", "kl"), "exact", 0, st.empty()) == first
    assert not cached.is_known(RUN, "hellinger", "exact", 0, "p1")


def test_what_was_quick_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(cached, "LONG", 1e9)
    st.cache_resource.clear()
    cached.distances(RUN, ("tv",), "exact", 0, st.empty())
    assert disk.kept() is not None
    assert Kept(tmp_path).get(RUN, "tv", "p1") is None


def test_a_lock_of_another_process_is_waited_for_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put(RUN, "tv", "p1", FOUND)
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        assert kept.get(RUN, "tv", "p1") is None
        once = time.monotonic() - begun
        for _ in range(20):
            assert kept.get(RUN, "tv", "p1") is None
        assert time.monotonic() - begun < once + 0.4
        other.rollback()
    other.close()


def test_a_folder_in_a_home_that_is_not_there_keeps_nothing(monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, "~nosuchuser/results")
    assert directory() is None
