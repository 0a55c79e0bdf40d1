"""The schedule-design page, run as a reader would: by hand, by searches, by links."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.topics.schedule_design import few, few_plane, tables
from dashboard.topics.schedule_design import measure as design
from dashboard.topics.schedule_design import words as text
from dashboard.topics.schedule_design.figures import DESIGNED, comparison_figure
from diffusion_core import PRESETS, SAMPLERS, Experiment, Measurement, measure
from diffusion_core.distances.from_particles import Estimate
from diffusion_core.schedules import MIN_STEPS, Custom
from diffusion_core.studies.noise_grids import (
    NAMED,
    STRAIGHT,
    Ends,
    bent,
    custom_schedule,
    named_grids,
    on_grid,
)
from diffusion_core.studies.schedule_search import equalise, local_errors, minimise, points_of
from tests.dashboard.visiting import address, calm, said, visit

DEFAULT = Experiment(preset="three-modes")
QUICK = Experiment(target=PRESETS["gaussian"].target, preset="gaussian", sampler="ddim")
ENDS = Ends(5.0, -9.0)


def numbers(app: AppTest) -> dict[str, float]:
    """TV(q_1, p_1) by the grid's label, from the last table."""
    table = app.dataframe[-1].value
    return {g: float(v) for g, v in zip(table["grid"], table["TV(q₁, p₁)"], strict=True)}


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [b for b in app.button if b.label == label]
    return calm(button.click().run())


def test_the_first_visit_measures_every_grid_on_the_same_ends() -> None:
    app = calm(visit("schedule_design"))
    assert app.title[0].value == "Design a schedule"
    assert address(app) == {}
    found = numbers(app)
    grids = named_grids(ENDS, 16)
    assert len(found) == len(NAMED) + 1
    for name in ("theory", "karras"):
        exact = measure(on_grid(DEFAULT, grids[name])).value
        assert found[design.GRIDS[name]] == pytest.approx(exact, rel=1e-4)
    assert found["yours"] == found["even in log-SNR"]
    assert f"**TV(q₁, p₁) = {found['yours']:.4f}"[:20] in said(app)
    assert "Least error" not in said(app)
    assert "TV(q₁, p₀)" in app.dataframe[-1].value


def test_a_slider_bends_the_grid_and_the_number_follows() -> None:
    app = visit("schedule_design", QUICK, T="8")
    app.slider(key="control: design.bend 0").set_value(2.0).run()
    bend = (2.0, 0.0, 0.0, 0.0, 0.0)
    run = on_grid(QUICK, bent(named_grids(ENDS, 8)["log-snr"], bend))
    assert numbers(calm(app))["yours"] == pytest.approx(measure(run).value, rel=1e-4)
    assert address(app)["bend"] == "2,0,0,0,0"
    again = visit("schedule_design", QUICK, **{k: v for k, v in address(app).items() if k != "e"})
    assert numbers(calm(again)) == numbers(app)
    assert numbers(press(again, "No bend"))["yours"] == numbers(again)["even in log-SNR"]


def test_both_searches_by_button_and_by_link() -> None:
    app = press(visit("schedule_design", QUICK, T="8", high="4"), "Minimise the error")
    ends = Ends(4.0, -9.0)
    best = minimise(QUICK, ends, 8)
    assert numbers(app)["least error found"] == pytest.approx(best.found.value, rel=1e-4)
    assert f"after {best.evaluations} runs" in said(app)
    assert "it beats every named schedule here" in said(app)
    assert address(app)["found"] == "least"
    app = press(app, "Equalise the steps")
    even = equalise(QUICK, named_grids(ends, 8)["log-snr"])
    assert numbers(app)["equal steps"] == pytest.approx(even.found.value, rel=1e-4)
    linked = visit("schedule_design", QUICK, T="8", high="4", found="least,equal")
    assert numbers(calm(linked)) == numbers(app)
    bending = press(linked, "Bend as found")
    assert numbers(bending)["yours"] == numbers(bending)["least error found"]
    assert address(bending)["shape"] == best.base or best.base == "log-snr"


def test_what_was_found_is_not_shown_for_other_settings() -> None:
    app = visit("schedule_design", QUICK, T="6", found="least")
    assert "least error found" in numbers(calm(app))
    app.select_slider(key="control: design.low").set_value(-7).run()
    assert "least error found" not in numbers(calm(app))
    assert "found" not in address(app)


