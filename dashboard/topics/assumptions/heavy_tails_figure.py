"""TV against T for laws whose tails differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.figures.family import family_figure
from dashboard.figures.once import drawn_once
from dashboard.prose import prose
from diffusion_core import Measurement

phrase = prose("phrases/assumptions")
LOOKS = (
    ("triangle-up-open", "dot"),
    ("square-open", "dashdot"),
    ("diamond-open", "dash"),
    ("circle", "solid"),
)


@drawn_once
def tails_figure(
    curves: Mapping[str, Sequence[Measurement]], sampler: str, dark: bool
) -> go.Figure:
    """One curve for each law, log-log."""
    drawn = {law: (curve, look) for (law, curve), look in zip(curves.items(), LOOKS, strict=True)}
    figure = family_figure(drawn, sampler, phrase("tv-q1-p1-exact"), 400, dark)
    return figure.update_layout(margin={"t": 24})
