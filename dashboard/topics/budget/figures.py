"""Where the error comes from: steps against t, their sums, the account, and laws in x."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import LAWS, PARTS, SAMPLERS, Mark, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template, signs
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.topics.budget import measure
from dashboard.topics.budget.measure import Map, Picture
from dashboard.topics.budget.words import step_names
from diffusion_core import Experiment
from diffusion_core.schedules import Array
from diffusion_core.studies.budget import Budget

phrase = prose("phrases/budget")
SUM = phrase("sum")
HEIGHT, ENTRY, BAR = 400, 26, 34  # pixels: of a figure, of an entry in its legend, of a bar
POINTS, FEW = 500, 40  # of a curve; steps that get a marker each
DECADES = 6.0  # of a logarithmic axis, below its largest value
SCORE = LAWS["output"]  # its bar: what is wrong before any sampler comes
Shown = Picture | Map
DENSITY, DIFFERENCE = [0.46, 1.0], [0.0, 0.36]


@drawn_once
def steps_figure(
    found: Mapping[str, Budget], labels: Mapping[str, str], axis: str, dark: bool
) -> go.Figure:
    """TV(step(p_t), p_{t-1}) of every step, from noise to data."""
    curves = []
    for name, seen in found.items():
        t = np.array([s.t for s in seen.steps])
        local = np.array([s.local.value for s in seen.steps])
        error = np.array([s.local.error for s in seen.steps])
        kept = _thinned(len(t))
        trace = _curve(name, labels[name], t[kept], local[kept], dark)
        trace["customdata"] = error[kept]
        trace["hovertemplate"] = phrase("step-t-pm", labels=labels[name])
        curves.append(trace)
    layout = _against_t(found, axis, phrase("error-that-step-t-adds"), curves, dark)
    return go.Figure({"data": curves, "layout": layout})


@drawn_once
def sums_figure(
    found: Mapping[str, Budget], labels: Mapping[str, str], axis: str, dark: bool
) -> go.Figure:
    """The sum of the parts down to t, and the measured TV(q_t, p_t) below it."""
    curves = []
    for name, seen in found.items():
        t = np.array([t for t, _ in seen.reached])
        kept = _thinned(len(t))
        sums = np.array(seen.partial_sums)[kept]
        measured = np.array([d.value for _, d in seen.reached])[kept]
        bound = _curve(name, phrase("sum-of-its-parts", labels=labels[name]), t[kept], sums, dark)
        bound |= {"mode": "lines"}
        bound["line"] = bound["line"] | {"width": 1.5}
        true = _curve(name, phrase("measured", labels=labels[name]), t[kept], measured, dark)
        true["line"] = true["line"] | {"width": 4}
        for trace, words in (
            (bound, phrase("sum-so-far")),
            (true, "TV(q<sub>t</sub>, p<sub>t</sub>)"),
        ):
            hover = f"{labels[name]}, t = %{{x}}<br>{words}: %{{y:.4g}}<extra></extra>"
            curves.append(trace | {"hovertemplate": hover})
    layout = _against_t(found, axis, phrase("error-so-far-tv"), curves, dark)
    return go.Figure({"data": curves, "layout": layout})


def _thinned(n: int) -> Array:
    """Which of n points a picture can show, both ends among them."""
    return np.unique(np.rint(np.linspace(0, n - 1, min(n, POINTS))).astype(np.intp))


def _curve(name: str, label: str, t: Array, y: Array, dark: bool) -> dict[str, Any]:
    mode = "lines+markers" if len(t) <= FEW else "lines"
    trace = {"type": "scatter", "x": t, "y": y, "mode": mode, "name": label}
    return trace | SAMPLERS[name].scatter(dark)


def _against_t(
    found: Mapping[str, Budget], axis: str, title: str, curves: Sequence[dict[str, Any]], dark: bool
) -> dict[str, Any]:
    first = max(seen.steps[0].t for seen in found.values())
    values = np.concatenate([c["y"][c["y"] > 0] for c in curves])
    y: dict[str, Any] = {"rangemode": "tozero"}
    if axis == "log" and len(values):
        top = math.log10(values.max())
        bottom = max(math.log10(values.min()), top - DECADES)
        ticks = "D2" if top - bottom < 2.5 else 1
        y = {"type": "log", "range": [bottom - 0.2, top + 0.15], "dtick": ticks}
    return {
        "template": figure_template(dark),
        "height": HEIGHT + ENTRY * len(curves),
        "margin": {"t": 24},
        "showlegend": True,
        "xaxis": {
            "title": {"text": phrase("t-from-noise-to-data")},
            "range": [first * 1.01, 0.5],
            "nticks": 8,
        },
        "yaxis": {"title": {"text": title}, **y},
        "hovermode": "closest",
    }


Bars = list[tuple[str, float]]


def account_bars(found: Budget) -> Bars:
    """Name and height of every bar: parts, their sum, what is taken away, the total."""
    bars = [(phrase("initialisation"), found.initialisation.value)]
    for g in found.groups():
        span = f"t = {g.first}" if g.first == g.last else f"t = {g.first}–{g.last}"
        bars.append((span, g.sum.value))
    if found.score.value > 0:
        bars.append((phrase("score"), found.score.value))
    bars.append((SUM, found.sum.value))
    if found.contraction is None or found.cancellation is None:
        bars.append((phrase("contraction-cancellation"), -found.surplus or 0.0))
    else:
        bars.append((phrase("contraction"), -found.contraction or 0.0))
        bars.append((phrase("cancellation"), -found.cancellation or 0.0))
    return [*bars, (phrase("total-measured"), found.total.value)]


@drawn_once
def account_figure(bars: Bars, dark: bool) -> go.Figure:
    """A waterfall from nothing to the sum, and down to the measured total."""
    bases, heights, looks = _waterfall(bars)
    colours = [mark.colour(dark) for mark, _ in looks]
    hatch = {"shape": [shape for _, shape in looks], "fgcolor": theme(dark).background}
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [name for name, _ in bars],
        "x": heights,
        "base": bases,
        "text": [rounded(value).replace("-", "−") for _, value in bars],
        "textposition": "outside",
        "constraintext": "none",
        "cliponaxis": False,
        "marker": {
            "color": colours,
            "line": {"color": colours, "width": 2},
            "pattern": {**hatch, "size": 7, "solidity": 0.25},
        },
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    top = 1.4 * max(b + h for b, h in zip(bases, heights, strict=True))
    layout = {
        "template": figure_template(dark),
        "height": 90 + BAR * len(bars),
        "margin": {"t": 24},
        "xaxis": {
            "title": {"text": phrase("total-variation")},
            "range": [0, top or 1.0],
            "nticks": 6,
        },
        "yaxis": {"autorange": "reversed", "showgrid": False},
        "bargap": 0.25,
    }
    return go.Figure({"data": [trace], "layout": layout})


def _waterfall(bars: Bars) -> tuple[list[float], list[float], list[tuple[Mark, str]]]:
    """Where every bar begins, how long it is, its colour and its hatch."""
    begin, steps, taken, whole = PARTS
    given = SCORE
    bases, heights, looks = [], [], []
    level, sum_at = 0.0, [name for name, _ in bars].index(SUM)
    for i, (name, value) in enumerate(bars):
        total = name == SUM or i == len(bars) - 1
        bases.append(0.0 if total else min(level, level + value))
        heights.append(abs(value))
        level = value if total else level + value
        part = (taken, "\\") if i > sum_at else (begin, "x") if i == 0 else (steps, "/")
        part = (given, ".") if name == "score" else part
        looks.append((whole, "") if total else part)
    return bases, heights, looks


@drawn_once
def picture_figure(shown: Picture, made: str, wanted: str, dark: bool) -> go.Figure:
    """Two densities, and below them where the first has too much and where too little."""
    x, gap = shown.x, shown.difference
    target, output = LAWS["target"], LAWS["output"]
    laws = [
        _density(x, shown.wanted, wanted, target.scatter(dark)["line"]),
        _density(x, shown.made, made, output.scatter(dark)["line"]),
    ]
    signed = [
        _signed(x, np.maximum(gap, 0.0), phrase("in-excess"), output.colour(dark), "/"),
        _signed(x, np.minimum(gap, 0.0), phrase("minus-missing"), target.colour(dark), "\\"),
    ]
    across = {"range": [shown.edges[0], shown.edges[-1]]}
    layout = {
        "template": figure_template(dark),
        "height": HEIGHT + 2 * ENTRY + 60,
        "margin": {"t": 24},
        "annotations": _signs(x, gap),
        "xaxis": {**across, "anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": {**across, "anchor": "y2", "title": {"text": "x"}},
        "yaxis": {"domain": DENSITY, "title": {"text": phrase("density")}, "rangemode": "tozero"},
        "yaxis2": {
            "domain": DIFFERENCE,
            "anchor": "x2",
            "title": {"text": phrase("difference")},
            "zeroline": True,
            "zerolinecolor": theme(dark).axis,
            "zerolinewidth": 1.5,
            "nticks": 5,
        },
    }
    return go.Figure({"data": [*laws, *signed], "layout": layout})


def drawn_step(experiment: Experiment, t: int, dark: bool, place: Any) -> tuple[Shown, go.Figure]:
    """What one step does, on the line or in the plane; place: for progress."""
    if experiment.target.dim == 2:
        shown = measure.step_map(experiment, t, place)
        return shown, map_figure(shown, dark)
    seen = measure.one_step(experiment, t, place)
    return seen, picture_figure(seen, *step_names(t), dark)


def drawn_outcome(experiment: Experiment, dark: bool, place: Any) -> tuple[Shown, go.Figure]:
    """q_1 beside p_1, on the line or in the plane; place: for progress."""
    if experiment.target.dim == 2:
        shown = measure.outcome_map(experiment, place)
        return shown, map_figure(shown, dark)
    seen = measure.outcome(experiment, place)
    return seen, picture_figure(seen, "q₁", "p₁", dark)


@drawn_once
def map_figure(shown: Map, dark: bool) -> go.Figure:
    """Where in the plane mass is in excess and where it is missing; nothing is the background."""
    most = float(np.abs(shown.difference).max(initial=0.0)) or 1.0
    blank, low, high = theme(dark).background, LAWS["target"], LAWS["output"]
    title = {"text": phrase("in-excess-minus-missing-density"), "side": "bottom"}
    heat = {
        "type": "heatmap",
        "x": shown.x,
        "y": shown.y,
        "z": shown.difference.T.astype("f4"),
        "zmin": -most,
        "zmax": most,
        "zsmooth": "best",
        "colorscale": [[0.0, low.colour(dark)], [0.5, blank], [1.0, high.colour(dark)]],
        "colorbar": {"title": title, "orientation": "h", "y": -0.2, "yanchor": "top"}
        | {"outlinewidth": 0, "thickness": 14, "nticks": 5},
        "hovertemplate": phrase("difference-at"),
    }
    layout = {
        "template": figure_template(dark),
        "height": HEIGHT + 3 * ENTRY,
        "margin": {"t": 24}, "annotations": signs(shown.x, shown.y, shown.difference),
        "xaxis": {"title": {"text": "x₁"}, "showgrid": False, "zeroline": False,
                  "constrain": "domain"},
        "yaxis": {"title": {"text": "x₂"}, "showgrid": False, "zeroline": False,
                  "scaleanchor": "x", "constrain": "domain"},
    }  # fmt: skip
    return go.Figure({"data": [heat], "layout": layout})


def _density(x: Array, y: Array, name: str, line: dict[str, Any]) -> dict[str, Any]:
    hover = f"{name}<br>x = %{{x:.3f}}: %{{y:.4g}}<extra></extra>"
    trace = {"type": "scatter", "x": x, "y": y, "name": name, "mode": "lines", "line": line}
    return trace | {"hovertemplate": hover}


def _signed(x: Array, y: Array, name: str, colour: str, hatch: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "width": 1},
        "fill": "tozeroy",
        "fillpattern": {"shape": hatch, "fgcolor": colour, "size": 6, "fillmode": "overlay"},
        "xaxis": "x2",
        "yaxis": "y2",
        "hovertemplate": f"{name}<br>x = %{{x:.3f}}: %{{y:.3g}}<extra></extra>",
    }


def _signs(x: Array, gap: Array) -> list[dict[str, Any]]:
    """A plus at the highest place and a minus at the lowest."""
    size = float(np.abs(gap).max(initial=0.0))
    if not size > 0:
        return []
    places = [(int(gap.argmax()), "+", "bottom"), (int(gap.argmin()), "−", "top")]
    return [
        {"x": x[i], "y": gap[i], "xref": "x2", "yref": "y2", "text": f"<b>{sign}</b>"}
        | {"showarrow": False, "yanchor": anchor, "font": {"size": 18}}
        for i, sign, anchor in places
    ]
