"""TV against T for laws whose tails differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.design import LINE_WIDTH, MARKER_SIZE, SAMPLERS
from dashboard.figures.style import figure_template
from dashboard.text.numbers import with_error
from diffusion_core import Measurement

# one colour is one sampler, so laws differ in symbol and dash
LOOKS = (
    ("triangle-up-open", "dot"),
    ("square-open", "dashdot"),
    ("diamond-open", "dash"),
    ("circle", "solid"),
)


def tails_figure(
    curves: Mapping[str, Sequence[Measurement]], sampler: str, dark: bool
) -> go.Figure:
    """One curve for each law, log-log."""
    figure, colour = go.Figure(), SAMPLERS[sampler].colour(dark)
    for (law, curve), (symbol, dash) in zip(curves.items(), LOOKS, strict=True):
        figure.add_trace(
            go.Scatter(
                x=[m.steps for m in curve],
                y=[m.value for m in curve],
                mode="lines+markers",
                name=law,
                line={"color": colour, "dash": dash, "width": LINE_WIDTH},
                marker={"color": colour, "symbol": symbol, "size": MARKER_SIZE},
                hovertext=[
                    f"{law}<br>T = {m.steps:,}<br>TV = {with_error(m.value, m.error)}"
                    for m in curve
                ],
                hoverinfo="text",
            )
        )
    steps = sorted({m.steps for curve in curves.values() for m in curve})
    figure.update_layout(
        template=figure_template(dark),
        height=400,
        margin={"t": 24},
        xaxis={
            "type": "log",
            "title": {"text": "number of steps T"},
            "tickvals": steps,
            "ticktext": [f"{t}" for t in steps],
        },
        yaxis={"type": "log", "title": {"text": "TV(q₁, p₁), exact"}, "dtick": "D2"},
    )
    return figure
