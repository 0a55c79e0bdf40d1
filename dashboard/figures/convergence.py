"""Distance against the number of steps, measured, beside the shapes of proven upper bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import SAMPLERS, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template, two_lines
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import superscript, with_error
from diffusion_core import Measurement
from diffusion_core.studies.convergence import Fit, tells_a_rate
from diffusion_core.theory.theorems import Shape

phrase = prose("phrases/figures")
ROOM = 0.75  # decades beyond the measured points in which bounds are still shown
WIDE = 50  # characters of a legend's line that a phone has room for
ROUNDING = 1e-9
RING = 19  # pixels
AXES = {"steps": phrase("number-of-steps-t"), "nfe": phrase("score-evaluations")}


@drawn_once
def convergence_figure(
    curves: Mapping[str, Sequence[Measurement]],
    labels: Mapping[str, str],
    shapes: Mapping[str, Sequence[Shape]],
    fits: Mapping[str, Fit | None],
    axis: str,
    quantity: str,
    dark: bool,
) -> go.Figure:
    """Log-log curves with their errors; ``axis`` is steps or nfe, ``quantity`` names the distance.

    A shape is drawn over the T of its sampler's curve, a fit over the T that it was made from.
    """
    figure = go.Figure()
    for name, curve in curves.items():
        if curve:
            figure.add_trace(_measured(name, labels[name], curve, axis, dark))
    bands = [
        _fitted(name, curves[name], fit, axis, dark)
        for name, fit in fits.items()
        if fit is not None and curves.get(name)
    ]
    doubtful = [m for curve in curves.values() for m in curve if _is_doubtful(m)]
    if doubtful:
        figure.add_trace(_ringed(doubtful, axis, dark))
    for band in bands[:1]:
        band.update(name=phrase("fitted-decay-of-each-curve"), showlegend=True)
    figure.add_traces(bands)
    for name, drawn in shapes.items():
        for shape in drawn:
            if curves.get(name):
                label = _bound_label(labels[name], curves[name], shape, several=len(drawn) > 1)
                figure.add_trace(_bound(name, label, curves[name], shape, axis, dark))
    figure.update_layout(
        template=figure_template(dark),
        height=520,
        xaxis={"type": "log", "title": {"text": AXES[axis]}, **_ticks(curves, axis)},
        yaxis={"type": "log", "title": {"text": two_lines(quantity)}, **_decades(curves, shapes)},
        hovermode="closest",
    )
    return figure


def _at(measured: Measurement, axis: str) -> int:
    return measured.steps if axis == "steps" else measured.nfe


def _measured(
    name: str, label: str, curve: Sequence[Measurement], axis: str, dark: bool
) -> go.Scatter:
    value = np.array([m.value for m in curve], dtype=float)
    error = np.array([m.error for m in curve])
    below = np.minimum(error, 0.95 * value)  # down to the axis would be minus infinity
    return go.Scatter(
        x=[_at(m, axis) for m in curve],
        y=np.where(value > 0, value, np.nan),
        mode="lines+markers",
        name=phrase("measured", label=label),
        error_y={
            "type": "data",
            "array": error,
            "arrayminus": below,
            "visible": bool((error > 0.01 * value).any()),
        },
        hovertext=[
            phrase(
                "t-score-evaluations",
                label=label,
                steps=f"{m.steps:,}",
                nfe=f"{m.nfe:,}",
                value=with_error(m.value, m.error),
            )
            for m in curve
        ],
        hoverinfo="text",
        **SAMPLERS[name].scatter(dark),
    )


def _is_doubtful(m: Measurement) -> bool:
    return m.value > 0 and not tells_a_rate(m.value, m.error)


def _ringed(points: Sequence[Measurement], axis: str, dark: bool) -> go.Scatter:
    """A ring around what no fit takes."""
    ink = theme(dark).text
    return go.Scatter(
        x=[_at(m, axis) for m in points],
        y=[m.value for m in points],
        mode="markers",
        name=phrase("error-above-a-tenth-in"),
        marker={"symbol": "circle-open", "size": RING, "color": ink, "line": {"width": 2}},
        hoverinfo="skip",
    )


def _bound_label(label: str, curve: Sequence[Measurement], shape: Shape, several: bool) -> str:
    """With its source where two theorems may have one formula; in two lines where it is long.

    What runs below a measured point is no bound of what was measured, only its shape.
    """
    holds = all(shape(m.steps) >= m.value * (1 - ROUNDING) for m in curve if m.steps >= 3)
    what = phrase("upper-bound") if holds else phrase("shape-of-a-bound")
    said = f"{label}: {what} ∝ {shape_text(shape)}"
    if several:
        said += f", {shape.theorem.arxiv}"
    return said if len(said) <= WIDE else said.replace(f"{what} ∝", f"{what}<br>∝")


def _bound(
    name: str, label: str, curve: Sequence[Measurement], shape: Shape, axis: str, dark: bool
) -> go.Scatter:
    steps = [m.steps for m in curve]
    evaluations = [_at(m, axis) for m in curve]
    fine = np.geomspace(max(min(steps), 3), max(steps), 40) if len(set(steps)) > 1 else steps
    return go.Scatter(
        x=np.interp(fine, steps, evaluations),
        y=[shape(t) for t in fine],
        name=label,
        **SAMPLERS[name].bound(dark),
        hovertext=phrase(
            "shape-of-a-proven-upper",
            shape=shape_text(shape),
            source=shape.theorem.source,
            arxiv=shape.theorem.arxiv,
            name=spoken(shape.theorem.name),
            anchor_steps=f"{shape.anchor_steps:,}",
        ),
        hoverinfo="text",
    )


def _fitted(name: str, curve: Sequence[Measurement], fit: Fit, axis: str, dark: bool) -> go.Scatter:
    inside = [m for m in curve if fit.steps[0] <= m.steps <= fit.steps[-1]]
    return go.Scatter(
        x=[_at(m, axis) for m in inside],
        y=[fit(m.steps) for m in inside],
        mode="lines",
        line={"color": SAMPLERS[name].colour(dark), "width": 9},
        opacity=0.25,
        showlegend=False,
        hoverinfo="skip",
    )


def shape_text(shape: Shape) -> str:
    """Such as log⁴T / T²."""
    return rate_text(shape.theorem.power, shape.theorem.log_power if shape.with_logs else 0)


def rate_text(power: float, log_power: float) -> str:
    below = {0.5: "√T", 1.0: "T"}.get(power) or f"T{superscript(int(power))}"
    if not log_power:
        return f"1 / {below}"
    above = "log T" if log_power == 1 else f"log{superscript(log_power)}T"
    return f"{above} / {below}"


def _ticks(curves: Mapping[str, Sequence[Measurement]], axis: str) -> dict[str, object]:
    """At the points themselves where they are few, else Plotly's own."""
    values = sorted({_at(m, axis) for curve in curves.values() for m in curve})
    if axis != "steps" or not 1 < len(values) <= 14:
        return {"dtick": "D2"} if values else {}
    return {"tickvals": values, "ticktext": [f"{v}" for v in values]}


def _decades(
    curves: Mapping[str, Sequence[Measurement]], shapes: Mapping[str, Sequence[Shape]]
) -> dict[str, object]:
    """A range around the measured points, and bounds as far as they do not squash the points."""
    values = [m.value for curve in curves.values() for m in curve if m.value > 0]
    if not values:
        return {"range": [-3, 0]}
    low, high = math.log10(min(values)), math.log10(max(values))
    bounds = [
        math.log10(shape(m.steps))
        for name, drawn in shapes.items()
        for shape in drawn
        for m in curves.get(name, ())
        if m.steps >= 3
    ]
    low = min([low, *(b for b in bounds if b > low - ROOM)])
    high = max([high, *(b for b in bounds if b < high + ROOM)])
    return {"range": [low - 0.3, high + 0.25], "dtick": "D2" if high - low < 5 else 1}
