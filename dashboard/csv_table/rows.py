"""Lines split into rows of cells under one separator.

A title above the rows or the size of the table, and below them a note or a row of totals, are set
aside by name. Names one cell shorter than rows that begin with a name or a number of their own, as
R writes them, get an empty first one.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.csv_table.lines import EMPTY, MAX_COLUMNS, MAX_REMARKS, Line, Wrong, in_cells
from dashboard.csv_table.numerals import is_number, is_text
from dashboard.prose import prose

phrase = prose("phrases/csv_table")
TOTALS = frozenset(
    {"total", "totals", "grand total", "sum", "subtotal", "average", "mean"}
    | {"summe", "gesamt", "gesamtsumme", "mittelwert", "durchschnitt"}
    | {"somme", "moyenne", "totaux", "total général"}
)
SUBTOTALS = frozenset({"total", "totals", "subtotal", "sub-total", "zwischensumme", "sous-total"})
_WORD = re.compile(r'"((?:[^"]|"")*)"(?=[ \t]|$)|([^ \t]+)')
_ONE_COLUMN = "\x1f"  # a separator that no text holds
_QUOTES = phrase("quotes")

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Rows:
    """Rows of the same number of cells, the numbers of their lines, and the lines set aside."""

    lines: tuple[int, ...]
    cells: tuple[list[str], ...]
    aside: tuple[Line, ...]

    @property
    def width(self) -> int:
        return len(self.cells[0])


def split(lines: list[Line], separator: str) -> Rows:
    """The rows under a separator, " " for blanks and tabs and "" for none; Wrong if uneven."""
    try:
        rows = list(_words(lines) if separator == " " else _csv_rows(lines, separator))
    except csv.Error:
        raise Wrong(_QUOTES) from None
    if not rows:
        raise Wrong(EMPTY)
    width = max(_filled(cells) for _, cells in rows)
    start, stop = _extent(rows, separator) if width > 1 else (0, len(rows))
    kept = rows[start : start + 1] + [
        row for row in rows[start + 1 : stop] if width == 1 or not _says(row[1], SUBTOTALS)
    ]
    lines_kept = {line for line, _ in kept}
    aside = [(n, " ".join(filter(None, cells))) for n, cells in rows if n not in lines_kept]
    return _even(kept, tuple(aside))


def _words(lines: list[Line]) -> Iterator[Row]:
    for number, line in lines:
        yield number, [quoted.replace('""', '"') or word for quoted, word in _WORD.findall(line)]


def _csv_rows(lines: list[Line], separator: str) -> Iterator[Row]:
    reader = csv.reader(
        (line + "\n" for _, line in lines),
        delimiter=separator or _ONE_COLUMN,
        skipinitialspace=True,
        strict=True,
    )
    for cells in reader:
        yield lines[reader.line_num - 1][0], [cell.strip() for cell in cells]


def _extent(rows: list[Row], separator: str) -> tuple[int, int]:
    """The rows from ``start`` to before ``stop``: without titles above, notes and totals below."""
    table = [cells for _, cells in rows]
    counted = Counter(map(_filled, table))
    usual = max(counted, key=lambda width: (counted[width], width))
    numbered = 2 * sum(is_number(cells[0]) for cells in table) >= len(table)
    blanks = separator == " "
    start, stop = 0, len(table)
    while stop > 1 and len(table) - stop < MAX_REMARKS:
        if not _is_note(table[stop - 1], usual, numbered, blanks):
            break
        stop -= 1
    while start < min(stop - 1, MAX_REMARKS):
        if not _is_title(table[start], table[start + 1 : stop], usual, blanks):
            break
        start += 1
    return start, stop


def _is_note(cells: list[str], usual: int, numbered: bool, blanks: bool) -> bool:
    """A line of text below the rows, or a row of totals, which says so."""
    if usual > 1 and _filled(cells) == 1 and is_text(cells[0]):
        return len(cells) == 1 or numbered  # else a row whose numbers are missing
    if blanks and len(cells) != usual and all(map(is_text, cells)):
        return True
    return usual > 1 and _says(cells, TOTALS)


def _says(cells: list[str], words: frozenset[str]) -> bool:
    return any(cell.lower().rstrip(":") in words for cell in cells)


def _is_title(cells: list[str], below: list[list[str]], usual: int, blanks: bool) -> bool:
    """A line of text above the rows or their names, or the size of the table."""
    filled = _filled(cells)
    if usual == 1 or _names_less_one(cells, below):
        return False
    if filled < usual and is_size(cells[:filled], len(below), usual):
        return True
    if not is_text(cells[0]) or any(map(is_number, cells)):
        return False
    if len(cells) == 1 or (blanks and filled != usual):
        return True
    names_follow = _filled(below[0]) > 1 and not any(map(is_number, below[0]))
    return filled < usual and names_follow and len(below) > 1


def is_size(cells: list[str], rows: int, columns: int) -> bool:
    """Whether the cells count the rows, or the rows and the columns, as some programs begin."""
    return [c for c in cells if c] in (
        [str(rows)],
        [str(rows), str(columns)],
        [str(columns), str(rows)],
    )


def _names_less_one(cells: list[str], below: list[list[str]]) -> bool:
    """Names above rows that begin with one of their own, as R writes them."""
    first = [row[0] for row in below]
    return (
        all(len(row) == len(cells) + 1 for row in below)
        and any(row[-1] for row in below)  # else a separator ends each line
        and not any(map(is_number, cells))
        and any(map(is_number, below[0]))
        and (not any(map(is_number, first)) or is_count(first))
    )


def is_count(cells: list[str]) -> bool:
    """Whether the cells are consecutive whole numbers, as rows are numbered."""
    if not all(re.fullmatch(r"-?[0-9]{1,15}", cell) for cell in cells):
        return False
    numbers = list(map(int, cells))
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _even(rows: list[Row], aside: tuple[Line, ...]) -> Rows:
    """The rows at one width, without the empty column that a separator at a line's end makes."""
    table = [cells for _, cells in rows]
    if len(table) > 1 and _names_less_one(table[0], table[1:]):
        rows = [(rows[0][0], ["", *table[0]]), *rows[1:]]
    width = max(_filled(cells) for _, cells in rows)
    top, extent = rows[0][0], min(len(rows[0][1]), width)
    for line, cells in rows:
        here = min(len(cells), width)
        if here != extent:
            raise Wrong(phrase("uneven", line=line, cells=in_cells(here), other=top, count=extent))
    if width > MAX_COLUMNS:
        raise Wrong(phrase("too-wide", columns=f"{width:,}", most=MAX_COLUMNS))
    start = 1 if width > 1 and not any(cells[0] for _, cells in rows) else 0
    kept = tuple(cells[start:width] for _, cells in rows)
    return Rows(tuple(line for line, _ in rows), kept, aside)


def _filled(cells: list[str]) -> int:
    """The number of cells up to the last that is not empty."""
    return next((i for i in range(len(cells), 1, -1) if cells[i - 1]), 1)
