"""Scores that are learned: losses over t, and scores and their errors in x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.law import colour_scale
from dashboard.figures.marks import LAWS, LINE_WIDTH, PARTS, Mark, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.topics.learned_score.training import Field
from diffusion_core.scores.learned import Loss

phrase = prose("phrases/learned_score")
HEIGHT = 420
EXACT, MODEL, EMPIRICAL = LAWS["target"], LAWS["output"], replace(PARTS[1], dash="dot")
ON_FRESH, EXACT_ON_FRESH = replace(MODEL, dash="solid"), replace(EXACT, dash="dot")
LOOKS = {"exact": EXACT, "learned": MODEL, "empirical": EMPIRICAL}
NAMES = {"learned": phrase("learned"), "empirical": phrase("exact-for-the-samples-alone")}
TALL = 2.0  # times the largest exact loss: beyond, the axis ends
FAINT = 0.22
THIN = 1.3  # pixels: a line with as many cliffs as there are samples
BEYOND = 1.6  # the score's axis, over the largest exact score


@drawn_once
def losses_figure(
    found: Sequence[Loss], training: Mapping[int, float], steps: int, dark: bool
) -> go.Figure:
    """The losses over t; ``training`` alone while the score is being trained."""
    figure = go.Figure()
    if training:
        t = sorted(training)
        figure.add_trace(line(t, [training[k] for k in t], phrase("training-set"), MODEL, dark))
    if found:
        t = [loss.t for loss in found]
        if not training:
            figure.add_trace(
                line(t, [x.training for x in found], phrase("training-set"), MODEL, dark)
            )
        figure.add_trace(line(t, [x.fresh for x in found], phrase("fresh-draws"), ON_FRESH, dark))
        exact, name = [x.fresh_exact for x in found], phrase("exact-score-fresh-draws")
        figure.add_trace(line(t, exact, name, EXACT_ON_FRESH, dark))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        showlegend=True,
        xaxis={"title": {"text": phrase("t-from-noise-to-data")}, "range": [steps + 1, 0.5]},
        yaxis={
            "title": {"text": phrase("error-of-the-predicted-noise")},
            "range": [0, losses_end(found, training)],
        },
        hovermode="x unified",
    )
    return figure


def losses_end(found: Sequence[Loss], training: Mapping[int, float]) -> float:
    """Where the axis of the losses ends: overfitting at small t would flatten all else."""
    largest = max((loss.fresh_exact for loss in found), default=1.0)
    top = max([*training.values(), *(loss.fresh for loss in found), largest])
    return min(1.08 * top, TALL * largest)


def line(x: Any, y: Any, name: str, mark: Mark, dark: bool) -> go.Scatter:
    width = THIN if mark is EMPIRICAL else LINE_WIDTH
    look = {"color": mark.colour(dark), "dash": mark.dash, "width": width}
    return go.Scatter(x=x, y=y, mode="lines", name=name, line=look, hovertemplate="%{y:.4g}")


@drawn_once
def score_figure(found: Field, dark: bool) -> go.Figure:
    """The scores on the line with p_t faint behind, and the training points below."""
    x, figure = found.x[:, 0], go.Figure()
    blue = EXACT.colour(dark)
    figure.add_trace(
        go.Scatter(
            x=x,
            y=found.density,
            yaxis="y2",
            name="p<sub>t</sub>",
            mode="lines",
            line={"width": 0, "color": blue},
            fill="tozeroy",
            fillcolor=clear(blue, FAINT),
            hoverinfo="skip",
        )
    )
    curves = ((phrase("exact-score"), found.exact, EXACT), (phrase("learned"), found.model, MODEL))
    for name, score, mark in (*curves, (NAMES["empirical"], found.empirical, EMPIRICAL)):
        if score is not None:
            figure.add_trace(line(x, score[:, 0], name, mark, dark))
    reach = BEYOND * float(np.abs(found.exact).max())
    figure.add_trace(rug(found.training[:, 0], -0.97 * reach, dark))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        xaxis={"title": {"text": "x"}, "range": [x[0], x[-1]]},
        yaxis={"title": {"text": phrase("score-3")}, "range": [-reach, reach]},
        yaxis2={"overlaying": "y", "visible": False, "range": [0, 2 * found.density.max()]},
    )
    return figure


def clear(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def rug(x: Any, height: float, dark: bool, name: str = phrase("training-set")) -> go.Scatter:
    marker = {"symbol": "line-ns-open", "size": 12, "color": theme(dark).text, "opacity": 0.6}
    return go.Scatter(
        x=x, y=[height] * len(x), mode="markers", name=name, marker=marker, hoverinfo="skip"
    )


@drawn_once
def error_figure(found: Field, dark: bool) -> go.Figure:
    """|e_t| in the plane as colour, with lines of equal p_t and the training points."""
    count, ink = len(found.axes[0]), theme(dark).text
    shape = (count, len(found.axes[1]))
    likely = found.density > 0.01 * found.density.max()
    x, y = found.axes
    bar = {"title": {"text": "|e<sub>t</sub>|"}, "outlinewidth": 0, "thickness": 14}
    heat = go.Heatmap(
        x=x,
        y=y,
        z=found.error.reshape(shape).T.astype("f4"),
        zmin=0,
        zmax=float(found.error[likely].max()),
        colorscale=colour_scale(dark),
        colorbar=bar,
        hovertemplate="(%{x:.2f}, %{y:.2f})<br>|e| = %{z:.3g}<extra></extra>",
    )
    levels = {"start": 0.1, "end": 0.9, "size": 0.4, "coloring": "none"}
    relative = found.density.reshape(shape).T / found.density.max()
    lines = go.Contour(
        x=x,
        y=y,
        z=relative.astype("f4"),
        contours=levels,
        line={"color": ink, "width": 1.2},
        showscale=False,
        name=phrase("p-t-at-10-50"),
        showlegend=True,
        hoverinfo="skip",
    )
    figure = go.Figure([heat, lines, dots(found.training, ink)])
    figure.update_layout(
        template=figure_template(dark), height=HEIGHT + 80, margin={"t": 24}, showlegend=True
    )
    square(figure)
    return figure


def dots(x: Any, colour: str, name: str = phrase("training-set")) -> go.Scatter:
    marker = {"symbol": "circle-open", "size": 8, "color": colour, "line": {"width": 1.2}}
    return go.Scatter(
        x=x[:, 0], y=x[:, 1], mode="markers", name=name, marker=marker, hoverinfo="skip"
    )


def square(figure: go.Figure) -> None:
    figure.update_xaxes(showgrid=False, constrain="domain", title={"text": "x₁"})
    figure.update_yaxes(showgrid=False, constrain="domain", title={"text": "x₂"}, scaleanchor="x")
