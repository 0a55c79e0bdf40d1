"""The numbers behind a figure, as a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.text.plain import is_formula

_TAG = re.compile(r"<[^>]*>")


def no_formula(cell: Any) -> Any:
    """A cell that no spreadsheet computes: a text that begins like a formula gets an apostrophe.

    A carriage return, which ``csv`` does not quote, would end its row.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r", " ")
    return f"'{text}" if is_formula(text) else text


def figure_csv(figure: go.Figure) -> str:
    """One line for every point of every trace, by the trace's name; z where a trace has one.

    A map has one line for every cell. What has no name is called by its place, from 1. Where a
    figure has several panels, each is known by the title of its vertical axis.
    """
    drawn = [trace for trace in figure.data if _values(trace, "y") is not None or _has_z(trace)]
    traces = [trace for trace in drawn if trace.meta != "ground"]  # below a line, to see it by
    several = len({_axis(trace) for trace in traces}) > 1
    deep = any(map(_has_z, traces))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trace", *["panel"] * several, "x", "y", *["z"] * deep])
    for place, trace in enumerate(traces, 1):
        title = figure.layout[_axis(trace)].title.text if several else ""
        named = [_plain(trace.name) or f"trace {place}", *[_plain(title)] * several]
        named = [no_formula(name) for name in named]
        writer.writerows([*named, *point[: 2 + deep]] for point in _points(trace))
    return out.getvalue()


def _plain(text: str | None) -> str:
    """Without the marks of a legend or a title: its lines as one, subscripts as letters."""
    return _TAG.sub("", (text or "").replace("<br>", " "))


def _axis(trace: Any) -> str:
    """The name of a trace's vertical axis in the layout."""
    return (getattr(trace, "yaxis", None) or "y").replace("y", "yaxis")


def _has_z(trace: Any) -> bool:
    return _values(trace, "z") is not None


def _values(trace: Any, axis: str) -> Any:
    return getattr(trace, axis, None)


def _points(trace: Any) -> Iterator[tuple[Any, Any, Any]]:
    y, z = _values(trace, "y"), _values(trace, "z")
    if z is None or np.ndim(z) == 1:
        count = len(y if z is None else z)
        x = _values(trace, "x")
        x, z = range(count) if x is None else x, [""] * count if z is None else z
        yield from zip(x, y, z, strict=False)
        return
    rows, columns = np.shape(z)
    x = range(columns) if _values(trace, "x") is None else trace.x
    y = range(rows) if y is None else y
    yield from ((x[n], y[m], z[m][n]) for m in range(rows) for n in range(columns))
