"""Results that took long, kept on disk between starts of the program.

One small SQLite file in the user's cache directory, shared by all sessions and processes. A row
belongs to one version of the engine: a number of an older one is never found. Whatever goes wrong
here (a full disk, a broken file) only means that a result is computed again.

DIFFUSION_LAB_CACHE names another directory, or is "off".
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy
import scipy
from platformdirs import user_cache_path

from diffusion_core import Experiment, Measurement
from diffusion_core.sources import sources

VARIABLE = "DIFFUSION_LAB_CACHE"
FILE = "results.sqlite"
ROWS = 20_000  # about 10 MB
BUSY = 2.0  # seconds to wait for another process

Answer = TypeVar("Answer")


def directory() -> Path | None:
    """Where results are kept, or None where the reader wants none of it."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        return None if chosen.lower() == "off" else Path(chosen).expanduser()
    return user_cache_path("diffusion-convergence-lab", appauthor=False, opinion=False)


# when the engine is loaded: its files may change under a running program
ENGINE = " ".join((sources(), sys.version, numpy.__version__, scipy.__version__))


class Kept:
    """Measurements, or the reasons why there are none, under their key, in one file."""

    def __init__(self, folder: Path, engine: str = ENGINE, rows: int = ROWS) -> None:
        self._folder, self._engine, self._rows = folder, engine, rows

    def get(self, experiment: Experiment, metric: str, against: str) -> Measurement | str | None:
        """What was found by this engine, a sentence where that was a refusal; None if nothing."""
        key = self._key(experiment, metric, against)

        def read(file: sqlite3.Connection) -> Any:
            row = file.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
            if row:
                file.execute("UPDATE results SET used = ? WHERE key = ?", (time.time(), key))
            return row

        row = self._with_file(read)
        try:
            return _from_text(row[0]) if row else None
        except (KeyError, TypeError, ValueError):
            return None

    def put(
        self, experiment: Experiment, metric: str, against: str, found: Measurement | str
    ) -> None:
        """Keep it; the least recently used rows go when there are too many."""
        row = (self._key(experiment, metric, against), _to_text(found), time.time())

        def write(file: sqlite3.Connection) -> None:
            file.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)
            file.execute(
                "DELETE FROM results WHERE key IN "
                "(SELECT key FROM results ORDER BY used DESC LIMIT -1 OFFSET ?)",
                (self._rows,),
            )

        self._with_file(write)

    def _key(self, experiment: Experiment, metric: str, against: str) -> str:
        plain = experiment.with_(seed=0).to_json()  # an exact law does not depend on the seed
        return hashlib.sha256(
            "\n".join((self._engine, plain, metric, against)).encode()
        ).hexdigest()

    def _with_file(self, act: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """What ``act`` gives; a file that is no database is replaced, other trouble is None."""
        path = self._folder / FILE
        for _ in range(2):
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(path, timeout=BUSY)) as file, file:
                    file.execute(
                        "CREATE TABLE IF NOT EXISTS results "
                        "(key TEXT PRIMARY KEY, value TEXT NOT NULL, used REAL NOT NULL)"
                    )
                    return act(file)
            except (sqlite3.OperationalError, OSError):
                return None
            except sqlite3.DatabaseError:
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    return None
        return None


def _to_text(found: Measurement | str) -> str:
    if isinstance(found, str):
        return json.dumps({"refused": found})
    values = asdict(found)
    del values["estimate"]  # an exact one has none
    return json.dumps(values)


def _from_text(text: str) -> Measurement | str:
    values = json.loads(text)
    if "refused" in values:
        return str(values["refused"])
    return Measurement(**values | {"notes": tuple(values["notes"])})


@cache
def _at(folder: Path) -> Kept:
    return Kept(folder)


def kept() -> Kept | None:
    """The file of this program's user, if there is one."""
    folder = directory()
    return None if folder is None else _at(folder)
