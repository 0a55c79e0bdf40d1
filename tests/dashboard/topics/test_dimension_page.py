"""The pages on dimension and assumptions, run as a reader would, and their words."""

from __future__ import annotations

import csv
import io

import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.text.mathematics import typeset
from dashboard.topics.assumptions import check
from dashboard.topics.assumptions.words import FAILS, HOLDS, OPEN, lines, some_constant
from dashboard.topics.dimension import measure, words
from dashboard.topics.dimension.controls import DIMS, Question
from dashboard.topics.dimension.figures import growth_figure, needed_figure
from dashboard.topics.dimension.page import PAGE
from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError
from diffusion_core.schedules import SCHEDULES, Cosine, Custom, Schedule, Theory
from diffusion_core.studies.dimension import GaussianAxes, gaussian_growth
from diffusion_core.targets import StudentT
from diffusion_core.theory import theorems as theory_theorems
from diffusion_core.theory.assumptions import theorems
from tests.dashboard.visiting import calm, printed, said, visit

BASE = Experiment(preset="three-modes")
PLACE = st.empty()


def control(app: AppTest, name: str) -> str:
    return f"control: dimension.{name}"


# ---- dimension


@pytest.mark.parametrize("schedule", [Theory(), Cosine()])
@pytest.mark.parametrize("steps", [2, 100, 8192])
def test_steps_that_are_exact_on_an_empty_axis_do_not_pay(schedule: Schedule, steps: int) -> None:
    e = BASE.with_(schedule=schedule, steps=steps)
    empty = Question(e, GaussianAxes(0.25, 3, 0.0), tuple(SAMPLERS), "tv")
    exact = {"ddim", "heun", "dpmpp-2m", "dpmpp-3m"}
    assert set(measure.payers(empty)) == set(SAMPLERS) - exact
    for axes in (GaussianAxes(0.25, 3, 1e-3), None):
        assert measure.payers(Question(e, axes, tuple(SAMPLERS), "tv")) == []


def test_the_first_visit_measures_what_the_core_measures() -> None:
    app = calm(visit("dimension"))
    assert app.title[0].value == "Dimension"
    assert not app.warning
    found = gaussian_growth(SAMPLERS["ode"], BASE.chain, GaussianAxes(), DIMS)
    table = app.dataframe[0].value
    mine = table[table["sampler"] == SAMPLERS["ode"].label]
    assert list(mine["d"]) == list(DIMS)
    for text, value in zip(mine["TV"], found.tv, strict=True):
        assert float(text) == pytest.approx(value.value, rel=1e-4)
    assert "KL grows like $d$: independent coordinates add up." in said(app)
    assert "$d^{0.59}$ (ODE (probability flow))" in said(app)
    assert "KL still can: 35.5 against 14.4 nats" in said(app)
    assert "To keep TV at 0.1, T has to grow like" in said(app)


def test_every_number_of_the_download_is_that_of_the_core() -> None:
    question = Question(BASE, GaussianAxes(0.5, 3, 1e-2), ("ddpm", "heun"), "tv")
    rows = measure.table_rows(measure.measured(question, PLACE), 100)
    assert len(rows) == 2 * 3 * len(DIMS)
    found = gaussian_growth(SAMPLERS["heun"], BASE.chain, GaussianAxes(0.5, 3, 1e-2), DIMS)
    values = {(r[0], r[1], r[3]): float(r[4]) for r in rows}
    assert values["heun", 1000, "kl"] == found.kl[DIMS.index(1000)].value
    assert values["heun", 50, "hellinger"] == found.hellinger[DIMS.index(50)].value


def test_all_choices_reach_the_link_and_come_back() -> None:
    link = {
        "kind": "low",
        "variance": "1.5",
        "k": "5",
        "rest": "0.0001",
        "samplers": "ddim",
        "metric": "kl",
        "bounds": "none",
    }
    app = calm(visit("dimension", BASE.with_(steps=40), **link))
    assert {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}.keys() == {
        "e",
        *link,
    }
    assert "KL is k times what an axis that varies adds" in said(app)
    app.segmented_control(key=control(app, "metric")).set_value("hellinger").run()
    assert app.query_params["metric"] in ("hellinger", ["hellinger"])


def test_a_law_on_k_axes_names_who_pays_and_who_does_not() -> None:
    app = calm(visit("dimension", kind="low", samplers="ddpm"))
    assert "Measured here: every empty axis adds to the error of DDPM." in said(app)
    for source in ("2501.12982, Theorem 4", "2405.14861, abstract", "2606.23627, abstract"):
        assert source in said(app)
    assert "Add DDIM: its update is exact on an axis of variance 0" in said(app)
    app = calm(visit("dimension", kind="low", samplers="ddpm,ode,dpmpp-2m"))
    payers = said(app).split("adds to the error of ")[1].split(". In support")[0]
    assert payers == f"DDPM and {SAMPLERS['ode'].label}"
    app = calm(visit("dimension", kind="low", samplers="heun"))
    assert "every empty axis adds" not in said(app)  # Heun's update is exact there too
    assert "Add DDIM" not in said(app)
    app = calm(visit("dimension", kind="low", samplers="ddim"))
    assert "Add DDIM" not in said(app)
    assert "for DDIM" in said(app)


