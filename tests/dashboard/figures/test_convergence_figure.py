"""The distance-against-T figure: measured points with their errors, and bounds as what they are."""

from __future__ import annotations

import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.compute import sweeps
from dashboard.compute.sweeps import Curves, chosen_theorems, shapes
from dashboard.experiment.controls import LABELS
from dashboard.figures.convergence import convergence_figure, rate_text
from dashboard.figures.marks import SAMPLERS as MARKS
from dashboard.text import tables
from dashboard.topics.convergence.page import ANCHORS
from diffusion_core import SAMPLERS, Experiment, Measurement, measure
from diffusion_core.distances.of_masses import METRIC_LABELS
from diffusion_core.studies.convergence import Fit, plan
from diffusion_core.theory.theorems import theorems

STEPS = (4, 8, 16, 32, 64)
EXPERIMENT = Experiment(preset="three-modes")


def point(steps: int, value: float, error: float = 0.0, nfe: int = 0) -> Measurement:
    return Measurement("tv", value, error, "exact", steps, nfe or steps - 1, 0.0)


@pytest.fixture(scope="module")
def curves() -> Curves:
    return {
        name: [measure(EXPERIMENT.with_(sampler=name, steps=t)) for t in STEPS]
        for name in ("ode", "ddpm", "ode-accelerated")
    }


def draw(curves: Curves, drawn=None, fits=None, axis: str = "steps") -> go.Figure:
    return convergence_figure(curves, LABELS, drawn or {}, fits or {}, axis, "TV", False)


def traces(figure: go.Figure, word: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if word in (trace.name or "")]


def test_curves_are_the_measurements(curves: Curves) -> None:
    measured = traces(draw(curves), "measured")
    assert [t.name for t in measured] == [f"{LABELS[n]}, measured" for n in curves]
    for trace, curve in zip(measured, curves.values(), strict=True):
        assert list(trace.x) == list(STEPS)
        assert list(trace.y) == [m.value for m in curve]
        assert list(trace.error_y.array) == [m.error for m in curve]
        assert all(f"T = {m.steps}" in t for m, t in zip(curve, trace.hovertext, strict=True))


def test_error_bars_are_seen_where_they_count_and_stay_on_the_axis() -> None:
    trace = draw({"ode": [point(8, 0.1, 0.5), point(16, 0.05, 0.01)]}).data[0]
    assert trace.error_y.visible
    low = np.array(trace.y) - np.array(trace.error_y.arrayminus)
    assert (low > 0).all()
    assert list(trace.error_y.array) == [0.5, 0.01]
    assert not draw({"ode": [point(8, 0.1, 1e-7)]}).data[0].error_y.visible


def test_a_distance_of_nought_is_left_out_and_does_not_bend_the_axis() -> None:
    figure = draw({"ode": [point(8, 0.1), point(16, 0.0)]})
    assert math.isnan(figure.data[0].y[1])
    low, high = figure.layout.yaxis.range
    assert low < -1 < high
    assert low > -3


def test_no_curve_at_all_is_an_empty_figure() -> None:
    assert len(draw({}).data) == 0
    assert len(draw({"ode": []}).data) == 0


def test_the_nfe_axis_shows_evaluations(curves: Curves) -> None:
    figure = draw(curves, shapes(curves, "paper", True, "first", EXPERIMENT), axis="nfe")
    for trace, curve in zip(traces(figure, "measured"), curves.values(), strict=True):
        assert list(trace.x) == [m.nfe for m in curve]
    bound = traces(figure, "training-free accelerated ODE: upper")[0]
    assert max(bound.x) == curves["ode-accelerated"][-1].nfe
    assert "evaluations" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("logs", [True, False])
def test_a_bound_passes_through_its_anchor(curves: Curves, anchor: str, logs: bool) -> None:
    for name, drawn in shapes(curves, "all", logs, anchor, EXPERIMENT).items():
        values = {m.steps: m.value for m in curves[name]}
        assert len(drawn) == len(theorems(name))
        for shape in drawn:
            assert shape(shape.anchor_steps) == pytest.approx(values[shape.anchor_steps])
            if anchor == "first":
                assert shape.anchor_steps == STEPS[0]
            if anchor == "last":
                assert shape.anchor_steps == STEPS[-1]
            if anchor == "above":
                assert all(shape(t) >= v * (1 - 1e-12) for t, v in values.items())


