"""Distances of flows against evaluations, and their paths, on the line and in the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import PARTS, SAMPLERS, plain_look, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import with_error
from dashboard.topics.flow_matching import plane
from dashboard.topics.flow_matching.measure import EVALUATIONS, Paths, Point
from diffusion_core.distances.from_particles import Estimate
from diffusion_core.distances.of_masses import Distance
from diffusion_core.studies.flow_matching import METHODS

phrase = prose("phrases/flow_matching")
HEIGHT = 420
SYMBOLS = ("triangle-left", "triangle-right", "star-diamond")  # no sampler's
LOOKS = dict(zip(METHODS, zip(PARTS, SYMBOLS, strict=False), strict=True))


@drawn_once
def distance_figure(
    curves: Mapping[str, Sequence[Point | plane.Point]],
    labels: Mapping[str, str],
    sampler: str,
    dark: bool,
    quantity: str = "TV",
    floor: float | None = None,
) -> go.Figure:
    """A distance to the target's own law against evaluations; "sampler" in that sampler's mark.

    floor: what particles show of the target's own law, where they measure: with their errors.
    """
    figure = go.Figure()
    for name, points in curves.items():
        what = phrase("levels") if name == "sampler" else phrase("many-steps")
        figure.add_trace(
            go.Scatter(
                x=[count for count, _, _ in points],
                y=[found.value for _, _, found in points],
                mode="lines+markers",
                name=labels[name],
                hovertext=[
                    phrase(
                        "evaluations",
                        labels=labels[name],
                        count=f"{count:,}",
                        steps=f"{steps:,}",
                        what=what,
                        quantity=quantity,
                        value=with_error(found.value, found.error),
                    )
                    for count, steps, found in points
                ],
                error_y=_bars([found for _, _, found in points], floor is not None),
                hoverinfo="text",
                **_look(name, sampler, dark),
            )
        )
    if floor is not None:
        last = max(count for points in curves.values() for count, *_ in points)
        line = {"dash": "dot", "width": 1.5, "color": theme(dark).text}
        ends = {"x": [EVALUATIONS[0], last], "y": [floor, floor]}
        figure.add_trace(go.Scatter(**ends, mode="lines", name=phrase("noise-floor"), line=line))
    how = phrase("exact") if floor is None else phrase("by-particles")
    short = floor is not None and quantity == "TV"  # the others span many decades
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis={
            "type": "log",
            "title": {"text": phrase("evaluations-of-velocity-or-score")},
            "tickvals": list(EVALUATIONS),
            "ticktext": [str(count) for count in EVALUATIONS],
        },
        yaxis={
            "type": "log",
            "title": {"text": phrase("to-the-target", quantity=quantity, how=how)},
            "dtick": "D2" if short else 1,
        },
    )
    return figure


def _look(name: str, sampler: str, dark: bool) -> dict[str, Any]:
    """Line and marker of an integrator, or of the sampler beside it."""
    if name not in LOOKS:
        return SAMPLERS[sampler].scatter(dark)
    mark, symbol = LOOKS[name]
    return plain_look(mark.colour(dark), symbol, mark.dash)


def _bars(found: Sequence[Distance | Estimate], shown: bool) -> dict[str, object]:
    error = [one.error for one in found]
    below = [min(one.error, 0.95 * one.value) for one in found]  # down to the axis is infinite
    return {
        "type": "data",
        "array": error,
        "arrayminus": below,
        "visible": shown,
        "width": 3,
    }


@drawn_once
def plane_figure(found: plane.Picture, dark: bool) -> go.Figure:
    """Paths of particles: along the flow, by Euler's steps, and the lines from start to end."""
    chords = np.stack([found.flow[0], found.flow[-1]])
    ink = theme(dark).text
    figure = go.Figure(
        go.Scattergl(
            x=found.behind[:, 0],
            y=found.behind[:, 1],
            mode="markers",
            name=phrase("draws-of-the-target"),
            marker={"color": ink, "size": 4, "opacity": 0.25},
            hoverinfo="skip",
        )
    )
    looks = (
        (phrase("euler", euler=len(found.euler) - 1), found.euler, PARTS[2], "square"),
        (phrase("straight-line"), chords, PARTS[1], "circle"),
        (phrase("flow"), found.flow, PARTS[0], "circle"),
    )
    for name, lines, mark, symbol in looks:
        gap = np.full((1, *lines.shape[1:]), np.nan)  # between one particle's path and the next
        x, y = np.concatenate([lines, gap]).transpose(2, 1, 0).reshape(2, -1)
        colour = mark.colour(dark)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                name=name,
                legendgroup=name,
                line={"color": colour, "dash": mark.dash, "width": 1.6},
                hoverinfo="skip",
            )
        )
        if name != "straight line":
            marker = {"symbol": symbol, "size": 7, "color": colour}
            end = {"x": lines[-1][:, 0], "y": lines[-1][:, 1], "marker": marker}
            look = {"mode": "markers", "legendgroup": name, "showlegend": False}
            figure.add_trace(
                go.Scatter(**end, **look, name=phrase("end", name=name), hoverinfo="skip")
            )
    z, open_ring = found.flow[0], {"symbol": "circle-open", "size": 6, "color": ink}
    figure.add_trace(
        go.Scatter(
            x=z[:, 0],
            y=z[:, 1],
            mode="markers",
            name=phrase("start"),
            marker=open_ring,
            hoverinfo="skip",
        )
    )
    figure.update_layout(template=figure_template(dark), height=HEIGHT + 100)
    figure.update_xaxes(showgrid=False, constrain="domain", title={"text": "x₁"})
    figure.update_yaxes(showgrid=False, constrain="domain", title={"text": "x₂"}, scaleanchor="x")
    return figure


@drawn_once
def paths_figure(found: Paths, dark: bool) -> go.Figure:
    """x against u along the flow, and straight after a reflow."""
    figure = go.Figure()
    for name, lines, mark in (
        (phrase("flow"), found.flow, PARTS[0]),
        (phrase("after-one-reflow"), found.reflowed, PARTS[1]),
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
        xaxis={"title": {"text": phrase("u-from-source-to-target")}},
        yaxis={"title": {"text": "x"}},
    )
    return figure
