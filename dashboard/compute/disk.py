"""Results that took long, kept on disk between starts of the program.

A row belongs to one version of the engine: a number of an older one is never found. Whatever goes
wrong in the file only means that a result is computed again.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy
import scipy

from dashboard.kept_file import Rows, directory
from diffusion_core import Experiment, Measurement
from diffusion_core.sources import sources

FILE = "results.sqlite"
ROWS = 20_000  # about 10 MB

# when the engine is loaded: its files may change under a running program
ENGINE = " ".join((sources(), sys.version, numpy.__version__, scipy.__version__))


class Kept:
    """Measurements, or the reasons why there are none, under their key, in one file."""

    def __init__(self, folder: Path, engine: str = ENGINE, rows: int = ROWS) -> None:
        self._engine, self._rows = engine, Rows(folder / FILE, "results", rows)

    def get(self, experiment: Experiment, metric: str, against: str) -> Measurement | str | None:
        """What was found by this engine, a sentence where that was a refusal; None if nothing."""
        text = self._rows.get(self._key(experiment, metric, against))
        try:
            return None if text is None else _from_text(text)
        except (KeyError, TypeError, ValueError, RecursionError):
            return None

    def put(
        self, experiment: Experiment, metric: str, against: str, found: Measurement | str
    ) -> None:
        """Keep it; the least recently used rows go when there are too many."""
        self._rows.put(self._key(experiment, metric, against), _to_text(found))

    def _key(self, experiment: Experiment, metric: str, against: str) -> str:
        plain = experiment.with_(seed=0).to_json()  # an exact law does not depend on the seed
        return hashlib.sha256(
            "\n".join((self._engine, plain, metric, against)).encode()
        ).hexdigest()


def _to_text(found: Measurement | str) -> str:
    if isinstance(found, str):
        return json.dumps({"refused": found})
    values = asdict(found)
    del values["estimate"]  # an exact one has none
    return json.dumps(values)


def _from_text(text: str) -> Measurement | str:
    values = json.loads(text)
    if "refused" in values:
        return _text(values["refused"])
    found = Measurement(**values | {"notes": tuple(_text(note) for note in values["notes"])})
    if not (math.isfinite(found.value) and 0 <= found.error < math.inf):
        raise ValueError("no measurement")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


@cache
def _at(folder: Path) -> Kept:
    return Kept(folder)


def kept() -> Kept | None:
    """The file of this program's user, if there is one."""
    folder = directory()
    return None if folder is None else _at(folder)
