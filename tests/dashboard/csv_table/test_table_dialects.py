"""Tables as people and programs write them: the expected columns, or the expected sentence."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest

from dashboard.csv_table.choices import Choices
from dashboard.csv_table.lines import MAX_ROWS
from dashboard.csv_table.upload import (
    default_columns,
    numeric_columns,
    parse_table,
    standardise,
    table_of,
)
from diffusion_core.errors import InputError

Columns = dict[str, list[float | None]]
FAITHFUL = "".join(f"{1.8 + i / 100:.3f} {50 + i % 40}\n" for i in range(272))


def columns(data: str | bytes, choices: Choices | None = None) -> Columns:
    """The columns of numbers."""
    data = data if isinstance(data, bytes) else data.encode()
    grid = table_of(data, "t.csv", choices or Choices())
    return {c.name: list(c.reading.values) for c in grid.columns if c.numeric}


def refusal(data: str | bytes, choices: Choices | None = None) -> str:
    with pytest.raises(InputError) as caught:
        columns(data, choices)
    sentence = str(caught.value)
    assert sentence.startswith("t.csv: ")
    assert "\n" not in sentence
    assert len(sentence) < 250
    return sentence


READ: dict[str, tuple[str, Columns]] = {
    "lakhs beside semicolons": ("a;b\n1,23,456;2\n2,34,567;3\n", {"b": [2, 3]}),
    "commas in cells beside tabs": ("a\tb\n1,2,3\t2\n4,5,6\t3\n", {"b": [2, 3]}),
    "all in accountants' brackets": (
        "x,y\n(5),1.5\n(3),2.5\n4,(3.5)\n",
        {"x": [-5, -3, 4], "y": [1.5, 2.5, -3.5]},
    ),
    "pandas with its index": (
        ",0,1\n0,1.5,2.5\n1,1.7,2.9\n",
        {"column 1": [0, 1], "0": [1.5, 1.7], "1": [2.5, 2.9]},
    ),
    "thousands beside a decimal point": (
        'x,y\n950,1.5\n"1,234",2\n"12,500",3\n',
        {"x": [950, 1234, 12500], "y": [1.5, 2, 3]},
    ),
    "millions": ('x,y\n"1,234,567",1\n"12,500",2\n', {"x": [1234567, 12500], "y": [1, 2]}),
    "thousands and a point": ("x\ty\n1,234.5\t1\n12,500\t2\n", {"x": [1234.5, 12500], "y": [1, 2]}),
    "commas that part no threes": ("x\ty\n1,23\t1\n12,5\t2\n", {"x": [1.23, 12.5], "y": [1, 2]}),
    "comma after a zero": ("x;y\n0,123;1\n1,234;2\n", {"x": [0.123, 1.234], "y": [1, 2]}),
    "comma beside four digits": ("x;y\n1,234;1\n1234;2\n", {"x": [1.234, 1234], "y": [1, 2]}),
    "three places": (
        "x\ty\n1.234\t2.345\n3.456\t1.200\n",
        {"x": [1.234, 3.456], "y": [2.345, 1.2]},
    ),
    "German decimals, one a whole number": ("Masse\n1,5\n2\n", {"Masse": [1.5, 2]}),
    "quoted decimal comma": ('x,y\n1,"1,25"\n2,"2,5"\n', {"x": [1, 2], "y": [1.25, 2.5]}),
    "dollars": ("a,b\n$1.50,2\n$3.50,4\n", {"a": [1.5, 3.5], "b": [2, 4]}),
    "losses in brackets": (
        "a,b\n(1.50),2\n$3,4\n3.50,5\n",
        {"a": [-1.5, None, 3.5], "b": [2, 4, 5]},
    ),
    "brackets with currency": (
        "a,b\n($1.50),2\n-$3.50,4\n$2,5\n",
        {"a": [-1.5, -3.5, 2], "b": [2, 4, 5]},
    ),
    "percent": ("x,y\n12%,1\n15 %,2\n", {"x": [12, 15], "y": [1, 2]}),
    "units": ("x,y\n3 kg,1\n4.5 kg,2\n", {"x": [3, 4.5], "y": [1, 2]}),
    "Excel in German": (
        "sep=;\r\nName;Umsatz;Quote\r\nA;1.234,50 €;12,5 %\r\nB;950,00 €;9,0 %\r\n",
        {"Umsatz": [1234.5, 950], "Quote": [12.5, 9]},
    ),
    "points part thousands where commas are decimal": (
        "x;y\n1.234;0,5\n950;0,25\n",
        {"x": [1234, 950], "y": [0.5, 0.25]},
    ),
    "both marks in a cell": ("x;y\n1.234,5;2\n3;4\n", {"x": [1234.5, 3], "y": [2, 4]}),
    "French, narrow blank": (
        "x;y\n1\u202f234,5;1\n950,25;2\n",
        {"x": [1234.5, 950.25], "y": [1, 2]},
    ),
    "French, no-break blank": ("x;y\n1\u00a0234;1\n950;2\n", {"x": [1234, 950], "y": [1, 2]}),
    "Swiss": ("x;y\n1'234.50;2\n950.25;3\n", {"x": [1234.5, 950.25], "y": [2, 3]}),
    "Google Sheets in German": ('x,y\n"1,5",2\n"2,25",3\n', {"x": [1.5, 2.25], "y": [2, 3]}),
    "dates beside": ("day,x\n2024-01-01,1.5\n2024-01-02,1.7\n", {"x": [1.5, 1.7]}),
    "truth beside": ("ok,x\nTRUE,1.5\nFALSE,2\n", {"x": [1.5, 2]}),
    "complex beside": ("z,x\n1+2i,3\n2-1i,4.5\n", {"x": [3, 4.5]}),
    "R, row names": (
        '"x" "y"\n"1" 3.6 79\n"2" 1.8 54\n',
        {"column 1": [1, 2], "x": [3.6, 1.8], "y": [79, 54]},
    ),
    "R, names of cars": (
        '"mpg" "cyl"\n"Mazda RX4" 21 6\n"Datsun 710" 22.8 4\n',
        {"mpg": [21, 22.8], "cyl": [6, 4]},
    ),
    "R, NA": ('"","x"\n"1",NA\n"2",2.5\n', {"column 1": [1, 2], "x": [None, 2.5]}),
    "trailing separators are no row names": ("x,y\n1,5,\n2,7,\n", {"x": [1, 2], "y": [5, 7]}),
    "MATLAB": ("% made today\n1.5,2\nNaN,3\n", {"column 1": [1.5, None], "column 2": [2, 3]}),
    "Julia": ("x,y\n1.5,missing\n2.5,3\n", {"x": [1.5, 2.5], "y": [None, 3]}),
    "gnuplot": (
        "# x y\n1.5 2\n2.5 7\n\n\n3.5 4\n",
        {"column 1": [1.5, 2.5, 3.5], "column 2": [2, 7, 4]},
    ),
    "Fortran": ("1.0D+00 2.0D+01\n3.0d-01 4.5D+01\n", {"column 1": [1, 0.3], "column 2": [20, 45]}),
    "powers with decimal comma": (
        "x;y\n1,5E+03;2\n2,5E-03;3\n",
        {"x": [1500, 0.0025], "y": [2, 3]},
    ),
    "Excel's errors in German": (
        "x;y\n#NV;2,5\n1,5;#DIV/0!\n",
        {"x": [None, 1.5], "y": [2.5, None]},
    ),
    "a name that begins with #": ("#,x\n7,2.5\n9,3.5\n", {"#": [7, 9], "x": [2.5, 3.5]}),
    "Markdown": ("| x | y |\n|---|:-:|\n| 1.5 | 2 |\n", {"x": [1.5], "y": [2]}),
    "rows alike": ("x,y\n1.5,2\n1.5,2\n", {"x": [1.5, 1.5], "y": [2, 2]}),
    "names with numbers in them": ("5km,10km\n1.5,2\n1.7,3\n", {"5km": [1.5, 1.7], "10km": [2, 3]}),
    "quoted line end": ('"a\nb",y\n1,2.5\n2,3.5\n', {"a b": [1, 2], "y": [2.5, 3.5]}),
    "German text and decimals": ("A;1,5\nB;2,5\n", {"column 2": [1.5, 2.5]}),
    "currency in front, German": (
        "x;y\n€ 1.234,50;1\n€ 2.000,00;2\n",
        {"x": [1234.5, 2000], "y": [1, 2]},
    ),
    "one column that ends with its separator": ("1,5;\n2,5;\n", {"column 1": [1.5, 2.5]}),
    "one column that begins with its separator": (",y\n,2\n,3\n", {"y": [2, 3]}),
    "large": ("x,y\n1e9,2\n3e12,4\n", {"x": [1e9, 3e12], "y": [2, 4]}),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_read(text: str, expected: Columns) -> None:
    assert columns(text) == expected


ASIDE = {
    "title": ("Report\nx,y\n1,2.5\n3,4.5\n", ["Report"]),
    "title of a sheet": ("Report,,\nx,y,z\n1,2.5,9\n3,4.5,8\n", ["Report"]),
    "title with commas": ("Report, May 2024\nx;y\n1,5;2\n2,5;3\n", ["Report, May 2024"]),
    "title of words": ("Old Faithful geyser\n3.6 79\n1.8 54\n2.2 60\n", ["Old Faithful geyser"]),
    "count": ("3\n3.6 79\n1.8 54\n2.2 60\n", ["3"]),
    "note": ("x,y\n1,2.5\n3,4\nSource: WHO\n", ["Source: WHO"]),
    "note of a sheet": ("x,y\n1,2.5\n3,4\nSource: WHO,\n", ["Source: WHO"]),
    "total": ("name,x\nA,1\nB,2\nTotal,3\n", ["Total 3"]),
    "totals between": ("n,x\nA,1\nTotal,1\nB,2\nTotal,2\n", ["Total 1", "Total 2"]),
    "Summe and Mittelwert": (
        "n;x\nA;1,5\nB;2\nSumme:;3,5\nMittelwert;1,75\n",
        ["Summe: 3,5", "Mittelwert 1,75"],
    ),
}


@pytest.mark.parametrize(("text", "aside"), ASIDE.values(), ids=ASIDE)
def test_lines_that_are_no_rows_are_set_aside_by_name(text: str, aside: list[str]) -> None:
    grid = table_of(text.encode(), "t.csv")
    assert [what for _, what in grid.aside] == aside
    given = text.splitlines()
    for line, what in grid.aside:
        assert given[line - 1].startswith(what.split()[0])
    values = [v for c in grid.columns if c.numeric for v in c.reading.values]
    assert None not in values


def test_a_row_with_a_name_and_no_number_is_a_row() -> None:
    assert columns("name,x\nA,1.5\nB,\n") == {"x": [1.5, None]}


def test_comments_are_counted() -> None:
    assert table_of(b"# a\n1.5 2\n% b\n2.5 4\n", "t").comments == 2


AMBIGUOUS = {
    "years": (
        "country,2000,2001\nA,1.5,2.5\nB,1.7,2.9\n",
        "line 1 (country, 2000, 2001) may name the columns or be a row of them",
    ),
    "whole years": (
        "country,2000,2001\nA,15,25\nB,17,29\n",
        "line 1 (country, 2000, 2001) may name",
    ),
    "pandas": ("0,1\n1.5,2.5\n1.7,2.9\n", "line 1 (0, 1) may name the columns or be a row"),
    "one column of pandas": ("0\n1.5\n2.5\n", "line 1 (0) may name the columns or be a row"),
    "whole numbers of pandas": ("0,1,2\n5,6,7\n8,9,1\n", "line 1 (0, 1, 2) may name"),
    "thousands, commas": (
        'x,y\n950,1\n"1,234",2\n"12,500",3\n870,4\n',
        'line 3, column "x" holds "1,234", which is 1234 with commas for thousands '
        "or 1.234 with decimal commas",
    ),
    "thousands, tabs": (
        "x\ty\n950\t1\n1,234\t2\n12,500\t3\n870\t4\n",
        'line 3, column "x" holds "1,234", which is 1234',
    ),
    "thousands, semicolons": (
        "x;y\n950;1\n1,234;2\n12,500;3\n870;4\n",
        'line 3, column "x" holds "1,234", which is 1234',
    ),
    "points for thousands": (
        "x\ty\n950\t1\n1.234\t2\n12.500\t3\n870\t4\n",
        '"1.234", which is 1.234 with decimal points or 1234 with points for thousands',
    ),
    "three places after semicolons": ("x;y\n1.234;2\n3.456;4\n", '"1.234", which is 1.234'),
    "title": (
        "title\n95,85\n115,113\n",
        'line 2 holds "95,85", which is 95 and 85 with commas between columns '
        "or 95.85 with decimal commas",
    ),
    "two words": (
        "x y\n1,2\n3,4\n",
        'line 2 holds "1,2", which is 1 and 2 with commas between columns '
        "or 1.2 with decimal commas",
    ),
    "headless": (
        "0,5\n1,25\n-0,75\n1,05\n",
        'line 1 holds "0,5", which is 0 and 5 with commas between columns or 0.5 with',
    ),
    "one line": ("1,2", 'line 1 holds "1,2"'),
    "one column with a note": ("x\n1,5\n3,5\nSource\n", 'line 2 holds "1,5"'),
    "three ways": (
        "1,200\n2,300\n",
        "1 and 200 with commas between columns, 1200 with commas for thousands or 1.2 with",
    ),
    "blanks": (
        "1 234\n5 678\n",
        "1 and 234 with blanks between columns or 1234 with blanks for thousands",
    ),
    "size": ("272 2\n" + FAITHFUL, "line 1 (272 2) may give the size of the table or be a row"),
    "length": ("12\n" + "".join(f"{i * i}\n" for i in range(12)), "line 1 (12) may give the size"),
}


@pytest.mark.parametrize(("text", "words"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_files_are_refused_with_their_readings(text: str, words: str) -> None:
    sentence = refusal(text)
    assert words in sentence
    assert sentence.endswith("; choose which is meant")


CHOSEN: dict[str, tuple[str, Choices, Columns]] = {
    "years name": (
        AMBIGUOUS["years"][0],
        Choices(first="names"),
        {"2000": [1.5, 1.7], "2001": [2.5, 2.9]},
    ),
    "a row of 0, 1": (
        AMBIGUOUS["pandas"][0],
        Choices(first="row"),
        {"column 1": [0, 1.5, 1.7], "column 2": [1, 2.5, 2.9]},
    ),
    "thousands": (
        AMBIGUOUS["thousands, tabs"][0],
        Choices(decimal="."),
        {"x": [950, 1234, 12500, 870], "y": [1, 2, 3, 4]},
    ),
    "decimals": (
        AMBIGUOUS["thousands, tabs"][0],
        Choices(decimal=","),
        {"x": [950, 1.234, 12.5, 870], "y": [1, 2, 3, 4]},
    ),
    "title, separator": (
        AMBIGUOUS["title"][0],
        Choices(separator=","),
        {"column 1": [95, 115], "column 2": [85, 113]},
    ),
    "title, decimal comma": (
        AMBIGUOUS["title"][0],
        Choices(decimal=","),
        {"title": [95.85, 115.113]},
    ),
    "title, decimal point": (
        AMBIGUOUS["title"][0],
        Choices(decimal="."),
        {"column 1": [95, 115], "column 2": [85, 113]},
    ),
    "headless, one column": (
        AMBIGUOUS["headless"][0],
        Choices(separator=""),
        {"column 1": [0.5, 1.25, -0.75, 1.05]},
    ),
    "uneven, one column": ("0,5\n1\n1,25\n", Choices(separator=""), {"column 1": [0.5, 1, 1.25]}),
    "left out": (
        "9,9,9\n1;2\n3;4\n",
        Choices(first="skip"),
        {"column 1": [1, 3], "column 2": [2, 4]},
    ),
    "two marks": ("x;y\n1,5;2.5\n3,5;4.5\n", Choices(decimal=","), {"x": [1.5, 3.5]}),
}


@pytest.mark.parametrize(("text", "choices", "expected"), CHOSEN.values(), ids=CHOSEN)
def test_a_choice_settles_it(text: str, choices: Choices, expected: Columns) -> None:
    assert columns(text, choices) == expected


def test_a_line_that_one_reading_alone_has_is_named() -> None:
    sentence = refusal('123 000kg\n12$"\t "\n\nab.1,2341,234 x$Total.e5kgNA#')
    assert sentence.endswith("; choose which is meant")


def test_a_size_line_is_left_out_on_demand() -> None:
    table = parse_table(AMBIGUOUS["size"][0].encode(), "t", choices=Choices(first="skip"))
    assert len(table.rows) == 272
    assert table.rows[0] == (1.8, 50.0)
    assert np.abs(standardise(table.rows)[0]).max() < 3
    kept = parse_table(AMBIGUOUS["size"][0].encode(), "t", choices=Choices(first="row"))
    assert kept.rows[0] == (272.0, 2.0)


@pytest.mark.parametrize("bad", [{"separator": "x"}, {"decimal": ";"}, {"first": "last"}])
def test_other_choices_are_errors(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="can be chosen"):
        Choices(**bad)


REFUSED = {
    "two marks": ("x;y\n1,5;2.5\n", 'mixes decimal commas and points ("1,5", "2.5")'),
    "two marks in a column": ("x\n1,5\n2.5\n3\n", 'mixes decimal commas and points ("1,5", "2.5")'),
    "HTML saved as CSV": ("<html><table>\n<tr>1</tr>\n2\n3\n", "is a web page, not a table"),
    "XML": ("<?xml version='1.0'?>\n<a/>\n1\n2\n", "is XML, not a table"),
    "JSON": ('[{"x": 1}, {"x": 2}]', "is JSON, not a table"),
    "a matrix of MATLAB": ("[1.5 2.5; 3.5 4.5]", "is numbers in brackets"),
    "a matrix with its name": ("A = [1.5 2.5\n3.5 4.5];\n", "is numbers in brackets"),
    "a vector of R": ("x <- c(1.5, 2.5, 3)\n", "is numbers in brackets"),
    "an array of NumPy": ("array([[1.5, 2.5],\n       [3.5, 4.5]])\n", "is numbers in brackets"),
    "lists of Mathematica": ("{{1.5, 2.5}, {3.5, 4.5}}\n", "is numbers in brackets"),
    "NUL": ("x,y\n1,2\x00\n", "is a binary file"),
    "a workbook": ("PK\x03\x04 rest", "is a zip archive or an Excel workbook, not text"),
    "complex": ("1+2i\n2-3i\n", 'has no column of numbers; it holds "'),
    "ragged": ("x,y\n1,2\n3\n4,5\n", "line 3 has 1 cell where line 1 has 2"),
    "names one short": ("x,y\n1,5,2\n7,6,3\n", "line 2 has 3 cells where line 1 has 2"),
    "nothing below": ("1\n", "has no line below its first"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, words: str) -> None:
    skip = Choices(first="skip") if words.startswith("has no line") else Choices()
    assert words in refusal(text, skip)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n3 kg,1\n4.5 g,2\n5 kg,3\n", 'line 3, column "x" holds "4.5 g"'),
        ('x,y\n"1,234",1.5\n1234,2\n5,3\n', 'commas and points ("1,234", "1.5")'),
        ("x,y\nm,kg\n1.5,2\n2.5,3\n", 'line 2, column "x" holds "m"'),
        ("x,y\n1.5,Inf\n2.5,3\n", 'line 2, column "y" holds "Inf"; values must lie between'),
    ],
)
def test_a_cell_that_does_not_fit_its_column_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table(text.encode(), "t")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a,x\nu,1\nv,2\n", {"a": "text"}),
        ("a,b,x\n2024-01-01,TRUE,1\n2024-01-02,FALSE,2\n", {"a": "dates", "b": "true or false"}),
        ("a,b,x\n1+2i,,1\n3-1i,,2\n", {"a": "complex numbers", "b": "empty"}),
        ("a,b,x\n(0.1),v1.2,1\n(0.2),v1.3,2\n", {"a": "all in brackets", "b": "text"}),
    ],
)
def test_columns_left_out_say_what_they_hold(text: str, kinds: dict[str, str]) -> None:
    grid = table_of(text.encode(), "t")
    assert {c.name: c.kind for c in grid.columns if not c.numeric} == kinds


@pytest.mark.parametrize(
    ("text", "default"),
    [
        (
            '"rownames","eruptions","waiting"\n1,3.6,79\n2,1.8,54\n4,3.3,74\n',
            ["eruptions", "waiting"],
        ),
        (",x,y\n3,2.5,9\n1,3.5,7\n2,1.5,8\n", ["x", "y"]),
        ("Unnamed: 0,x,y\n0,2.5,1\n1,3.5,4\n", ["x", "y"]),
        ("index,x\n10,2.5\n30,3.5\n20,4.5\n", ["x"]),
        ("x,k,y\n2.5,1,3\n3.5,2,5\n1.5,3,9\n", ["x", "y"]),
        ("7,2.5,3\n8,3.5,5\n9,1.5,9\n", ["column 2", "column 3"]),
        ('"x" "y"\n"1" 3.6 79\n"2" 1.8 54\n', ["x", "y"]),
        ("x\n1\n2\n3\n", ["x"]),
        ("index,y\n0.5,2.5\n1.5,3.5\n", ["index", "y"]),
        ("x,y\n3,2.5\n1,3.5\n2,1.5\n", ["x", "y"]),
    ],
)
def test_row_numbers_are_offered_but_no_default(text: str, default: list[str]) -> None:
    data = text.encode()
    assert default_columns(table_of(data, "t")) == default
    assert set(default) <= set(numeric_columns(data, "t"))
    first = table_of(data, "t").columns[0].name
    assert first in numeric_columns(data, "t")


ENCODINGS = ["utf-8-sig", "utf-16", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_excel_in_three_languages(encoding: str) -> None:
    english = 'Größe,Price\r\n"1,234.50",£2.50\r\n950.25,£3.75\r\n'
    german = "Größe;Preis\r\n1.234,50;2,50 €\r\n950,25;3,75 €\r\n"
    french = "Größe;Prix\r\n1\u00a0234,50;2,50 €\r\n950,25;3,75 €\r\n"
    for text in (english, german, french):
        size, price = columns(text.encode(encoding)).values()
        assert size == [1234.5, 950.25]
        assert price == [2.5, 3.75]


def test_values_far_from_one_keep_their_shape() -> None:
    for factor in (1e-300, 1e-9, 1e9, 1e99):
        rows, _, scale = standardise([(factor,), (3 * factor,)])
        assert rows == ((pytest.approx(-1.0),), (pytest.approx(1.0),))
        assert scale == (pytest.approx(factor, rel=1e-12),)
    table = parse_table(b"x\n1.7e9\n1.8e9\n-4e15\n", "t")
    assert table.rows == ((1.7e9,), (1.8e9,), (-4e15,))


def test_pandas_in_its_dialects() -> None:
    pandas = pytest.importorskip("pandas")
    x = np.random.default_rng(31).standard_normal((40, 2))
    frame = pandas.DataFrame(x, columns=["a", "b"])
    for options in (
        {},
        {"sep": ";", "decimal": ","},
        {"decimal": ","},
        {"sep": "\t", "decimal": ","},
    ):
        data = frame.to_csv(**options).encode()
        chosen = default_columns(table_of(data, "t"))
        assert chosen == ["a", "b"]
        np.testing.assert_allclose(parse_table(data, "t", chosen).rows, x, rtol=1e-15)
    bare = pandas.DataFrame(x).to_csv(index=False).encode()
    assert "line 1 (0, 1) may name the columns" in refusal(bare)
    assert list(columns(bare, Choices(first="names"))) == ["0", "1"]


def test_the_most_rows_with_all_that_may_stand_around_them() -> None:
    text = "Title\nx,y\n" + "1,2.5\n" * MAX_ROWS + "Source\n"
    assert len(parse_table(text.encode(), "t").rows) == MAX_ROWS
    with pytest.raises(InputError, match="has 5,001 rows"):
        parse_table(("x,y\n" + "1,2.5\n" * (MAX_ROWS + 1)).encode(), "t")


def test_reading_does_not_depend_on_the_order_of_rows() -> None:
    rows = ["950;1", "1,234;2", "12,500;3", "0,5;4"]
    for a, b in pairwise(rows):
        swapped = [b if r == a else a if r == b else r for r in rows]
        text = io.StringIO()
        print("x;y", *swapped, sep="\n", file=text)
        assert sorted(columns(text.getvalue())["x"]) == [0.5, 1.234, 12.5, 950]
