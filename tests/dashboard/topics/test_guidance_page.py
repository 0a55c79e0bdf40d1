"""Guidance: the page's two numbers, its three views, and what becomes of the reader's score."""

from __future__ import annotations

import pytest

from dashboard.link.permalink import decode
from dashboard.topics.guidance import measure as guidance_measure
from dashboard.topics.guidance import words as text
from dashboard.topics.guidance.figures import law_figure, scale_figure, steps_figure
from diffusion_core import PRESETS, Experiment, Measurement, measure
from diffusion_core.schedules import Custom
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.guidance import Guidance, Mode, guided_laws
from diffusion_core.targets import Points
from tests.dashboard.visiting import address, calm, printed, said, visit

BASE = Experiment(target=PRESETS["three-modes"].target, preset="three-modes", steps=20)
GUIDED = BASE.with_(score_error=Guided("2+3", 3.0))
CLOUD = Points(((-1.0,), (-0.8,), (0.2,), (1.5,)), 0.3, ("a", "a", "b", "b"))


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guidance_measure, "STEPS", (8, 16))
    monkeypatch.setattr(guidance_measure, "SCALES", (0.0, 1.0, 2.0))


def found(value: float, steps: int) -> Measurement:
    return Measurement("tv", value, 1e-6 * value, "exact", steps, steps - 1, 0.0)


def laws(modes: tuple[Mode, ...] = (), spread: float = 1.0) -> Guidance:
    spreads = {"output": spread, "tilted": 1.0, "class": 1.0}
    return Guidance((), {}, dict.fromkeys(spreads, 0.5), spreads, modes, 1e-9)


def mode(number: int, output: float, part: float) -> Mode:
    share = {"output": output, "tilted": part, "class": part}
    return Mode(number, share, dict.fromkeys(share, 1.0))


def test_the_page_says_what_the_library_measures_and_leaves_the_readers_score_alone() -> None:
    app = calm(visit("guidance", BASE))
    assert app.title[0].value == "Guidance"
    for against in ("tilted", "class"):
        assert str(measure(GUIDED, against=against).value)[:6] in said(app)
    assert decode(address(app)["e"]) == BASE
    table = app.dataframe[0].value
    truth = guided_laws(GUIDED)
    assert table["spread"].iloc[0] == f"{truth.spread['output']:.3f}"
    assert list(table["component"]) == ["all"] * 3 + ["2"] * 3 + ["3"] * 3
    lines = dict(line.split(" ", 1) for line in printed(app)[:2])
    assert float(lines["tilted"].split()[0]) == measure(GUIDED, against="tilted").value


def test_what_the_reader_chooses_is_in_the_link_and_on_other_pages() -> None:
    app = calm(visit("guidance", BASE))
    app.slider(key="control: score.guided.dial").set_value(5.0).run()
    app.button_group(key="control: score.guided.label").set_value(["1"]).run()
    wanted = BASE.with_(score_error=Guided("1", 5.0))
    assert decode(address(calm(app))["e"]) == wanted
    assert str(measure(wanted, against="tilted").value)[:6] in said(app)
    app.switch_page("pages/trajectories.py").run()
    assert app.selectbox(key="control: score").value == "guided"
    assert decode(address(calm(app))["e"]) == wanted


def test_a_link_sets_class_and_scale_and_a_class_that_is_none_is_one_sentence() -> None:
    app = calm(visit("guidance", GUIDED.with_(score_error=Guided("1+3", 2.0))))
    assert app.slider(key="control: score.guided.dial").value == 2.0
    assert app.button_group(key="control: score.guided.label").value == ["1", "3"]
    broken = GUIDED.to_json().replace('"2+3"', '"9"')
    app = visit("guidance", broken)
    assert not app.exception
    assert "class: one of 1, 2, 3, or several joined by +, got '9'" in app.error[0].value


def test_without_a_class_chosen_the_usual_one_is_used() -> None:
    app = calm(visit("guidance", GUIDED))
    app.button_group(key="control: score.guided.label").set_value([]).run()
    assert "2+3 is used" in app.info[0].value
    assert decode(address(calm(app))["e"]) == GUIDED


@pytest.mark.parametrize("sampler", ["ode", "heun"])
def test_distances_against_w_are_those_of_the_library(sampler: str) -> None:
    run = GUIDED.with_(sampler=sampler)
    app = calm(visit("guidance", run, view="scale"))
    table = app.dataframe[0].value
    for _, row in table[table["sampler"] == sampler].iterrows():
        at = run.with_(score_error=Guided("2+3", row["w"]))
        assert row["TV"] == measure(at, against=row["against"]).value
    assert sorted(set(table["w"])) == [0.0, 1.0, 2.0, 3.0]
    assert printed(app)[0].split()[4] == str(table["TV"].iloc[0])


