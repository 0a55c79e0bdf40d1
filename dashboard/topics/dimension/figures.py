"""Distance against the dimension, and the T that a dimension needs, both on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.marks import SAMPLERS
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template, two_lines
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import rounded, superscript
from dashboard.topics.dimension.measure import Curve
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/dimension")
LOWEST = 1e-12  # a distance below is rounding
AXIS = phrase("dimension-d")
BAND = 0.22  # opacity of the room between two bounds

Bounds = Mapping[str, Sequence[Theorem]]


@drawn_once
def growth_figure(
    curves: Mapping[str, Curve],
    labels: Mapping[str, str],
    bounds: Bounds,
    steps: int,
    quantity: str,
    dark: bool,
) -> go.Figure:
    """Measured curves, bands where only bounds are known, and the shapes of proven bounds."""
    figure = go.Figure()
    for name, curve in curves.items():
        for trace in _curve(name, labels[name], curve, dark):
            figure.add_trace(trace)
    for name, curve in curves.items():
        for bound in bounds.get(name, ()):
            form = [bound(d, steps) for d in curve.dims]
            known = [v / f for v, f in zip(curve.high, form, strict=True) if LOWEST < v < math.inf]
            if known:
                shape = [max(known) * f for f in form]
                figure.add_trace(_shape(name, labels[name], curve.dims, shape, bound, dark))
    values = [v for c in curves.values() for v in (*c.low, *c.high) if LOWEST < v < math.inf]
    return _laid_out(figure, quantity, values, bool(bounds), dark)


def _curve(name: str, label: str, curve: Curve, dark: bool) -> list[go.Scatter]:
    mark = SAMPLERS[name].scatter(dark)
    if curve.exact:
        return [
            go.Scatter(
                x=curve.dims,
                y=[v if LOWEST < v < math.inf else None for v in curve.low],
                mode="lines+markers",
                name=phrase("measured", label=label),
                hovertext=[
                    f"{label}<br>d = {d:,}<br>{rounded(v, 5)}"
                    for d, v in zip(curve.dims, curve.low, strict=True)
                ],
                hoverinfo="text",
                **mark,
            )
        ]
    words = [
        phrase("d-between-and", label=label, d=f"{d:,}", a=rounded(a), b=rounded(b))
        for d, a, b in zip(curve.dims, curve.low, curve.high, strict=True)
    ]
    common = {"x": curve.dims, "hovertext": words, "hoverinfo": "text", "legendgroup": name}
    low = go.Scatter(y=curve.low, mode="lines", showlegend=False, line=mark["line"], **common)
    high = go.Scatter(
        y=curve.high,
        mode="lines+markers",
        fill="tonexty",
        fillcolor=_faint(SAMPLERS[name].colour(dark)),
        name=phrase("between-bounds", label=label),
        **common,
        **mark,
    )
    return [low, high]


def _faint(colour: str) -> str:
    """The colour of a band through which others can be seen."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {BAND})"


def _shape(
    name: str,
    label: str,
    dims: Sequence[int],
    values: Sequence[float],
    bound: Theorem,
    dark: bool,
) -> go.Scatter:
    formula = bound_text(bound)
    return go.Scatter(
        x=dims,
        y=values,
        name=phrase("upper-bound-like", label=label, formula=formula),
        **SAMPLERS[name].bound(dark),
        hovertext=phrase(
            "shape-of-a-proven-upper",
            formula=bound.formula,
            source=bound.source,
            arxiv=bound.arxiv,
            name=spoken(bound.name),
            evidence=spoken(bound.evidence),
        ),
        hoverinfo="text",
    )


def bound_text(bound: Theorem) -> str:
    """The powers of d, such as d² + d⁶."""
    powers = sorted({term.dim for term in bound.exact})
    return f" {phrase('and')} ".join(_power_text(a) for a in powers)


@drawn_once
def needed_figure(
    needed: Mapping[str, Mapping[int, int | None]],
    labels: Mapping[str, str],
    bounds: Bounds,
    dark: bool,
) -> go.Figure:
    """T against d at a fixed TV, with the powers of d that the theorems ask for."""
    figure = go.Figure()
    for name, found in needed.items():
        points = [(d, steps) for d, steps in found.items() if steps is not None]
        if not points:
            continue
        figure.add_trace(
            go.Scatter(
                x=[d for d, _ in points],
                y=[steps for _, steps in points],
                mode="lines+markers",
                name=phrase("measured", label=labels[name]),
                hovertext=[
                    phrase("d-needs-t", labels=labels[name], d=f"{d:,}", t=f"{t:,}")
                    for d, t in points
                ],
                hoverinfo="text",
                **SAMPLERS[name].scatter(dark),
            )
        )
        for bound in bounds.get(name, ()):
            power = bound.steps_power
            least = max(steps / d**power for d, steps in points)
            shape = [least * d**power for d in found]
            trace = _shape(name, labels[name], list(found), shape, bound, dark)
            trace.name = phrase(
                "enough-by-theorem-like", labels=labels[name], bound=steps_text(bound)
            )
            figure.add_trace(trace)
    values = [t for found in needed.values() for t in found.values() if t is not None]
    return _laid_out(figure, phrase("steps-t-for-tv-at"), values, True, dark)


def steps_text(bound: Theorem) -> str:
    """How T has to grow with d to keep the bound at rest, without log factors."""
    return _power_text(bound.steps_power)


def _power_text(power: float) -> str:
    if power in (0, 1):
        return "d" if power else "k"
    return f"d{superscript(int(power))}"


def _laid_out(
    figure: go.Figure, quantity: str, values: Sequence[float], room: bool, dark: bool
) -> go.Figure:
    low, high = (math.log10(f(values)) for f in (min, max)) if values else (-3.0, 0.0)
    figure.update_layout(
        template=figure_template(dark),
        height=520,
        xaxis={"type": "log", "title": {"text": AXIS}, "dtick": 1, "range": [-0.25, 6.25]},
        yaxis={
            "type": "log",
            "title": {"text": two_lines(quantity)},
            "range": [low - 0.25, high + (0.5 if room else 0.25)],
            "dtick": 1 if high - low > 2 else "D2",
        },
        hovermode="closest",
    )
    return figure
