"""A reader's table of numbers, turned into points.

Everything here either gives one or two columns of finite numbers, or raises InputError with one
sentence that says what is wrong, where, and what is allowed. No row is dropped or guessed silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.csv_table.choices import AS_FOUND, Choices
from dashboard.csv_table.lines import Wrong, in_rows, show
from dashboard.csv_table.named_columns import Column, Grid, numbers_rows, read_grid
from dashboard.csv_table.numerals import is_missing
from dashboard.prose import prose
from dashboard.text.plain import short
from diffusion_core.errors import InputError
from diffusion_core.targets.classes import JOIN, LONGEST, MOST_CLASSES, is_label

phrase = prose("phrases/csv_table")
MAX_VALUE = 1e100  # so that squares are finite
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Table:
    """One or two named columns of numbers; ``rows`` are points of dimension len(columns).

    ``dropped`` counts the rows left out because a chosen cell was empty, only where that was asked.
    ``labels``: the class of each row, where a column of classes was chosen.
    """

    columns: tuple[str, ...]
    rows: Rows
    dropped: int = 0
    labels: tuple[str, ...] = ()


def table_of(data: bytes, name: str, choices: Choices = AS_FOUND) -> Grid:
    """All columns of the file, with at least one of numbers; else InputError."""
    try:
        grid = read_grid(data, choices)
        _numeric(grid)
        return grid
    except Wrong as wrong:
        raise InputError(f"{_title(name)}: {wrong}") from None


def numeric_columns(data: bytes, name: str, choices: Choices = AS_FOUND) -> list[str]:
    """The names of the columns that hold numbers, in the file's order; InputError without any."""
    return [column.name for column in table_of(data, name, choices).columns if column.numeric]


def default_columns(grid: Grid) -> list[str]:
    """The first two columns of numbers that do more than number the rows, if there are any."""
    numeric = [c for c in grid.columns if c.numeric]
    measured = [c.name for c in numeric if not numbers_rows(grid, c)]
    return (measured or [c.name for c in numeric])[:2]


def label_columns(grid: Grid) -> list[str]:
    """The names of the columns that may say a class: of 2 to 50 values, one of which repeats."""
    return [column.name for column in grid.columns if _repeats(column)]


def _repeats(column: Column) -> bool:
    filled = [cell for cell in column.cells if not is_missing(cell)]
    return 2 <= len(set(filled)) <= min(MOST_CLASSES, len(filled) - 1)


def parse_table(
    data: bytes,
    name: str,
    columns: Sequence[str] | None = None,
    drop_missing: bool = False,
    choices: Choices = AS_FOUND,
    classes: str | None = None,
) -> Table:
    """The chosen one or two columns, or all that hold numbers if there are no more than two.

    A row that lacks a chosen value is an InputError, or dropped and counted with ``drop_missing``.
    classes: the name of the column that holds a label for each row, as one of ``label_columns``.
    """
    try:
        grid = read_grid(data, choices)
        chosen = _all_numeric(grid) if columns is None else _choose(grid, columns)
        labels = None if classes is None else _choose(grid, [classes])[0]
        return _convert(chosen, labels, grid.lines, drop_missing)
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
        raise InputError(phrase("rows-at-least-one-is"))
    x = np.array(rows, dtype=float)
    constant = np.ptp(x, axis=0) == 0
    shift = np.where(constant, x[0], x.mean(axis=0))
    reach = np.where(constant, 1.0, np.abs(x - shift).max(axis=0))  # squares of 1e-200 would be 0
    u = (x - shift) / reach
    spread = np.where(constant, 1.0, np.sqrt((u**2).mean(axis=0)))
    y, scale = u / spread, reach * spread
    return tuple(map(tuple, y.tolist())), tuple(shift.tolist()), tuple(scale.tolist())