def test_copies_of_a_law_lie_between_bounds_and_say_so() -> None:
    app = calm(visit("dimension", BASE.with_(steps=16), kind="product", samplers="ode"))
    assert "**bounds**" in said(app)
    assert " to " in app.dataframe[0].value["TV"][2]
    assert [h.value for h in app.header] == ["What next?"]
    line = "\n".join(printed(app))
    assert line.startswith("ode (")


def test_copies_need_a_law_on_the_line() -> None:
    ring = Experiment(target=PRESETS["ring"].target, preset="ring")
    app = calm(visit("dimension", ring, kind="product"))
    assert "Copies need a law on the line" in app.info[0].value
    assert not app.dataframe


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("variance", "lots", "variance: a number from 0 to 1e6, got 'lots'"),
        ("variance", "-1", "variance: a number from 0 to 1e6, got '-1'"),
        ("k", "7", "k: one of 1, 2, 3, 5"),
        ("metric", "w2", "metric: one of tv, kl, hellinger"),
    ],
)
def test_a_wrong_setting_is_named(name: str, text: str, complaint: str) -> None:
    setting = next(s for s in PAGE.settings if s.name == name)
    with pytest.raises(InputError) as refused:
        setting.read(text)
    assert complaint in str(refused.value)


def test_the_last_variance_that_works_stays() -> None:
    app = visit("dimension", samplers="ddpm")
    app.number_input(key=control(app, "variance")).set_value(-2.0).run()
    assert "variance: must be between" in app.error[0].value
    assert not app.exception
    app = visit("dimension", samplers="ddpm")
    app.pills(key=control(app, "samplers")).set_value([]).run()
    assert "Choose at least one sampler" in app.info[0].value


def test_a_custom_schedule_has_one_t_only() -> None:
    custom = Custom((0.9, 0.6, 0.3, 0.1, 0.01))
    experiment = Experiment(schedule=custom, steps=5)
    app = calm(visit("dimension", experiment, samplers="ode"))
    assert [h.value for h in app.header] == ["What next?"]
    assert measure.other_steps(experiment) is None
    assert measure.other_steps(BASE.with_(steps=8192)) == 4096


def test_a_bound_in_the_intrinsic_dimension_does_not_grow_with_d() -> None:
    few = Question(BASE, GaussianAxes(0.25, 3), ("ddim", "ode"), "tv")
    bounds = measure.bounds(few, "all")
    [ddim] = bounds["ddim"]
    assert ddim(7, 100) == ddim(10**6, 100)
    assert (ddim.formula, ddim.steps_power) == ("C k log³T / T", 0)
    assert bounds["ode"] == theory_theorems.theorems("ode")
    for axes in (GaussianAxes(0.25), GaussianAxes(0.25, 3, 1e-4)):
        drawn = measure.bounds(Question(BASE, axes, ("ddim",), "tv"), "all")
        assert drawn["ddim"] == theory_theorems.theorems("ddim")
    labels, found = measure.sampler_labels(few), measure.measured(few, PLACE)
    figure = growth_figure(measure.curves(found, "tv"), labels, bounds, 100, "TV", False)
    [line] = [trace for trace in figure.data if trace.name == "DDIM: upper bound ∝ k"]
    assert len(set(line.y)) == 1


def test_the_printed_python_gives_the_numbers_of_the_page() -> None:
    app = calm(visit("dimension", samplers="ddpm"))
    found = gaussian_growth(SAMPLERS["ddpm"], BASE.chain, GaussianAxes(), [1])
    assert f"Distance(value={found.tv[0].value}" in "\n".join(printed(app))


@pytest.mark.parametrize("dark", [False, True])
def test_figures_show_measured_points_and_bounds_apart(dark: bool) -> None:
    question = Question(BASE, GaussianAxes(), ("ode", "ddpm"), "tv")
    labels = measure.sampler_labels(question)
    found = measure.measured(question, PLACE)
    bounds = measure.bounds(question, "all")
    drawn = measure.curves(found, "tv")
    figure = growth_figure(drawn, labels, bounds, 100, "TV", dark)
    names = [trace.name for trace in figure.data]
    assert sum("measured" in name for name in names) == 2
    assert sum("upper bound" in name for name in names) == 4
    seed = next(t for t in figure.data if t.name == "DDPM: upper bound ∝ d²")
    assert seed.y[3] / seed.y[0] == pytest.approx((DIMS[3] / DIMS[0]) ** 2)
    needed = measure.needed(question, PLACE)
    steps = needed_figure(needed, labels, bounds, dark)
    assert isinstance(steps, go.Figure)
    assert "accelerated" not in words.flattered(question.samplers)
    assert "DDPM from d = 30,000 on" in words.unreached(needed, labels)
    assert words.alt(drawn, labels, "TV").startswith("TV against the dimension")


