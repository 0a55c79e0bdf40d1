"""The measured data that come with the dashboard (sources and licences: data/README.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashboard.upload import Table, parse_table

DATA = Path(__file__).resolve().parent.parent / "data"
PENGUIN_COLUMNS = ("flipper_length_mm", "body_mass_g")


def load_penguins(columns: Sequence[str] = PENGUIN_COLUMNS) -> Table:
    """One or two measurements of the Palmer penguins; birds without them are counted as dropped."""
    path = DATA / "penguins.csv"
    return parse_table(path.read_bytes(), path.name, columns, drop_missing=True)
