"""One step against its size, and the KL of paths against that of marginals, both log-log."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.marks import LAWS, PARTS, SAMPLERS, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded, superscript
from diffusion_core.distances.of_masses import Distance
from diffusion_core.studies.orders import PathAndMarginal

phrase = prose("phrases/why")
HEIGHT = 440
BELOW = 0.45  # a guide line lies this far below its curve


@drawn_once
def local_figure(
    found: Mapping[str, Sequence[tuple[float, Distance]]],
    labels: Mapping[str, str],
    orders: Mapping[str, int],
    dark: bool,
) -> go.Figure:
    """TV(K p_t, p_{t-1}) against beta, with a guide line for each power that is expected."""
    figure = go.Figure()
    for name, points in found.items():
        figure.add_trace(_measured(name, labels[name], points, dark))
    for power in sorted(set(orders.values())):
        under = [found[name] for name, order in orders.items() if order == power and found[name]]
        lowest = min(under, key=lambda points: points[-1][1].value)
        figure.add_trace(_guide(lowest, power, dark))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT + 26 * len(found),
        margin={"t": 24},
        xaxis={"type": "log", "title": {"text": phrase("size-of-the-step-beta")}, "dtick": "D2"},
        yaxis={
            "type": "log",
            "title": {"text": phrase("error-of-one-step-tv")},
            "dtick": 1,
            "exponentformat": "power",
        },
        hovermode="closest",
    )
    return figure


def _measured(
    name: str, label: str, points: Sequence[tuple[float, Distance]], dark: bool
) -> go.Scatter:
    return go.Scatter(
        x=[beta for beta, _ in points],
        y=[d.value if d.value > 0 else None for _, d in points],
        mode="lines+markers",
        name=label,
        hovertext=[
            f"{label}<br>β = {rounded(beta)}<br>TV = {rounded(d.value, 4)}" for beta, d in points
        ],
        hoverinfo="text",
        **SAMPLERS[name].scatter(dark),
    )


def _guide(points: Sequence[tuple[float, Distance]], power: int, dark: bool) -> go.Scatter:
    last, end = points[-1]
    return go.Scatter(
        x=[beta for beta, _ in points],
        y=[BELOW * end.value * (beta / last) ** power for beta, _ in points],
        mode="lines",
        name=phrase("slope-like-beta", slope=power, power=superscript(power)),
        line={"color": theme(dark).axis, "width": 1.5, "dash": "dot" if power == 2 else "dash"},
        hoverinfo="skip",
    )


@drawn_once
def path_figure(points: Sequence[PathAndMarginal], dark: bool) -> go.Figure:
    """The bound on TV through paths, the one through marginals, and TV itself."""
    curves: list[tuple[str, list[float], dict[str, Any]]] = [
        (phrase("root-kl-of-paths-2"), [p.path_bound for p in points], PARTS[0].scatter(dark)),
        (
            phrase("root-kl-of-marginals-2"),
            [p.marginal_bound for p in points],
            PARTS[1].scatter(dark),
        ),
        (phrase("tv-q1-p1-itself"), [p.tv.value for p in points], LAWS["output"].scatter(dark)),
    ]
    steps = [p.steps for p in points]
    figure = go.Figure()
    for name, values, look in curves:
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=[v if v > 0 else None for v in values],
                mode="lines+markers",
                name=name,
                hovertemplate=f"{name}<br>T = %{{x}}<br>%{{y:.4g}}<extra></extra>",
                **look,
            )
        )
    values = [v for _, found, _ in curves for v in found if v > 0]
    low, high = math.log10(min(values)), math.log10(max(values))
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        xaxis={
            "type": "log",
            "title": {"text": phrase("number-of-steps-t")},
            "tickvals": steps,
            "ticktext": [str(t) for t in steps],
        },
        yaxis={
            "type": "log",
            "title": {"text": phrase("tv-or-what-bounds-it")},
            "range": [low - 0.2, high + 0.2],
            "dtick": 1 if high - low > 2.5 else "D2",
        },
        hovermode="closest",
    )
    return figure
