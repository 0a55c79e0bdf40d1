"""A file as named columns, with what is in it that is not: lines set aside, columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dashboard.csv_table.choices import AS_FOUND, QUESTION, Ambiguous, Choices
from dashboard.csv_table.dialects import Dialect, find_dialect, numberlike
from dashboard.csv_table.lines import MAX_ROWS, Line, Wrong, short, show
from dashboard.csv_table.numerals import Reading, is_missing, kind, read_column
from dashboard.csv_table.rows import Rows, is_count, is_size
from dashboard.prose import prose

phrase = prose("phrases/csv_table")
FEW = 10  # a number that counts fewer rows than this below it may do so by chance
_ROW_NAMES = frozenset(
    {"rownames", "row.names", "row names", "row_names", "rowname", "index", "idx", "id", "row"}
    | {"no", "no.", "nr", "nr.", "n°", "#", "obs", "unnamed: 0", "unnamed:0"}
)


@dataclass(frozen=True)
class Column:
    name: str
    cells: tuple[str, ...]
    reading: Reading
    named: bool  # by the file

    @property
    def numeric(self) -> bool:
        return self.reading.numeric

    @property
    def kind(self) -> str:
        """What it holds where it is not numeric."""
        return kind(self.cells)


@dataclass(frozen=True)
class Grid:
    """Columns of equal length; ``lines`` are the numbers of their rows' lines in the file.

    ``aside`` are lines that are no row: titles, notes, totals, and a first line left out on demand.
    """

    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    separator: str
    decimal: str
    aside: tuple[Line, ...]
    comments: int


@lru_cache(maxsize=4)
def read_grid(data: bytes, choices: Choices = AS_FOUND) -> Grid:
    """The file's columns, named by its first line or by their position.

    Wrong if it is no table, Ambiguous if it is several and no choice says which.
    """
    try:
        return _read_grid(data, choices)
    finally:
        read_column.cache_clear()  # which would hold the cells of files long gone


def _read_grid(data: bytes, choices: Choices) -> Grid:
    dialect, text = find_dialect(data, choices)
    rows = dialect.rows
    header = _has_header(dialect, choices.first)
    body, numbers = rows.cells[header:], rows.lines[header:]
    if not body:
        raise Wrong(phrase("names-its-columns-but-has"))
    if len(body) > MAX_ROWS:
        raise Wrong(phrase("has-rows-at-most-can", body=f"{len(body):,}", max_rows=f"{MAX_ROWS:,}"))
    given = rows.cells[0] if header else [""] * rows.width
    columns = tuple(
        Column(name, cells, read_column(cells, dialect.decimal), bool(cell))
        for name, cell, cells in zip(_names(given), given, zip(*body, strict=True), strict=True)
    )
    skipped = text.lines[:1] if choices.first == "skip" else []
    aside = (*skipped, *rows.aside)
    return Grid(columns, numbers, dialect.separator, dialect.decimal, aside, text.comments)


def numbers_rows(grid: Grid, column: Column) -> bool:
    """Whether the column seems to number the rows: by its name and place, or by counting them."""
    if len(column.cells) > 2 and is_count(list(column.cells)):
        return True
    values = column.reading.values
    whole = all(value is not None and value % 1 == 0 for value in values)
    corner = not column.named and any(other.named for other in grid.columns)
    called = column.named and column.name.lower() in _ROW_NAMES
    first = column is grid.columns[0]
    return first and (corner or called) and whole and len(set(values)) == len(values)


def _has_header(dialect: Dialect, chosen: str | None) -> bool:
    """Whether the first row names the columns: it holds text and no number, or the reader says so.

    Ambiguous where it holds numbers that may be names, or the size of the table.
    """
    if chosen in ("names", "row"):
        return chosen == "names"
    rows = dialect.rows
    first, *below = rows.cells
    columns: list[Sequence[str]] = list(zip(*below, strict=True)) or [()] * len(first)
    number = next((c for c, b in zip(first, columns, strict=True) if numberlike(c, b)), None)
    if number is None:
        return not all(map(is_missing, first))
    if below and not first[0] and is_count(list(columns[0])):
        return True  # row numbers of their own, and a corner left empty
    _refuse_mixture(dialect, columns, number)
    if chosen is None:
        _refuse_size(rows)
        _refuse_numbers_that_name(rows, columns)
    return False


def _refuse_mixture(dialect: Dialect, columns: Sequence[Sequence[str]], number: str) -> None:
    for cell, below in zip(dialect.rows.cells[0], columns, strict=True):
        reading = read_column(below, dialect.decimal)
        text = not (is_missing(cell) or numberlike(cell, below))
        if text and reading.filled and not reading.bad:
            raise Wrong(
                phrase(
                    "line-mixes-a-name-with",
                    lines=dialect.rows.lines[0],
                    cell=show(cell),
                    number=show(number),
                )
            )


def _refuse_size(rows: Rows) -> None:
    first, below = rows.cells[0], len(rows.cells) - 1
    enough = below > 1 if rows.width > 1 else below >= FEW
    if enough and is_size(first, below, rows.width):
        raise Ambiguous(
            phrase(
                "line-may-give-the-size",
                lines=rows.lines[0],
                first=short(" ".join(first)),
                question=QUESTION,
            )
        )


def _refuse_numbers_that_name(rows: Rows, columns: Sequence[Sequence[str]]) -> None:
    """Whole numbers above decimals, or in turn from 0 or beside text: 0,1 and country,2000,2001."""
    pairs = [(c, below) for c, below in zip(rows.cells[0], columns, strict=True)]
    numbers = [(c, below) for c, below in pairs if numberlike(c, below)]
    if len(rows.cells) < 2 or not all(c.isdigit() for c, _ in numbers):
        return
    shares = [_decimals(below) for _, below in numbers]
    in_turn = len(numbers) > 1 and is_count([c for c, _ in numbers])
    texts = any(not (is_missing(c) or numberlike(c, below)) for c, below in pairs)
    from_nought = numbers[0][0] == "0" and len(numbers) == len(pairs)
    if (len(rows.cells) > 2 and min(shares) == 1) or (
        in_turn and (texts or from_nought or min(shares) > 0)
    ):
        raise Ambiguous(
            phrase(
                "line-may-name-the-columns",
                lines=rows.lines[0],
                cells=short(", ".join(rows.cells[0])),
                question=QUESTION,
            )
        )


def _decimals(cells: Sequence[str]) -> float:
    """The share of filled cells that are written with a decimal mark."""
    filled = [cell for cell in cells if not is_missing(cell)]
    return sum("." in cell or "," in cell for cell in filled) / max(len(filled), 1)


def _names(cells: list[str]) -> list[str]:
    """Distinct names, one line each."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        base = short(cell) or f"column {position}"
        tries = (base if k == 1 else f"{base} ({k})" for k in range(1, len(cells) + 2))
        names.append(next(name for name in tries if name not in names))
    return names
