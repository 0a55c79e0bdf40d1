"""The numbers behind a figure, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go

COLUMNS = ("trace", "x", "y", "z")


def figure_csv(figure: go.Figure) -> str:
    """One line for every point of every trace, by the trace's name; z where a trace has one.

    A map has one line for every cell. What has no name is called by its place, from 1.
    """
    traces = [trace for trace in figure.data if _values(trace, "y") is not None or _has_z(trace)]
    width = 4 if any(map(_has_z, traces)) else 3
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS[:width])
    for place, trace in enumerate(traces, 1):
        name = trace.name or f"trace {place}"
        writer.writerows((name, *point)[:width] for point in _points(trace))
    return out.getvalue()


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
