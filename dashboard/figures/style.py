"""The look of every Plotly figure: one template for light and dark, made of the design language.

Draw with ``frame.plot``: Streamlit's own theme would override the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import (
    FONT,
    FONT_SIZE,
    LARGE,
    LINE_WIDTH,
    MARKER_SIZE,
    SAMPLERS,
    Theme,
    theme,
)
from diffusion_core.schedules import Array

SHORT = 24  # characters of an axis title that fit the least height of a figure


@cache
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


def two_lines(title: str) -> str:
    """The title of an axis that is short on a phone: in two lines where it is long."""
    lines = wrap(title, max(SHORT, len(title) // 2 + 3), break_long_words=False)
    return "<br>".join(lines)


COORDINATES = {"x": 0, "x₁": 0, "x₂": 1}  # how figures title the axes of the target's space


def named_axes(figure: go.Figure, titles: Sequence[str]) -> go.Figure:
    """A copy whose axes of the target's coordinates are titled so; itself without titles.

    They are a reader's words: what Plotly would take for a tag or a link is shown as it is.
    """
    if not titles:
        return figure
    drawn = figure.to_plotly_json()
    for name, axis in drawn["layout"].items():
        title = axis.get("title", {}).get("text") if name[1:5] == "axis" else None
        if title in COORDINATES:
            own = escape(titles[COORDINATES[title]], quote=False)
            axis["title"] = {**axis["title"], "text": two_lines(own)}
    return go.Figure(drawn)


def signs(x: Array, y: Array, z: Array) -> list[dict[str, Any]]:
    """Annotations of a signed map z (X, Y): a plus where it is highest, a minus where lowest."""
    size = float(np.abs(z).max(initial=0.0))
    if not size > 0:
        return []
    places = (("+", int(z.argmax())), ("−", int(z.argmin())))
    look = {"showarrow": False, "font": {"size": 22}}
    spots = [(sign, np.unravel_index(place, z.shape)) for sign, place in places]
    return [{"x": x[i], "y": y[j], "text": f"<b>{sign}</b>"} | look for sign, (i, j) in spots]


def enlarge(figure: go.Figure) -> go.Figure:
    """A copy for the back of a lecture hall: larger type, lines and marks on more height."""
    drawn = figure.to_plotly_json()  # plain: every change of a figure itself is checked
    layout, notes = drawn["layout"], drawn["layout"].get("annotations", ())
    look = layout["template"]["layout"]
    parts = [look["title"], look["legend"], look["hoverlabel"], look["annotationdefaults"], *notes]
    for axis in (look["xaxis"], look["yaxis"]):
        parts += [{"font": axis["tickfont"]}, axis["title"]]
    for font in [look["font"], *(part["font"] for part in parts if "font" in part)]:
        if "size" in font:
            font["size"] *= LARGE
    for trace in drawn["data"]:
        if trace["type"] == "scatter":
            line, marker = trace.setdefault("line", {}), trace.setdefault("marker", {})
            line["width"] = LARGE * line.get("width", LINE_WIDTH)
            size = marker.get("size", MARKER_SIZE)
            if isinstance(size, int | float):
                marker["size"] = LARGE * size
    if "height" in layout:
        layout["height"] *= 1.2
    return go.Figure(drawn)
