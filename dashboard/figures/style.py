"""The look of every figure: one mark per sampler and per law, one template for light and dark.

A mark is a colour for each theme, a symbol and a dash, so that nothing is told by colour alone.
Filled symbols are deterministic samplers, open ones stochastic; the circle is the plain update, the
triangle the accelerated one, the diamond the one with exact derivatives. The laws' blue and
vermilion are Okabe and Ito's; the samplers' colours were searched to stay apart from each other and
from them under simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009).

Draw with ``st.plotly_chart(figure, theme=None)``, or Streamlit's own theme overrides the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
FONT_SIZE = 15
LINE_WIDTH = 2.5
MARKER_SIZE = 9


@dataclass(frozen=True)
class Mark:
    """How one sampler or law is drawn everywhere."""

    light: str
    dark: str
    symbol: str
    dash: str

    def colour(self, dark: bool) -> str:
        return self.dark if dark else self.light

    def scatter(self, dark: bool) -> dict[str, Any]:
        """Line and marker of a scatter trace: ``go.Scatter(x=, y=, **mark.scatter(dark))``."""
        colour = self.colour(dark)
        return {
            "line": {"color": colour, "dash": self.dash, "width": LINE_WIDTH},
            "marker": {
                "color": colour,
                "symbol": self.symbol,
                "size": MARKER_SIZE,
                "line": {"color": colour, "width": 2},
            },
        }


SAMPLERS: dict[str, Mark] = {
    "ode": Mark("#21a359", "#009262", "circle", "solid"),
    "ddpm": Mark("#b939b8", "#cd49cb", "circle-open", "dash"),
    "ode-accelerated": Mark("#060848", "#abbdfe", "triangle-up", "longdash"),
    "ddpm-accelerated": Mark("#542a00", "#ffd0b7", "triangle-up-open", "dot"),
    "ode-taylor": Mark("#7b6104", "#f4fb8a", "diamond", "dashdot"),
    "ddpm-covariance": Mark("#a657fc", "#8c78ff", "diamond-open", "longdashdot"),
    "ddim": Mark("#00365a", "#afe8fe", "square", "10px,3px"),
    "heun": Mark("#2e0f00", "#d6ac70", "pentagon", "14px,3px,3px,3px,3px,3px"),
    "dpmpp-2m": Mark("#4e4e4e", "#a8a5aa", "star", "3px,6px"),
}

TARGET = Mark("#0072b2", "#56b4e9", "square", "solid")
OUTPUT = Mark("#d55e00", "#e69f00", "x", "dash")
LAWS: dict[str, Mark] = {"target": TARGET, "output": OUTPUT}

SCHEDULES: dict[str, Mark] = {
    "theory": Mark("#3e48d9", "#1975fc", "circle", "solid"),
    "linear": Mark("#d20b00", "#cc0ca8", "circle", "dash"),
    "linear-ddpm": Mark("#978a99", "#898b71", "circle", "dot"),
    "cosine": Mark("#0894f0", "#62c8eb", "circle", "dashdot"),
    "sigmoid": Mark("#74045d", "#746813", "circle", "longdash"),
    "constant": Mark("#302701", "#9cf9fd", "circle", "longdashdot"),
    "karras": Mark("#98417a", "#c4a601", "circle", "10px,3px"),
    "log-snr": Mark("#0807a9", "#bece9a", "circle", "14px,3px,3px,3px,3px,3px"),
    "custom": Mark("#1a030a", "#f1ff83", "circle", "24px,3px"),
}  # curves against t have no markers


@dataclass(frozen=True)
class Theme:
    """The colours around the data; the background and text are those of .streamlit/config.toml."""

    background: str
    text: str
    grid: str
    axis: str


LIGHT = Theme("#ffffff", "#080d12", "#dde3e9", "#68727d")
DARK = Theme("#10151c", "#eaeff4", "#2c3744", "#8d99a5")


def theme(dark: bool) -> Theme:
    return DARK if dark else LIGHT


def figure_template(dark: bool) -> go.layout.Template:
    """The layout that all figures share; readable at 390 pixels and from the back of a room."""
    colours = theme(dark)
    axis = _axis(colours)
    return go.layout.Template(
        layout=go.Layout(
            font={"family": FONT, "size": FONT_SIZE, "color": colours.text},
            title={"font": {"size": 18}, "x": 0, "xref": "paper", "xanchor": "left"},
            paper_bgcolor=colours.background,
            plot_bgcolor=colours.background,
            colorway=[mark.colour(dark) for mark in SAMPLERS.values()],
            colorscale={"sequential": "Cividis", "sequentialminus": "Cividis"},
            coloraxis={"colorbar": {"outlinewidth": 0, "thickness": 14}},
            margin={"l": 16, "r": 16, "t": 48, "b": 16},
            xaxis=axis,
            yaxis=axis,
            legend=_legend(),
            hoverlabel={"font": {"family": FONT, "size": FONT_SIZE}, "align": "left"},
            modebar={
                "bgcolor": "rgba(0,0,0,0)",
                "color": colours.axis,
                "activecolor": colours.text,
            },
            annotationdefaults={"font": {"size": FONT_SIZE, "color": colours.text}},
            shapedefaults={"line": {"color": colours.axis, "width": 1.5}},
        ),
        data={"scatter": [{"line": {"width": LINE_WIDTH}, "marker": {"size": MARKER_SIZE}}]},
    )


def _axis(colours: Theme) -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": colours.grid,
        "linecolor": colours.axis,
        "tickcolor": colours.axis,
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "exponentformat": "power",
        "tickfont": {"size": 14},
        "title": {"font": {"size": 16}, "standoff": 10},
    }


def _legend() -> dict[str, Any]:
    """Below the figure, where it pushes the plot up instead of covering it."""
    return {
        "orientation": "h",
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "x": 0,
        "xanchor": "left",
        "font": {"size": 14},
        "bgcolor": "rgba(0,0,0,0)",
        "itemwidth": 44,
    }


def is_dark() -> bool:
    """Whether this reader's browser shows the dark theme; light where it has not said yet."""
    import streamlit as st

    return st.context.theme.type == "dark"
