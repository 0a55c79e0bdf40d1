"""TV against T for one sampler, once for each of a few things that differ from curve to curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.marks import SAMPLERS, plain_look
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import with_error
from diffusion_core import Measurement

phrase = prose("phrases/figures")
Look = tuple[str, str]  # symbol and dash: one colour is one sampler, so these tell curves apart


def family_figure(
    curves: Mapping[str, tuple[Sequence[Measurement], Look]],
    sampler: str,
    quantity: str,
    height: int,
    dark: bool,
) -> go.Figure:
    """Log-log curves by name, each with its look; those without points are left out."""
    figure, colour = go.Figure(), SAMPLERS[sampler].colour(dark)
    for name, (curve, (symbol, dash)) in curves.items():
        if not curve:
            continue
        figure.add_trace(
            go.Scatter(
                x=[m.steps for m in curve],
                y=[m.value for m in curve],
                mode="lines+markers",
                name=name,
                **plain_look(colour, symbol, dash),
                hovertext=[
                    f"{name}<br>T = {m.steps:,}<br>TV = {with_error(m.value, m.error)}"
                    for m in curve
                ],
                hoverinfo="text",
            )
        )
    steps = sorted({m.steps for curve, _ in curves.values() for m in curve})
    ticks = [t for t in steps if t & (t - 1) == 0] or steps  # powers of two do not crowd
    figure.update_layout(
        template=figure_template(dark),
        height=height,
        xaxis={
            "type": "log",
            "title": {"text": phrase("number-of-steps-t")},
            "tickvals": ticks,
            "ticktext": [f"{t}" for t in ticks],
        },
        yaxis={"type": "log", "title": {"text": quantity}, "dtick": "D2"},
    )
    return figure
