"""What a figure's own data say, in words: for those who do not see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.prose import prose
from dashboard.text.numbers import rounded
from diffusion_core.schedules import Array

if TYPE_CHECKING:
    import plotly.graph_objects as go

say = prose("readings")
TAG, SUB = re.compile(r"<[^>]*>"), re.compile(r"<sub>(.*?)</sub>")
LISTED = 12  # bars that are named one by one
BEYOND = 0.05  # of a curve's whole height: what is further beyond its ends is told


def in_words(figure: go.Figure, what: str) -> str:
    """``what`` the figure is, and what each of its named curves, bars, marks or maps does.

    A curve is told by its ends and what lies beyond them, a map by its largest value and its place,
    marks by their span.
    """
    parts = [part for trace in figure.data if (part := _told(trace))]
    return say("told", what=what, parts="; ".join(parts)) if parts else f"{what}."


def _told(trace: Any) -> str:
    name = _plain(trace.name or "")
    if trace.type == "heatmap":
        return _map(name or _plain(trace.colorbar.title.text or ""), trace)
    if not name or trace.type not in ("scatter", "scattergl", "bar"):
        return ""
    if trace.x is None or trace.y is None:
        return ""
    if trace.type == "bar":
        across = trace.orientation == "h"
        names, values = (trace.y, trace.x) if across else (trace.x, trace.y)
        pairs = list(zip(names, values, strict=True))[:LISTED]
        return f"{name}: {', '.join(f'{_plain(x)} {_number(y)}' for x, y in pairs)}"
    return _points(name, np.asarray(trace.x, dtype=float), np.asarray(trace.y, dtype=float), trace)


def _plain(label: Any) -> str:
    return TAG.sub("", SUB.sub(r"_\1", f"{label}").replace("<br>", " "))


def _number(value: float) -> str:
    whole = float(value).is_integer() and abs(value) < 1e6
    return f"{value:,.0f}" if whole else rounded(float(value))


def _points(name: str, x: Array, y: Array, trace: Any) -> str:
    seen = np.isfinite(x) & np.isfinite(y)
    x, y = x[seen], y[seen]
    if not len(x):
        return ""
    steps = np.diff(x)
    if "lines" in (trace.mode or "lines") and ((steps >= 0).all() or (steps <= 0).all()):
        first, low, last, high = map(_number, (y[0], x[0], y[-1], x[-1]))
        ends = say("told-curve", label=name, first=first, low=low, last=last, high=high)
        return ends + _between(x, y)
    left, right, low, high = map(_number, (x.min(), x.max(), y.min(), y.max()))
    count = f"{len(x):,}"
    return say("told-marks", label=name, count=count, left=left, right=right, low=low, high=high)


def _between(x: Array, y: Array) -> str:
    """The largest and the smallest value, where the ends do not tell them."""
    beyond, said = BEYOND * (y.max() - y.min()), ""
    if y.max() > max(y[0], y[-1]) + beyond:
        said += say("told-most", value=_number(y.max()), x=_number(x[y.argmax()]))
    if y.min() < min(y[0], y[-1]) - beyond:
        said += say("told-least", value=_number(y.min()), x=_number(x[y.argmin()]))
    return said


def _map(name: str, trace: Any) -> str:
    z = np.asarray(trace.z, dtype=float)
    row, column = np.unravel_index(np.nanargmax(z), z.shape)
    most, x, y = map(_number, (z[row, column], trace.x[column], trace.y[row]))
    return say("told-map", label=name, most=most, x=x, y=y)
