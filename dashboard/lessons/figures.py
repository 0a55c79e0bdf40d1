"""The small figures of lessons: a few curves with two axes, in the colours of every page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.marks import OUTPUT, PARTS, SAMPLERS, SCHEDULES, TARGET, Mark
from dashboard.figures.style import figure_template
from dashboard.text.numbers import rounded
from diffusion_core import Measurement
from diffusion_core.schedules import Array

HEIGHT = 400
MARKS: Mapping[str, Mark] = {
    **SCHEDULES,
    **SAMPLERS,
    "target": TARGET,
    "output": OUTPUT,
    "first": PARTS[0],
    "second": PARTS[1],
    "third": PARTS[2],
    "fourth": PARTS[3],
}


@dataclass(frozen=True, eq=False)
class Curve:
    """Points with a name and the mark that they have on every page."""

    label: str
    mark: str
    x: Sequence[float] | Array
    y: Sequence[float] | Array
    points: bool = True


def measured(label: str, mark: str, found: Sequence[Measurement], by: str = "steps") -> Curve:
    """TV against T, or against score evaluations (``by`` nfe)."""
    return Curve(label, mark, [getattr(m, by) for m in found], [m.value for m in found])


def lines(
    curves: Sequence[Curve], across: str, up: str, dark: bool, logs: str = ""
) -> tuple[go.Figure, str]:
    """The figure and its words. logs: "xy" for two logarithmic axes, "x", "y" or none."""
    figure = go.Figure()
    for curve in curves:
        mode = "lines+markers" if curve.points else "lines"
        look = MARKS[curve.mark].scatter(dark)
        figure.add_trace(
            go.Scatter(x=list(curve.x), y=list(curve.y), mode=mode, name=curve.label, **look)
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        showlegend=True,
        xaxis=_axis(across, "x" in logs, [float(x) for c in curves for x in c.x]),
        yaxis=_axis(up, "y" in logs, [float(y) for c in curves for y in c.y]),
        hovermode="closest",
    )
    return figure, _words(curves, across, up)


def _axis(title: str, log: bool, values: Sequence[float]) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": {"text": title}}
    if not log:
        return axis
    ticks = sorted(set(values))
    whole = all(float(v).is_integer() for v in ticks) and len(ticks) <= 12
    if whole:
        return axis | {"type": "log", "tickvals": ticks, "ticktext": [f"{v:g}" for v in ticks]}
    few = ticks[-1] < 50 * ticks[0]  # decades alone would leave the axis nearly without numbers
    return axis | {"type": "log", "dtick": "D2" if few else 1, "minor": {"dtick": "D1"}}


def _words(curves: Sequence[Curve], across: str, up: str) -> str:
    said = [
        f"{c.label} from {rounded(c.y[0])} at {c.x[0]:g} to {rounded(c.y[-1])} at {c.x[-1]:g}"
        for c in curves
    ]
    return re.sub("<[^>]*>", "", f"{up} against {across}: {'; '.join(said)}.")
