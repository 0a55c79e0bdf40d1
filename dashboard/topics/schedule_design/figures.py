"""Grids as ticks on the log-SNR axis, their distances as dots, and what moving them costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.marks import LINE_WIDTH, SAMPLERS, SCHEDULES, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.topics.schedule_design.measure import Elsewhere, Row, value
from diffusion_core.schedules import Array

phrase = prose("phrases/schedule_design")
ROW, AROUND = 34, 150  # pixels: a row, and everything above and below
DESIGNED = ("yours", "least", "equal")


@drawn_once
def axis_figure(grids: Mapping[str, tuple[str, Array]], dark: bool) -> go.Figure:
    """Each grid's points as ticks; noise on the left, so that a run goes from left to right.

    grids: label and log-SNR at t = 1..T by name, the first one on top.
    """
    figure = go.Figure()
    for name, (label, points) in grids.items():
        mark = SCHEDULES["custom" if name in DESIGNED else name]
        figure.add_trace(
            go.Scatter(
                x=points,
                y=[label] * len(points),
                mode="markers",
                marker={
                    "symbol": "line-ns",
                    "size": 16,
                    "line": {"width": LINE_WIDTH, "color": mark.colour(dark)},
                },
                hovertext=[
                    f"{label}: t = {t}, log-SNR {rounded(float(p))}"
                    for t, p in enumerate(points, 1)
                ],
                hoverinfo="text",
                showlegend=False,
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=ROW * len(grids) + 90,
        margin={"t": 16},
        xaxis={"title": {"text": phrase("log-snr-noise-to-data")}},
        yaxis=_names([label for label, _ in grids.values()]),
    )
    return figure


def _names(labels: Sequence[str]) -> dict[str, Any]:
    return {
        "categoryorder": "array",
        "categoryarray": list(labels)[::-1],
        "range": [-0.6, len(labels) - 0.4],
        "showgrid": True,
        "ticks": "",
        "tickfont": {"size": 14},
    }


@drawn_once
def comparison_figure(rows: Sequence[Row], sampler: str, dark: bool) -> go.Figure:
    """TV(q_1, p_1) and TV to the data of every grid; the best on top."""
    ordered = sorted(rows, key=lambda row: value(row.tv) or 2.0)
    labels = [_strong(row) for row in ordered]
    colour = SAMPLERS[sampler].colour(dark)
    traces = (
        (phrase("tv-q1-p1-on-these"), "circle", colour, [row.tv for row in ordered]),
        (
            phrase("tv-q1-p0-to-the"),
            "circle-open",
            colour,
            [r.data for r in ordered],
        ),
        (
            phrase("tv-q1-p0-the-named"),
            "x-thin",
            theme(dark).axis,
            [row.own_data for row in ordered],
        ),
    )
    figure = go.Figure()
    for name, symbol, ink, outcomes in traces:
        _dots(figure, name, symbol, ink, labels, [value(outcome) for outcome in outcomes])
    return _dot_layout(figure, labels, phrase("total-variation"), dark)


def _strong(row: Row) -> str:
    return f"<b>{row.label}</b>" if row.name in DESIGNED else row.label


def _dots(
    figure: go.Figure,
    name: str,
    symbol: str,
    ink: str,
    labels: Sequence[str],
    values: Sequence[float | None],
) -> None:
    known = [(label, v) for label, v in zip(labels, values, strict=True) if v]
    if not known:
        return
    figure.add_trace(
        go.Scatter(
            x=[v for _, v in known],
            y=[label for label, _ in known],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "color": ink, "size": 11, "line": {"color": ink, "width": 2}},
            hovertemplate=f"%{{y}}<br>{name}: %{{x:.4g}}<extra></extra>",
        )
    )


def _dot_layout(figure: go.Figure, labels: Sequence[str], title: str, dark: bool) -> go.Figure:
    values = [float(x) for trace in figure.data for x in trace.x] or [1.0]
    low, high = math.log10(min(values)), math.log10(max(values))
    figure.update_layout(
        template=figure_template(dark),
        height=ROW * len(labels) + AROUND,
        margin={"t": 16},
        xaxis={
            "type": "log",
            "title": {"text": title},
            "range": [low - 0.08, high + 0.08],
            "tickvals": (ticks := _ticks(low, high)),
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis=_names(labels),
        hovermode="closest",
    )
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Decades and what divides them, as few as three to seven."""
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), range(1, 10)):
        ticks = [
            float(f"{n}e{k}") for k in range(math.floor(low), math.ceil(high) + 1) for n in steps
        ]
        ticks = [t for t in ticks if low - 0.08 <= math.log10(t) <= high + 0.08]
        if len(ticks) >= 3:
            return ticks
    return [float(f"{10 ** (low + i * (high - low) / 2):.2g}") for i in range(3)]


@drawn_once
def transfer_figure(
    rows: Sequence[Elsewhere], searched: Mapping[str, float], here: str, dark: bool
) -> go.Figure:
    """The moved grid beside what is best in each place. searched: the least error found there."""
    labels = [row.label for row in rows]
    ink, faint = SCHEDULES["custom"].colour(dark), theme(dark).axis
    figure = go.Figure()
    for row in rows:
        ends = [v for v in (value(row.moved), value(row.named.tv) if row.named else None) if v]
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=[row.label] * len(ends),
                mode="lines",
                line={"color": faint, "width": 1.5, "dash": "solid"},
                showlegend=False,
                hoverinfo="skip",
            )
        )
    best = [value(row.named.tv) if row.named else None for row in rows]
    _dots(figure, f"found for {here}, moved", "circle", ink, labels, [value(r.moved) for r in rows])
    _dots(figure, phrase("best-named-grid-there"), "diamond-open", theme(dark).text, labels, best)
    there = [searched.get(row.name) for row in rows]
    _dots(figure, phrase("least-error-found-there"), "star", ink, labels, there)
    return _dot_layout(figure, labels, phrase("tv-q1-p1-same-t"), dark)