def test_the_python_prints_the_pages_numbers() -> None:
    app = visit(
        "schedule_design", QUICK, T="6", shape="cosine", bend="1,0,-1,0,2", found="least,equal"
    )
    out = io.StringIO()
    with redirect_stdout(out):
        exec(next(c.value for c in app.code if "diffusion_core" in c.value), {})
    words = [line.split() for line in out.getvalue().splitlines()]
    printed = {line[0]: float(line[1]) for line in words if line[0] != "moved"}
    for name, value in printed.items():
        assert numbers(app)[design.GRIDS[name]] == pytest.approx(value, rel=1e-4)
    assert set(printed) == {*NAMED, *DESIGNED}


def test_a_designed_schedule_is_used_everywhere() -> None:
    app = visit("schedule_design", QUICK, T="6", bend="0,1,0,0,0")
    (button,) = [b for b in app.button if b.label == "Use everywhere: yours"]
    button.click().run()
    experiment: Any = app.session_state["experiment"]
    assert isinstance(experiment.schedule, Custom)
    assert experiment.steps == 6
    assert app.title[0].value == "Reverse trajectories"
    bend = (0.0, 1.0, 0.0, 0.0, 0.0)
    assert experiment.schedule == custom_schedule(bent(named_grids(ENDS, 6)["log-snr"], bend))
    assert calm(visit("schedule_design", experiment, T="6")).title[0].value == "Design a schedule"


def test_moved_to_other_samplers_beside_what_is_best_there() -> None:
    app = calm(
        visit("schedule_design", QUICK, T="6", found="least", elsewhere="samplers", there="heun")
    )
    table = app.dataframe[0].value.set_index("place")
    best = minimise(QUICK, ENDS, 6)
    heun = QUICK.with_(sampler="heun")
    moved = measure(best.experiment.with_(sampler="heun")).value
    assert float(table.loc["Heun", "moved"]) == pytest.approx(moved, rel=1e-4)
    own = minimise(heun, ENDS, 6).found.value
    assert float(table.loc["Heun", "least found there"]) == pytest.approx(own, rel=1e-4)
    named = [measure(on_grid(heun, p)).value for p in named_grids(ENDS, 6).values()]
    assert float(table.loc["Heun", "best named there"].split()[0]) == pytest.approx(
        min(named), rel=1e-4
    )
    assert table.loc["Heun", "score evaluations"] == "10"
    assert "other samplers" in said(app)
    assert own <= moved


def test_a_target_without_a_density_is_not_compared_with_the_data() -> None:
    atoms = Experiment(target=PRESETS["atoms"].target, preset="atoms")
    app = calm(visit("schedule_design", atoms, T="4"))
    assert set(app.dataframe[-1].value["TV(q₁, p₀)"]) == {"–"}


# ---- what cannot be


def test_a_target_in_the_plane_gets_one_sentence() -> None:
    ring = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8")
    app = calm(visit("schedule_design", ring))
    (sentence,) = [i.value for i in app.info]
    assert "choose a target on the line. What few evaluations buy is answered below." in sentence
    assert not app.dataframe
    app.button_group(key="control: family").set_value("line").run()
    assert len(numbers(calm(app))) == 9


def test_a_sampler_with_a_memory_has_no_equal_steps() -> None:
    app = calm(visit("schedule_design", QUICK.with_(sampler="dpmpp-2m"), T="5", found="equal"))
    assert "**Equal steps**" in said(app)
    assert "remembers the step before" in said(app)
    assert "equal steps" not in numbers(app)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("T", "100", "T: one of 4"),
        ("high", "13", "high: one of"),
        ("shape", "custom", "shape: one of"),
        ("bend", "1,2", "bend: needs 5 numbers"),
        ("bend", "a,b", "bend: 5 numbers"),
        ("bend", "7,0,0,0,0", "bend: must be between"),
        ("found", "best", "found: out of"),
        ("there", "nowhere", "there: one of"),
    ],
)
def test_a_link_that_cannot_be_read_is_answered_by_one_sentence(
    name: str, value: str, complaint: str
) -> None:
    app = visit("schedule_design", QUICK, **{"T": "4", name: value})
    assert not app.exception
    (error,) = [e.value for e in app.error]
    assert complaint in error.replace("\\", "")
    assert numbers(app)


# ---- figures and words


