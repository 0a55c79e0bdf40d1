"""What more samples bring, and what a sampler remembers of its training set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.marks import MARKER_SIZE, Mark, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.topics.learned_score.figures import (
    EMPIRICAL,
    EXACT,
    FAINT,
    HEIGHT,
    LOOKS,
    MODEL,
    NAMES,
    clear,
    dots,
    line,
    rug,
    square,
)
from dashboard.topics.learned_score.generalisation import Memory, Output, Point
from diffusion_core import Measurement
from diffusion_core.distances.of_masses import Distance

phrase = prose("phrases/learned_score")
SHORT = {"learned": phrase("learned"), "empirical": phrase("exact-for-samples")}
Bars = list[tuple[str, list[Distance | None], Mark]]

Curves = Mapping[str, Sequence[Point]]


@drawn_once
def sizes_figure(curves: Curves, dark: bool) -> go.Figure:
    """eps_score and eps_Jacobi against n."""
    figure = go.Figure()
    for kind, points in curves.items():
        n = [p.samples for p in points]
        for name, sizes, symbol in (
            ("ε<sub>score</sub>", [p.score for p in points], "circle"),
            ("ε<sub>Jacobi</sub>", [p.jacobi for p in points], "square-open"),
        ):
            figure.add_trace(_measured(n, sizes, f"{name}, {NAMES[kind]}", kind, symbol, dark))
    return _against_n(figure, curves, phrase("size-of-the-scores-error"), dark)


@drawn_once
def tv_figure(curves: Curves, exact: Measurement | None, at_least: bool, dark: bool) -> go.Figure:
    """TV(q_1, p_1) against n, and that of the exact score as a line."""
    figure = go.Figure()
    for kind, points in curves.items():
        seen = [(p.samples, Distance(p.tv.value, p.tv.error)) for p in points if p.tv is not None]
        n, values = [n for n, _ in seen], [v for _, v in seen]
        figure.add_trace(_measured(n, values, NAMES[kind], kind, "circle", dark))
    if exact is not None:
        counts = sorted({p.samples for points in curves.values() for p in points}) or [20, 1000]
        ends = [counts[0] / 1.3, counts[-1] * 1.3]
        figure.add_trace(line(ends, [exact.value] * 2, phrase("exact-score"), EXACT, dark))
    title = phrase("tv-q1-p1-at-least") if at_least else phrase("tv-q1-p1-exact")
    return _against_n(figure, curves, title, dark)


def _measured(
    n: Sequence[int], values: Sequence[Distance], name: str, kind: str, symbol: str, dark: bool
) -> go.Scatter:
    colour = LOOKS[kind].colour(dark)
    return go.Scatter(
        x=n,
        y=[v.value for v in values],
        mode="lines+markers",
        name=name,
        line={"color": colour, "dash": "solid" if symbol == "circle" else "dot"},
        marker={"color": colour, "symbol": symbol, "size": MARKER_SIZE, "line": {"width": 2}},
        hovertext=[
            f"{name}<br>n = {k:,}<br>{with_error(v.value, v.error)}"
            for k, v in zip(n, values, strict=True)
        ],
        hoverinfo="text",
    )


def _against_n(figure: go.Figure, curves: Curves, title: str, dark: bool) -> go.Figure:
    counts = sorted({p.samples for points in curves.values() for p in points})
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 24},
        showlegend=True,
        xaxis={
            "type": "log",
            "title": {"text": phrase("training-samples-n")},
            "tickvals": counts,
            "ticktext": [f"{n:,}" for n in counts],
        },
        yaxis={"type": "log", "title": {"text": title}, "dtick": "D2"},
    )
    return figure


@drawn_once
def memory_figure(found: Sequence[Memory], dark: bool) -> go.Figure:
    """Bars: TV to the truth and to the training set; without those, mean nearest distances."""
    exact = all(m.training is not None and m.truth is not None for m in found)
    names = [f"{SHORT[m.kind]}<br>n = {m.samples:,}" for m in found]
    if exact:
        rows: Bars = [
            (phrase("tv-to-the-truth"), [m.truth for m in found], EXACT),
            (phrase("tv-to-the-training-set"), [m.training for m in found], EMPIRICAL),
        ]
        title = phrase("total-variation")
    else:
        rows = [
            (phrase("fresh-draws"), [m.nearest.fresh for m in found], EXACT),
            ("output", [m.nearest.output for m in found], MODEL),
            (phrase("noised-training-set"), [m.nearest.noised for m in found], EMPIRICAL),
        ]
        title = phrase("distance-to-a-training-point")
    figure = go.Figure()
    for name, values, mark in rows:
        known = [v for v in values if v is not None]
        figure.add_trace(
            go.Bar(
                x=names,
                y=[v.value for v in known],
                name=name,
                marker={"color": mark.colour(dark)},
                text=[rounded(v.value) for v in known],
                textposition="outside",
                cliponaxis=False,
                hoverinfo="skip",
            )
        )
    figure.update_layout(
        template=figure_template(dark),
        height=HEIGHT,
        margin={"t": 32},
        barmode="group",
        yaxis={"title": {"text": title}, "rangemode": "tozero"},
    )
    return figure


@drawn_once
def output_figure(found: Mapping[str, Output], dark: bool) -> go.Figure:
    """q_1 of the runs over p_1 on the line; in the plane their points over the training set."""
    first, last = next(iter(found.values())), list(found.values())[-1]
    figure = go.Figure()
    if first.p is None:
        figure.add_trace(dots(last.training, theme(dark).axis))
        for kind, out in found.items():
            colour = LOOKS[kind].colour(dark)
            marker = {"size": 4, "color": colour, "opacity": 0.55}
            shown = {"mode": "markers", "name": NAMES[kind], "marker": marker}
            figure.add_trace(go.Scatter(x=out.x[:, 0], y=out.x[:, 1], hoverinfo="skip", **shown))
        square(figure)
    else:
        truth = line(first.x, first.p, phrase("p1-the-truth"), EXACT, dark)
        truth.update(fill="tozeroy", fillcolor=clear(EXACT.colour(dark), FAINT))
        figure.add_trace(truth)
        top = 2 * float(first.p.max())
        for kind, out in list(found.items())[::-1]:
            if out.q is not None:
                figure.add_trace(line(out.x, out.q, f"q₁, {NAMES[kind]}", LOOKS[kind], dark))
                top = max(top, 1.05 * float(out.q.max()))
        figure.add_trace(rug(last.training[:, 0], -0.03 * top, dark))
        figure.update_xaxes(title={"text": "x"}, range=[first.x[0], first.x[-1]])
        figure.update_yaxes(title={"text": phrase("density")}, range=[-0.06 * top, top])
    figure.update_layout(template=figure_template(dark), height=HEIGHT, margin={"t": 24})
    return figure
