"""Distances of samplers whose score is wrong: against T, and against the error's Jacobian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.family import family_figure
from dashboard.figures.marks import MARKER_SIZE, SAMPLERS, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.topics.imperfect_scores.measure import Floor
from diffusion_core import Measurement

phrase = prose("phrases/imperfect_scores")
HEIGHT = 480
LOOKS = (
    ("circle", "solid"),
    ("square-open", "dash"),
    ("diamond", "dashdot"),
    ("triangle-up-open", "longdash"),
    ("star", "dot"),
    ("x-thin-open", "longdashdot"),
)
FOLDED = "x-open"


@drawn_once
def plateau_figure(
    curves: Mapping[float, Sequence[Measurement]], sampler: str, dark: bool
) -> go.Figure:
    """TV against T, one curve for each size of the error; size 0 is the exact score."""
    drawn = {
        f"ε = {size:g}" if size else phrase("exact-score"): (curve, look)
        for (size, curve), look in zip(curves.items(), LOOKS, strict=False)
    }
    return family_figure(drawn, sampler, phrase("tv-q1-p1-measured"), HEIGHT, dark)


@drawn_once
def floor_figure(
    floors: Sequence[Floor], exact: Measurement | None, sampler: str, dark: bool
) -> go.Figure:
    """TV at the largest T against the error's size, beside the shape of the theorem's term.

    The shape has the power 1 and an unknown constant: it is drawn through the largest point that
    is clearly below 1. exact: what the exact score leaves there.
    """
    figure, mark = go.Figure(), SAMPLERS[sampler]
    figure.add_trace(
        go.Scatter(
            x=[f.size for f in floors],
            y=[f.last.value for f in floors],
            mode="lines+markers",
            name=phrase("measured"),
            hovertext=[
                f"ε = {f.size:g}<br>TV = {with_error(f.last.value, f.last.error)}" for f in floors
            ],
            hoverinfo="text",
            **mark.scatter(dark),
        )
    )
    sizes = [f.size for f in floors]
    if exact is not None:
        figure.add_trace(
            _across(sizes, [exact.value] * 2, phrase("exact-score-measured"), "dash", dark)
        )
    used = [f for f in floors if f.last.value < 0.5]
    if used:
        rate = used[-1].last.value / used[-1].size
        ends = [rate * min(sizes), rate * max(sizes)]
        figure.add_trace(_across(sizes, ends, phrase("like-eps-shape-of-the"), "dot", dark))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT - 80,
        xaxis={"type": "log", "title": {"text": "ε_score"}, "dtick": "D2"},
        yaxis={"type": "log", "title": {"text": phrase("tv-at-the-largest-t-2")}, "dtick": "D2"},
    )
    return figure


def _across(sizes: Sequence[float], ends: list[float], name: str, dash: str, dark: bool) -> Any:
    return go.Scatter(
        x=[min(sizes), max(sizes)],
        y=ends,
        mode="lines",
        name=name,
        line={"color": theme(dark).axis, "dash": dash, "width": 1.5},
        hoverinfo="skip",
    )


@drawn_once
def waves_figure(
    curves: Mapping[str, Sequence[tuple[float, float, Measurement, bool | None]]],
    labels: Mapping[str, str],
    dark: bool,
) -> go.Figure:
    """TV against eps_Jacobi; a point is (frequency, eps_Jacobi, TV, whether the map folds)."""
    figure = go.Figure()
    for name, points in curves.items():
        if not points:
            continue
        look = SAMPLERS[name].scatter(dark)
        symbols = [FOLDED if fold else SAMPLERS[name].symbol for *_, fold in points]
        figure.add_trace(
            go.Scatter(
                x=[jacobi for _, jacobi, _, _ in points],
                y=[m.value for _, _, m, _ in points],
                mode="lines+markers",
                name=labels[name],
                line=look["line"],
                marker=look["marker"] | {"symbol": symbols},
                hovertext=[_point_text(labels[name], *p) for p in points],
                hoverinfo="text",
            )
        )
    if any(fold for points in curves.values() for *_, fold in points):
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=phrase("the-map-folds"),
                marker={"symbol": FOLDED, "size": MARKER_SIZE, "color": theme(dark).text},
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis={"type": "log", "title": {"text": phrase("eps-jacobi-at-one-eps")}, "dtick": "D2"},
        yaxis={"type": "log", "title": {"text": phrase("tv-q1-p1-measured")}, "dtick": "D2"},
    )
    return figure


def _point_text(
    label: str, frequency: float, jacobi: float, found: Measurement, fold: bool | None
) -> str:
    text = phrase(
        "frequency-eps-jacobi", label=label, frequency=f"{frequency:g}", eps=rounded(jacobi)
    )
    return f"{text}TV = {with_error(found.value, found.error)}" + ("<br>folds" if fold else "")