def test_a_drawn_bound_follows_its_formula_and_says_what_it_is(curves: Curves) -> None:
    drawn = shapes(curves, "paper", True, "above", EXPERIMENT)
    figure = draw(curves, drawn)
    for name, [shape] in drawn.items():
        [trace] = traces(figure, f"{LABELS[name]}: upper bound")
        assert list(trace.y) == pytest.approx([shape(t) for t in trace.x])
        assert trace.line.dash == "dot"
        for word in (
            "upper bound",
            "constant is unknown",
            shape.theorem.arxiv,
            shape.theorem.source,
        ):
            assert word in trace.hovertext
        assert f"T = {shape.anchor_steps}" in trace.hovertext


@pytest.mark.parametrize("anchor", ANCHORS)
def test_what_runs_below_a_measured_point_is_not_called_a_bound(
    curves: Curves, anchor: str
) -> None:
    drawn = shapes(curves, "paper", True, anchor, EXPERIMENT)
    figure = draw(curves, drawn)
    called = {name: bool(traces(figure, f"{LABELS[name]}: upper bound")) for name in drawn}
    for name, [shape] in drawn.items():
        under = any(shape(m.steps) < m.value * (1 - 1e-9) for m in curves[name])
        assert called[name] is not under, name
    assert all(called.values()) or anchor != "above"


def test_two_bounds_of_one_formula_are_told_apart(curves: Curves) -> None:
    drawn = traces(draw(curves, shapes(curves, "all", True, "above", EXPERIMENT)), "bound")
    names = [trace.name.replace("<br>", " ") for trace in drawn]
    assert len(set(names)) == len(names)
    assert max(len(line) for trace in drawn for line in trace.name.split("<br>")) <= 50
    for theorem in theorems("ode"):
        assert f"{LABELS['ode']}: upper bound ∝ log⁴T / T, {theorem.arxiv}" in names


def test_without_log_factors_a_bound_is_a_power(curves: Curves) -> None:
    [shape] = shapes(curves, "paper", False, "first", EXPERIMENT)["ode"]
    assert shape(64) == pytest.approx(shape(4) / 16)
    [shape] = shapes(curves, "paper", True, "first", EXPERIMENT)["ode"]
    assert shape(64) == pytest.approx(shape(4) / 16 * (math.log(64) / math.log(4)) ** 4)


def test_the_axis_shows_every_point_and_the_nearer_bounds() -> None:
    curve = {"ode": [point(8, 0.5), point(64, 0.02)], "ode-accelerated": [point(8, 0.5)]}
    drawn = shapes(curve, "paper", False, "above", EXPERIMENT)
    low, high = draw(curve, drawn).layout.yaxis.range
    for m in curve["ode"]:
        assert low < math.log10(m.value) < high
        assert low < math.log10(drawn["ode"][0](m.steps)) < high


def test_marks_are_distinct_and_the_same_everywhere() -> None:
    curve = {name: [point(8, 0.1), point(16, 0.05)] for name in SAMPLERS}
    figure = draw(curve)
    looks = {(t.line.color, t.line.dash, t.marker.symbol) for t in figure.data}
    assert len(looks) == len(SAMPLERS)
    assert len({t.line.dash for t in figure.data}) == len(SAMPLERS)
    assert [t.line.color for t in figure.data] == [MARKS[name].light for name in curve]


def test_the_legend_is_under_the_plot_and_the_figure_is_json(curves: Curves) -> None:
    figure = draw(curves, shapes(curves, "all", True, "above", EXPERIMENT))
    legend = figure.layout.template.layout.legend
    assert (legend.orientation, legend.yref, legend.y) == ("h", "container", 0)
    assert "NaN" not in json.dumps(json.loads(figure.to_json()))


