"""The digest of the sources: one for the disk, the cluster and the page of checks."""

from __future__ import annotations

from pathlib import Path

import diffusion_core
from diffusion_core.sources import ROOT, sources
from diffusion_core.sweep import executors


def test_it_changes_with_every_file_its_text_and_its_place(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    digests = [sources(tmp_path)]
    files = (("a.py", "x = 1"), ("a.py", "x = 2"), ("b.py", ""), ("room/b.py", ""))
    for name, text in files:
        (tmp_path / name).write_text(text)
        digests.append(sources(tmp_path))
    assert len(set(digests)) == len(digests)


def test_it_is_that_of_the_whole_package_wherever_it_is_asked_for() -> None:
    assert Path(diffusion_core.__file__).parent == ROOT
    assert executors.sources is sources
    assert len(sources()) == 64
