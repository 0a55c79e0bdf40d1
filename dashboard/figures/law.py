"""What a schedule does to the law p_t: over space and time on the line, at five t in the plane."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.marks import LAW_SCALE, theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template
from dashboard.prose import prose
from diffusion_core.schedules import Array

phrase = prose("phrases/figures")
DASHES = {0.05: "dot", 0.25: "dash", 0.5: "solid", 0.75: "dash", 0.95: "dot"}
MOST_PEAKS = 4.0  # colours end at this many times the peak of N(0, I)


def colour_scale(dark: bool) -> list[list[Any]]:
    """From the background through the blue of p to its strongest tone, ever further from it."""
    return [[i / 3, colour] for i, colour in enumerate(LAW_SCALE[dark])]


def colours_end(density: Array, dim: int) -> float:
    """The density of the strongest colour."""
    return float(min(density.max(), MOST_PEAKS * (2 * math.pi) ** (-dim / 2)))


@drawn_once
def space_time_figure(
    times: Sequence[int],
    x: Array,
    density: Array,
    quantiles: Mapping[float, Array],
    noise: Mapping[float, float],
    dark: bool,
) -> go.Figure:
    """p_t as colour over t (across) and x (up), density (F, G), with its quantiles as lines.

    noise: the quantiles of N(0, 1), marked at the end, where they should be met.
    """
    even = len(x) // 2 * 2
    ink = theme(dark).text
    heat = {
        "type": "heatmap",
        "x": np.array(times),
        "y": x[:even].reshape(-1, 2).mean(axis=1),
        "z": density[:, :even].reshape(len(times), -1, 2).mean(axis=2).T.astype("f4"),
        "zmin": 0,
        "zmax": colours_end(density, 1),
        "colorscale": colour_scale(dark),
        "colorbar": {"title": {"text": "p<sub>t</sub>(x)"}, "outlinewidth": 0, "thickness": 14},
        "hovertemplate": "t = %{x}, x = %{y:.2f}<br>p = %{z:.3g}<extra></extra>",
    }
    lines = [
        trace for level, line in quantiles.items() for trace in _quantile(times, level, line, dark)
    ]
    layout = {
        "template": figure_template(dark),
        "height": 440,
        "margin": {"t": 24},
        "xaxis": {
            "title": {"text": phrase("t-from-data-to-noise")},
            "showgrid": False,
            "range": [times[0], times[-1]],
        },
        "yaxis": {"title": {"text": "x"}, "showgrid": False, "range": [x[0], x[-1]]},
    }
    return go.Figure({"data": [heat, *lines, _marks(times[-1], noise, ink)], "layout": layout})


def _quantile(
    times: Sequence[int], level: float, line: Array, dark: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A line, and below it a wider one in the background's colour: seen on any density."""
    name = phrase("median") if level == 0.5 else f"{100 * level:g} %"
    colours = theme(dark)
    curve = {"type": "scatter", "x": np.array(times), "y": line, "mode": "lines"}
    ground = {"color": colours.background, "width": 3.4}
    return (
        curve | {"line": ground, "showlegend": False, "hoverinfo": "skip", "meta": "ground"},
        curve
        | {
            "name": name,
            "line": {"color": colours.text, "width": 1.6, "dash": DASHES[level]},
            "hovertemplate": f"t = %{{x}}, {name}: %{{y:.3f}}<extra></extra>",
        },
    )


def _marks(end: int, noise: Mapping[float, float], ink: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [end] * len(noise),
        "y": list(noise.values()),
        "mode": "markers",
        "name": phrase("quantiles-of-n-0-1"),
        "marker": {"symbol": "diamond-open", "size": 10, "color": ink, "line": {"width": 2}},
        "cliponaxis": False,
        "hovertemplate": "N(0, 1): %{y:.3f}<extra></extra>",
    }


@drawn_once
def multiples_figure(
    pictures: Sequence[tuple[str, Array]], extent: Sequence[float], dark: bool
) -> go.Figure:
    """Rasters of densities in the plane with one colour scale, each under its title."""
    columns = 3
    rows = math.ceil(len(pictures) / columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[title for title, _ in pictures],
        horizontal_spacing=0.02,
        vertical_spacing=0.1,
    )
    size = pictures[0][1].shape[0]
    x0, x1, y0, y1 = extent
    x, y = np.linspace(x0, x1, size), np.linspace(y0, y1, size)
    for i, (title, raster) in enumerate(pictures):
        trace = go.Heatmap(
            x=x,
            y=y,
            z=raster.astype("f4"),
            coloraxis="coloraxis",
            name=title,
            hovertemplate="(%{x:.2f}, %{y:.2f})<br>p = %{z:.3g}<extra>" + title + "</extra>",
        )
        figure.add_trace(trace, row=i // columns + 1, col=i % columns + 1)
    end = max(colours_end(raster, 2) for _, raster in pictures)
    bar = {
        "title": {"text": phrase("density")},
        "orientation": "h",
        "y": -0.16 / rows,  # below the titles of the last row's axes
        "yanchor": "top",
        "outlinewidth": 0,
        "thickness": 14,
    }
    figure.update_layout(
        template=figure_template(dark),
        height=200 * rows + 160,
        margin={"t": 56},
        coloraxis={"colorscale": colour_scale(dark), "cmin": 0, "cmax": end, "colorbar": bar},
    )
    figure.update_xaxes(showgrid=False, showticklabels=False, ticks="", constrain="domain")
    figure.update_yaxes(showgrid=False, showticklabels=False, ticks="", constrain="domain")
    figure.update_xaxes(title={"text": "x₁"}, row=rows)
    figure.update_yaxes(title={"text": "x₂"}, col=1)
    for i in range(len(pictures)):
        anchor = "x" if i == 0 else f"x{i + 1}"
        figure.update_yaxes(scaleanchor=anchor, row=i // columns + 1, col=i % columns + 1)
    return figure