def test_a_power_of_zero_has_no_sign() -> None:
    flat = {"heun": {10: 12, 100: 12, 1000: 12}}
    assert "like $d^{0}$ for Heun" in words.needed(flat, {"heun": "Heun"}, {}, 1)
    falling = {"heun": {10: 1000, 100: 1000, 1000: 999}}
    assert "like $d^{0}$ for Heun" in words.needed(falling, {"heun": "Heun"}, {}, 1)


def test_hidden_assumptions_of_the_bounds_are_told() -> None:
    question = Question(BASE, GaussianAxes(), ("ode",), "tv")
    assert "compare how steep" in words.about_bounds(question, "paper")
    other = Question(BASE.with_(schedule=Cosine()), GaussianAxes(), ("ode",), "tv")
    assert "shapes only" in words.about_bounds(other, "paper")
    kl = Question(BASE, GaussianAxes(), ("ode",), "kl")
    assert "no bound is drawn" in words.about_bounds(kl, "paper")


def test_ddim_keeps_its_noise_here_and_in_the_printed_python() -> None:
    app = calm(visit("dimension", BASE.with_(sampler="ddim", eta=0.5), samplers="ddim,ode"))
    assert set(app.dataframe[0].value["sampler"]) == {"DDIM, η = 0.5", SAMPLERS["ode"].label}
    record = BASE.with_(sampler="ddim", eta=0.5).record
    found = gaussian_growth(record, BASE.chain, GaussianAxes(), [1])
    assert f"ddim (Distance(value={found.tv[0].value}" in "\n".join(printed(app))


# ---- assumptions


def verdicts(experiment: Experiment, place: int = 0) -> dict[str, str]:
    return {x.name: x.verdict for x in lines(experiment, theorems(experiment)[place])}


def test_a_gaussian_has_no_bounded_support_and_constants_cannot_be_checked() -> None:
    found = verdicts(BASE)
    assert found["Bounded support"] == FAILS
    assert found["“c₀ and c₁ large enough”"] == OPEN
    assert found["c₁ ≥ 2c₀"] == HOLDS
    assert found["An accurate Jacobian"] == HOLDS
    assert verdicts(BASE.with_(schedule=Theory(3, 4)))["c₁ ≥ 2c₀"] == FAILS
    atoms = Experiment(target=PRESETS["atoms"].target)
    density, line, *_ = lines(atoms, theorems(atoms)[0])
    assert density.verdict == FAILS
    assert line.verdict == HOLDS
    assert "at most 2.00 = T^0.151, so c_R = 0.151 will do" in line.finding
    assert "$T^{0.151}$, so $c_R$ = 0.151" in typeset(line.finding)


def test_heavy_tails_fail_even_the_first_moment() -> None:
    heavy = Experiment(target=StudentT(0.8, (0.0,)), sampler="ddpm")
    found = verdicts(heavy, 1)
    assert found["A first moment"] == FAILS
    assert "Bounded support" not in found
    assert verdicts(heavy.with_(target=StudentT(1.5, (0.0,))), 1)["A first moment"] == HOLDS


@pytest.mark.parametrize("kind", [k for k in SCHEDULES if k != "custom"])
def test_other_schedules_are_asked_for_one_constant(kind: str) -> None:
    experiment = BASE.with_(schedule=SCHEDULES[kind]())
    line = some_constant(experiment)
    assert line.verdict == (HOLDS if kind in ("theory", "constant", "karras") else FAILS)
    app = calm(visit("assumptions", experiment))
    assert ("What the proof uses of a schedule" in said(app)) == (kind != "theory")


def test_the_assumptions_page_shows_what_it_offers_for_download() -> None:
    experiment = Experiment(target=PRESETS["uniform"].target, preset="uniform", sampler="ddpm")
    app = calm(visit("assumptions", experiment))
    assert app.title[0].value == "Assumptions"
    rows = check.rows(experiment, check.checked(experiment))
    assert list(app.dataframe[0].value["verdict"]) == [row[1] for row in rows]
    text = next(csv.reader(io.StringIO(",".join(check.HEADER))))
    assert list(app.dataframe[0].value.columns) == text
    assert "arXiv 2409.18959 (read in full)" in said(app)
    assert "Theorem(source='Li, Yan'" not in "\n".join(printed(app))
    assert "Li, Yan 2409.18959" in "\n".join(printed(app))


def test_a_sampler_without_a_theorem_says_so() -> None:
    app = calm(visit("assumptions", BASE.with_(sampler="heun")))
    assert "no convergence theorem for Heun" in app.info[0].value
