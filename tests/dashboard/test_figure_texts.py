"""Every figure is told in words: with numbers, and anew when a control moves."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.navigation import PAGES
from dashboard.text.alternatives import in_words
from diffusion_core import PRESETS, Experiment
from tests.dashboard.visiting import calm, visit

PLANE = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=6)
RESULT = re.compile(r"\d+\.\d|\d·10")  # no count and no t, but a number that was computed
Move = Callable[[AppTest], AppTest]


def choose(label: str, value: object) -> Move:
    """Moves the widget with this label; one that is one choice out of several, or a slider."""

    def move(app: AppTest) -> AppTest:
        kinds = ("selectbox", "select_slider", "slider", "number_input", "button_group")
        [widget] = [w for kind in kinds for w in app.get(kind) if w.label == label]
        return widget.set_value(value).run()

    return move


STEPS = choose("Steps T", 50)
MOVES: dict[str, tuple[dict[str, str], Move]] = {
    "forward": ({}, STEPS),
    "discrete": ({}, choose("Change", 0.4)),
    "convergence": ({"from": "8", "to": "16"}, choose("c₁", 5.0)),
    "budget": ({}, STEPS),
    "schedule_design": ({"T": "5"}, choose("Sampler", "heun")),
    "dimension": ({}, STEPS),
    "imperfect_scores": ({}, choose("Sampler", "ddpm")),
    "learned_score": ({}, STEPS),
    "correctors": ({}, choose("Sampler", "ddpm")),
    "guidance": ({}, STEPS),
    "flow_matching": ({}, choose("Sampler", "heun")),
    "theory": ({}, choose("c₁", 5.0)),
    "why": ({}, STEPS),
    "literature": ({}, choose("Dimension d", 1000)),
}
"""A page with figures: where the visit begins, and a control that changes what they show."""
OTHER_VIEWS = {
    "imperfect_scores": {"view": "waves"},
    "correctors": {"view": "mixing"},
    "assumptions": {"tails": "on"},
}


def texts(app: AppTest) -> list[str]:
    """How figures are told to who does not see them, in the order of the page."""
    return [figure.proto.alt for figure in app.get("plotly_chart")]


@pytest.mark.parametrize("page", MOVES)
def test_every_figure_is_told_with_its_numbers_and_anew_when_a_control_moves(page: str) -> None:
    settings, move = MOVES[page]
    app = calm(visit(page, **settings))
    before = texts(app)
    assert before
    for text in before:
        assert RESULT.search(text), text
    after = texts(calm(move(app)))
    assert after[0] != before[0]


def test_no_page_with_figures_is_left_out() -> None:
    for page in PAGES.keys() - MOVES.keys() - {"assumptions", "learned_score"}:
        assert not texts(visit(page)), page


@pytest.mark.parametrize("page", OTHER_VIEWS)
def test_other_views_are_told_with_their_numbers(page: str) -> None:
    found = texts(calm(visit(page, **OTHER_VIEWS[page])))
    assert found
    for text in found:
        assert RESULT.search(text), text


def test_maps_in_the_plane_are_told_with_their_highest_place() -> None:
    [text, *_] = texts(calm(visit("forward", PLANE, particles="200")))
    assert text.startswith("Maps of the density p_t at t = ")
    assert "t = 0 at most " in text


def test_a_curve_is_told_by_its_ends_and_marks_by_their_span() -> None:
    figure = go.Figure(
        [
            go.Scatter(x=[1, 2, 3], y=[np.nan, 5.0, 0.25], name="p<sub>t</sub>", mode="lines"),
            go.Scatter(x=[2, 0, 1], y=[7, 9, 8], name="draws", mode="markers"),
            go.Scatter(x=[1, 2], y=[3, 4], mode="lines"),
            go.Bar(x=[0.5, 2.0], y=["truth", "samples"], orientation="h", name="TV"),
        ]
    )
    assert in_words(figure, "A figure") == (
        "A figure: p_t from 5 at 2 to 0.250 at 3; "
        "draws, 3 points across from 0 to 2, up from 7 to 9; "
        "TV: truth 0.500, samples 2."
    )


def test_what_lies_beyond_the_ends_of_a_curve_is_told() -> None:
    bump = go.Scatter(x=[0, 1, 2, 3], y=[0.5, 4.0, -1.5, 0.25], name="score")
    assert in_words(go.Figure(bump), "A score") == (
        "A score: score from 0.500 at 0 to 0.250 at 3, at most 4 at 1, at least -1.50 at 2."
    )


def test_a_map_is_told_by_its_largest_value() -> None:
    heat = go.Heatmap(x=[1, 2], y=[5, 6], z=[[0.1, np.nan], [0.2, 0.7]], name="error")
    assert in_words(go.Figure(heat), "A map") == "A map: error at most 0.700, at (2, 6)."
    assert in_words(go.Figure(), "Nothing yet") == "Nothing yet."
