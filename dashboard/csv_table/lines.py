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
from dashboard.prose import prose
from dashboard.text.plain import CONTROL, short
from diffusion_core.targets.gaussian_mixture import MAX_POINTS

phrase = prose("phrases/csv_table")
MAX_BYTES = 2_000_000
MAX_ROWS = MAX_POINTS
MAX_COLUMNS = 100
MAX_REMARKS = 20  # lines that stand above the rows or below them
BINARY = {
    b"\x89PNG": phrase("a-png-image"),
    b"\xff\xd8\xff": phrase("a-jpeg-image"),
    b"GIF8": phrase("a-gif-image"),
    b"PK\x03\x04": phrase("a-zip-archive-or-an"),
    b"\xd0\xcf\x11\xe0": phrase("an-old-excel-workbook"),
    b"%PDF": phrase("a-pdf-document"),
    b"\x1f\x8b": phrase("a-gzip-archive"),
    b"PAR1": phrase("a-parquet-file"),
    b"\x93NUMPY": phrase("a-numpy-array-file"),
}
MARKUP = {
    "<!doctype": phrase("a-web-page"),
    "<html": phrase("a-web-page"),
    "<head": phrase("a-web-page"),
    "<body": phrase("a-web-page"),
    "<table": phrase("a-web-page"),
    "<?xml": "XML",
    "{\\rtf": phrase("a-word-processors-document"),
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
EMPTY = phrase("is-empty-it-needs-at")

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


def in_cells(n: int) -> str:
    return phrase("one-cell") if n == 1 else phrase("many-cells", count=f"{n:,}")


def in_rows(n: int) -> str:
    return phrase("one-row") if n == 1 else phrase("many-rows", count=f"{n:,}")


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise Wrong(
            phrase(
                "is-mb-large-at-most",
                data=f"{len(data) / 1000000.0:.2f}",
                max_bytes=f"{MAX_BYTES / 1000000.0:g}",
                max_rows=f"{MAX_ROWS:,}",
            )
        )
    for start, what in BINARY.items():
        if data.startswith(start):
            raise Wrong(phrase("is-not-text-save-the", what=what))
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.lstrip("\ufeff").rstrip("\x1a")
    if CONTROL.search(text):
        raise Wrong(phrase("is-a-binary-file-not"))
    _refuse_markup(text.lstrip())
    return text


def _refuse_markup(text: str) -> None:
    start = text[:20].lower()
    what = next((what for tag, what in MARKUP.items() if start.startswith(tag)), None)
    if what is None and _LITERAL.fullmatch(text.rstrip()):
        what = "JSON" if _is_json(text) else phrase("numbers-in-brackets-as-programs")
    if what:
        raise Wrong(phrase("is-not-a-table-save", what=what))


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
        raise Wrong(
            phrase(
                "has-lines-at-most-rows", value=f"{text.count(chr(10)):,}", max_rows=f"{MAX_ROWS:,}"
            )
        )
    while lines and not lines[-1][1].strip(" \t;|,"):
        lines.pop()
    declared = _DECLARED.fullmatch(lines[0][1].strip(" ")) if lines else None
    if not lines or (declared and len(lines) == 1):
        raise Wrong(EMPTY)
    return Text(lines[1:] if declared else lines, declared and declared[1], comments)
