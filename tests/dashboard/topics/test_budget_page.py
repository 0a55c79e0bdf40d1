"""Where the error comes from, as a reader sees it: links, choices, words, tables and code."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.figures.marks import theme
from dashboard.link.permalink import encode
from dashboard.topics.budget import measure
from dashboard.topics.budget import words as text
from dashboard.topics.budget.figures import (
    account_bars,
    account_figure,
    map_figure,
    picture_figure,
    steps_figure,
)
from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core.schedules import Linear, LinearDDPM
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.budget import budget
from tests.dashboard.visiting import said

SMALL = Experiment(preset="three-modes", steps=20)


def visit(experiment: Experiment = SMALL, **settings: str) -> AppTest:
    app = AppTest.from_file("../../../app.py", default_timeout=60)
    app.switch_page("pages/budget.py")
    app.query_params["e"] = encode(experiment) or ""
    for name, value in settings.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_the_first_visit_gives_the_account_in_words_and_numbers() -> None:
    app = visit()
    found = budget(SMALL)
    assert not app.error
    assert not app.warning
    assert app.title[0].value == "Where the error comes from"
    assert f"**{text.rounded(found.initialisation.value)}**" in said(app)
    assert f"**{found.ratio:.3g} times**" in said(app)
    parts = app.dataframe[1].value
    value = dict(zip(parts["part"], parts["TV"], strict=True))
    assert float(value["their sum"]) == pytest.approx(found.sum.value, rel=1e-3)
    assert float(value["TV(q₁, p₁), measured"]) == pytest.approx(found.total.value, rel=1e-3)
    steps = app.dataframe[2].value
    assert list(steps["t"]) == list(range(20, 1, -1))
    np.testing.assert_allclose(
        steps["error of the step"], [s.local.value for s in found.steps], rtol=1e-12
    )


def test_an_exact_start_takes_the_initialisation_away() -> None:
    app = visit()
    app.segmented_control(key="control: start").set_value("exact").run()
    assert not app.exception
    assert "the initialisation costs nothing" in said(app)
    assert app.dataframe[1].value["TV"].iloc[0] == "0"


def test_samplers_beside_the_chosen_one_and_the_axis_are_kept_in_the_link() -> None:
    app = visit(beside="ddpm,heun", axis="linear")
    assert not app.error
    assert set(app.dataframe[2].value["sampler"]) == {"ode", "ddpm", "heun"}
    assert "ddpm,heun" in app.query_params["beside"]
    assert "linear" in app.query_params["axis"]
    app.selectbox(key="control: sampler").set_value("ddpm").run()
    assert not app.exception
    assert "later steps wipes out" in said(app)
    assert "heun" in app.query_params["beside"]


def test_the_step_on_the_screen_is_in_the_link() -> None:
    app = visit(step="7")
    assert app.slider[-1].value == 7
    assert any("p_{7}" in c.value for c in app.caption)
    app.slider[-1].set_value(12).run()
    assert not app.exception
    assert "12" in app.query_params["step"]
    assert any("p_{12}" in c.value for c in app.caption)
    app.select_slider(key="control: steps").set_value(10).run()
    assert not app.exception
    assert app.slider[-1].max == 10


@pytest.mark.parametrize(
    ("link", "word"),
    [({"step": "1"}, "step"), ({"beside": "dpmpp-2m"}, "beside"), ({"axis": "cubic"}, "axis")],
)
def test_a_bad_link_is_answered_in_a_sentence(link: dict[str, str], word: str) -> None:
    app = visit(**link)
    assert len(app.error) == 1
    assert word in app.error[0].value
    assert len(app.dataframe) == 3


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (
            Experiment(
                preset="ring-of-8",
                target=PRESETS["ring-of-8"].target,
                sampler="ddpm-covariance",
            ),
            "wider in some directions",
        ),
        (SMALL.with_(sampler="dpmpp-2m", preset="three-modes"), "remembers the step before"),
    ],
)
def test_what_has_no_account_says_so_in_one_sentence(experiment: Experiment, words: str) -> None:
    app = visit(experiment)
    assert not app.error
    assert len(app.warning) == 1
    assert words in app.warning[0].value
    assert not app.dataframe


def test_the_plane_has_an_account_and_two_maps() -> None:
    plane = Experiment(
        preset="ring-of-8",
        target=PRESETS["ring-of-8"].target,
        sampler="ddpm",
        schedule=LinearDDPM(0.02, 0.3),
        steps=6,
    )
    app = visit(plane)
    assert not app.error
    assert not app.warning
    assert {"In the end, in the plane", "One step, in the plane"} <= {s.value for s in app.header}
    found = budget(plane)
    parts = app.dataframe[1].value
    value = dict(zip(parts["part"], parts["TV"], strict=True))
    assert float(value["TV(q₁, p₁), measured"]) == pytest.approx(found.total.value, rel=1e-3)
    shown = measure.step_map(plane, 4, st.empty())
    local = next(s.local.value for s in found.steps if s.t == 4)
    assert shown.excess == pytest.approx(local, rel=0.03)
    assert shown.missing == pytest.approx(local, rel=0.03)
    figure = map_figure(shown, True)
    heat = figure.data[0]
    assert heat.zmin == -heat.zmax
    assert heat.colorscale[1] == (0.5, theme(True).background)


def test_the_score_has_a_part_and_sources_can_be_switched_off() -> None:
    wrong = SMALL.with_(score_error=Shift(0.1), preset="three-modes")
    app, found = visit(wrong), budget(wrong)
    assert not app.error
    assert "The error of the score adds" in said(app)
    left = app.dataframe[0].value
    assert len(left) == 6
    assert left["TV(q₁, p₁) left"].iloc[-1] == "0"
    assert float(left["TV(q₁, p₁) left"].iloc[0]) == pytest.approx(found.total.value, rel=1e-3)
    parts = app.dataframe[1].value
    value = dict(zip(parts["part"], parts["TV"], strict=True))
    assert float(value["score"]) == pytest.approx(found.score.value, rel=1e-3)
    bars = dict(account_bars(found))
    assert bars["score"] == found.score.value
    assert "score" not in dict(account_bars(budget(SMALL)))


def test_a_step_of_which_it_is_not_known_how_much_it_contracts_leaves_its_cell_empty() -> None:
    target = replace(PRESETS["three-modes"].target, labels=("a", "b", "c"))
    app = visit(Experiment(target=target, score_error=Guided("a", 3.0), steps=12))
    cells = [table.value["contracted"] for table in app.dataframe if "contracted" in table.value]
    assert len(cells) == 1
    assert 0 < cells[0].isna().sum() < len(cells[0])


def test_one_step_and_none_to_choose() -> None:
    app = visit(SMALL.with_(steps=2, preset="three-modes"))
    assert not app.error
    assert len(app.slider) == 0
    assert any("one step only" in c.value for c in app.caption)


def test_the_code_prints_the_numbers_of_the_page() -> None:
    app, out = visit(), io.StringIO()
    with redirect_stdout(out):
        exec(next(c.value for c in app.code if "budget(" in c.value), {})
    lines = out.getvalue().splitlines()
    found = budget(SMALL)
    assert float(lines[3].split()[1]) == found.total.value
    assert float(lines[4].split()[1]) == found.steps[0].local.value


def test_a_move_of_the_slider_computes_everything_once_and_a_move_back_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: Counter[str] = Counter()
    names = ("budget", "switches", "outcome_difference", "local_difference")

    def counting(name: str, made: Callable[..., object]) -> Callable[..., object]:
        def count(*args: object) -> object:
            counted[name] += 1
            return made(*args)

        return count

    for name in names:
        monkeypatch.setattr(measure, name, counting(name, getattr(measure, name)))
    app = visit(Experiment(preset="three-modes"))
    assert counted == dict.fromkeys(names, 1)
    app.select_slider(key="control: steps").set_value(128).run()
    assert counted == dict.fromkeys(names, 2)
    app.select_slider(key="control: steps").set_value(100).run()
    assert counted == dict.fromkeys(names, 2)
    assert not app.exception


def test_the_waterfall_ends_at_the_measured_total() -> None:
    for name in ("ode", "ddpm"):
        found = budget(SMALL.with_(sampler=name))
        bars = account_bars(found)
        figure = account_figure(bars, False)
        heights, bases = figure.data[0].x, figure.data[0].base
        whole = bars.index(("sum", found.sum.value))
        for i in range(1, whole):
            assert bases[i] == pytest.approx(bases[i - 1] + heights[i - 1])
        assert bases[whole - 1] + heights[whole - 1] == pytest.approx(found.sum.value)
        assert bases[-2] == pytest.approx(found.total.value, rel=1e-3)
        assert heights[-1] == found.total.value


def test_the_picture_has_the_distance_as_area_and_both_signs() -> None:
    heun = SMALL.with_(sampler="heun", steps=40)
    shown = measure.outcome(heun, st.empty())
    assert shown.excess == pytest.approx(budget(heun).total.value, rel=0.02)
    assert shown.missing == pytest.approx(shown.excess, rel=0.02)
    assert "missing there" in text.areas(shown.excess, shown.missing)
    far = measure.outcome(SMALL, st.empty())  # few steps of the ODE throw mass far away
    assert far.missing == pytest.approx(budget(SMALL).total.value, rel=0.02)
    assert "beyond this picture" in text.areas(far.excess, far.missing)
    figure = picture_figure(shown, "q₁", "p₁", False)
    excess, missing = (trace for trace in figure.data if trace.fill)
    assert excess.y.min() >= 0 >= missing.y.max()
    np.testing.assert_allclose(excess.y + missing.y, shown.difference)
    assert excess.fillpattern.shape != missing.fillpattern.shape
    assert {note.text for note in figure.layout.annotations} == {"<b>+</b>", "<b>−</b>"}


def test_a_logarithmic_axis_holds_the_curves() -> None:
    found = {name: budget(SMALL.with_(sampler=name)) for name in ("ode", "ddpm")}
    labels = {name: SAMPLERS[name].label for name in found}
    figure = steps_figure(found, labels, "log", True)
    low, high = figure.layout.yaxis.range
    for trace in figure.data:
        assert trace.y.max() < 10**high
        assert (trace.y > 10**low).any()


def test_words_name_the_side_where_most_is_lost() -> None:
    ode = budget(Experiment(schedule=LinearDDPM(), steps=60))
    assert "costs **" in text.reading(ode, False)
    assert "N(0, I)$ it is" in text.without_start(ode)
    noisy = text.reading(budget(Experiment(steps=60)), False)
    assert "steps t ≥" in noisy
    late = text.reading(budget(Experiment(schedule=Linear(), sampler="ddim", steps=60)), False)
    assert "steps t ≤" in late
    folded = budget(
        Experiment(PRESETS["atoms"].target, schedule=Linear(), sampler="heun", steps=30)
    )
    assert "maps two points to one" in text.reading(folded, False)
