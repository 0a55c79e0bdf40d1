"""The small figures of lessons: a few curves with two axes, in the colours of every page."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.marks import GUESS, OUTPUT, PARTS, SAMPLERS, SCHEDULES, TARGET, Mark, theme
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from diffusion_core import Measurement
from diffusion_core.schedules import Array

phrase = prose("phrases/lessons")
HEIGHT = 400
STRIP = 170  # pixels: an axis with two marks
MARKS: Mapping[str, Mark] = {
    **SCHEDULES,
    **SAMPLERS,
    "target": TARGET,
    "output": OUTPUT,
    "first": PARTS[0],
    "second": PARTS[1],
    "third": PARTS[2],
    "fourth": PARTS[3],
}


@dataclass(frozen=True, eq=False)
class Curve:
    """Points with a name and the mark that they have on every page."""

    label: str
    mark: str
    x: Sequence[float] | Array
    y: Sequence[float] | Array
    points: bool = True


@dataclass(frozen=True)
class Marks:
    """Where in a figure the reader's guess lies, from one point to another, and what was measured.

    axis: the title of an axis that shows these two alone; "" where they belong into a figure.
    span: from where to where that axis goes at least. log: whether it is logarithmic.
    """

    guess: tuple[tuple[float, float], tuple[float, float]]
    measured: tuple[float, float]
    axis: str = ""
    span: tuple[float, float] = (0.0, 1.0)
    log: bool = False


def marked(figure: go.Figure, marks: Marks, dark: bool) -> go.Figure:
    """With a bar, or a cross, where the guess lies, and a diamond where the measurement does."""
    (x0, y0), (x1, y1) = marks.guess
    colour, point = GUESS.colour(dark), marks.guess[0] == marks.guess[1]
    figure.add_trace(
        go.Scatter(
            x=[x0] if point else [x0, x1],
            y=[y0] if point else [y0, y1],
            mode="markers" if point else "lines+markers",
            name=phrase("your-guess"),
            line={"color": colour, "width": 6},
            marker={
                "color": colour,
                "symbol": GUESS.symbol if point else "square",
                "size": 13 if point else 9,
            },
            cliponaxis=False,
        )
    )
    ink = theme(dark).text
    figure.add_trace(
        go.Scatter(
            x=[marks.measured[0]],
            y=[marks.measured[1]],
            mode="markers",
            name=phrase("measured"),
            marker={
                "color": ink,
                "symbol": "diamond-open",
                "size": 17,
                "line": {"color": ink, "width": 3},
            },
            cliponaxis=False,
        )
    )
    return figure


def strip(marks: Marks, dark: bool) -> tuple[go.Figure, str]:
    """One axis with the guess and the measurement, and its words."""
    figure = marked(go.Figure(), marks, dark)
    values = [*marks.span, *(x for x, _ in (*marks.guess, marks.measured))]
    low, high = min(values), max(values)
    edges = [math.log10(low), math.log10(high)] if marks.log else [low, high]
    room = 0.03 * (edges[1] - edges[0])
    figure.update_layout(
        template=figure_template(dark),
        height=STRIP,
        margin={"t": 8, "b": 24},
        showlegend=True,
        xaxis={
            "title": {"text": marks.axis},
            "range": [edges[0] - room, edges[1] + room],
            **({"type": "log", "dtick": 1} if marks.log else {}),
        },
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
    )
    return figure, f"{marks.axis}: {words(marks)}"


def words(marks: Marks) -> str:
    """The marks for those who do not see them, by the axis on which they differ."""
    (first, last), found = marks.guess, marks.measured
    along = 0 if first[0] != last[0] or first[1] == found[1] else 1
    low, high, true = (rounded(point[along]) for point in (first, last, found))
    return phrase(
        "your-guess-measured", low=low if low == high else f"{low} to {high}", measured=true
    )


def arrows(
    figure: go.Figure, spots: Array, ends: Array, y: float, asked: float, dark: bool
) -> go.Figure:
    """With arrows from places to their ends at the height y, and a ring at the asked place."""
    ink = theme(dark).text
    for spot, end in zip(spots.tolist(), ends.tolist(), strict=True):
        figure.add_annotation(
            {"x": end, "ax": spot, "y": y, "ay": y, "text": "", "showarrow": True}
            | {"axref": "x", "ayref": "y", "arrowhead": 2, "arrowcolor": ink, "arrowwidth": 2}
        )
    look = {"symbol": "circle-open", "size": 15, "color": ink, "line": {"width": 3}}
    figure.add_scatter(
        x=[asked], y=[y], mode="markers", name=phrase("the-asked-place"), marker=look
    )
    return figure


def measured(label: str, mark: str, found: Sequence[Measurement], by: str = "steps") -> Curve:
    """TV against T, or against score evaluations (``by`` nfe)."""
    return Curve(label, mark, [getattr(m, by) for m in found], [m.value for m in found])


def lines(
    curves: Sequence[Curve], across: str, up: str, dark: bool, logs: str = ""
) -> tuple[go.Figure, str]:
    """The figure and its words. logs: "xy" for two logarithmic axes, "x", "y" or none."""
    figure = go.Figure()
    for curve in curves:
        mode = "lines+markers" if curve.points else "lines"
        look = MARKS[curve.mark].scatter(dark)
        figure.add_trace(
            go.Scatter(x=list(curve.x), y=list(curve.y), mode=mode, name=curve.label, **look)
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        showlegend=True,
        xaxis=_axis(across, "x" in logs, [float(x) for c in curves for x in c.x]),
        yaxis=_axis(up, "y" in logs, [float(y) for c in curves for y in c.y]),
        hovermode="closest",
    )
    return figure, _words(curves, across, up)


def _axis(title: str, log: bool, values: Sequence[float]) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": {"text": title}}
    if not log:
        return axis
    ticks = sorted(set(values))
    whole = all(float(v).is_integer() for v in ticks) and len(ticks) <= 12
    if whole:
        return axis | {"type": "log", "tickvals": ticks, "ticktext": [f"{v:g}" for v in ticks]}
    few = ticks[-1] < 50 * ticks[0]  # decades alone would leave the axis nearly without numbers
    return axis | {"type": "log", "dtick": "D2" if few else 1, "minor": {"dtick": "D1"}}


def _words(curves: Sequence[Curve], across: str, up: str) -> str:
    said = [
        phrase(
            "from-at-to-at",
            label=c.label,
            first=rounded(c.y[0]),
            begin=f"{c.x[0]:g}",
            last=rounded(c.y[-1]),
            end=f"{c.x[-1]:g}",
        )
        for c in curves
    ]
    return re.sub("<[^>]*>", "", phrase("against", up=up, across=across, said="; ".join(said)))
