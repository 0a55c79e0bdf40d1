"""Distance against N for samplers of sequences, and what parallel steps cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.marks import DISCRETE, OUTPUT, TARGET, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import with_error
from dashboard.topics.discrete.words import QUANTITIES, SAMPLERS
from diffusion_core import Measurement
from diffusion_core.studies.discrete import Dependence

phrase = prose("phrases/discrete")
SHAPES = {"tv": (0.5, phrase("shape-1-rootn-of-upper")), "kl": (1.0, phrase("shape-1-n-of-upper"))}
LOWEST = 1e-9  # below it a curve is rounding


@drawn_once
def curves_figure(
    curves: Mapping[str, Sequence[Measurement]],
    bound: Sequence[tuple[int, float]],
    metric: str,
    dark: bool,
) -> go.Figure:
    """Log-log curves; bound: (N, what unmasking is proven to be below), maybe none."""
    figure = go.Figure()
    seen = {name: [m for m in curve if m.value > LOWEST] for name, curve in curves.items()}
    for name, curve in seen.items():
        if curve:
            figure.add_trace(_measured(name, curve, dark))
    points = [m for curve in seen.values() for m in curve]
    if points:
        figure.add_trace(_shape(points, metric, dark))
    inside = [(n, value) for n, value in bound if value > LOWEST]
    if inside:
        figure.add_trace(
            go.Scatter(
                x=[n for n, _ in inside],
                y=[value for _, value in inside],
                mode="lines+markers",
                name=phrase("unmasking-proven-upper-bound-arxiv"),
                line={"color": DISCRETE["unmasking"].colour(dark), "dash": "dot", "width": 1.5},
                marker={"symbol": "line-ew-open", "size": 14},
            )
        )
    numbers = sorted({m.steps for m in points})
    ticks = {"tickvals": numbers, "ticktext": [f"{n}" for n in numbers]}
    figure.update_layout(
        template=figure_template(dark),
        height=480,
        xaxis={"type": "log", "title": {"text": phrase("number-of-steps-n")}, **ticks},
        yaxis={"type": "log", "title": {"text": QUANTITIES[metric]}, "dtick": "D2"}
        | ({"dtick": 1} if points and _decades(points) > 4 else {}),
    )
    return figure


def _decades(points: Sequence[Measurement]) -> float:
    values = [m.value for m in points]
    return math.log10(max(values) / min(values))


def _measured(name: str, curve: Sequence[Measurement], dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[m.steps for m in curve],
        y=[m.value for m in curve],
        mode="lines+markers",
        name=phrase("measured", samplers=SAMPLERS[name]),
        hovertext=[
            phrase(
                "n-questions",
                samplers=SAMPLERS[name],
                steps=f"{m.steps:,}",
                nfe=f"{m.nfe:,}",
                value=with_error(m.value, m.error),
            )
            for m in curve
        ],
        hoverinfo="text",
        **DISCRETE[name].scatter(dark),
    )


def _shape(points: Sequence[Measurement], metric: str, dark: bool) -> go.Scatter:
    """The rate through the measured point that lies highest above it."""
    power, label = SHAPES[metric]
    numbers = sorted({m.steps for m in points})
    constant = max(m.value * m.steps**power for m in points)
    return go.Scatter(
        x=numbers,
        y=[constant * n**-power for n in numbers],
        mode="lines",
        name=label,
        line={"color": theme(dark).axis, "dash": "dash", "width": 1.5},
    )


@drawn_once
def dependence_figure(found: Dependence, dark: bool) -> go.Figure:
    """KL of unmasking against its number of steps, with the total correlation and the bound."""
    steps = [p.steps for p in found.parallel]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=steps,
            y=[p.kl.value for p in found.parallel],
            mode="lines+markers",
            name=phrase("kl-of-unmasking-measured"),
            hovertext=[
                phrase(
                    "steps-at-most-tokens-each",
                    steps=p.steps,
                    most=p.most,
                    value=f"{p.kl.value:.4g}",
                )
                for p in found.parallel
            ],
            hoverinfo="text",
            **OUTPUT.scatter(dark),
        )
    )
    figure.add_trace(
        go.Scatter(
            x=steps,
            y=[p.bound for p in found.parallel],
            mode="lines",
            name=phrase("proven-upper-bound-arxiv-2505"),
            line={"color": OUTPUT.colour(dark), "dash": "dot", "width": 1.5},
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[steps[0], steps[-1]],
            y=[found.total] * 2,
            mode="lines",
            name=phrase("total-correlation-of-the-target"),
            line={"color": TARGET.colour(dark), "width": 2},
        )
    )
    top = max(found.total, *(p.kl.value for p in found.parallel))
    figure.update_layout(
        template=figure_template(dark),
        height=400,
        xaxis={"title": {"text": phrase("number-of-steps-n")}, "dtick": 1},
        yaxis={"title": {"text": phrase("nats")}, "range": [0, 1.6 * top or 1]},
    )
    return figure
