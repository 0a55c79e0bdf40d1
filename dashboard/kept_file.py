"""Small SQLite files in the user's cache directory, shared by all sessions and processes.

Whatever goes wrong here (a full disk, a broken file) only means that something is not remembered,
which the log says once.

DIFFUSION_LAB_CACHE names another directory, or is "off".
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from platformdirs import user_cache_path

VARIABLE = "DIFFUSION_LAB_CACHE"
BUSY = 1.0  # seconds to wait for another process
REST = 30.0  # seconds without the file once it could not be used
STILL_READ = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)

Answer = TypeVar("Answer")


def directory() -> Path | None:
    """Where results are kept, or None where the reader wants none of it or there is no home."""
    chosen = os.environ.get(VARIABLE, "")
    try:
        if chosen:
            return None if chosen.lower() == "off" else Path(chosen).expanduser()
        return user_cache_path("diffusion-convergence-lab", appauthor=False, opinion=False)
    except RuntimeError:  # no such home
        return None


class Rows:
    """A table of text by key in a file of its own; the least recently used rows go first."""

    def __init__(self, path: Path, table: str, most: int) -> None:
        self._path, self._table, self._most = path, table, most
        self._rests_until, self._is_told = 0.0, False
        self._turns = threading.Lock()  # SQLite lets those who wait look again, not in turn

    def get(self, key: str) -> str | None:
        """The text under this key; None if there is none."""

        def read(file: sqlite3.Connection) -> str | None:
            row = file.execute(f"SELECT value FROM {self._table} WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            with suppress(sqlite3.OperationalError), file:  # what is full can still be read
                file.execute(f"UPDATE {self._table} SET used = ? WHERE key = ?", (time.time(), key))
            return str(row[0])

        return self._with_file(read)

    def put(self, key: str, value: str) -> bool:
        """Keep it; whether that went well."""
        row = (key, value, time.time())

        def write(file: sqlite3.Connection) -> bool:
            file.execute(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?)", row)
            file.execute(
                f"DELETE FROM {self._table} WHERE key IN "
                f"(SELECT key FROM {self._table} ORDER BY used DESC LIMIT -1 OFFSET ?)",
                (self._most,),
            )
            return True

        return bool(self._with_file(write))

    def _with_file(self, act: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """What ``act`` gives; a file of another kind is replaced, other trouble is None.

        After that it is left alone for a while: a lock that somebody holds is not waited for again.
        """
        with self._turns:
            return None if time.monotonic() < self._rests_until else self._opened(act)

    def _opened(self, act: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        for _ in range(2):
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with closing(sqlite3.connect(self._path, timeout=BUSY)) as file, file:
                    file.text_factory = _text
                    file.execute(
                        f"CREATE TABLE IF NOT EXISTS {self._table} "
                        "(key TEXT PRIMARY KEY, value TEXT NOT NULL, used REAL NOT NULL)"
                    )
                    return act(file)
            except (sqlite3.DatabaseError, OSError) as trouble:
                if not self._is_of_another_kind(trouble):
                    self._leave_alone(trouble)
                    return None
                try:
                    self._path.unlink(missing_ok=True)
                except OSError as kept:
                    self._leave_alone(kept)
                    return None
        return None

    def _is_of_another_kind(self, trouble: Exception) -> bool:
        """Whether the file is broken, or has a table with other columns."""
        if not isinstance(trouble, sqlite3.OperationalError):
            return isinstance(trouble, sqlite3.DatabaseError)
        if getattr(trouble, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
            return False
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, timeout=BUSY)) as file:
            found = file.execute(f"SELECT name FROM pragma_table_info('{self._table}')").fetchall()
            return bool(found) and {name for (name,) in found} != {"key", "value", "used"}
        return False

    def _leave_alone(self, trouble: Exception) -> None:
        """For a while, where it may cost time to look again."""
        code = getattr(trouble, "sqlite_errorcode", None)
        if code not in STILL_READ:
            self._rests_until = time.monotonic() + REST
        if not self._is_told and code != sqlite3.SQLITE_BUSY:
            self._is_told = True
            reason = getattr(trouble, "strerror", None) or trouble
            logging.getLogger(__name__).warning("nothing is kept in %s: %s", self._path, reason)


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")  # what is broken is no row of ours
