"""The measured data that come with the dashboard (sources and licences: data/README.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashboard.csv_table.upload import Table, numeric_columns, parse_table

PENGUINS = Path(__file__).resolve().parents[2] / "data" / "penguins.csv"
PENGUIN_COLUMNS = ("flipper_length_mm", "body_mass_g")
PENGUIN_CLASSES = "species"


def penguin_columns() -> list[str]:
    """The measurements to choose from."""
    return numeric_columns(PENGUINS.read_bytes(), PENGUINS.name)


def load_penguins(columns: Sequence[str] = PENGUIN_COLUMNS, classes: str | None = None) -> Table:
    """One or two measurements of the Palmer penguins; birds without them are counted as dropped.

    classes: None, or ``PENGUIN_CLASSES``.
    """
    data = PENGUINS.read_bytes()
    return parse_table(data, PENGUINS.name, columns, drop_missing=True, classes=classes)
