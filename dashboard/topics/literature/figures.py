"""The steps that theorems ask for against the accuracy, constants and logarithms dropped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import SAMPLERS, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.topics.literature.table import EVIDENCE, FAMILIES, Line, lines, short

phrase = prose("phrases/literature")
COLOURS = {"stochastic": "ddpm", "deterministic": "ode", "higher": "ode-taylor"}
DASHES = {"read in full": "solid", "abstract": "longdash", "quoted": "dash", "second-hand": "dot"}
SHAPES = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "star", "cross"),
    *("x", "hexagon", "hexagram", "star-diamond", "triangle-left", "triangle-right"),
    *("hourglass", "bowtie", "star-square", "octagon", "diamond-tall", "diamond-wide"),
)
SYMBOLS_DRAWN = 8  # along a line
EPS = np.geomspace(1e-4, 0.5, 61)
MOST = 2  # sources that an entry of the legend names


@drawn_once
def steps_figure(drawn: Sequence[Line], d: int, eps: float, dark: bool) -> go.Figure:
    """T against eps for this d; the vertical line is where the figure is read."""
    order = sorted(drawn, key=lambda line: line.steps_needed(d, eps), reverse=True)
    figure = go.Figure([_line(line, d, dark) for line in order])
    values = [line.steps_needed(d, e) for line in drawn for e in (EPS[0], EPS[-1])] or [1.0, 10.0]
    figure.add_vline(eps, line={"color": theme(dark).axis, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        template=figure_template(dark),
        height=430 + 20 * sum(1 + min(len(line.results), MOST) for line in drawn),
        margin={"t": 24},
        xaxis={
            "type": "log",
            "autorange": "reversed",
            "title": {"text": phrase("accuracy-eps-tv-at-most")},
            "dtick": 1,
        },
        yaxis={
            "type": "log",
            "title": {"text": phrase("order-of-t-constants-dropped")},
            "range": [-0.2, math.log10(max(values)) + 0.3],
            "dtick": 1 if max(values) < 1e9 else 3,
        },
        legend={"orientation": "v"},
        hovermode="closest",
    )
    return figure


@cache
def symbols() -> dict[object, str]:
    """The symbol of every line, the same whatever else is drawn: open for stochastic samplers."""
    every = lines(tuple(FAMILIES), "all")
    return {
        line.key: f"{shape}-open" if line.family == "stochastic" else shape
        for line, shape in zip(every, SHAPES, strict=False)
    }


def _line(line: Line, d: int, dark: bool) -> go.Scatter:
    steps = [line.steps_needed(d, e) for e in EPS]
    sources = "<br>".join(f"{short(r)}: {r.sampler} ({EVIDENCE[r.evidence]})" for r in line.results)
    colour = SAMPLERS[COLOURS[line.family]].colour(dark)
    return go.Scatter(
        x=EPS,
        y=steps,
        mode="lines+markers",
        name=f"{line.formula}: {_named(line)}",
        line={
            "color": colour,
            "dash": DASHES[line.best.evidence],
            "width": 2.5,
        },
        marker={
            "color": colour,
            "symbol": symbols()[line.key],
            "size": 10,
            "maxdisplayed": SYMBOLS_DRAWN,
        },
        hovertext=[
            phrase(
                "eps-t-of-order",
                formula=line.formula,
                eps=f"{e:.2g}",
                t=rounded(t, 2),
                sources=sources,
            )
            for e, t in zip(EPS, steps, strict=True)
        ],
        hoverinfo="text",
    )


def _named(line: Line) -> str:
    names = list(dict.fromkeys(short(r) for r in line.results))
    more = f" {phrase('and-more', count=len(names) - MOST)}" if len(names) > MOST else ""
    return "<br>".join(names[:MOST]) + more
