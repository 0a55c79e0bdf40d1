"""A reader's table of numbers, turned into points.

Everything here either gives one or two columns of finite numbers, or raises InputError with one
sentence that says what is wrong, where, and what is allowed. No row is dropped or guessed silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.cells import (
    Column,
    Grid,
    Wrong,
    count,
    is_missing,
    is_number,
    read_grid,
    short,
    show,
    to_number,
)
from diffusion_core.errors import InputError

MAX_VALUE = 1e6
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Table:
    """One or two named columns of numbers; ``rows`` are points of dimension len(columns).

    ``dropped`` counts the rows left out because a chosen cell was empty, only where that was asked.
    """

    columns: tuple[str, ...]
    rows: Rows
    dropped: int = 0


def numeric_columns(data: bytes, name: str) -> list[str]:
    """The names of the columns that hold numbers, in the file's order; InputError without any."""
    try:
        return [column.name for column in _numeric(read_grid(data))]
    except Wrong as wrong:
        raise InputError(f"{_title(name)}: {wrong}") from None


def parse_table(
    data: bytes, name: str, columns: Sequence[str] | None = None, drop_missing: bool = False
) -> Table:
    """The chosen one or two columns, or all that hold numbers if there are no more than two.

    A row that lacks a chosen value is an InputError, or dropped and counted with ``drop_missing``.
    """
    try:
        grid = read_grid(data)
        chosen = _all_numeric(grid) if columns is None else _choose(grid, columns)
        return _convert(chosen, grid.lines, drop_missing)
    except Wrong as wrong:
        raise InputError(f"{_title(name)}: {wrong}") from None


def standardise(
    rows: Sequence[Sequence[float]],
) -> tuple[Rows, tuple[float, ...], tuple[float, ...]]:
    """(y, shift, scale) with y = (x - shift) / scale for every row x, so x = scale y + shift.

    shift and scale are the mean and the standard deviation of each column, so that the points are
    as wide as the chain's N(0, I) whatever their units. A constant column keeps scale 1.
    """
    if not rows:
        raise InputError("rows: at least one is needed")
    x = np.array(rows, dtype=float)
    constant = np.ptp(x, axis=0) == 0
    shift = np.where(constant, x[0], x.mean(axis=0))
    scale = np.where(constant, 1.0, np.sqrt(((x - shift) ** 2).mean(axis=0)))
    y = (x - shift) / scale
    return tuple(map(tuple, y.tolist())), tuple(shift.tolist()), tuple(scale.tolist())


def _numeric(grid: Grid) -> list[Column]:
    found = [column for column in grid.columns if column.numeric]
    if not found:
        cells = [cell for column in grid.columns for cell in column.cells if not is_missing(cell)]
        raise Wrong(f"has no column of numbers; it holds {show(cells[0]) if cells else 'no value'}")
    return found


def _all_numeric(grid: Grid) -> list[Column]:
    found = _numeric(grid)
    if len(found) > 2:
        raise Wrong(f"has {len(found)} columns of numbers ({_listing(found)}); choose one or two")
    return found


def _choose(grid: Grid, names: Sequence[str]) -> list[Column]:
    by_name = {column.name: column for column in grid.columns}
    if isinstance(names, str) or not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise Wrong(f"one or two different columns can be chosen, got {names!r}")
    for name in names:
        if name not in by_name:
            raise Wrong(f"has no column {show(name)}; it has {_listing(grid.columns)}")
    return [by_name[name] for name in names]


def _convert(columns: list[Column], lines: Sequence[int], drop_missing: bool) -> Table:
    _refuse_text(columns, lines)
    _refuse_two_marks(columns)
    points = list(zip(*(column.cells for column in columns), strict=True))
    full = [i for i, cells in enumerate(points) if not any(map(is_missing, cells))]
    lacking = len(points) - len(full)
    if not full:
        raise Wrong(f"has no row with a value in {_listing(columns, 'and')}")
    if lacking and not drop_missing:
        first = min(set(range(len(points))) - set(full))
        raise Wrong(
            f"{lacking:,} of {count(len(points), 'row')} {'lacks' if lacking == 1 else 'lack'} "
            f"a value in {_listing(columns, 'or')} (first: line {lines[first]}); "
            "fill it in, or choose to drop such rows"
        )
    rows = tuple(tuple(map(to_number, points[i])) for i in full)
    for i, row in zip(full, rows, strict=True):
        _refuse_size(columns, lines[i], points[i], row)
    return Table(tuple(column.name for column in columns), rows, lacking)


def _refuse_text(columns: list[Column], lines: Sequence[int]) -> None:
    for line, *cells in zip(lines, *(column.cells for column in columns), strict=True):
        for cell, column in zip(cells, columns, strict=True):
            if not (is_missing(cell) or is_number(cell, column.comma)):
                raise Wrong(
                    f"line {line}, column {show(column.name)} holds {show(cell)}; "
                    "every cell must be a number"
                )


def _refuse_two_marks(columns: list[Column]) -> None:
    """1.234 beside 0,5 may be about a thousand or about one: not ours to guess."""
    cells = [cell for column in columns for cell in column.cells if not is_missing(cell)]
    comma = next((cell for cell in cells if "," in cell), None)
    point = next((cell for cell in cells if "." in cell), None)
    if comma and point:
        raise Wrong(
            f"mixes decimal commas and points ({show(comma)}, {show(point)}); "
            "use one of them, and no mark for thousands"
        )


def _refuse_size(
    columns: list[Column], line: int, cells: Sequence[str], row: Sequence[float]
) -> None:
    for column, cell, value in zip(columns, cells, row, strict=True):
        if abs(value) > MAX_VALUE:
            raise Wrong(
                f"line {line}, column {show(column.name)} holds {show(cell)}; "
                f"values must lie between -{MAX_VALUE:,.0f} and {MAX_VALUE:,.0f}"
            )


def _title(name: str) -> str:
    return short(name) or "the file"


def _listing(columns: Sequence[Column], last: str = ",") -> str:
    names = [column.name for column in columns]
    if len(names) == 2 and last != ",":
        return f"{names[0]} {last} {names[1]}"
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
