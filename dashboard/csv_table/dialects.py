"""How a file of rows is meant: its separator, its decimal mark, and whether its first line names.

Each separator is tried with each decimal mark, and whole columns are read under both. The reading
that leaves the fewest characters unread is taken where it is the only one; where two read the same
line as different numbers the file is refused with both named, and the reader's Choices decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.csv_table.choices import AS_FOUND, DECIMALS, QUESTION, SEPARATORS, Ambiguous, Choices
from dashboard.csv_table.lines import Line, Text, Wrong, read_text, show
from dashboard.csv_table.numerals import MARKS, Reading, is_number, is_text, numeral, read_column
from dashboard.csv_table.rows import Rows, split
from dashboard.prose import prose

phrase = prose("phrases/csv_table")
GROUPS = {
    ".": phrase("points"),
    ",": phrase("commas"),
    "'": phrase("apostrophes"),
    "’": phrase("apostrophes"),
}


@dataclass(frozen=True)
class Dialect:
    """The rows under one separator and one decimal mark, with their columns read.

    The columns leave out the first row if it holds no number, for it may name them.
    """

    separator: str
    decimal: str
    rows: Rows
    readings: tuple[Reading, ...]
    unread: int

    @property
    def start(self) -> int:
        """The first of the rows that is read."""
        return len(self.rows.lines) - len(self.readings[0].values)

    def numbers(self) -> dict[int, list[float | None]]:
        """What each line says."""
        columns = [reading.values for reading in self.readings if reading.numeric]
        lines = self.rows.lines[self.start :]
        return {n: [values[i] for values in columns] for i, n in enumerate(lines)}


def find_dialect(data: bytes, choices: Choices = AS_FOUND) -> tuple[Dialect, Text]:
    """The one that explains the file; Wrong if none does, Ambiguous if several do."""
    text = read_text(data)
    lines = text.lines[1:] if choices.first == "skip" else text.lines
    if not lines:
        raise Wrong(phrase("has-no-line-below-its"))
    separator = text.declared if choices.separator is None else choices.separator
    tables, failures = _tables(lines, separator)
    marks = [choices.decimal] if choices.decimal else list(MARKS)
    free = separator is None
    found = [d for s, rows in tables.items() for d in _read(s, rows, marks, free, lines)]
    used = [wrong for s, wrong in failures.items() if s and s in lines[0][1]]
    if used and not any(map(_has_numbers, found)):
        raise used[0]
    best = _best(found, lines)
    if choices.decimal is None:
        _refuse_two_marks(best)
    return _only(best), text


def _tables(lines: list[Line], separator: str | None) -> tuple[dict[str, Rows], dict[str, Wrong]]:
    """The rows under each separator that parts them evenly, and what is wrong under the others."""
    tables: dict[str, Rows] = {}
    failures: dict[str, Wrong] = {}
    for s in SEPARATORS if separator is None else [separator]:
        try:
            tables[s] = split(lines, s)
        except Wrong as wrong:
            failures[s] = wrong
    if separator is None:
        if "" not in tables and " " in tables:
            tables[""] = tables[" "]  # a cell too long for the csv module is still one number
        tables = {s: rows for s, rows in tables.items() if rows.width > 1 or _frames(s, lines)}
        _refuse_uneven(lines, tables, failures)
    if not tables:
        raise failures.get("") or next(iter(failures.values()))
    return tables, failures


def _frames(separator: str, lines: Sequence[Line]) -> bool:
    """Whether each line holds the separator, as one that begins or ends it, or there is none."""
    return separator != " " and all(separator in line for _, line in lines)


def _refuse_uneven(
    lines: Sequence[Line], tables: dict[str, Rows], failures: dict[str, Wrong]
) -> None:
    """A separator of the first line that numbers or other lines use, too, breaks down by name."""
    first, *others = (line.strip() for _, line in lines)
    for separator, rows in tables.items():
        below_title = rows.lines[0] > lines[0][0] and may_name(rows)
        if separator and (separator in first or below_title):
            return
    for separator, wrong in failures.items():
        if separator and separator in first:
            again = any(separator in line for line in others)
            if again or any(is_number(part.strip()) for part in first.split(separator)[:99]):
                raise wrong


def _read(
    separator: str, rows: Rows, marks: Sequence[str], free: bool, lines: Sequence[Line]
) -> list[Dialect]:
    found = []
    below_first = {n: line.strip() for n, line in lines[1:]}
    aside = sum(len(below_first.get(n, "")) for n, _ in rows.aside)
    for mark in marks:
        quoted = any("," in cell for cells in rows.cells for cell in cells)
        if free and separator == mark == "," and not quoted:
            continue  # commas are the one or the other, unless cells with one are quoted
        named = may_name(rows)
        columns = list(zip(*(rows.cells[1:] if named else rows.cells), strict=True))
        readings = tuple(read_column(column, mark) for column in columns)
        lost = sum(_unread(c, r, named) for c, r in zip(columns, readings, strict=True))
        unread = aside + lost + (_no_names(rows) if named else 0)
        found.append(Dialect(separator, mark, rows, readings, unread))
    return found


def may_name(rows: Rows) -> bool:
    """Whether the first row holds no number, and something, and others follow."""
    first, *below = rows.cells
    columns = zip(*below, strict=True) if below else ()
    return bool(below) and not any(map(numberlike, first, columns))


def numberlike(cell: str, below: Sequence[str]) -> bool:
    """Whether the cell is a number; with a unit only if those below have the same."""
    found = [n for mark in MARKS if (n := numeral(cell, mark))]
    units = {n.unit for c in below[:9] for mark in MARKS if (n := numeral(c, mark))}
    return any(not n.unit or n.unit in units for n in found)


def _unread(cells: Sequence[str], reading: Reading, named: bool) -> int:
    """Characters of the column that are not read as numbers; a name above numbers is no loss."""
    bad = reading.bad if reading.numeric else range(len(cells))
    above = not named and len(cells) > 1 and is_text(cells[0])
    return sum(len(cells[i]) for i in bad if i or not above)


def _no_names(rows: Rows) -> int:
    """The characters of a first row that does for names here, but is numbers taken apart."""
    parts = [part for cell in rows.cells[0] for part in re.split(r"[\s,;|]+", cell)]
    return 0 if any(map(is_text, parts)) else sum(map(len, rows.cells[0]))


def _has_numbers(dialect: Dialect) -> bool:
    return any(reading.numeric for reading in dialect.readings)


def _best(found: list[Dialect], lines: Sequence[Line]) -> list[Dialect]:
    """Those that leave least unread; of these, those whose columns the first line names.

    Semicolons or tabs that part every line into as many cells are no part of a cell.
    """
    numeric = list(filter(_has_numbers, found)) or found
    numeric = [d for d in numeric if _parts_all(d, lines)] or numeric
    least = min(d.unread for d in numeric)
    best = [d for d in numeric if d.unread == least]
    named = [d for d in best if d.separator and _names_above(d, lines)]
    return named or best


def _parts_all(dialect: Dialect, lines: Sequence[Line]) -> bool:
    """Whether it parts every line by semicolons or tabs, and sets none aside."""
    wide = dialect.separator in (";", "\t") and dialect.rows.width > 1
    return wide and not dialect.rows.aside and all(dialect.separator in line for _, line in lines)


def _names_above(dialect: Dialect, lines: Sequence[Line]) -> bool:
    """Whether text stands in the file's first row, cell by cell over the columns."""
    first = dialect.rows.cells[0]
    text = any(cell and numeral(cell, dialect.decimal) is None for cell in first)
    return text and not any(line < dialect.rows.lines[0] for line, _ in lines)


