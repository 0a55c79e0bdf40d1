"""Tables in data/ that come with the project, below a line that names what made them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write_made(file: Path, made: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The line ``made``, the header and the rows: at once or not at all."""
    out = io.StringIO()
    out.write(f"{made}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    new = file.with_suffix(".new")
    new.write_text(out.getvalue(), "utf-8")
    new.replace(file)


def read_made(file: Path) -> tuple[str, list[list[str]]]:
    """The first line, and the rows below the header; nothing where there is no file."""
    if not file.exists():
        return "", []
    made, _, *rows = file.read_text("utf-8").splitlines()
    return made, list(csv.reader(rows))