def test_distances_against_T_stand_beside_those_at_w_1() -> None:
    app = calm(visit("guidance", GUIDED, view="steps"))
    table = app.dataframe[0].value
    assert set(zip(table["w"], table["T"], strict=True)) == {
        (w, t) for w in (3.0, 1.0) for t in (8, 16)
    }
    row = table[(table["sampler"] == "ddpm") & (table["w"] == 1.0) & (table["T"] == 16)].iloc[0]
    run = GUIDED.with_(sampler="ddpm", steps=16, score_error=Guided("2+3", 1.0))
    assert row["TV"] == measure(run, against="tilted").value
    assert len(printed(app)) == len(table)


def test_the_run_is_played() -> None:
    app = calm(visit("guidance", GUIDED, view="run"))
    assert any("of **all** data" in caption.value for caption in app.caption)


def test_a_schedule_of_ones_own_has_one_T() -> None:
    chain = BASE.chain
    own = GUIDED.with_(schedule=Custom(tuple(float(a) for a in chain.abar[1:21])))
    assert guidance_measure.BySteps(own).steps == (20,)


def test_a_table_with_classes_is_guided_to_its_labels() -> None:
    app = calm(visit("guidance", Experiment(target=CLOUD, steps=20)))
    assert app.button_group(key="control: score.guided.label").value == ["b"]
    run = Experiment(target=CLOUD, steps=20, score_error=Guided("b", 3.0))
    assert str(measure(run, against="tilted").value)[:6] in said(app)


def test_a_target_without_classes_says_so_and_shows_another() -> None:
    app = calm(visit("guidance", BASE.with_(target=PRESETS["student-t"].target)))
    assert "This target has no classes" in app.info[0].value
    assert PRESETS["three-modes"].label in app.info[0].value
    assert decode(address(app)["e"]).target == PRESETS["student-t"].target


def test_in_the_plane_three_maps_are_drawn() -> None:
    run = Experiment(preset="ring-of-8", target=PRESETS["ring-of-8"].target, steps=12)
    own = run.with_(sampler="ddpm", score_error=Guided("1", 2.0))
    app = calm(visit("guidance", own))
    assert str(measure(own, against="tilted").value)[:5] in said(app)


def test_modes_that_are_lost_are_counted_and_named() -> None:
    kept = text.modes(laws((mode(1, 0.3, 0.5), mode(2, 0.7, 0.5))))
    assert "No mode of the class is lost; component 1 fares worst" in kept
    even = text.modes(laws((mode(1, 0.49, 0.5), mode(2, 0.51, 0.5))))
    assert even.startswith("All 2 modes of the class keep their shares")
    lost = text.modes(laws((mode(1, 0.01, 0.5), mode(2, 0.99, 0.5))))
    assert "One of the class's 2 modes is **lost**: component 1 keeps 1.00 %" in lost
    few = text.modes(laws((mode(1, 0.01, 0.3), mode(2, 0.97, 0.4), mode(4, 0.02, 0.3))))
    assert "2 of the class's 3 modes are **lost**, components 1, 4" in few


@pytest.mark.parametrize(
    ("spread", "word"), [(0.5, "**shrinks**"), (1.5, "**grows**"), (1.001, "about the class's")]
)
def test_the_change_of_the_spread_is_named(spread: float, word: str) -> None:
    assert word in text.laws(laws(spread=spread))


def test_a_level_is_reached_where_doubling_T_changes_little() -> None:
    assert guidance_measure.level([found(0.4, 8), found(0.39, 16)]) == 0.39
    assert guidance_measure.level([found(0.4, 8), found(0.3, 16)]) is None
    assert guidance_measure.level([found(0.4, 8)]) is None


def test_the_reading_against_T_says_who_has_reached_a_level() -> None:
    curves = {
        ("ode", 3.0): [found(0.31, 8), found(0.3, 16)],
        ("ddpm", 3.0): [found(0.3, 8), found(0.2, 16)],
        ("ode", 1.0): [found(0.3, 8), found(0.1, 16)],
    }
    told = text.steps(curves, {"ode": "ODE", "ddpm": "DDPM"})
    assert "more steps no longer help ODE below TV 0.300" in told
    assert "more than 5 % for DDPM" in told
    assert "the TV of ODE goes from 0.300 to 0.100 at T = 16" in told


@pytest.mark.parametrize("dark", [False, True])
def test_figures_have_a_look_of_their_own_for_every_curve(dark: bool) -> None:
    drawn = law_figure(guided_laws(GUIDED), dark)
    assert len({(t.line.color, t.line.dash) for t in drawn.data}) == 3
    measured = [(0.0, found(0.1, 20)), (1.0, found(0.2, 20))]
    by_scale = scale_figure(
        {"ode": measured, "ddpm": measured}, measured, "ode", {"ode": "O", "ddpm": "D"}, dark
    )
    assert len({t.marker.symbol for t in by_scale.data}) == 3
    by_steps = steps_figure({("ode", 3.0): [m for _, m in measured]}, {"ode": "O"}, dark)
    assert by_steps.data[0].name == "O, w = 3"
