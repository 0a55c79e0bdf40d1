"""Readers' files: what is read, what is refused and how, and that nothing else happens."""

from __future__ import annotations

import gc
import io
import math
import tracemalloc
import zipfile

import numpy as np
import pytest

from dashboard.csv_table.lines import BINARY, MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from dashboard.csv_table.upload import (
    Table,
    label_columns,
    numeric_columns,
    parse_table,
    standardise,
    table_of,
)
from dashboard.experiment.datasets import PENGUIN_CLASSES, load_penguins
from diffusion_core.errors import InputError
from diffusion_core.targets import Points

PAIRS = ((1.5, 2.0), (-3.25, 4e-3))

WELL_FORMED = {
    "comma": "x,y\n1.5,2\n-3.25,4e-3\n",
    "comma and blank": "x, y\n1.5, 2\n-3.25, 4e-3\n",
    "semicolon": "x;y\n1.5;2\n-3.25;4e-3\n",
    "semicolon, decimal comma": "x;y\n1,5;2\n-3,25;4e-3\n",
    "tab": "x\ty\n1.5\t2\n-3.25\t4e-3\n",
    "tab, decimal comma": "x\ty\n1,5\t2\n-3,25\t4e-3\n",
    "blanks": "x y\n1.5   2\n -3.25 4e-3 \n",
    "blanks, decimal comma": "x y\n1,5 2\n-3,25 4e-3\n",
    "blanks and tabs mixed": "x y\n1.5 \t2\n-3.25\t 4e-3\n",
    "bar": "x|y\n1.5|2\n-3.25|4e-3\n",
    "bars around": "| x | y |\n| 1.5 | 2 |\n| -3.25 | 4e-3 |\n",
    "Windows line ends": "x,y\r\n1.5,2\r\n-3.25,4e-3\r\n",
    "old Macintosh line ends": "x,y\r1.5,2\r-3.25,4e-3\r",
    "no last line end": "x,y\n1.5,2\n-3.25,4e-3",
    "all quoted": '"x","y"\n"1.5","2"\n"-3.25","4e-3"\n',
    "names quoted": '"x";"y"\n1,5;2\n-3,25;4e-3\n',
    "quoted words": '"x" "y"\n1.5 2\n-3.25 4e-3\n',
    "trailing separators": "x,y,\n1.5,2,\n-3.25,4e-3,\n",
    "trailing separators below the names": "x,y\n1.5,2,,\n-3.25,4e-3,\n",
    "rows of separators at the end": "x,y\n1.5,2\n-3.25,4e-3\n,\n,,,\n",
    "blank lines": "\n\nx,y\n\n1.5,2\n   \n-3.25,4e-3\n\n",
    "comments": '# from the lab\'s "best" day\n#\nx,y\n1.5,2\n # note\n-3.25,4e-3\n',
    "declared separator": "sep=;\nx;y\n1,5;2\n-3,25;4e-3\n",
    "minus sign": "x,y\n1.5,2\n−3.25,4e−3\n",
    "plus signs": "x,y\n+1.5,+2.\n-3.25,+.4e-2\n",
    "text beside": "x,sort,y\n1.5,a b,2\n-3.25,c,4e-3\n",
    "end-of-file mark": "x,y\n1.5,2\n-3.25,4e-3\n\x1a",
}


@pytest.mark.parametrize("text", WELL_FORMED.values(), ids=WELL_FORMED)
def test_well_formed_tables_give_the_same_points(text: str) -> None:
    assert parse_table(text.encode(), "t.csv") == Table(("x", "y"), PAIRS)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
