"""What a session uploads is bounded: in number here, in size by Streamlit."""

from __future__ import annotations

import tomllib

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard import uploads
from dashboard.csv_table.lines import MAX_BYTES
from dashboard.picture_target.file import MAX_IMAGE_BYTES
from dashboard.uploads import MOST_FILES, bound
from diffusion_core.strict_json import MAX_JSON_BYTES
from tests.dashboard.visiting import calm, visit
from tests.test_requirements import ROOT


def file(number: int) -> UploadedFileRec:
    return UploadedFileRec(f"file {number}", f"{number}.csv", "text/csv", b"x" * 1000)


def held(manager: MemoryUploadedFileManager, session: str) -> list[str]:
    names = [f"file {number}" for number in range(100)]
    return [rec.file_id for rec in manager.get_files(session, names)]


def test_a_session_keeps_its_latest_files_and_leaves_those_of_others() -> None:
    manager = MemoryUploadedFileManager("/upload")
    for _ in range(3):  # as every run of a script does
        bound(manager)
    manager.add_file("other", file(0))
    for number in range(50):
        manager.add_file("mine", file(number))
    assert held(manager, "mine") == [f"file {number}" for number in range(50 - MOST_FILES, 50)]
    assert held(manager, "other") == ["file 0"]
    [stat] = [s for family in manager.get_stats().values() for s in family]
    assert stat.byte_length == 1000 * (MOST_FILES + 1)


def test_a_file_that_is_sent_again_counts_once() -> None:
    manager = MemoryUploadedFileManager("/upload")
    bound(manager)
    for number in (*range(MOST_FILES), 0, 0, 0):
        manager.add_file("mine", file(number))
    assert len(held(manager, "mine")) == MOST_FILES


def test_every_page_bounds_the_files_of_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded: list[MemoryUploadedFileManager] = []
    monkeypatch.setattr(uploads, "bound", bounded.append)
    calm(visit("notation"))
    assert [type(manager) for manager in bounded] == [MemoryUploadedFileManager]


def test_no_file_that_is_read_is_larger_than_one_that_can_be_sent() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    most = settings["server"]["maxUploadSize"] * 1024**2
    assert max(MAX_BYTES, MAX_IMAGE_BYTES, MAX_JSON_BYTES) <= most