def _refuse_two_marks(best: list[Dialect]) -> None:
    """1.5 beside 2,5: no file of one origin has both."""
    dialect = best[0]
    if any(d.separator != dialect.separator for d in best):
        return
    columns = list(zip(*dialect.rows.cells[dialect.start :], strict=True))
    only: dict[str, str] = {}  # a cell that one mark alone reads
    for column in columns:
        readings = {mark: read_column(column, mark) for mark in MARKS}
        if any(reading.numeric for reading in readings.values()):
            for mark, other in MARKS.items():
                alone = sorted(set(readings[other].bad) - set(readings[mark].bad))
                cells = (column[i] for i in alone if mark in column[i])
                only[mark] = only.get(mark) or next(cells, "")
    if only.get(",") and only.get("."):
        raise Wrong(
            phrase("mixes-decimal-commas-and-points", comma=show(only[","]), point=show(only["."]))
        )


def _only(best: list[Dialect]) -> Dialect:
    """The first, if all say the same; a point is a decimal mark where programs write it so."""
    distinct: list[Dialect] = []
    for dialect in best:
        if all(dialect.numbers() != other.numbers() for other in distinct):
            distinct.append(dialect)
    first, *others = distinct
    if not others:
        return first
    if any(d.separator != first.separator for d in others):
        raise _two_separators(distinct)
    if first.decimal == "." and first.separator != ";" and _fixed_places(first):
        return first
    raise _two_marks(first, others[0])