def test_encodings(encoding: str) -> None:
    table = parse_table("größe;µ\r\n1,5;2\r\n-3,25;4e-3\r\n".encode(encoding), "t.csv")
    assert table == Table(("größe", "µ"), PAIRS)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1\n2\n", ("column 1",), ((1.0,), (2.0,))),
        ("5", ("column 1",), ((5.0,),)),
        ("1;2", ("column 1", "column 2"), ((1.0, 2.0),)),
        ("1.5,2\n3,4", ("column 1", "column 2"), ((1.5, 2.0), (3.0, 4.0))),
        ("mass\n1\n2", ("mass",), ((1.0,), (2.0,))),
        ("body mass (g)\n1\n2", ("body mass (g)",), ((1.0,), (2.0,))),
        ('"mass, in g"\n1\n2', ("mass, in g",), ((1.0,), (2.0,))),
        ('"body\nmass",y\n1,2', ("body mass", "y"), ((1.0, 2.0),)),
        ('"the ""x""",y\n1,2', ('the "x"', "y"), ((1.0, 2.0),)),
        ("mass\n1,5\n2\n", ("mass",), ((1.5,), (2.0,))),
        ("P(x|y),z\n1,2", ("P(x|y)", "z"), ((1.0, 2.0),)),
        ("x,x\n1,2", ("x", "x (2)"), ((1.0, 2.0),)),
        ("x,x,x (2)\na,2,b", ("x (2)",), ((2.0,),)),
        (",y\n1,2", ("column 1", "y"), ((1.0, 2.0),)),
        ("Adelie,1\nGentoo,2", ("column 2",), ((1.0,), (2.0,))),
        ("x;y\n1;2\n1000000;-1000000", ("x", "y"), ((1.0, 2.0), (1e6, -1e6))),
        ("x\n" + "7\n" * MAX_ROWS, ("x",), ((7.0,),) * MAX_ROWS),
    ],
)
def test_names_and_rows(text: str, names: tuple[str, ...], rows: object) -> None:
    assert parse_table(text.encode(), "t.csv") == Table(names, rows)  # type: ignore[arg-type]


