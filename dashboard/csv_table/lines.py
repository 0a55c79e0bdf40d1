"""The bytes of a table as lines of text: the CSV of a spreadsheet, R, MATLAB or NumPy.

Read as UTF-8, as UTF-16 or UTF-32 where a byte order mark or the zero bytes say so, else as
Windows-1252, of which Latin-1 is a part. Blank lines, rules of dashes and comments (# or %) are
skipped, and so are rows of separators alone at the end, as spreadsheets leave them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dashboard.csv_table.numerals import ERRORS
from dashboard.text.plain import CONTROL, short
from diffusion_core.targets.gaussian_mixture import MAX_POINTS

MAX_BYTES = 2_000_000
MAX_ROWS = MAX_POINTS
MAX_COLUMNS = 100
MAX_REMARKS = 20  # lines that stand above the rows or below them
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
MARKUP = {
    "<!doctype": "a web page",
    "<html": "a web page",
    "<head": "a web page",
    "<body": "a web page",
    "<table": "a web page",
    "<?xml": "XML",
    "{\\rtf": "a word processor's document",
}
_COMMENT = re.compile(
    rf"\s*(?:%(?![;,|\t])|#(?![;,|\t])(?!{'|'.join(error[1:] for error in sorted(ERRORS))}))",
    re.IGNORECASE,
)
_LITERAL = re.compile(
    r"(?:[\w.]+ *(?:=|<-) *)?(?:(?:c|list|matrix|(?:np\.|numpy\.)?array)\(|[\[{]).*[\])}];?",
    re.DOTALL,
)
_DECLARED = re.compile(r'"?sep=([\t;|,])"?', re.IGNORECASE)
EMPTY = "is empty; it needs at least one row of numbers"

Line = tuple[int, str]


class Wrong(Exception):
    """What is wrong with a file, in words that follow its name."""


@dataclass(frozen=True)
class Text:
    """The lines that hold anything, by number; the separator they declare; skipped comments."""

    lines: list[Line]
    declared: str | None
    comments: int


def read_text(data: bytes) -> Text:
    """The file's lines; Wrong if it is too large, no text, or empty."""
    return _lines(_decode(data))


def is_lines(data: bytes) -> bool:
    """Whether the bytes are lines of text, whatever these say."""
    try:
        read_text(data)
    except Wrong:
        return False
    return True


def show(text: str) -> str:
    return f'"{short(text, 40)}"'


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


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
    if CONTROL.search(text):
        raise Wrong("is a binary file, not text; save the table as CSV")
    _refuse_markup(text.lstrip())
    return text


def _refuse_markup(text: str) -> None:
    start = text[:20].lower()
    what = next((what for tag, what in MARKUP.items() if start.startswith(tag)), None)
    if what is None and _LITERAL.fullmatch(text.rstrip()):
        what = "JSON" if _is_json(text) else "numbers in brackets, as programs write a matrix"
    if what:
        raise Wrong(f"is {what}, not a table; save the table as CSV")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


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


def _is_rule(line: str) -> bool:
    """Dashes under the names, as Markdown and terminals draw them."""
    return not line.strip("|+:=- \t") and ("---" in line or "===" in line)


def _lines(text: str) -> Text:
    """The numbered lines that hold anything; counted before any of them is taken apart."""
    text = re.sub(r"\r\n?", "\n", text)
    numbered = ((n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip())
    comments = 0

    def holding() -> Iterator[Line]:
        nonlocal comments
        for n, line in numbered:
            if _COMMENT.match(line):
                comments += 1
            elif not _is_rule(line):
                yield n, line

    most = MAX_ROWS + 2 + MAX_REMARKS  # a declared separator, the names
    lines = list(islice(holding(), most + 1))
    if len(lines) > most:
        raise Wrong(f"has {text.count(chr(10)):,} lines; at most {MAX_ROWS:,} rows can be read")
    while lines and not lines[-1][1].strip(" \t;|,"):
        lines.pop()
    declared = _DECLARED.fullmatch(lines[0][1].strip(" ")) if lines else None
    if not lines or (declared and len(lines) == 1):
        raise Wrong(EMPTY)
    return Text(lines[1:] if declared else lines, declared and declared[1], comments)
