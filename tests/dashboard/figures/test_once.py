"""A figure is built once for its arguments, and stays as it was made."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.once import drawn_once
from dashboard.figures.style import enlarge, figure_template

MADE = []


@drawn_once
def drawn(values: dict[str, np.ndarray], dark: bool) -> go.Figure:
    MADE.append(dark)
    traces = [go.Scatter(y=y, name=name) for name, y in values.items()]
    return go.Figure(traces, {"template": figure_template(dark), "height": 300})


def test_equal_arguments_are_drawn_once_and_others_again():
    MADE.clear()
    first = drawn({"a": np.array([1.0, 2.0])}, dark=False)
    assert drawn({"a": np.array([1.0, 2.0])}, dark=False) is first
    assert MADE == [False]
    drawn({"a": np.array([1.0, 2.0])}, dark=True)
    assert list(drawn({"a": np.array([1.0, 2.5])}, dark=False).data[0].y) == [1.0, 2.5]
    assert MADE == [False, True, False]


def test_enlarging_leaves_the_figure_and_the_template_as_they_are():
    figure = drawn({"b": np.array([1.0, 2.0])}, dark=False)
    before = figure.to_json(), figure_template(False).to_plotly_json()
    assert enlarge(figure).layout.height == 360
    assert (figure.to_json(), figure_template(False).to_plotly_json()) == before