REFUSED = {
    "nothing": ("", "is empty"),
    "blank": (" \n\t\r\n", "is empty"),
    "comments only": ("# a\n#b\n", "is empty"),
    "separators only": (",,\n;;\n", "is empty"),
    "declared and empty": ("sep=;\n", "is empty"),
    "names only": ("x,y\n", "names its columns but has no row"),
    "text in a number column": ("x,y\n1,2\n3,4\n5,six\n", 'line 4, column "y" holds "six"'),
    "text, no names": ("1,2\n3,x\n5,6\n", 'line 2, column "column 2" holds "x"'),
    "unit": ("x\n1\n2 mm\n3\n", 'line 3, column "x" holds "2 mm"'),
    "thousands": ('x,y\n"1,234",5\n7,8\n', 'line 2, column "x" holds "1,234"'),
    "comments keep line numbers": ("# c\n\nx,y\n1,2\n\n3,z\n", 'line 6, column "y" holds "z"'),
    "a name among numbers": ("year,2019\n1,5\n2,6\n", 'line 1 mixes a name with a number ("year"'),
    "all text": ("a,b\nc,d\ne,f\n", 'has no column of numbers; it holds "c"'),
    "all missing": ("a,b\nNA,NA\n", "has no column of numbers; it holds no value"),
    "three columns": ("a,b,c\n1,2,3\n", "has 3 columns of numbers (a, b, c); choose one or two"),
    "ten columns": (",".join("abcdefghij") + "\n" + ",".join("1234567890"), "h and 2 more"),
    "missing": ("x,y\n1,2\n3,\n5,NA\n", "2 of 3 rows lack a value in x or y (first: line 3)"),
    "one missing": ("x,y\n1,2\n3,NaN\n", "1 of 2 rows lacks a value in x or y (first: line 3)"),
    "spreadsheet error": ("x,y\n1,2\n#N/A,3\n", "1 of 2 rows lacks a value"),
    "row of separators": (
        "x,y\n1,2\n,\n3,4\n",
        "1 of 3 rows lacks a value in x or y (first: line 3)",
    ),
    "quoted nothing": ('x\n1\n""\n2\n', "1 of 3 rows lacks a value in x (first: line 3)"),
    "infinite": ("x,y\n1,2\n3,-inf\n", 'line 3, column "y" holds "-inf"; values must lie between'),
    "overflow": (
        "x\n1\n1e999\n",
        'holds "1e999"; values must lie between -1e+100 and 1e+100',
    ),
    "too large": ("x\n1\n1.5e100\n", 'line 3, column "x" holds "1.5e100"'),
    "too few cells": ("x,y\n1,2\n3\n", "line 3 has 1 cell where line 1 has 2"),
    "too many cells": ("x,y\n1,2\n3,4,5\n", "line 3 has 3 cells where line 1 has 2"),
    "ragged, no names": ("1,2\n3\n4,5\n", "line 2 has 1 cell where line 1 has 2"),
    "ragged blanks": ("1 2\n3 4 5\n", "line 2 has 3 cells where line 1 has 2"),
    "ragged semicolons": ("x;y\n1,5;2\n3,5\n", "line 3 has 1 cell where line 1 has 2"),
    "two decimal marks": ("x;y\n1,5;2.5\n", 'mixes decimal commas and points ("1,5", "2.5")'),
    "decimal and thousands, then not": (
        "x;y\n1.234,5;2\n3456;4\n",
        'holds "1.234,5"; every cell must be a number',
    ),
    "open quote": ('x,y\n1,"2\n3,4\n', "has a quotation mark"),
    "NUL": ("x,y\n1,2\x00\n", "is a binary file"),
    "too many rows": ("1\n" * (MAX_ROWS + 1), "has 5,001 rows; at most 5,000"),
    "far too many rows": ("1\n" * 900_000, "has 900,000 lines; at most 5,000 rows"),
    "too many columns": ("1," * MAX_COLUMNS + "1", "has 101 columns; at most 100"),
    "very long row": ("1," * 900_000, "has 900,000 columns"),
    "very long cell": ("x\n" + "1" * 500_000, 'column "x" holds "1111111'),
    "page": ("<!DOCTYPE html>\n<html>\n<p>1</p>\n", "is a web page, not a table"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_with_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table(text.encode(), "my data.csv")
    sentence = str(caught.value)
    assert sentence.startswith("my data.csv: ")
    assert message in sentence
    assert "\n" not in sentence
    assert len(sentence) < 250


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<workbook/>")  # its time is fixed
    return file.getvalue()


@pytest.mark.parametrize("data", [start + bytes(range(256)) for start in BINARY] + [workbook()])
def test_known_binaries_are_named(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^t\.csv: is an? .*, not text; save the table as CSV$"):
        parse_table(data, "t.csv")


@pytest.mark.parametrize("data", [bytes(range(256)), b"\xff\xfe1\x00\x00", b"1\x002", b"\x00" * 99])
def test_other_binaries(data: bytes) -> None:
    with pytest.raises(InputError, match="binary file, not text"):
        parse_table(data, "t.csv")


def test_a_million_rows_are_refused() -> None:
    for data in (b"1\n" * 1_000_000, b"1.234567,2.345678\n" * 1_000_000):
        with pytest.raises(InputError, match="5,000 rows can be read"):
            parse_table(data, "t.csv")
    assert len(b"1\n" * 1_000_000) <= MAX_BYTES


@pytest.mark.parametrize("name", ["", "\x00", "a\nb.csv", "x" * 500])
def test_any_file_name_gives_one_line(name: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n\x00]{1,60}: is empty"):
        parse_table(b"", name)


WIDE = b"species,mass,bill,mixed,wing\nA,1,10,5,.5\nG,2,NA,six,.6\nC,NA,30,7,.7\n"


def test_only_columns_of_numbers_are_offered() -> None:
    assert numeric_columns(WIDE, "t.csv") == ["mass", "bill", "mixed", "wing"]


def test_numeric_columns_refuses_as_parse_table_does() -> None:
    for text in ("", "a\nb\nc\n", "1,2\n3\n"):
        with pytest.raises(InputError) as offered:
            numeric_columns(text.encode(), "t.csv")
        with pytest.raises(InputError) as parsed:
            parse_table(text.encode(), "t.csv")
        assert str(offered.value) == str(parsed.value)


def test_chosen_columns_come_in_the_chosen_order() -> None:
    table = parse_table(WIDE, "t.csv", ("wing", "mass"), drop_missing=True)
    assert table == Table(("wing", "mass"), ((0.5, 1.0), (0.6, 2.0)), dropped=1)
    assert parse_table(WIDE, "t.csv", ["wing"]) == Table(("wing",), ((0.5,), (0.6,), (0.7,)))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("mass", "bill"), "2 of 3 rows lack a value in mass or bill (first: line 3)"),
        (("species",), 'line 2, column "species" holds "A"; every cell must be a number'),
        (("mixed",), 'line 3, column "mixed" holds "six"'),
        (("age",), 'has no column "age"; it has species, mass, bill, mixed, wing'),
        ((), "one or two different columns"),
        (("mass", "mass"), "one or two different columns"),
        (("mass", "bill", "wing"), "one or two different columns"),
        ("mass", "one or two different columns"),
    ],
)
def test_bad_choices(columns: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table(WIDE, "t.csv", columns)
    assert message in str(caught.value)


def test_dropping_needs_something_left() -> None:
    data = b"x,y\n1,NA\nNA,2\n"
    with pytest.raises(InputError, match="no row with a value in x and y"):
        parse_table(data, "t.csv", ("x", "y"), drop_missing=True)
    assert parse_table(data, "t.csv", ("x",), drop_missing=True).dropped == 1


def test_dropping_does_not_hide_text_or_infinity() -> None:
    for cell in ("six", "inf"):
        with pytest.raises(InputError, match=cell):
            parse_table(f"x\n1\nNA\n2\n{cell}\n".encode(), "t.csv", drop_missing=True)


def test_numbers_come_back_exactly() -> None:
    rng = np.random.default_rng(20)
    x = rng.standard_normal((500, 2)) * 10.0 ** rng.integers(-300, 5, (500, 2))
    for separator in ",;\t| ":
        text = "\n".join(separator.join(map(repr, row)) for row in x.tolist())
        assert parse_table(text.encode(), "t.csv").rows == tuple(map(tuple, x.tolist()))
    german = "\n".join(";".join(map(repr, row)) for row in x.tolist()).replace(".", ",")
    assert parse_table(german.encode(), "t.csv").rows == tuple(map(tuple, x.tolist()))


def test_numpy_and_pandas_write_what_is_read() -> None:
    pandas = pytest.importorskip("pandas")
    x = np.random.default_rng(21).standard_normal((50, 2))
    for delimiter in (" ", ",", ";", "\t"):
        file = io.BytesIO()
        np.savetxt(file, x, delimiter=delimiter, header="two columns, of noise")
        np.testing.assert_allclose(parse_table(file.getvalue(), "t.csv").rows, x, rtol=1e-15)
    frame = pandas.DataFrame(x, columns=["a", "b"])
    for options in ({}, {"sep": ";", "decimal": ","}, {"sep": "\t"}, {"quoting": 1}):
        data = frame.to_csv(index=False, **options).encode()
        np.testing.assert_allclose(parse_table(data, "t.csv").rows, x, rtol=1e-15)
    assert numeric_columns(frame.to_csv().encode(), "t.csv") == ["column 1", "a", "b"]


def only_tables_or_input_errors(data: bytes, columns: tuple[str, ...] | None = None) -> bool:
    try:
        table = parse_table(data, "t.csv", columns, drop_missing=bool(len(data) % 2))
    except InputError:
        return False
    assert 1 <= len(table.rows) <= MAX_ROWS
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert all(math.isfinite(value) for row in table.rows for value in row)
    Points(standardise(table.rows)[0])
    return True


def test_any_bytes_give_a_table_or_an_input_error() -> None:
    rng = np.random.default_rng(22)
    for _ in range(1500):
        only_tables_or_input_errors(rng.bytes(int(rng.integers(0, 200))))


def test_any_table_like_text_gives_a_table_or_an_input_error() -> None:
    rng = np.random.default_rng(23)
    pieces = [
        *"0123456789.,;|\t -+eE\"'#\n\r",
        "\r\n",
        "NA",
        "inf",
        "x",
        "é",
        "−",
        "sep=",
        "\n1,2",
        '""',
    ]
    read = 0
    for _ in range(6000):
        text = "".join(rng.choice(pieces, int(rng.integers(1, 25))))
        read += only_tables_or_input_errors(text.encode(str(rng.choice(["utf-8", "utf-16"]))))
    assert read > 300


def test_damaged_tables_give_a_table_or_an_input_error() -> None:
    rng = np.random.default_rng(24)
    sources = [text.encode() for text in WELL_FORMED.values()]
    for _ in range(4000):
        data = bytearray(sources[rng.integers(len(sources))])
        for place in rng.integers(0, len(data), int(rng.integers(1, 4))):
            data[place] = rng.integers(256)
        only_tables_or_input_errors(bytes(data), ("x",) if rng.random() < 0.3 else None)


@pytest.mark.parametrize(
    "unit", ['"', '""', '" ', '"a"b ', '"" ', '","', "1 ", ".", ";;", "é", "\t"]
)
def test_long_files_of_one_piece_are_decided(unit: str) -> None:
    only_tables_or_input_errors(unit.encode() * (MAX_BYTES // len(unit.encode())))


def test_standardise_is_invertible_and_gives_every_column_unit_variance() -> None:
    rng = np.random.default_rng(25)
    x = rng.standard_normal((400, 2)) * (3.0, 50.0) + (1000.0, -7.0)
    rows, shift, scale = standardise(x.tolist())
    y = np.array(rows)
    np.testing.assert_allclose(y * scale + shift, x, rtol=1e-13)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("rows", [((3.0,),), ((0.1, -2.0),) * 7])
def test_standardise_constant_data(rows: tuple[tuple[float, ...], ...]) -> None:
    d = len(rows[0])
    assert standardise(rows) == (((0.0,) * d,) * len(rows), rows[0], (1.0,) * d)


def test_standardise_one_constant_column() -> None:
    rows, shift, scale = standardise(((0.1, 0.0), (0.1, 2.0), (0.1, 4.0)))
    assert shift == (0.1, 2.0)
    assert scale == (1.0, pytest.approx(math.sqrt(8 / 3)))
    assert [row[0] for row in rows] == [0.0] * 3


def test_standardise_needs_a_row() -> None:
    with pytest.raises(InputError, match="at least one"):
        standardise(())


def test_penguins() -> None:
    table = load_penguins()
    assert table.columns == ("flipper_length_mm", "body_mass_g")
    assert (len(table.rows), table.dropped) == (342, 2)
    assert table.rows[0] == (181.0, 3750.0)
    flipper, mass = np.array(table.rows).T
    assert np.corrcoef(flipper, mass)[0, 1] == pytest.approx(0.8712, abs=1e-4)
    assert load_penguins(("body_mass_g",)).rows[:2] == ((3750.0,), (3800.0,))
    with pytest.raises(InputError, match='has no column "wing"'):
        load_penguins(("wing",))


def test_a_column_of_classes_labels_the_rows() -> None:
    data = b"x,sort,code\n1,ash,0\n2,oak,1\n3,ash,0\n"
    grid = table_of(data, "t.csv")
    assert label_columns(grid) == ["sort", "code"]
    assert parse_table(data, "t.csv", ["x"], classes="sort").labels == ("ash", "oak", "ash")
    assert parse_table(data, "t.csv", ["x"], classes="code").labels == ("0", "1", "0")
    assert parse_table(data, "t.csv", ["x"]).labels == ()


def test_rows_without_a_class_are_refused_or_left_out() -> None:
    data = b"x,sort\n1,ash\n2,\n3,oak\n"
    with pytest.raises(InputError, match=r"1 of 3 rows lacks a value in x or sort \(first: line 3"):
        parse_table(data, "t.csv", ["x"], classes="sort")
    found = parse_table(data, "t.csv", ["x"], drop_missing=True, classes="sort")
    assert found == Table(("x",), ((1.0,), (3.0,)), 1, ("ash", "oak"))


def test_a_class_that_cannot_be_one_is_named_with_its_line() -> None:
    data = b"x,sort\n1,ash\n2,oak+elm\n"
    with pytest.raises(InputError, match=r'line 3, column "sort" holds "oak\+elm"; a class is a'):
        parse_table(data, "t.csv", ["x"], classes="sort")


def test_columns_of_one_value_or_of_too_many_say_no_class() -> None:
    rows = "".join(f"{i},same,{i},{'ab'[i % 2]}\n" for i in range(60))
    grid = table_of(f"x,one,many,two\n{rows}".encode(), "t.csv")
    assert label_columns(grid) == ["two"]


def test_penguins_come_with_their_species() -> None:
    found = load_penguins(classes=PENGUIN_CLASSES)
    assert set(found.labels) == {"Adelie", "Chinstrap", "Gentoo"}
    assert len(found.labels) == len(found.rows)
    assert found.rows == load_penguins().rows


def test_nothing_is_kept_of_the_cells_of_files_long_gone() -> None:
    """Else 5 MB of memory for each file that was ever sent, of one cell without an end."""
    tracemalloc.start()
    for k in range(8):
        with pytest.raises(InputError):
            parse_table(b"x" * (MAX_BYTES - 1) + b"%d" % k, "t.csv")
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < MAX_BYTES