def rows(sampler: str = "ddim") -> list[design.Row]:
    task = design.Task.of(QUICK.with_(sampler=sampler), ENDS, 5)
    [mine] = design.grid_rows({"yours": design.yours(task, "theory", STRAIGHT)}, st.empty())
    return [mine, *design.named_rows(task, st.empty())]


def test_the_comparison_shows_what_was_measured_best_first() -> None:
    made = rows()
    figure = comparison_figure(made, "ddim", False)
    order = list(figure.layout.yaxis.categoryarray)[::-1]
    tv = {row.label: design.value(row.tv) for row in made}
    assert [tv[o.removeprefix("<b>").removesuffix("</b>")] for o in order] == sorted(tv.values())
    assert "<b>yours</b>" in order
    assert list(figure.data[0].x) == sorted(tv.values())
    assert len(figure.data) == 3


def test_the_csv_holds_schedules_that_give_its_numbers() -> None:
    (mine, theory, *_) = tables.csv_rows(rows())
    for row in (mine, theory):
        schedule = Custom(tuple(map(float, row[8].split())))
        found = measure(QUICK.with_(schedule=schedule, steps=5))
        assert (repr(found.value), repr(found.error)) == row[1:3]
    assert mine[4:8] == ("", "", "", "")
    assert len(tables.HEADER) == len(theory)


def test_a_grid_that_beats_the_search_is_named() -> None:
    best = minimise(QUICK, ENDS, 5, most=1)
    made = rows()
    assert "nothing says that no grid is better" in text.least(best, made)
    luckier = replace(best.found, value=best.found.value / 2)
    said = text.least(best, [replace(made[0], tv=luckier), *made[1:]])
    assert f"better still: yours ({luckier.value:.5f}"[:25] in said
    assert "nothing says" not in said


def test_the_reading_of_equal_steps_tells_maps_from_kernels() -> None:
    ddpm, ode = (
        equalise(QUICK.with_(sampler=s), named_grids(ENDS, 8)["log-snr"]) for s in ("ddpm", "ode")
    )
    assert "The sum fell and the error rose" in text.equal(ddpm)
    assert "error rose" not in text.equal(ode)
    assert "(equal)" in text.equal(ode)
    assert len(local_errors(ode.experiment)) == len(points_of(ode.experiment)) - 1


# ---- so many evaluations: which sampler, which schedule?


def test_nobody_who_has_not_asked_waits_for_every_sampler() -> None:
    app = calm(visit("schedule_design", QUICK, T="5"))
    assert "the nearest to your target" not in said(app)
    assert len(app.dataframe) == 1


def test_a_number_of_evaluations_is_answered_by_the_nearest_run_to_the_data() -> None:
    app = calm(visit("schedule_design", QUICK, T="5", few="10"))
    table = app.dataframe[0].value
    paid = [sampler for sampler in SAMPLERS.values() if sampler.steps_for(10) >= MIN_STEPS]
    assert len(table) == len(paid) * len(NAMED)
    assert set(table["score evaluations"]) <= set(range(2, 11))
    numbers = [float(cell.split(" ")[0]) for cell in table["TV(q₁, p₀)"]]
    assert numbers == sorted(numbers)
    first = table.iloc[0]
    [run] = [
        run
        for run in few.Budget(QUICK, 10).runs
        if (run.record.label, design.GRIDS[run.schedule.kind])
        == (first["sampler"], first["schedule"])
    ]
    found = measure(run, "tv", against="data")
    assert numbers[0] == pytest.approx(found.value, rel=1e-5)
    assert f"**{first['sampler']} on “{first['schedule']}”: TV(q₁, p₀) = " in said(app)
    assert address(app)["few"] == "10"


def test_the_nearest_can_be_used_everywhere_and_beaten_by_a_searched_grid() -> None:
    app = calm(visit("schedule_design", QUICK, T="5", few="10"))
    best = app.dataframe[0].value.iloc[0]
    app = press(app, f"Search a grid for {best['sampler']}")
    assert f"The least-error grid found for {best['sampler']} with T = {best['T']}" in said(app)
    app = press(app, "Use the nearest everywhere")
    run = app.session_state["experiment"]
    assert (run.record.label, run.steps) == (best["sampler"], best["T"])


def test_atoms_are_not_compared_across_schedules() -> None:
    atoms = Experiment(target=PRESETS["atoms"].target, preset="atoms")
    app = calm(visit("schedule_design", atoms, T="5", few="10"))
    assert "This target has no density" in said(app)
    assert len(app.dataframe) == 1


# ---- the same in the plane


