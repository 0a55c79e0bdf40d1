"""TV against score evaluations with correctors, and against Langevin steps at one noise level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.marks import MARKER_SIZE, PARTS, SAMPLERS, Mark, plain_look, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import with_error
from dashboard.topics.correctors.measure import BUDGETS, Curves
from diffusion_core.studies.mixing import MIXED, Mixing

phrase = prose("phrases/correctors")
HEIGHT = 420
LOOKS = (
    ("circle", "solid"),
    ("square-open", "dash"),
    ("diamond", "dashdot"),
    ("triangle-up-open", "longdash"),
    ("star", "dot"),
)
SYMBOLS = ("circle", "square", "diamond", "triangle-up")


def counted(count: int) -> str:
    """A curve's name."""
    if count > 1:
        return phrase("several-corrector-steps", count=count)
    return phrase("one-corrector-step") if count else phrase("no-corrector")


@drawn_once
def repair_figure(curves: Curves, sampler: str, ends: Sequence[float], dark: bool) -> go.Figure:
    """TV against score evaluations, one curve for each number of corrector steps.

    ends: between which TV is drawn, so that two figures can be compared.
    """
    figure, colour = go.Figure(), SAMPLERS[sampler].colour(dark)
    for (count, points), (symbol, dash) in zip(curves.items(), LOOKS, strict=False):
        name = counted(count)
        figure.add_trace(
            go.Scatter(
                x=[budget for budget, _ in points],
                y=[m.value for _, m in points],
                mode="lines+markers",
                name=name,
                **plain_look(colour, symbol, dash),
                hovertext=[
                    phrase(
                        "evaluations-t-tv",
                        name=name,
                        nfe=f"{m.nfe:,}",
                        steps=f"{m.steps:,}",
                        value=with_error(m.value, m.error),
                    )
                    for _, m in points
                ],
                hoverinfo="text",
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis={
            "type": "log",
            "title": {"text": phrase("score-evaluations")},
            "tickvals": list(BUDGETS),
            "ticktext": [str(budget) for budget in BUDGETS],
        },
        yaxis=_log(phrase("tv-q1-p1-measured")) | {"range": list(ends)},
    )
    return figure


@drawn_once
def mixing_figure(found: Sequence[Mixing], dark: bool) -> go.Figure:
    """TV(q_n, p_t) against the number n of Langevin steps, one curve for each distance."""
    figure = go.Figure()
    for m, mark, symbol in zip(found, PARTS, SYMBOLS, strict=False):
        name = f"D = {m.modes.distance:g}"
        shown = list(zip(m.steps[1:], m.tv[1:], strict=True))  # no 0 on this axis
        figure.add_trace(
            go.Scatter(
                x=[k for k, _ in shown],
                y=[d.value for _, d in shown],
                name=name,
                hovertext=[
                    phrase("steps-tv", name=name, k=f"{k:,}", value=with_error(d.value, d.error))
                    for k, d in shown
                ],
                hoverinfo="text",
                **_line(mark, symbol, dark),
            )
        )
    last = max((m.steps[-1] for m in found), default=2)
    figure.add_trace(_level([1, last], MIXED, "TV = 1/4", dark))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis=_log(phrase("langevin-steps-n")) | {"dtick": 1},
        yaxis=_log(phrase("tv-q-n-p-t")),
    )
    return figure


@drawn_once
def needed_figure(found: Mapping[float, Sequence[Mixing]], dark: bool) -> go.Figure:
    """The number of steps until TV is 1/4 against the noise 1 - abar, by distance."""
    figure = go.Figure()
    for (distance, laws), mark, symbol in zip(found.items(), PARTS, SYMBOLS, strict=False):
        shown = [m for m in laws if m.needed]
        name = f"D = {distance:g}"
        figure.add_trace(
            go.Scatter(
                x=[m.modes.noise for m in shown],
                y=[m.needed for m in shown],
                name=name,
                hovertext=[
                    phrase(
                        "1-minus-abar-steps-barrier",
                        name=name,
                        noise=f"{m.modes.noise:g}",
                        needed=f"{m.needed:,}",
                        barrier=f"{m.modes.barrier:.2f}",
                    )
                    for m in shown
                ],
                hoverinfo="text",
                **_line(mark, symbol, dark),
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        xaxis=_log(phrase("noise-1-minus-abar-t")) | {"dtick": "D2"},
        yaxis=_log(phrase("steps-until-tv-at-most")) | {"dtick": 1},
    )
    return figure


def _line(mark: Mark, symbol: str, dark: bool) -> dict[str, Any]:
    look = plain_look(mark.colour(dark), symbol, mark.dash, MARKER_SIZE - 2)
    return {"mode": "lines+markers", **look}


def _log(title: str) -> dict[str, Any]:
    return {"type": "log", "title": {"text": title}, "dtick": "D2"}


def _level(x: Sequence[float], y: float, name: str, dark: bool) -> go.Scatter:
    return go.Scatter(
        x=list(x),
        y=[y, y],
        mode="lines",
        name=name,
        line={"color": theme(dark).axis, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