def _numeric(grid: Grid) -> list[Column]:
    found = [column for column in grid.columns if column.numeric]
    if not found:
        cells = [cell for column in grid.columns for cell in column.cells if not is_missing(cell)]
        raise Wrong(
            phrase(
                "has-no-column-of-numbers", cells=show(cells[0]) if cells else phrase("no-value")
            )
        )
    return found


def _all_numeric(grid: Grid) -> list[Column]:
    found = _numeric(grid)
    if len(found) > 2:
        raise Wrong(
            phrase("has-columns-of-numbers-choose", count=len(found), names=_listing(found))
        )
    return found


def _choose(grid: Grid, names: Sequence[str]) -> list[Column]:
    by_name = {column.name: column for column in grid.columns}
    if isinstance(names, str) or not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise Wrong(phrase("one-or-two-different-columns", names=repr(names)))
    for name in names:
        if name not in by_name:
            raise Wrong(
                phrase("has-no-column-it-has", name=show(name), columns=_listing(grid.columns))
            )
    return [by_name[name] for name in names]


def _convert(
    columns: list[Column], labels: Column | None, lines: Sequence[int], drop_missing: bool
) -> Table:
    _refuse_text(columns, lines)
    points = list(zip(*(column.reading.values for column in columns), strict=True))
    full = [
        i
        for i, values in enumerate(points)
        if None not in values and not (labels and is_missing(labels.cells[i]))
    ]
    lacking = len(points) - len(full)
    columns = columns if labels is None or labels in columns else [*columns, labels]
    if not full:
        raise Wrong(phrase("has-no-row-with-a", columns=_listing(columns, phrase("and"))))
    if lacking and not drop_missing:
        first, total = min(set(range(len(points))) - set(full)), in_rows(len(points))
        raise Wrong(
            phrase(
                "values-missing",
                lack=phrase("one-lacks", rows=total)
                if lacking == 1
                else phrase("many-lack", count=f"{lacking:,}", rows=total),
                columns=_listing(columns, phrase("or")),
                line=lines[first],
            )
        )
    _refuse_size(columns[: len(points[0])], lines, full)
    rows = tuple(tuple(v for v in points[i] if v is not None) for i in full)
    names = tuple(column.name for column in columns[: len(points[0])])
    return Table(names, rows, lacking, _labels(labels, lines, full) if labels else ())


def _labels(column: Column, lines: Sequence[int], full: Sequence[int]) -> tuple[str, ...]:
    for i in full:
        if not is_label(column.cells[i]):
            raise Wrong(
                phrase(
                    "line-column-holds-a-class",
                    lines=lines[i],
                    name=show(column.name),
                    cells=show(column.cells[i]),
                    longest=LONGEST,
                    join=JOIN,
                )
            )
    return tuple(column.cells[i] for i in full)


def _refuse_text(columns: list[Column], lines: Sequence[int]) -> None:
    places = [(column.reading.bad[0], j) for j, column in enumerate(columns) if column.reading.bad]
    if places:
        i, j = min(places)
        raise Wrong(
            phrase(
                "line-column-holds-every-cell",
                lines=lines[i],
                name=show(columns[j].name),
                cells=show(columns[j].cells[i]),
            )
        )


def _refuse_size(columns: list[Column], lines: Sequence[int], full: Sequence[int]) -> None:
    for i in full:
        for column in columns:
            value = column.reading.values[i]
            if value is not None and not abs(value) <= MAX_VALUE:
                raise Wrong(
                    phrase(
                        "line-column-holds-values-must",
                        lines=lines[i],
                        name=show(column.name),
                        cells=show(column.cells[i]),
                        max_value=f"{MAX_VALUE:g}",
                    )
                )


def _title(name: str) -> str:
    return short(name) or phrase("the-file")


def _listing(columns: Sequence[Column], last: str = ",") -> str:
    names = [column.name for column in columns]
    if len(names) == 2 and last != ",":
        return f"{names[0]} {last} {names[1]}"
    return ", ".join(names[:8]) + (
        f" {phrase('and-more', count=len(names) - 8)}" if len(names) > 8 else ""
    )
