"""Noise schedules side by side: what single steps do, and what they have done together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import SCHEDULES, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from diffusion_core.schedules import Array, Chain, Index
from diffusion_core.studies.forward import log_snr, new_share

phrase = prose("phrases/forward")
POINTS = 300  # of a curve
HEIGHT, ENTRY = 460, 26  # pixels: of the panels, and of each entry in the legend below them
DOMAINS = ([0.56, 1.0], [0.0, 0.44])  # of the two panels, from the top
STEP_PANELS = (
    (phrase("beta-t-variance-of-the"), "β<sub>t</sub>"),
    (phrase("1-minus-alpha-t-1"), phrase("new-share")),
)
LEVEL_PANELS = (
    (phrase("abar-t-how-much-of"), "ᾱ<sub>t</sub>"),
    (phrase("log-abar-t-1-minus"), phrase("log-snr-natural-log")),
)


def shown_times(chain: Chain) -> Index:
    """t = 1..T, thinned where they are more than a picture can tell apart."""
    even = np.linspace(1, chain.steps, min(POINTS, chain.steps))
    return np.unique(np.append(np.rint(even), chain.capped)).astype(np.intp)


@drawn_once
def step_figure(
    chains: Mapping[str, Chain], labels: Mapping[str, str], bound: float | None, dark: bool
) -> go.Figure:
    """What single steps do. chains: the chosen schedule first, drawn strong, the others faint.

    bound: of (1 - alpha_t)/(alpha_t - abar_t), where one is proven for the chosen schedule; that is
    at most b exactly where the share of new noise is at most b/(1 + b).
    """
    curves = {}
    for name, chain in chains.items():
        t = shown_times(chain)
        curves[name] = t, (chain.beta[t], new_share(chain, t))
    traces = _traces(curves, labels, dark)
    capped = [(t, float(chain.beta[t])) for chain in chains.values() for t in chain.capped]
    if capped:
        traces.append(_capped(capped, dark))
    steps = next(iter(chains.values())).steps
    if bound is not None:
        traces.append(_proven(bound / (1 + bound), steps, dark))
    axes = [
        {"type": "log", "dtick": _decade_ticks([values[row] for _, values in curves.values()])}
        for row in (0, 1)
    ]
    return _stacked(STEP_PANELS, traces, axes, (), steps, dark)


@drawn_once
def level_figure(chains: Mapping[str, Chain], labels: Mapping[str, str], dark: bool) -> go.Figure:
    """What the steps up to t have done together; the chosen schedule first, as in step_figure."""
    curves = {}
    for name, chain in chains.items():
        t = shown_times(chain)
        curves[name] = t, (chain.abar[t], log_snr(chain, t))
    traces = _traces(curves, labels, dark)
    axes: list[dict[str, Any]] = [{"range": [-0.03, 1.03]}, {}]
    steps = next(iter(chains.values())).steps
    return _stacked(LEVEL_PANELS, traces, axes, (("y", 0.5), ("y2", 0.0)), steps, dark)


Curves = Mapping[str, tuple[Index, tuple[Array, Array]]]


def _traces(curves: Curves, labels: Mapping[str, str], dark: bool) -> list[dict[str, Any]]:
    """Each schedule's curve in both panels; the first one strong, on top, and first to be named."""
    traces = []
    for i, (name, (t, values)) in enumerate(curves.items()):
        mark = SCHEDULES[name]
        look = {
            "line": {"color": mark.colour(dark), "dash": mark.dash, "width": 1.8 if i else 4},
            "legendrank": 1000 if i else 1,
        }
        for row, y in enumerate(values):
            trace = {
                "type": "scatter",
                "x": t,
                "y": np.where(np.isfinite(y), y, np.nan),
                "mode": "lines",
                "name": labels[name],
                "legendgroup": name,
                "showlegend": row == 0,
                "hovertemplate": "%{y:.4g}",
                **_axes(row),
                **look,
            }
            traces.append(trace)
    return traces[2:] + traces[:2]


def _axes(row: int) -> dict[str, str]:
    return {"xaxis": "x2", "yaxis": "y2"} if row else {"xaxis": "x", "yaxis": "y"}


def _stacked(
    panels: Sequence[tuple[str, str]],
    traces: list[dict[str, Any]],
    axes: Sequence[Mapping[str, Any]],
    lines: Sequence[tuple[str, float]],
    steps: int,
    dark: bool,
) -> go.Figure:
    """Two panels over one axis of t, made at once: that is three times as fast as bit by bit."""
    x = {"range": [0, steps * 1.01]}
    titles = [
        {"text": title, "x": 0, "xref": "paper", "xanchor": "left", "showarrow": False}
        | {"y": top, "yref": "paper", "yanchor": "bottom"}
        for (title, _), (_, top) in zip(panels, DOMAINS, strict=True)
    ]
    rules = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": y, "y1": y}
        | {"line": {"dash": "2px,4px", "color": theme(dark).axis, "width": 1.5}}
        for axis, y in lines
    ]
    layout = {
        "template": figure_template(dark),
        "height": HEIGHT + ENTRY * sum(trace.get("showlegend", True) for trace in traces),
        "hovermode": "x unified",
        "annotations": titles,
        "shapes": rules,
        "xaxis": {**x, "anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": {**x, "anchor": "y2", "title": {"text": phrase("t-from-data-to-noise")}},
    }
    for i, (name, axis) in enumerate(zip(("yaxis", "yaxis2"), axes, strict=True)):
        title = {"title": {"text": panels[i][1]}}
        layout[name] = {"domain": DOMAINS[i], "anchor": ("x", "x2")[i], **title, **axis}
    return go.Figure({"data": traces, "layout": layout})


def _capped(capped: Sequence[tuple[int, float]], dark: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [t for t, _ in capped],
        "y": [beta for _, beta in capped],
        "mode": "markers",
        "name": phrase("capped-at-0-999"),
        "marker": {"symbol": "x", "size": 9, "color": theme(dark).text},
        "cliponaxis": False,
        "hovertemplate": phrase("capped"),
        **_axes(0),
    }


def _proven(share: float, steps: int, dark: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [2, steps],
        "y": [share, share],
        "mode": "lines",
        "name": phrase("proven-for-t-at-least", share=rounded(share)),
        "line": {"dash": "2px,4px", "color": theme(dark).text, "width": 2},
        "hoverinfo": "skip",
        **_axes(1),
    }


def _decade_ticks(values: Sequence[Array]) -> int | str:
    """Decades between ticks, at most about six on an axis; within two decades 1, 2 and 5."""
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    decades = math.log10(high / low)
    return max(1, math.ceil(decades / 5)) if decades > 2 else "D2"
