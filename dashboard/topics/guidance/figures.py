"""Three laws beside each other, and TV to the tilted law against w and against T."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.law import multiples_figure
from dashboard.figures.marks import LAWS, LINE_WIDTH, PARTS, SAMPLERS
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import with_error
from diffusion_core import Measurement
from diffusion_core.studies.guidance import Guidance

phrase = prose("phrases/guidance")
HEIGHT = 400
POINTS = 800  # of a curve
EDGE = 1e-4  # of the mass of a law, on either side of what is drawn
MARKS = {"output": LAWS["output"], "tilted": LAWS["target"], "class": PARTS[2]}
TITLES = {
    "output": phrase("q1-what-comes-out"),
    "tilted": phrase("tilted-law"),
    "class": phrase("class-c"),
}
Curve = Sequence[tuple[float, Measurement]]


def law_figure(laws: Guidance, dark: bool) -> go.Figure:
    """The three densities: as curves on the line, as heat maps in the plane."""
    return line_figure(laws, dark) if len(laws.axes) == 1 else plane_figure(laws, dark)


@drawn_once
def line_figure(laws: Guidance, dark: bool) -> go.Figure:
    """Three densities over x."""
    shown = _seen(laws)
    x = laws.axes[0][shown]
    figure = go.Figure()
    for name in ("class", "tilted", "output"):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=laws.densities[name][shown],
                mode="lines",
                name=TITLES[name],
                line={
                    "color": MARKS[name].colour(dark),
                    "dash": MARKS[name].dash,
                    "width": LINE_WIDTH,
                },
                hovertemplate=f"{TITLES[name]}<br>x = %{{x:.3f}}: %{{y:.4g}}<extra></extra>",
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 16},
        xaxis={"title": {"text": "x"}},
        yaxis={"title": {"text": phrase("density")}, "rangemode": "tozero"},
    )
    return figure


def _seen(laws: Guidance) -> Any:
    """The nodes that are drawn: between the outermost quantiles of all laws."""
    size = len(laws.axes[0])
    below = [np.cumsum(f) / f.sum() for f in laws.densities.values()]
    low = min(int(np.searchsorted(b, EDGE)) for b in below)
    high = max(int(np.searchsorted(b, 1 - EDGE)) for b in below)
    room = (high - low) // 20
    low, high = max(0, low - room), min(size, high + room + 1)
    return np.s_[low : high : max(1, (high - low) // POINTS)]


@drawn_once
def plane_figure(laws: Guidance, dark: bool) -> go.Figure:
    """Three heat maps with one colour scale."""
    x, y = laws.axes
    pictures = [(TITLES[name], laws.densities[name].T) for name in ("output", "tilted", "class")]
    return multiples_figure(pictures, (x[0], x[-1], y[0], y[-1]), dark)


@drawn_once
def scale_figure(
    curves: Mapping[str, Curve],
    to_class: Curve,
    sampler: str,
    labels: Mapping[str, str],
    dark: bool,
) -> go.Figure:
    """TV to the tilted law against w by sampler; to_class: that of ``sampler`` to the class."""
    figure = go.Figure()
    for name, curve in curves.items():
        _add(
            figure,
            phrase("to-the-tilted-law", labels=labels[name]),
            curve,
            SAMPLERS[name].scatter(dark),
        )
    if to_class:
        mark = MARKS["class"]
        look = mark.scatter(dark)
        look["marker"] |= {"symbol": "square-open"}  # what is below shows through
        _add(figure, phrase("to-the-class", labels=labels[sampler]), to_class, look)
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 16},
        xaxis={"title": {"text": phrase("w-the-scale-of-guidance")}},
        yaxis={"title": {"text": phrase("tv-measured")}, "rangemode": "tozero"},
    )
    return figure


def _add(figure: go.Figure, name: str, curve: Curve, look: dict[str, Any]) -> None:
    if not curve:
        return
    figure.add_trace(
        go.Scatter(
            x=[w for w, _ in curve],
            y=[m.value for _, m in curve],
            mode="lines+markers",
            name=name,
            hovertext=[
                f"{name}<br>w = {w:g}<br>TV = {with_error(m.value, m.error)}" for w, m in curve
            ],
            hoverinfo="text",
            **look,
        )
    )


@drawn_once
def steps_figure(
    curves: Mapping[tuple[str, float], Sequence[Measurement]],
    labels: Mapping[str, str],
    dark: bool,
) -> go.Figure:
    """TV to the tilted law against T, by sampler and scale; w = 1 is drawn thin and dotted."""
    figure, scales = go.Figure(), list(dict.fromkeys(w for _, w in curves))
    for (sampler, w), curve in curves.items():
        if not curve:
            continue
        look = SAMPLERS[sampler].scatter(dark)
        if w != scales[0]:
            look["line"] = look["line"] | {"dash": "dot", "width": 1.2}
            look["marker"] = look["marker"] | {"size": 6}
        name = f"{labels[sampler]}, w = {w:g}"
        figure.add_trace(
            go.Scatter(
                x=[m.steps for m in curve],
                y=[m.value for m in curve],
                mode="lines+markers",
                name=name,
                hovertext=[
                    f"{name}<br>T = {m.steps:,}<br>TV = {with_error(m.value, m.error)}"
                    for m in curve
                ],
                hoverinfo="text",
                **look,
            )
        )
    ticks = sorted({m.steps for curve in curves.values() for m in curve})
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 16},
        xaxis={
            "type": "log",
            "title": {"text": phrase("number-of-steps-t")},
            "tickvals": ticks,
            "ticktext": [f"{t}" for t in ticks],
        },
        yaxis={"type": "log", "title": {"text": phrase("tv-to-the-tilted-law")}, "dtick": "D2"},
    )
    return figure
