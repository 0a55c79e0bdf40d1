"""Imperfect scores: the floor that an error leaves, and the Jacobian that an ODE needs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dashboard.link.permalink import decode
from dashboard.topics.imperfect_scores import measure as imperfect_scores_measure
from dashboard.topics.imperfect_scores import words as text
from dashboard.topics.imperfect_scores.figures import floor_figure, plateau_figure, waves_figure
from diffusion_core import PRESETS, Experiment, Measurement, measure
from diffusion_core.schedules import Custom
from diffusion_core.scores.errors import FourierError, Scale, ScoreError, Shift, WaveError
from tests.dashboard.visiting import address, calm, printed, said, visit

BASE = Experiment(preset="three-modes", steps=20)


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imperfect_scores_measure, "STEPS", (8, 16, 32))
    monkeypatch.setattr(imperfect_scores_measure, "SIZES", (0.1, 0.3))
    monkeypatch.setattr(imperfect_scores_measure, "FREQUENCIES", (1.0, 10.0))


def found(value: float, steps: int) -> Measurement:
    return Measurement("tv", value, 1e-6 * value, "exact", steps, steps - 1, 0.0)


def test_the_plateau_is_made_of_the_readers_own_experiment() -> None:
    own = BASE.with_(score_error=Scale(size=0.2), sampler="heun", start="exact")
    work = imperfect_scores_measure.Plateau(own)
    assert work.sizes == (0.0, 0.1, 0.2, 0.3)
    assert work.steps == (8, 16, 20, 32)
    assert own in work.runs
    assert work.run(0.0, 16) == own.with_(score_error=None, steps=16)
    assert len(work.runs) == 16
    assert {r.score_error and r.score_error.kind for r in work.runs} == {None, "scale"}


def test_a_schedule_of_ones_own_has_one_T() -> None:
    chain = BASE.chain
    own = BASE.with_(schedule=Custom(tuple(float(a) for a in chain.abar[1:21])))
    assert imperfect_scores_measure.Plateau(own).steps == (20,)


def test_a_floor_is_the_least_distance_and_the_T_from_which_more_steps_hardly_help() -> None:
    curves = {
        0.0: [found(v, t) for v, t in ((0.4, 8), (0.1, 16), (0.01, 32))],
        0.1: [found(v, t) for v, t in ((0.5, 8), (0.21, 16), (0.2, 32))],
        0.3: [found(v, t) for v, t in ((0.6, 8), (0.4, 16), (0.45, 32))],
    }
    small, large = imperfect_scores_measure.floors(curves)
    assert (small.best.steps, small.enough, small.ended) == (32, 16, True)
    assert (large.best.steps, large.enough) == (16, 16)
    slope = imperfect_scores_measure.floor_slope([small, large])
    assert slope == pytest.approx(math.log(0.45 / 0.2) / math.log(3))
    assert imperfect_scores_measure.floor_slope([small]) is None


def test_no_slope_where_the_steps_hide_the_score_or_TV_is_full() -> None:
    curves = {
        0.0: [found(0.1, 32)],
        0.1: [found(0.15, 32)],
        0.2: [found(0.4, 32)],
        0.3: [found(0.9, 32)],
    }
    assert [f.ended for f in imperfect_scores_measure.floors(curves)] == [False, True, True]
    assert imperfect_scores_measure.floor_slope(imperfect_scores_measure.floors(curves)) is None


def test_the_page_measures_what_the_library_measures() -> None:
    app = calm(visit("imperfect_scores", BASE))
    assert app.title[0].value == "Imperfect scores"
    assert "a constant vector" in app.info[0].value
    floors = app.dataframe[0].value
    assert list(floors["ε"]) == ["0.1", "0.3"]
    best = min(measure(BASE.with_(score_error=Shift(0.3), steps=t)).value for t in (8, 16, 20, 32))
    assert float(floors["least TV"].iloc[1].split(" ±")[0]) == pytest.approx(best, rel=1e-4)
    assert "$\\varepsilon_{\\text{score}}$ = 0.100" in said(app)


def test_the_readers_error_is_the_one_that_is_turned() -> None:
    own = BASE.with_(score_error=WaveError(size=0.2, frequency=3.0))
    app = calm(visit("imperfect_scores", own))
    assert not app.info
    assert list(app.dataframe[0].value["ε"]) == ["0.1", "0.2", "0.3"]
    assert "At ε = 0.2 the best of these runs" in said(app)
    assert decode(address(app)["e"]) == own
    lines = printed(app)
    assert float(lines[0].split()[1]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "error",
    [None, Shift(0.2), Scale(0.2), WaveError(0.2, 3.0), FourierError(0.2, seed=3)],
    ids=lambda error: error.kind if error else "exact",
)
@pytest.mark.parametrize("sampler", ["ode", "ddim"])
def test_the_python_of_the_plateau_prints_the_points_of_its_table(
    error: ScoreError | None, sampler: str
) -> None:
    eta = 0.5 if sampler == "ddim" else 0.0
    app = calm(visit("imperfect_scores", BASE.with_(score_error=error, sampler=sampler, eta=eta)))
    told = [line.split() for line in printed(app)[1:]]
    tv = {(float(size), int(steps)): float(value) for size, steps, value, *_ in told}
    floors = app.dataframe[0].value
    assert {size for size, _ in tv} == {0.0, *map(float, floors["ε"])}
    for size, last, least in zip(
        floors["ε"], floors["TV at the largest T"], floors["least TV"], strict=True
    ):
        assert tv[float(size), 32] == pytest.approx(float(last.split(" ±")[0]), rel=1e-3)
        best = min(value for (s, _), value in tv.items() if s == float(size))
        assert best == pytest.approx(float(least.split(" ±")[0]), rel=1e-3)


@pytest.mark.parametrize("error", [None, Scale(0.2), WaveError(0.2, 3.0)], ids=str)
@pytest.mark.parametrize(("sampler", "eta"), [("ode", 0.0), ("ddpm", 0.0), ("ddim", 0.5)])
def test_the_python_of_finer_waves_prints_the_rows_of_its_table(
    error: ScoreError | None, sampler: str, eta: float
) -> None:
    own = BASE.with_(score_error=error, sampler=sampler, eta=eta, seed=4)
    app = calm(visit("imperfect_scores", own, view="waves"))
    told = [line.split() for line in printed(app)]
    rows = app.dataframe[0].value
    assert [(name, float(w)) for name, w, *_ in told] == list(
        zip(rows["sampler"], rows["frequency"], strict=True)
    )
    for (_, _, jacobi, tv, _, error_), (_, row) in zip(told, rows.iterrows(), strict=True):
        assert float(jacobi) == pytest.approx(row["ε_Jacobi"], rel=1e-9)
        assert (float(tv), float(error_)) == pytest.approx((row["TV"], row["± error"]), rel=1e-9)


def test_finer_waves_hurt_the_ode_and_not_ddpm() -> None:
    app = calm(visit("imperfect_scores", BASE, view="waves"))
    table = app.dataframe[0].value
    tv = {name: list(rows["TV"]) for name, rows in table.groupby("sampler")}
    assert tv["ode"][1] > 1.2 * tv["ode"][0]
    assert tv["ddpm"][1] < tv["ddpm"][0]
    wave = WaveError(size=0.1, frequency=10.0)
    assert tv["ode"][1] == pytest.approx(measure(BASE.with_(score_error=wave)).value, rel=1e-9)
    jacobi = table[table["sampler"] == "ode"]["ε_Jacobi"]
    assert jacobi.iloc[1] > 5 * jacobi.iloc[0]
    assert "the TV of DDPM goes from" in said(app)


def test_a_map_that_folds_is_marked() -> None:
    still, folded = (
        BASE.with_(score_error=WaveError(size=size, frequency=10.0)) for size in (0.1, 0.2)
    )
    runs = [still, folded, still.with_(sampler="ddpm")]
    assert imperfect_scores_measure.folds(runs) == [False, True, None]
    points = {"ode": [(40.0, 1.0, found(0.9, 20), True), (1.0, 0.1, found(0.1, 20), False)]}
    figure = waves_figure(points, {"ode": "ODE"}, False)
    assert list(figure.data[0].marker.symbol) == ["x-open", "circle"]
    assert figure.data[1].name == "the map folds"


def test_every_size_has_a_symbol_and_a_dash_of_its_own() -> None:
    curves = {size: [found(0.1, 8), found(0.2, 16)] for size in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)}
    figure = plateau_figure(curves, "ode", True)
    looks = {(t.marker.symbol, t.line.dash) for t in figure.data}
    assert len(looks) == len(figure.data) == 6
    assert list(figure.layout.xaxis.tickvals) == [8, 16]


def test_floors_are_drawn_beside_the_theorems_power_and_the_exact_score() -> None:
    curves = {0.0: [found(0.01, 32)], 0.1: [found(0.2, 32)], 0.3: [found(0.7, 32)]}
    floors = imperfect_scores_measure.floors(curves)
    measured, exact, shape = floor_figure(floors, curves[0.0][0], "ode", False).data
    assert (list(measured.x), list(measured.y)) == ([0.1, 0.3], [0.2, 0.7])
    assert list(exact.y) == [0.01, 0.01]
    assert list(shape.y) == pytest.approx([0.2, 0.6])


def test_words_for_what_is_missing() -> None:
    assert text.plateau([], 0.1, None) == ""
    assert text.waves({"ode": []}, {"ode": "ODE"}, 0.1) == ""
    floor = imperfect_scores_measure.floors({0.0: [found(0.1, 32)], 0.1: [found(0.15, 32)]})
    assert "no slope is given" in text.plateau(floor, 0.1, None)
    assert replace(floor[0], size=0.2) != floor[0]


def test_in_the_plane_the_waves_are_long_enough_for_exact_laws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imperfect_scores_measure, "PLANE_FREQUENCIES", (0.5, 2.0))
    plane = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=12)
    app = calm(visit("imperfect_scores", plane, view="waves"))
    table = app.dataframe[0].value
    assert list(table["sampler"]) == ["ode", "ode", "ddpm", "ddpm"]
    wave = plane.with_(score_error=WaveError(size=0.1, frequency=2.0), sampler="ddpm")
    assert table["TV"].iloc[3] == pytest.approx(measure(wave).value, rel=1e-9)
    assert not app.warning
