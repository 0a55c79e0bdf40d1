"""A text file of rows, split into named columns of text: the CSV of a spreadsheet, R or NumPy.

Read as UTF-8, as UTF-16 or UTF-32 where a byte order mark or the zero bytes say so, else as
Windows-1252, of which Latin-1 is a part. Separators are tab, semicolon, bar, comma and blanks; a
comma is a decimal mark where it is not the separator. Blank lines and lines that start with # are
skipped, and so are rows of separators alone at the end, as spreadsheets leave them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from diffusion_core.targets.gaussian_mixture import MAX_POINTS

MAX_BYTES = 2_000_000
MAX_ROWS = MAX_POINTS
MAX_COLUMNS = 100
SEPARATORS = ("\t", ";", "|", ",", " ")
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."})
BINARY = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy array file",
}
_NUMBER = re.compile(r"[+−-]?(?:[0-9]+\.?|[0-9]*[.,][0-9]+)(?:[eE][+−-]?[0-9]+)?")
_INFINITE = re.compile(r"[+−-]?inf(?:inity)?", re.IGNORECASE)
_COMMENT = re.compile(r"\s*#(?!N/A|DIV/0!|VALUE!|REF!|NUM!|NAME\?|NULL!)")
_WORD = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DECLARED = re.compile(r'"?sep=([\t;|,])"?', re.IGNORECASE)
_EMPTY = "is empty; it needs at least one row of numbers"
_QUOTES = 'has a quotation mark (") that is not closed or misplaced, or an endless cell'

Line = tuple[int, str]
Row = tuple[int, list[str]]


class Wrong(Exception):
    """What is wrong with a file, in words that follow its name."""


@dataclass(frozen=True)
class Column:
    name: str
    cells: tuple[str, ...]
    comma: bool  # whether a comma can be a decimal mark

    @property
    def numeric(self) -> bool:
        """At least half of its filled cells are numbers: a typing error does not hide a column."""
        filled = [cell for cell in self.cells if not is_missing(cell)]
        return 2 * sum(is_number(cell, self.comma) for cell in filled) >= max(len(filled), 1)


@dataclass(frozen=True)
class Grid:
    """Columns of equal length; ``lines`` are the numbers of their rows' lines in the file."""

    columns: tuple[Column, ...]
    lines: tuple[int, ...]


def read_grid(data: bytes) -> Grid:
    """The file's columns, named by its first line or by their position; Wrong if it is no table."""
    rows = _table(_lines(_decode(data)))
    header = _has_header(rows)
    body, numbers = rows.cells[header:], rows.lines[header:]
    if not body:
        raise Wrong("names its columns but has no row of numbers")
    if len(body) > MAX_ROWS:
        raise Wrong(f"has {len(body):,} rows; at most {MAX_ROWS:,} can be read")
    names = _names(rows.cells[0] if header else [""] * rows.width)
    cells = zip(*body, strict=True)
    return Grid(tuple(Column(n, c, rows.comma) for n, c in zip(names, cells, strict=True)), numbers)


def is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def is_number(cell: str, comma: bool) -> bool:
    """Whether it spells a number, infinity included; ``comma``: as a decimal mark, too."""
    if "," in cell and not comma:
        return False
    return bool(_NUMBER.fullmatch(cell) or _INFINITE.fullmatch(cell))


def to_number(cell: str) -> float:
    return float(cell.replace(",", ".").replace("−", "-"))


