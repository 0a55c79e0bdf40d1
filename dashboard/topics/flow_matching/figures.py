"""TV of flows against evaluations, and their paths before and after a reflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.marks import LINE_WIDTH, MARKER_SIZE, PARTS, SAMPLERS
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.text.numbers import with_error
from dashboard.topics.flow_matching.measure import EVALUATIONS, Paths, Point
from diffusion_core.studies.flow_matching import METHODS

HEIGHT = 420
SYMBOLS = ("triangle-left", "triangle-right", "star-diamond")  # no sampler's
LOOKS = dict(zip(METHODS, zip(PARTS, SYMBOLS, strict=False), strict=True))


@drawn_once
def distance_figure(
    curves: Mapping[str, Sequence[Point]], labels: Mapping[str, str], sampler: str, dark: bool
) -> go.Figure:
    """TV to the target's own law against evaluations; "sampler" is drawn in that sampler's mark."""
    figure = go.Figure()
    for name, points in curves.items():
        if name in LOOKS:
            mark, symbol = LOOKS[name]
            colour = mark.colour(dark)
            look = {
                "line": {"color": colour, "dash": mark.dash, "width": LINE_WIDTH},
                "marker": {"color": colour, "symbol": symbol, "size": MARKER_SIZE},
            }
        else:
            look = SAMPLERS[sampler].scatter(dark)
        figure.add_trace(
            go.Scatter(
                x=[count for count, _, _ in points],
                y=[tv.value for _, _, tv in points],
                mode="lines+markers",
                name=labels[name],
                hovertext=[
                    f"{labels[name]}<br>{count:,} evaluations, {steps:,} "
                    f"{'levels' if name == 'sampler' else 'steps'}<br>"
                    f"TV = {with_error(tv.value, tv.error)}"
                    for count, steps, tv in points
                ],
                hoverinfo="text",
                **look,
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis={
            "type": "log",
            "title": {"text": "evaluations of velocity or score"},
            "tickvals": list(EVALUATIONS),
            "ticktext": [str(count) for count in EVALUATIONS],
        },
        yaxis={"type": "log", "title": {"text": "TV to the target, exact"}, "dtick": 1},
    )
    return figure


@drawn_once
def paths_figure(found: Paths, dark: bool) -> go.Figure:
    """x against u along the flow, and straight after a reflow."""
    figure = go.Figure()
    for name, lines, mark in (
        ("flow", found.flow, PARTS[0]),
        ("after one reflow", found.reflowed, PARTS[1]),
    ):
        for k in range(lines.shape[1]):
            figure.add_trace(
                go.Scatter(
                    x=found.u,
                    y=lines[:, k],
                    mode="lines",
                    name=name,
                    legendgroup=name,
                    showlegend=k == 0,
                    line={"color": mark.colour(dark), "dash": mark.dash, "width": 1.8},
                    hoverinfo="skip",
                )
            )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis={"title": {"text": "u, from source to target"}},
        yaxis={"title": {"text": "x"}},
    )
    return figure