MOONS = Experiment(target=PRESETS["two-moons"].target, preset="two-moons", seed=3)


def estimated(value: float, error: float) -> Measurement:
    seen = Estimate(value, error / 3, 0.0, few_plane.PARTICLES)
    return Measurement("tv", value, error, "particles", 8, 7, 0.0, estimate=seen)


def exact(value: float) -> Measurement:
    return Measurement("tv", value, 1e-4, "exact", 8, 7, 0.0)


def test_particles_measure_the_plane_and_exact_laws_what_takes_a_moment() -> None:
    gaussian = PRESETS["correlated-gaussian"].target
    assert few_plane.particles(MOONS) == few_plane.PARTICLES
    assert few_plane.particles(MOONS.with_(target=gaussian)) == 0
    assert few_plane.particles(QUICK) == 0
    assert few.Budget(MOONS, 5, 100).how == ("tv", "particles", 100, "data")
    assert few.Budget(QUICK, 5).how == ("tv", "exact", 0, "data")


def test_the_plane_is_answered_with_whole_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_plane, "PARTICLES", 500)
    app = calm(visit("schedule_design", MOONS, few="5"))
    assert "What few evaluations buy is answered below." in app.info[0].value
    table = app.dataframe[0].value
    assert len(table) == len(few.Budget(MOONS, 5).runs)
    assert set(table["from"]) == {"500 particles"}
    assert "500 particles (seed 3)" in said(app)
    best = table.iloc[0]
    [run] = [
        e
        for e in few.Budget(MOONS, 5).runs
        if (e.record.label, design.GRIDS[e.schedule.kind]) == (best["sampler"], best["schedule"])
    ]
    found = measure(run, "tv", "particles", 500, "data")
    assert best["TV(q₁, p₀)"] == few._number(found)
    assert address(app)["few"] == "5"


def test_the_nearest_are_those_with_the_least_estimates() -> None:
    runs = few.Budget(MOONS, 5).runs
    found = {run: estimated(1 - k / 100, 0.1) for k, run in enumerate(runs)}
    assert few_plane.nearest(found) == tuple(reversed(runs[-few_plane.NEAREST :]))
    assert few_plane.nearest({runs[0]: "refused", runs[1]: estimated(0.5, 0.1)}) == (runs[1],)


def test_who_may_be_as_near_is_counted_within_the_errors() -> None:
    a, b, c, d = few.Budget(MOONS, 5).runs[:4]
    found: few.Outcomes = {a: exact(0.1), b: exact(0.2), c: estimated(0.3, 0.21), d: "refused"}
    assert few_plane.undecided(found, a) == 1
    budget = few.Budget(MOONS, 5, few_plane.PARTICLES)
    assert "One other may be as near" in few.answer(budget, found)
    assert "may be as near" not in few.answer(budget, {a: exact(0.1), b: exact(0.2)})


def test_estimates_are_marked_and_an_interval_down_to_nought_is_an_upper_end() -> None:
    a, b = few.Budget(MOONS, 5).runs[:2]
    found: few.Outcomes = {a: exact(0.1), b: estimated(0.3, 0.05)}
    figure = few.few_figure(few.known(found), few.exactly(found), False)
    assert sorted(t for row in figure.data[0].text for t in row) == ["0.10", "≈ 0.30"]
    assert few._number(estimated(0.05, 0.06)) == "at most 0.11"
    assert few._number(estimated(0.3, 0.05)) == "0.30 ± 0.05"


def test_exact_distances_take_the_place_of_estimates_and_a_refusal_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = few.Budget(MOONS, 5).runs[:3]
    before: few.Outcomes = {run: estimated(0.3, 0.1) for run in runs}
    answers: few.Outcomes = {
        runs[0]: exact(0.2),
        runs[1]: "the map folds the plane",
        runs[2]: exact(0.4),
    }
    monkeypatch.setattr(few_plane.sweeps, "measured", lambda work, draw, status: answers)
    monkeypatch.setattr(few_plane.st, "toggle", lambda *a, **k: True)
    told: list[str] = []
    monkeypatch.setattr(few_plane.st, "caption", told.append)
    after, wanted = few_plane.settled(before, True, lambda outcomes: None)
    assert wanted
    assert after == {runs[0]: answers[runs[0]], runs[1]: before[runs[1]], runs[2]: answers[runs[2]]}
    assert len(told) == 1
    assert told[0].endswith("there is no exact distance. The map folds the plane.")