def short(text: str, length: int = 60) -> str:
    """The text on one line, cut at ``length`` characters."""
    text = " ".join(_CONTROL.sub(" ", text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def show(text: str) -> str:
    return f'"{short(text, 40)}"'


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


# ---- bytes to lines


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise Wrong(
            f"is {len(data) / 1e6:.2f} MB large; "
            f"at most {MAX_BYTES / 1e6:g} MB and {MAX_ROWS:,} rows can be read"
        )
    for start, what in BINARY.items():
        if data.startswith(start):
            raise Wrong(f"is {what}, not text; save the table as CSV")
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.lstrip("\ufeff").rstrip("\x1a")
    if _CONTROL.search(text):
        raise Wrong("is a binary file, not text; save the table as CSV")
    return text


def _encoding(data: bytes) -> str:
    """From the byte order mark, or for UTF-16 without one from where the zero bytes are."""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = len(data) // 2
    even, odd = data[::2].count(0), data[1::2].count(0)
    if max(even, odd) > 0.5 * half and min(even, odd) <= 0.05 * half:
        return "utf-16-be" if even > odd else "utf-16-le"
    return "utf-8"


def _lines(text: str) -> list[Line]:
    """The numbered lines that hold anything; counted before any of them is taken apart."""
    text = re.sub(r"\r\n?", "\n", text)
    numbered = enumerate(text.split("\n"), start=1)
    holding = ((n, line) for n, line in numbered if line.strip() and not _COMMENT.match(line))
    most = MAX_ROWS + 2  # a declared separator, the names
    lines = list(islice(holding, most + 1))
    if len(lines) > most:
        raise Wrong(f"has {text.count(chr(10)):,} lines; at most {MAX_ROWS:,} rows can be read")
    while lines and not lines[-1][1].strip(" \t;|,"):
        lines.pop()
    if not lines:
        raise Wrong(_EMPTY)
    return lines


# ---- lines to cells


@dataclass(frozen=True)
class _Rows:
    """Lines of the file, by their number, split into the same number of cells."""

    lines: tuple[int, ...]
    cells: tuple[list[str], ...]
    comma: bool

    @property
    def width(self) -> int:
        return len(self.cells[0])

    @property
    def share(self) -> float:
        """The share of cells below the first line that are numbers."""
        cells = [cell for row in self.cells[1:] or self.cells for cell in row]
        return sum(is_number(cell, self.comma) for cell in cells) / len(cells)


def _table(lines: list[Line]) -> _Rows:
    """The cells under the separator that makes more than one column with the most numbers in it.

    Where none does, a separator that the first line uses names the line at which it breaks down;
    without one the file is a single column.
    """
    declared = _DECLARED.fullmatch(lines[0][1].strip(" "))
    if declared:
        return _split(lines[1:], declared[1])
    fits: list[_Rows] = []
    failures: list[Wrong] = []
    for separator in SEPARATORS:
        try:
            fits.append(_split(lines, separator))
        except Wrong as wrong:
            if _uses(lines, separator):
                failures.append(wrong)
    wide = [rows for rows in fits if rows.width > 1]
    if wide:
        return max(wide, key=lambda rows: rows.share)
    if failures or not fits:
        raise failures[0] if failures else Wrong(_QUOTES)
    return fits[0]


def _uses(lines: list[Line], separator: str) -> bool:
    """Whether it separates: a name of two words above a single column has a blank that does not."""
    used = [separator in line.strip() for _, line in lines]
    return used[0] and (separator != " " or any(used[1:]))


def _split(lines: list[Line], separator: str) -> _Rows:
    try:
        rows = list(_words(lines) if separator == " " else _csv_rows(lines, separator))
    except csv.Error:
        raise Wrong(_QUOTES) from None
    if not rows:
        raise Wrong(_EMPTY)
    return _even(rows, comma=separator != ",")


def _words(lines: list[Line]) -> Iterator[Row]:
    for number, line in lines:
        yield number, [quoted.replace('""', '"') or word for quoted, word in _WORD.findall(line)]


def _csv_rows(lines: list[Line], separator: str) -> Iterator[Row]:
    reader = csv.reader(
        (line + "\n" for _, line in lines), delimiter=separator, skipinitialspace=True, strict=True
    )
    for cells in reader:
        yield lines[reader.line_num - 1][0], [cell.strip() for cell in cells]


def _even(rows: list[Row], comma: bool) -> _Rows:
    """The rows at one width, without the empty column that a separator at a line's end makes."""
    width = max(_filled(cells) for _, cells in rows)
    top, extent = rows[0][0], min(len(rows[0][1]), width)
    for line, cells in rows:
        here = min(len(cells), width)
        if here != extent:
            raise Wrong(
                f"line {line} has {count(here, 'cell')} where line {top} has {extent}; "
                "every line needs the same number"
            )
    if width > MAX_COLUMNS:
        raise Wrong(f"has {width:,} columns; at most {MAX_COLUMNS} can be read")
    start = 1 if width > 1 and not any(cells[0] for _, cells in rows) else 0
    kept = tuple(cells[start:width] for _, cells in rows)
    return _Rows(tuple(line for line, _ in rows), kept, comma)


def _filled(cells: list[str]) -> int:
    """The number of cells up to the last that is not empty."""
    return max((i for i, cell in enumerate(cells, start=1) if cell), default=1)


# ---- names


def _has_header(rows: _Rows) -> bool:
    """Whether the first line names the columns: it holds text and no number."""
    first = rows.cells[0]
    number = next((cell for cell in first if is_number(cell, rows.comma)), None)
    if number is None:
        return not all(map(is_missing, first))
    for cell, *below in zip(*rows.cells, strict=True):
        filled = [c for c in below if not is_missing(c)]
        text = not (is_missing(cell) or is_number(cell, rows.comma))
        if text and filled and all(is_number(c, rows.comma) for c in filled):
            raise Wrong(
                f"line {rows.lines[0]} mixes a name with a number ({show(cell)}, {show(number)}); "
                "name every column there, or none"
            )
    return False


def _names(cells: list[str]) -> list[str]:
    """Distinct names, one line each."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        base = short(cell) or f"column {position}"
        tries = (base if k == 1 else f"{base} ({k})" for k in range(1, len(cells) + 2))
        names.append(next(name for name in tries if name not in names))
    return names
