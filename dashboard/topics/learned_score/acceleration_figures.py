"""TV against T of a sampler and its accelerated form, with exact and with learned parts."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.figures.family import Look, family_figure
from dashboard.figures.marks import theme
from dashboard.figures.once import drawn_once
from dashboard.prose import prose
from dashboard.topics.learned_score.acceleration import EXACT, Curves, least, names
from dashboard.topics.learned_score.acceleration_words import curve_label
from diffusion_core.scores.learned import BOTH, DERIVATIVES, ONLY

phrase = prose("phrases/learned_score")
HEIGHT = 460
LOOKS: dict[str, Look] = {
    EXACT: ("x-thin-open", "dot"),
    DERIVATIVES: ("circle", "solid"),
    BOTH: ("diamond", "dash"),
    ONLY: ("square-open", "longdashdot"),
}


@drawn_once
def acceleration_figure(
    curves: Curves, pair: tuple[str, str], at_least: bool, dark: bool
) -> go.Figure:
    """One colour for each sampler, one symbol and dash for each way to be given w_t or v_t.

    The least TV that the pair reached with the learned score is drawn across.
    """
    floor = least(curves, pair)
    quantity = phrase("tv-q1-p1-at-least") if at_least else phrase("tv-q1-p1-exact")
    figure = go.Figure()
    for sampler in pair:
        own = {
            curve_label(name): (curves.get(name, []), LOOKS[name[1]])
            for name in names(*pair)
            if name[0] == sampler
        }
        drawn = family_figure(own, sampler, quantity, HEIGHT, dark)
        figure.add_traces(drawn.data)
        figure.update_layout(drawn.layout)
    steps = sorted({m.steps for curve in curves.values() for m in curve})
    if floor is not None and steps:
        figure.add_trace(
            go.Scatter(
                x=[steps[0], steps[-1]],
                y=[floor.value] * 2,
                mode="lines",
                name=phrase("least-tv-with-the-learned"),
                line={"color": theme(dark).axis, "width": 1.5, "dash": "longdash"},
                hoverinfo="skip",
            )
        )
    figure.update_layout(showlegend=True, margin={"t": 24}, legend={"orientation": "h", "y": -0.2})
    return figure
