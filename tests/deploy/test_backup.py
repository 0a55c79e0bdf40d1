"""A backup is whole, taken while the server writes, and opens a class's short links elsewhere."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.compute import disk
from dashboard.compute.disk import Kept
from dashboard.kept_file import VARIABLE
from dashboard.link import short
from deploy.backup import back_up
from deploy.plan import Trouble
from diffusion_core import Experiment, measure
from tests.dashboard.visiting import address, calm, visit

ROOT = Path(__file__).resolve().parents[2]
RUN = Experiment(preset="three-modes", steps=12)
SAID = {"lesson": "noising", "step": "2"}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def unpack(archive: Path, folder: Path) -> None:
    """As docs/department.md has it."""
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)


def test_a_restored_backup_opens_a_short_link_and_knows_results(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, found = short.name_of("lessons", SAID), measure(RUN, "tv")
    Kept(kept).put(RUN, "tv", "p1", found)
    assert back_up(tmp_path / "backup.tar.gz") == [short.FILE, disk.FILE]
    fresh = tmp_path / "another machine"
    monkeypatch.setenv(VARIABLE, str(fresh))
    assert short.find(str(name)) is None
    unpack(tmp_path / "backup.tar.gz", fresh)
    app = calm(visit("home", **{short.NAME: str(name)}))
    assert address(app) == SAID
    again = Kept(fresh).get(RUN, "tv", "p1")
    assert again is not None
    assert not isinstance(again, str)
    assert again.value == found.value


def test_links_of_an_engine_that_was_upgraded_keep_working(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = short.name_of("lessons", SAID)
    Kept(kept, engine="before").put(RUN, "tv", "p1", measure(RUN, "tv"))
    assert Kept(kept, engine="after").get(RUN, "tv", "p1") is None
    assert short.find(str(name)) == ("lessons", SAID)


def test_it_is_of_one_moment_while_others_write(kept: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            short.name_of("forward", {"particles": str(number)})
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not (kept / short.FILE).exists():
            pass
        for k in range(5):
            back_up(tmp_path / f"{k}.tar.gz")
    finally:
        stop.set()
        writer.join()
    for k in range(5):
        folder = tmp_path / str(k)
        folder.mkdir()
        unpack(tmp_path / f"{k}.tar.gz", folder)
        assert [path.name for path in folder.iterdir()] == [short.FILE]
        with closing(sqlite3.connect(folder / short.FILE)) as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        f"{k}.tar.gz" for k in range(5)
    ]


def test_what_cannot_be_is_one_sentence(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Trouble, match=f"nothing is kept in {kept}"):
        back_up(tmp_path / "a.tar.gz")
    short.name_of("lessons", SAID)
    with pytest.raises(Trouble, match="no backup could be written"):
        back_up(tmp_path / "nowhere" / "a.tar.gz")
    monkeypatch.setenv(VARIABLE, "off")
    with pytest.raises(Trouble, match=f"{VARIABLE} is off"):
        back_up(tmp_path / "a.tar.gz")
    assert not list(tmp_path.glob("*.tar.gz"))
    for arguments in ([], ["a.zip"], ["a.tar.gz"]):
        said = subprocess.run(
            [sys.executable, "-m", "deploy.backup", *arguments],
            cwd=ROOT,
            env=os.environ | {VARIABLE: "off"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
        assert said.stderr.startswith("backup: ")
