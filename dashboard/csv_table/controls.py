"""A reader's own table: the file, how it is read, what is left out, and which columns are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.csv_table.choices import AS_FOUND, Choices
from dashboard.csv_table.lines import MAX_BYTES, MAX_ROWS, is_lines
from dashboard.csv_table.named_columns import Column, Grid
from dashboard.csv_table.numerals import numeral
from dashboard.csv_table.upload import (
    Table,
    default_columns,
    label_columns,
    parse_table,
    table_of,
)
from dashboard.link.widget_keys import KEY, key
from dashboard.prose import prose
from dashboard.text.plain import plain, short
from diffusion_core import InputError

phrase = prose("phrases/csv_table")
say = prose("controls")
MOST_NAMED = 6
FOUND = "as found"
NO_CLASSES = "none"
SEPARATOR = {
    FOUND: phrase("as-found"),
    ",": phrase("comma"),
    ";": phrase("semicolon"),
    "\t": phrase("tab"),
    "|": phrase("bar"),
    " ": phrase("blanks-2"),
    "": phrase("none-one-column"),
}
DECIMAL = {FOUND: phrase("as-found"), ".": phrase("point"), ",": phrase("comma")}
FIRST = {
    FOUND: phrase("as-found"),
    "names": phrase("names"),
    "row": phrase("a-row"),
    "skip": phrase("left-out"),
}


def choose_table() -> Table | None:
    """The chosen columns of the reader's file; None until there is one, InputError if it is bad."""
    upload = st.file_uploader(
        phrase("a-table-of-numbers-csv"),
        key=f"{KEY}file",
        help=say("data-file", rows=f"{MAX_ROWS:,}", size=f"{MAX_BYTES / 1e6:g}"),
    )
    if upload is None:
        return None
    data, name, file = upload.getvalue(), upload.name, upload.file_id
    place = st.container()
    chosen = _chosen(file)
    try:
        grid = table_of(data, name, chosen)
    except InputError:
        if is_lines(data):  # else no choice helps
            _choose_reading(place, file, open_=True)
        raise
    _choose_reading(place, file, open_=chosen != AS_FOUND)
    st.caption(_read(grid))
    drop = st.toggle(phrase("leave-out-rows-without-a"), key=key("drop", False))
    found = [column.name for column in grid.columns if column.numeric]
    classes = choose_classes(f"file {file}", label_columns(grid), None)
    return choose_columns(
        f"file {file} {found}",
        found,
        default_columns(grid),
        lambda names: parse_table(data, name, names, drop, chosen, classes),
    )


def choose_classes(name: str, offered: Sequence[str], first: str | None) -> str | None:
    """The column that says the class of each row; None without one."""
    if not offered:
        return None
    chosen = st.selectbox(
        phrase("classes"),
        [NO_CLASSES, *offered],
        key=key(f"classes of {name}", first or NO_CLASSES),
        help=say("data-classes"),
    )
    return None if chosen == NO_CLASSES else chosen


def choose_columns(
    name: str, found: list[str], first: Sequence[str], load: Callable[..., Table]
) -> Table | None:
    """The table of the one or two columns that the reader chooses."""
    if len(found) == 1:
        return load(found)
    chosen = st.multiselect(
        phrase("columns"), found, max_selections=2, key=key(f"columns of {name}", list(first))
    )
    if not chosen:
        st.info(say("data-columns"))
        return None
    return load(chosen)


def _chosen(file: str) -> Choices:
    """What the widgets of this file hold: they are drawn below what they decide."""
    names = [key(f"{what} of {file}", FOUND) for what in ("sep", "mark", "first")]
    held = [st.session_state.get(name, FOUND) for name in names]
    return Choices(*(None if value == FOUND else value for value in held))


def _choose_reading(place: st.delta_generator.DeltaGenerator, file: str, open_: bool) -> None:
    with place.expander(phrase("how-the-file-is-read"), expanded=open_):
        for what, label, options in (
            ("sep", phrase("between-columns"), SEPARATOR),
            ("mark", phrase("decimal-mark"), DECIMAL),
            ("first", phrase("first-line"), FIRST),
        ):
            st.selectbox(
                label,
                list(options),
                format_func=options.__getitem__,
                key=key(f"{what} of {file}", FOUND),
            )


def _read(grid: Grid) -> str:
    """What was read, and what was not and why, in a line."""
    numeric = [column for column in grid.columns if column.numeric]
    rows, names = len(grid.lines), _listing([_described(column) for column in numeric])
    said = [
        say("table-row") if rows == 1 else say("table-rows", rows=f"{rows:,}"),
        say("table-columns" if len(numeric) > 1 else "table-column", names=names),
        *_marks(grid, numeric),
    ]
    left_out = [f"{plain(c.name)} ({c.kind})" for c in grid.columns if not c.numeric]
    left_out += [f"{say('table-line', line=n)} ({plain(short(t, 30))})" for n, t in grid.aside]
    if grid.comments:
        one = grid.comments == 1
        left_out.append(
            say("table-comment") if one else say("table-comments", comments=grid.comments)
        )
    if left_out:
        said.append(say("table-left-out", what=_listing(left_out)))
    return "; ".join(said) + "."


def _described(column: Column) -> str:
    name, unit = plain(column.name), column.reading.unit
    return say("table-unit", name=name, unit=plain(unit)) if unit else name


def _marks(grid: Grid, numeric: Sequence[Column]) -> list[str]:
    """The separator, and those of the decimal mark and the thousands that the numbers show."""
    said = []
    if grid.separator:
        said.append(say("table-separator", separator=SEPARATOR[grid.separator].lower()))
    cells = [cell for column in numeric for cell in column.cells]
    numbers = [(cell, found) for cell in cells if (found := numeral(cell, grid.decimal))]
    if any(grid.decimal in cell for cell, _ in numbers):
        said.append(say("table-decimal", mark=DECIMAL[grid.decimal].lower()))
    parted = next((cell for cell, found in numbers if found.group), None)
    if parted:
        said.append(say("table-thousands", number=plain(parted)))
    return said


def _listing(what: Sequence[str]) -> str:
    more = len(what) - MOST_NAMED
    shown = ", ".join(what[:MOST_NAMED])
    return say("table-more", shown=shown, more=more) if more > 0 else shown
