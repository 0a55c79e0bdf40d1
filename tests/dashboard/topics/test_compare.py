"""Runs side by side and instructive failures, as a reader sees them."""

from __future__ import annotations

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.compute import cached
from dashboard.link.permalink import encode
from dashboard.text.tables import run_table
from dashboard.topics.failures.cases import FAILURES
from diffusion_core import Experiment, measure
from diffusion_core.samplers import PAPER_SAMPLERS, SAMPLERS
from tests.dashboard.unpacking import unpack
from tests.dashboard.visiting import address


def visit(page: str, **link: str) -> AppTest:
    app = AppTest.from_file("../../../app.py", default_timeout=60)
    if page != "trajectories":
        app.switch_page(f"pages/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def link_of(experiment: Experiment) -> str:
    text = encode(experiment)
    assert text is not None
    return text


# ---- side by side

NEW = {"c": "sampler.ode-taylor", "d": "sampler.ddpm-covariance"}


def test_four_panels_show_the_papers_samplers_with_their_measured_distances() -> None:
    base = Experiment(preset="three-modes", steps=20)
    app = visit("compare", e=link_of(base), panels="4", particles="200", **NEW)
    assert not app.error
    assert not app.warning
    rows = app.dataframe[0].value
    assert len(rows) == 4
    shown = ("ode", "ddpm", "ode-taylor", "ddpm-covariance")
    assert set(shown) == set(PAPER_SAMPLERS)
    for distance, sampler in zip(rows["TV(q₁, p₁)"], shown, strict=True):
        truth = measure(base.with_(sampler=sampler))
        value, error = distance.split(" ± ")
        assert float(value) == pytest.approx(truth.value, rel=2e-5)
        assert error


def test_panels_that_a_link_does_not_name_are_what_they_were() -> None:
    """Links from before C and D had other samplers; new links always name them."""
    app = visit("compare", e=link_of(Experiment(steps=10)), panels="4", particles="200")
    assert list(app.dataframe[0].value["sampler"]) == [
        SAMPLERS[name].label for name in ("ode", "ddpm", "ode-accelerated", "ddpm-accelerated")
    ]
    assert address(app)["c"] == "sampler.ode-accelerated"
    assert address(app)["d"] == "sampler.ddpm-accelerated"
    assert address(visit("compare")) == NEW


def test_a_links_changes_are_shown_and_kept() -> None:
    link = {"b": "sampler.heun,steps.10", "particles": "200"}
    app = visit("compare", **link)
    rows = app.dataframe[0].value
    assert list(rows["sampler"]) == ["ODE (probability flow)", "Heun"]
    assert list(rows["T"]) == ["100", "10"]
    assert "sampler.heun,steps.10" in app.query_params["b"]


@pytest.mark.parametrize(
    ("link", "word"),
    [
        ({"b": "sampler.euler"}, "sampler"),
        ({"b": "steps.1"}, "steps"),
        ({"panels": "5"}, "panels"),
        ({"b": "colour.red"}, "changes"),
    ],
)
def test_a_bad_link_is_answered_in_a_sentence(link: dict[str, str], word: str) -> None:
    app = visit("compare", particles="200", **link)
    assert len(app.error) == 1
    assert word in app.error[0].value
    assert len(app.dataframe[0].value) == 2


def test_panels_that_cannot_share_a_picture_are_refused_in_a_sentence() -> None:
    app = visit("compare", b="target.two-moons", particles="200")
    assert len(app.warning) == 1
    assert "one dimension" in app.warning[0].value


def test_panels_share_noise_clock_and_view() -> None:
    base = Experiment(preset="three-modes", steps=12)
    made = cached.animation([base, base.with_(sampler="ddpm")], ["A", "B"], 200, st.empty())
    _, ((a, first), (b, second)) = unpack(made.blob)
    np.testing.assert_array_equal(first["generator"], second["generator"])
    assert "start" not in first.keys() | second.keys()
    assert (made.panels[0].final != made.panels[1].final).any()
    assert (a["title"], b["title"]) == ("A", "B")
    assert a["times"] == b["times"]
    assert a["extent"] == b["extent"]


def test_a_run_table_says_what_is_not_known() -> None:
    run = Experiment(preset="three-modes")
    table = run_table({"A": run}, {"A": "kl: too far"})
    assert table["TV(q₁, p₁)"] == ["kl: too far"]


# ---- failures


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_fails_and_its_cure_cures(name: str) -> None:
    failure = FAILURES[name]
    broken, mended = measure(failure.broken), measure(failure.mended)
    assert mended.value + mended.error < 0.5 * (broken.value - broken.error)
    app = visit("failures", failure=name)
    assert not app.error
    assert not app.warning
    told = " ".join(m.value for m in app.markdown)
    assert failure.why(failure.broken) in told
    assert len(app.dataframe[0].value) == 2


def test_the_sentences_of_failures_hold() -> None:
    cosine = FAILURES["cosine-ode"].broken
    assert "31.6 times" in FAILURES["cosine-ode"].why(cosine)
    assert 1 / np.sqrt(cosine.chain.alpha[128]) == pytest.approx(31.62, abs=0.01)
    skewed = FAILURES["light-mode"]
    p1 = skewed.broken.target.marginal(skewed.broken.chain.level(1))
    right = 1 - float(p1.cdf(np.array([1.25]))[0])
    assert f"{100 * right:.1f} %" in skewed.why(skewed.broken)


def test_a_failure_opens_on_the_trajectories_page() -> None:
    app = visit("failures", failure="fold")
    app.button[0].click().run()
    assert app.session_state["experiment"] == FAILURES["fold"].broken


def test_an_unknown_failure_is_answered() -> None:
    app = visit("failures", failure="gravity")
    assert "failure: one of signal-left" in app.error[0].value


# ---- large type


@pytest.mark.parametrize("page", ["trajectories", "compare", "failures", "forward"])
def test_large_type_is_a_choice_of_every_page_and_travels_in_the_link(page: str) -> None:
    app = visit(page, large="on")
    assert not app.error
    assert app.session_state["control: large"] is True
    assert "on" in app.query_params["large"]
    app.toggle(key="control: large").set_value(False).run()
    assert not app.exception
    assert "large" not in app.query_params
