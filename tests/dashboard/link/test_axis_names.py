"""A reader's columns name the axes wherever the target's coordinates are shown, and in links."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.experiment.datasets import PENGUIN_COLUMNS
from dashboard.experiment.target import _penguin_points
from dashboard.figures.style import named_axes
from dashboard.link.axis_names import LONGEST, axis_names, name_axes, read, write
from dashboard.page_chrome import to_csv
from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.targets import Points
from tests.dashboard.unpacking import unpack
from tests.dashboard.visiting import address, calm, visit

FEW = Points(((-1.0, 0.5), (0.0, 1.0), (1.0, -1.5)), 0.3)
OWN = Experiment(target=FEW, steps=4, sampler="ddpm")
LINE = Experiment(target=Points(((-1.0,), (0.5,)), 0.3), steps=4)
NAMED = ("body, mass", "50 % quantile_mm")
TITLES = [f"{name}, standardised" for name in NAMED]


def sent(app: AppTest, key: str) -> list[str]:
    """The names that a player has for its axes."""
    [player] = [c for c in app.get("bidi_component") if c.key == key]
    axes: list[str] = unpack(player.proto.bytes)[0]["axes"]
    return axes


def titles(app: AppTest) -> set[str]:
    """Of the axes of all figures of a page."""
    found: set[str] = set()
    for chart in app.get("plotly_chart"):
        layout: dict[str, Any] = json.loads(chart.proto.spec)["layout"]
        axes = [axis for name, axis in layout.items() if name[1:5] == "axis"]
        found |= {
            axis["title"]["text"].replace("<br>", " ")
            for axis in axes
            if axis.get("title", {}).get("text")
        }
    return found


def test_names_come_back_from_a_link() -> None:
    assert read(write(NAMED)) == NAMED


@pytest.mark.parametrize("text", ["", "a,", "a,b,c", "x" * (LONGEST + 1), "a\x00"])
def test_bad_names_are_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match="axes: one or two names of 1 to 60 characters"):
        read(text)


def test_names_belong_to_points_and_leave_with_them() -> None:
    name_axes(FEW, NAMED)
    assert axis_names(Points(FEW.points, 0.1)) == NAMED
    assert axis_names(LINE.target) == axis_names(PRESETS["three-modes"].target) == ()
    for target, names in ((FEW, ("one",)), (PRESETS["three-modes"].target, ("x",))):
        with pytest.raises(InputError, match="axes: one name for each column"):
            name_axes(target, names)


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("trajectories", "reverse chain"),
        ("compare", "side by side"),
        ("forward", "forward chain"),
    ],
)
def test_columns_name_the_axes_of_every_player(page: str, key: str) -> None:
    app = calm(visit(page, OWN, axes=write(NAMED), particles="200"))
    assert sent(app, key) == [title.replace("_", r"\_") for title in TITLES]
    assert address(app)["axes"] == write(NAMED)
    assert "x₁" not in titles(app)
    assert titles(app) >= (set(TITLES) if page == "forward" else set())


@pytest.mark.parametrize("page", ["forward", "budget", "learned_score"])
def test_columns_name_the_axes_of_figures(page: str) -> None:
    app = calm(visit(page, LINE, axes="height"))
    assert "height, standardised" in titles(app)
    assert "x" not in titles(app)


def test_penguins_name_their_axes_until_another_target_is_chosen() -> None:
    penguins = Points(_penguin_points(PENGUIN_COLUMNS), 0.1)
    app = calm(visit("forward", Experiment(target=penguins, steps=4), particles="200"))
    assert address(app)["axes"] == ",".join(PENGUIN_COLUMNS)
    assert {f"{name}, standardised" for name in PENGUIN_COLUMNS} <= titles(app)
    app.button_group(key="control: family").set_value("line").run()
    assert "axes" not in address(calm(app))
    assert "x" in titles(app)


def test_a_link_that_names_what_has_no_columns_says_so() -> None:
    app = visit("forward", Experiment(preset="three-modes", steps=4), axes="height")
    assert "axes: one name for each column of a table of points" in app.error[0].value
    assert "x" in titles(app)


def test_a_figure_keeps_its_other_titles() -> None:
    import plotly.graph_objects as go

    figure = go.Figure(layout={"xaxis": {"title": "x"}, "yaxis": {"title": "density"}})
    named = named_axes(figure, ["height"])
    assert named.layout.xaxis.title.text == "height"
    assert named.layout.yaxis.title.text == "density"
    assert figure.layout.xaxis.title.text == "x"  # it is shared


def test_names_are_words_in_figures_and_tables() -> None:
    import plotly.graph_objects as go

    figure = go.Figure(layout={"xaxis": {"title": "x"}})
    named = named_axes(figure, ['<a href="https://a.org">h</a>'])
    title = named.layout.xaxis.title.text.replace("<br>", " ")  # it is long
    assert title == '&lt;a href="https://a.org"&gt;h&lt;/a&gt;'
    assert to_csv(["=1+1", "-x", "y"], [(-1.5, "@a", "b")]) == "'=1+1,'-x,y\n-1.5,'@a,b\n"
