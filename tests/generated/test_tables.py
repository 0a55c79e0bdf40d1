"""Generated tables: as programs write them, bent, damaged, and of a few pieces over and over."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboard.csv_table.choices import DECIMALS, SEPARATORS, Choices
from dashboard.csv_table.lines import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from dashboard.csv_table.upload import (
    Table,
    default_columns,
    label_columns,
    parse_table,
    standardise,
    table_of,
)
from diffusion_core.targets import Points
from tests.generated.bounds import GENERATED, answer, bounded
from tests.generated.mutations import WORDS, bent_bytes, bent_text

CELLS = (
    *(
        "1.5",
        "-3.25",
        "4e-3",
        "1,234",
        "1.234,5",
        "0",
        "007",
        "(5)",
        "12 %",
        "€ 3",
        "1 000",
        "1'000",
    ),
    *(
        "NA",
        "",
        "-",
        "inf",
        "nan",
        "#DIV/0!",
        "1e400",
        "1e-400",
        "9" * 400,
        "1_0",
        "٣",
        "x",
        "=1+1",
    ),
    *("2020-01-02", "a b", '"', '""', '"a"', "−3", "+.4", "3+2j", "yes", "total", "\u00a0", "\x1f"),
)
SIZES = st.sampled_from(((1, 1), (2, 1), (3, 2), (12, 3), (40, 2), (5000, 1), (5001, 1), (3, 101)))
CHOICES = st.builds(
    Choices,
    st.none() | st.sampled_from(list(SEPARATORS)),
    st.none() | st.sampled_from(list(DECIMALS)),
    st.none() | st.sampled_from(("names", "row", "skip")),
)
READINGS = st.just(Choices()) | st.just(Choices()) | CHOICES
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252")


def spelled(value: float, decimal: str, form: int) -> str:
    text = (f"{value:.4g}", f"{value:.2f}", f"{value:,.1f}", f"{value:.0f} mm")[form]
    return text.translate({ord("."): decimal, ord(","): "." if decimal == "," else ","})


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A table of normal draws under some separator and mark, with a few cells that are odd."""
    rows, columns = draw(SIZES)
    separator = draw(st.sampled_from((",", ";", "\t", "|", " ")))
    decimal, form = draw(st.sampled_from((".", ","))), draw(st.integers(0, 3))
    drawn = np.random.default_rng(rows).standard_normal((rows, columns)) * draw(
        st.sampled_from((1, 1000, 1e-6))
    )
    cells = [[spelled(v, decimal, form) for v in row] for row in drawn.tolist()]
    for _ in range(draw(st.integers(0, 2))):
        i, j = draw(st.integers(0, rows - 1)), draw(st.integers(0, columns - 1))
        cells[i][j] = draw(st.sampled_from(CELLS))
    if draw(st.booleans()):
        cells.insert(0, [f"c{j}" for j in range(columns)])
    if columns > 1 and draw(st.booleans()):
        cells = [[*row, "abc"[k % 3]] for k, row in enumerate(cells)]
    out = io.StringIO()
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n").writerows(cells)
    above = draw(st.sampled_from(("", "", "sep=;\n", "A title\n", "# a comment\n", "%\n", "3 2\n")))
    return above + out.getvalue()


ODD = (
    *CELLS,
    *WORDS,
    "\n",
    "\r",
    "\n\n",
    ";",
    "|",
    "\t",
    "---",
    "===",
    "{",
    "}",
    "c(",
    "<html",
    "\x1a",
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    text = draw(bent_text(tables(), ODD))
    data = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    return draw(bent_bytes(st.just(data))) if draw(st.integers(0, 3)) == 0 else data


@st.composite
def repeated(draw: st.DrawFn) -> bytes:
    """A few pieces, over and over, up to the largest file."""
    unit = "".join(draw(st.lists(st.sampled_from(ODD), min_size=1, max_size=4))).encode(
        "utf-8", "replace"
    )
    assume(unit)
    size = draw(st.sampled_from((2_000, 50_000, MAX_BYTES, MAX_BYTES + 1)))
    end = draw(st.sampled_from(ODD)).encode("utf-8", "replace")
    return (unit * (size // len(unit) + 1))[: size - len(end)] + end


def assert_sound(table: Table, data: bytes) -> None:
    assert len(data) <= MAX_BYTES
    assert 1 <= len(table.rows) <= MAX_ROWS
    assert 1 <= len(table.columns) <= 2
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert all(math.isfinite(v) for row in table.rows for v in row)
    assert table.labels == () or len(table.labels) == len(table.rows)
    rows, _, _ = standardise(table.rows)
    answer(lambda: Points(rows, 0.1, table.labels))


def read(data: bytes, choices: Choices, drop: bool) -> None:
    """As the page reads a file: all columns, then the ones that are chosen."""
    grid = answer(lambda: table_of(data, "t.csv", choices))
    if grid is None:
        return
    assert len(grid.columns) <= MAX_COLUMNS
    names = default_columns(grid)
    for classes in (None, *label_columns(grid)[:1]):
        table = answer(lambda c=classes: parse_table(data, "t.csv", names, drop, choices, c))
        if table is not None:
            assert_sound(table, data)


@GENERATED
@given(files(), READINGS, st.booleans())
def test_a_file_is_a_table_or_refused(data: bytes, choices: Choices, drop: bool) -> None:
    with bounded():
        read(data, choices, drop)


@GENERATED
@given(repeated(), READINGS, st.booleans())
def test_a_long_file_of_few_pieces_is_decided(data: bytes, choices: Choices, drop: bool) -> None:
    with bounded():
        read(data, choices, drop)