@pytest.mark.parametrize(
    ("power", "logs", "text"),
    [
        (1, 0, "1 / T"),
        (0.5, 3, "log³T / √T"),
        (2, 6, "log⁶T / T²"),
        (1, 4.5, "log⁴·⁵T / T"),
        (1, 1, "log T / T"),
    ],
)
def test_rates_in_words(power: float, logs: float, text: str) -> None:
    assert rate_text(power, logs) == text


def test_one_entry_of_the_legend_tells_what_the_bands_are(curves: Curves) -> None:
    steps = (16, 32, 64)
    fits = dict.fromkeys(curves, Fit(1.0, 0.0, 1.0, (0.9, 1.1), None, steps, 0.0))
    named = [t.name for t in draw(curves, fits=fits).data if t.showlegend is not False]
    assert named.count("fitted decay, of each curve") == 1
    assert named[-1].startswith("fitted")
    assert len(named) == len(curves) + 1


def test_what_is_not_known_to_a_tenth_is_ringed() -> None:
    sure, doubtful = point(8, 0.1, 0.009), point(16, 0.01, 0.002)
    [ring] = traces(draw({"ode": [sure, doubtful]}), "in no fit")
    assert (list(ring.x), list(ring.y)) == ([16], [0.01])
    assert ring.marker.symbol == "circle-open"
    assert not traces(draw({"ode": [sure]}), "in no fit")


@pytest.mark.parametrize("own", [2, 3, 4])
def test_every_order_of_a_figure_has_its_own_bound_and_look(own: int) -> None:
    e = Experiment(sampler="ode-order", order=own)
    runs = {run.called: run for run in plan(e, ["ode-order-2", "ode-order-3", "ode-order-4"], [64])}
    curve = {name: [point(64, 0.1), point(128, 0.01)] for name in runs}
    drawn = shapes(curve, "all", False, "first", e)
    for name, run in runs.items():
        [shape] = drawn[name]
        assert shape.theorem.power == run.order
        assert shape(128) == pytest.approx(0.1 * 2.0**-run.order)
    labels = {name: run.record.label for name, run in runs.items()}
    measured = traces(convergence_figure(curve, labels, {}, {}, "steps", "TV", True), "measured")
    assert len({(t.line.color, t.line.dash, t.marker.symbol) for t in measured}) == 3


def test_the_first_and_all_theorems() -> None:
    for name in SAMPLERS:
        assert chosen_theorems(name, "all", EXPERIMENT) == theorems(name)
        assert chosen_theorems(name, "paper", EXPERIMENT) == theorems(name)[:1]
        assert chosen_theorems(name, "none", EXPERIMENT) == ()


@pytest.mark.parametrize(("eta", "number"), [(0.0, "Theorem 1"), (0.5, ""), (1.0, "Theorem 2")])
def test_the_bound_of_ddim_is_that_of_its_eta(eta: float, number: str) -> None:
    curve = {"ddim": [point(8, 0.5), point(64, 0.02)]}
    drawn = shapes(curve, "all", True, "first", EXPERIMENT.with_(sampler="ddim", eta=eta))["ddim"]
    assert [shape.theorem.name for shape in drawn] == ([number] if number else [])


def test_tables_hold_every_point_every_fit_and_every_source(curves: Curves) -> None:
    fits = sweeps.fits(EXPERIMENT, curves, "none")
    points = tables.slope_table(curves, LABELS, fits)
    assert len(points["T"]) == sum(map(len, curves.values()))
    for label, t, distance in zip(points["sampler"], points["T"], points["distance"], strict=True):
        name = next(n for n in LABELS if LABELS[n] == label)
        value = next(m.value for m in curves[name] if m.steps == t)
        assert float(distance) == pytest.approx(value, rel=1e-4)
    assert tables.fit_table(fits, LABELS)["sampler"] == [LABELS[n] for n in curves]
    proven = tables.bound_table({n: chosen_theorems(n, "all", EXPERIMENT) for n in curves}, LABELS)
    assert all("arXiv" in source for source in proven["source"])
    rows = tables.sweep_rows(curves)
    assert [float(row[4]) for row in rows] == [m.value for c in curves.values() for m in c]


def test_every_metric_has_a_label() -> None:
    assert all(METRIC_LABELS.values())
