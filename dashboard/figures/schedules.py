"""Noise schedules side by side, and what the chosen one does to the law p_t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.style import SCHEDULES, figure_template, theme
from dashboard.text.numbers import rounded
from diffusion_core.forward import log_snr, new_share
from diffusion_core.schedules import Array, Chain, Index

POINTS = 300  # of a curve
HEIGHT = 600
DASHES = {0.05: "dot", 0.25: "dash", 0.5: "solid", 0.75: "dash", 0.95: "dot"}
MOST_PEAKS = 4.0  # colours end at this many times the peak of N(0, I)

STEP_PANELS = (
    ("β<sub>t</sub>: variance of the noise that step t adds", "β<sub>t</sub>"),
    ("(1 − α<sub>t</sub>)/(1 − ᾱ<sub>t</sub>): how much of the noise is new", "new share"),
)
LEVEL_PANELS = (
    ("ᾱ<sub>t</sub>: how much of the signal is left", "ᾱ<sub>t</sub>"),
    ("log ᾱ<sub>t</sub>/(1 − ᾱ<sub>t</sub>): log signal-to-noise", "log-SNR (natural log)"),
)


def shown_times(chain: Chain) -> Index:
    """t = 1..T, thinned where they are more than a picture can tell apart."""
    even = np.linspace(1, chain.steps, min(POINTS, chain.steps))
    return np.unique(np.append(np.rint(even), chain.capped)).astype(np.intp)


def step_figure(
    chains: Mapping[str, Chain], labels: Mapping[str, str], bound: float | None, dark: bool
) -> go.Figure:
    """What single steps do. chains: the chosen schedule first, drawn strong, the others faint.

    bound: of (1 - alpha_t)/(alpha_t - abar_t), where one is proven for the chosen schedule; that is
    at most b exactly where the share of new noise is at most b/(1 + b).
    """
    figure = _panels(STEP_PANELS, chains, dark)
    for i, (name, chain) in enumerate(chains.items()):
        t = shown_times(chain)
        _draw(figure, name, labels[name], t, (chain.beta[t], new_share(chain, t)), i == 0, dark)
    capped = [(t, float(chain.beta[t])) for chain in chains.values() for t in chain.capped]
    if capped:
        figure.add_trace(_capped(capped, dark), row=1, col=1)
    if bound is not None:
        steps = next(iter(chains.values())).steps
        figure.add_trace(_proven(bound / (1 + bound), steps, dark), row=2, col=1)
    for row in (1, 2):
        figure.update_yaxes(type="log", dtick=_decade_ticks(chains, row), row=row, col=1)
    return figure


def level_figure(chains: Mapping[str, Chain], labels: Mapping[str, str], dark: bool) -> go.Figure:
    """What the steps up to t have done together; the chosen schedule first, as in step_figure."""
    figure = _panels(LEVEL_PANELS, chains, dark)
    for i, (name, chain) in enumerate(chains.items()):
        t = shown_times(chain)
        _draw(figure, name, labels[name], t, (chain.abar[t], log_snr(chain, t)), i == 0, dark)
    figure.update_yaxes(range=[-0.03, 1.03], row=1, col=1)
    line = {"dash": "2px,4px", "color": theme(dark).axis, "width": 1.5}
    figure.add_hline(0.5, row=1, col=1, line=line)
    figure.add_hline(0.0, row=2, col=1, line=line)
    return figure


def _panels(panels: Sequence[tuple[str, str]], chains: Mapping[str, Chain], dark: bool) -> Any:
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=[title for title, _ in panels],
    )
    figure.update_annotations(x=0, xanchor="left", font_size=15)
    figure.update_layout(template=figure_template(dark), height=HEIGHT, hovermode="x unified")
    steps = next(iter(chains.values())).steps
    figure.update_xaxes(range=[0, steps * 1.01])
    figure.update_xaxes(title={"text": "t, from data to noise"}, row=2, col=1)
    for row, (_, name) in enumerate(panels, 1):
        figure.update_yaxes(title={"text": name}, row=row, col=1)
    return figure


def _draw(
    figure: Any,
    name: str,
    label: str,
    t: Index,
    values: Sequence[Array],
    chosen: bool,
    dark: bool,
) -> None:
    mark = SCHEDULES[name]
    for row, y in enumerate(values, 1):
        trace = go.Scatter(
            x=t,
            y=np.where(np.isfinite(y), y, np.nan),
            mode="lines" if len(t) > 1 else "markers",
            name=label,
            legendgroup=name,
            showlegend=row == 1,
            line={
                "color": mark.colour(dark),
                "dash": mark.dash,
                "width": 4 if chosen else 1.8,
            },
            opacity=1 if chosen else 0.85,
            hovertemplate="%{y:.4g}",
        )
        figure.add_trace(trace, row=row, col=1)


def _capped(capped: Sequence[tuple[int, float]], dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[t for t, _ in capped],
        y=[beta for _, beta in capped],
        mode="markers",
        name="capped at 0.999",
        marker={"symbol": "x", "size": 9, "color": theme(dark).text},
        cliponaxis=False,
        hovertemplate="capped",
    )


def _proven(share: float, steps: int, dark: bool) -> go.Scatter:
    return go.Scatter(
        x=[2, steps],
        y=[share, share],
        mode="lines",
        name=f"proven for t ≥ 2: at most {rounded(share)}",
        line={"dash": "2px,4px", "color": theme(dark).text, "width": 2},
        hoverinfo="skip",
    )


def _decade_ticks(chains: Mapping[str, Chain], row: int) -> int | str:
    """Decades between ticks, at most about six on an axis; within two decades 1, 2 and 5."""
    values = [
        chain.beta[1:-1] if row == 1 else new_share(chain, shown_times(chain))
        for chain in chains.values()
    ]
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    decades = math.log10(high / low)
    return max(1, math.ceil(decades / 5)) if decades > 2 else "D2"


# ---- the law


def colour_scale(dark: bool) -> list[list[Any]]:
    """From the background through the blue of p to its strongest tone, ever further from it."""
    colours = (
        ("#10151c", "#1f5f86", "#56b4e9", "#f2f9fe")
        if dark
        else ("#ffffff", "#8cc3e4", "#0072b2", "#00243a")
    )
    return [[i / 3, colour] for i, colour in enumerate(colours)]


def colours_end(density: Array, dim: int) -> float:
    """The density of the strongest colour."""
    return float(min(density.max(), MOST_PEAKS * (2 * math.pi) ** (-dim / 2)))


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
    coarse = density[:, :even].reshape(len(times), -1, 2).mean(axis=2)
    figure = go.Figure(
        go.Heatmap(
            x=np.array(times),
            y=x[:even].reshape(-1, 2).mean(axis=1),
            z=coarse.T.astype("f4"),
            zmin=0,
            zmax=colours_end(density, 1),
            colorscale=colour_scale(dark),
            colorbar={"title": {"text": "p<sub>t</sub>(x)"}, "outlinewidth": 0, "thickness": 14},
            hovertemplate="t = %{x}, x = %{y:.2f}<br>p = %{z:.3g}<extra></extra>",
        )
    )
    ink = theme(dark).text
    for level, line in quantiles.items():
        name = "median" if level == 0.5 else f"{100 * level:g} %"
        figure.add_scatter(
            x=np.array(times),
            y=line,
            mode="lines",
            name=name,
            line={"color": ink, "width": 1.6, "dash": DASHES[level]},
            hovertemplate=f"t = %{{x}}: {name} of the mass below %{{y:.3f}}<extra></extra>",
        )
    figure.add_scatter(
        x=[times[-1]] * len(noise),
        y=list(noise.values()),
        mode="markers",
        name="quantiles of N(0, 1)",
        marker={"symbol": "diamond-open", "size": 10, "color": ink, "line": {"width": 2}},
        cliponaxis=False,
        hovertemplate="N(0, 1): %{y:.3f}<extra></extra>",
    )
    figure.update_layout(
        template=figure_template(dark),
        height=440,
        margin={"t": 24},
        xaxis={
            "title": {"text": "t, from data to noise"},
            "showgrid": False,
            "range": [times[0], times[-1]],
        },
        yaxis={"title": {"text": "x"}, "showgrid": False, "range": [x[0], x[-1]]},
    )
    return figure


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
        "title": {"text": "density"},
        "orientation": "h",
        "y": 0,
        "yanchor": "top",
        "outlinewidth": 0,
        "thickness": 14,
    }
    figure.update_layout(
        template=figure_template(dark),
        height=200 * rows + 130,
        margin={"t": 56},
        coloraxis={"colorscale": colour_scale(dark), "cmin": 0, "cmax": end, "colorbar": bar},
    )
    figure.update_xaxes(showgrid=False, showticklabels=False, ticks="", constrain="domain")
    figure.update_yaxes(showgrid=False, showticklabels=False, ticks="", constrain="domain")
    for i in range(len(pictures)):
        anchor = "x" if i == 0 else f"x{i + 1}"
        figure.update_yaxes(scaleanchor=anchor, row=i // columns + 1, col=i % columns + 1)
    return figure