def _fixed_places(dialect: Dialect) -> bool:
    """Whether points stand in every filled cell or in none of each column, and commas nowhere.

    The first row does not count: it may be names or a size.
    """
    columns = zip(*dialect.rows.cells[dialect.start :], strict=True)
    for cells, reading in zip(columns, dialect.readings, strict=True):
        pairs = list(zip(cells, reading.values, strict=True))
        filled = [c for c, value in pairs[len(pairs) > 2 :] if value is not None]
        pointed = sum("." in cell for cell in filled)
        if reading.numeric and (0 < pointed < len(filled) or any("," in c for c in filled)):
            return False
    return True


def _two_marks(a: Dialect, b: Dialect) -> Ambiguous:
    body = a.rows.cells[a.start :]
    for i, cells in enumerate(body):
        for j, cell in enumerate(cells):
            x, y = (d.readings[j].values[i] for d in (a, b))
            if x != y:
                name = a.rows.cells[0][j] if a.start else phrase("column-number", number=j + 1)
                where = phrase("line-column", lines=a.rows.lines[a.start + i], name=show(name))
                says = f" {phrase('or')} ".join(
                    phrase("said-with", said=_said([v]), dialect=_how(d, cell))
                    for d, v in ((a, x), (b, y))
                )
                return Ambiguous(
                    phrase(
                        "holds-which-is",
                        where=where,
                        cell=show(cell),
                        reading=says,
                        question=QUESTION,
                    )
                )
    raise AssertionError("the two dialects say the same")


def _two_separators(options: list[Dialect]) -> Ambiguous:
    said = [dialect.numbers() for dialect in options]
    lines = sorted(set().union(*said))
    line = next(n for n in lines if any(s.get(n) != said[0].get(n) for s in said))
    holding = [dialect.rows for dialect in options if line in dialect.rows.lines]
    narrow = min(holding, key=lambda rows: rows.width)
    cell = " ".join(narrow.cells[narrow.lines.index(line)])
    ways = []
    for dialect, numbers in zip(options, said, strict=True):
        wide = dialect.rows.width > 1
        between = (
            phrase("between-columns-2", separators=SEPARATORS[dialect.separator]) if wide else ""
        )
        read = _said(numbers.get(line, []))
        ways.append(phrase("said-with", said=read, dialect=between or _how(dialect, cell)))
    says = f"{', '.join(ways[:-1])} {phrase('or')} {ways[-1]}"
    return Ambiguous(
        phrase("line-holds-which-is", line=line, cell=show(cell), reading=says, question=QUESTION)
    )


def _said(values: Sequence[float | None]) -> str:
    shown = [phrase("no-number") if v is None else f"{v:.10g}" for v in values[:3]]
    return f" {phrase('and')} ".join(shown) or phrase("no-number")


def _how(dialect: Dialect, cell: str) -> str:
    """What the marks in the cell are to this dialect."""
    found = numeral(cell, dialect.decimal)
    if found and found.group:
        return phrase("for-thousands", group=GROUPS.get(found.group, phrase("blanks")))
    return phrase("decimal", mark=DECIMALS[dialect.decimal])
