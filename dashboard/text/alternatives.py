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
        ends = {"first": y[0], "low": x[0], "last": y[-1], "high": x[-1]}
        return say("told-curve", label=name, **_rounded(ends)) + _between(x, y)
    span = {"left": x.min(), "right": x.max(), "low": y.min(), "high": y.max()}
    return say("told-marks", label=name, count=f"{len(x):,}", **_rounded(span))


def _between(x: Array, y: Array) -> str:
    """The largest and the smallest value, where the ends do not tell them."""
    beyond, said = BEYOND * (y.max() - y.min()), ""
    if y.max() > max(y[0], y[-1]) + beyond:
        said += say("told-most", **_rounded({"value": y.max(), "x": x[y.argmax()]}))
    if y.min() < min(y[0], y[-1]) - beyond:
        said += say("told-least", **_rounded({"value": y.min(), "x": x[y.argmin()]}))
    return said


def _map(name: str, trace: Any) -> str:
    z = np.asarray(trace.z, dtype=float)
    row, column = np.unravel_index(np.nanargmax(z), z.shape)
    place = {"most": z[row, column], "x": trace.x[column], "y": trace.y[row]}
    return say("told-map", label=name, **_rounded(place))


def _rounded(values: dict[str, float]) -> dict[str, str]:
    return {name: _number(value) for name, value in values.items()}
