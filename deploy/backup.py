"""``python -m deploy.backup FILE.tar.gz``: what the dashboard keeps, in one file, while it serves.

That is the short links of classes, and results that took long. To restore it, unpack it into the
directory that DIFFUSION_LAB_CACHE names, or into the user's own: docs/department.md.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from dashboard.compute import disk
from dashboard.kept_file import VARIABLE, directory
from dashboard.link import short
from deploy.plan import Trouble

FILES = (short.FILE, disk.FILE)


def back_up(target: Path) -> list[str]:
    """Write the file, whole or not at all; the names of what is in it."""
    folder = directory()
    there = [name for name in FILES if folder and (folder / name).exists()]
    if folder is None or not there:
        raise Trouble(
            f"nothing is kept in {folder}: {VARIABLE} says where"
            if folder
            else f"nothing is kept: {VARIABLE} is off"
        )
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent) as name:
            copies = Path(name)
            with tarfile.open(copies / target.name, "w:gz") as archive:
                for file in there:
                    _copy(folder / file, copies / file)
                    archive.add(copies / file, file)
            os.replace(copies / target.name, target)
    except (OSError, sqlite3.Error) as reason:
        raise Trouble(f"{target}: no backup could be written ({reason})") from None
    return there


def _copy(source: Path, target: Path) -> None:
    """As of one moment, whatever is written meanwhile."""
    with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target)) as copy:
        kept.backup(copy)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].endswith(".tar.gz"):
        sys.exit("backup: one name of a file is needed, such as backup.tar.gz.")
    try:
        print(f"{sys.argv[1]}: {', '.join(back_up(Path(sys.argv[1])))}")
    except Trouble as trouble:
        sys.exit(f"backup: {trouble}.")
