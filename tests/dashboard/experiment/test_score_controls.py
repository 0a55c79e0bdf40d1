"""The score as a choice of every page: exact, wrong by a known size, or learned."""

from __future__ import annotations

from dataclasses import fields

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.link.permalink import decode
from dashboard.text.labels import SCORE_PARAMETERS, SCORES, WHEN
from diffusion_core import Experiment, measure
from diffusion_core.scores import errors
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.score_sizes import eps_jacobi
from tests.dashboard.visiting import address, calm, said, visit

SMALL = Experiment(preset="three-modes", steps=20)


def test_every_kind_and_every_parameter_has_a_name() -> None:
    assert set(errors.SCORE_ERRORS) < set(SCORES)
    assert set(WHEN) == set(errors.WHEN)
    for kind in errors.SCORE_ERRORS.values():
        assert {m.name for m in fields(kind)} <= set(SCORE_PARAMETERS)


@pytest.mark.parametrize("kind", ["shift", "scale", "wave", "fourier"])
def test_a_wrong_score_is_chosen_measured_and_in_the_link(kind: str) -> None:
    app = visit("trajectories", SMALL, particles="200")
    app.selectbox(key="control: score").set_value(kind).run()
    calm(app)
    wrong = SMALL.with_(score_error=errors.SCORE_ERRORS[kind]())
    assert decode(address(app)["e"]) == wrong
    assert str(measure(wrong).value)[:5] in said(app)
    app.selectbox(key="control: score").set_value("exact").run()
    assert decode(address(calm(app))["e"]) == SMALL


def test_a_link_sets_the_widgets_and_a_change_of_size_the_link() -> None:
    wave = errors.WaveError(size=0.05, frequency=20.0, when="small-t")
    app = calm(visit("trajectories", SMALL.with_(score_error=wave), particles="200"))
    assert app.selectbox(key="control: score").value == "wave"
    assert app.number_input(key="control: score.wave.frequency").value == 20.0
    app.number_input(key="control: score.wave.size").set_value(0.2).run()
    found = decode(address(calm(app))["e"]).score_error
    assert found == errors.WaveError(size=0.2, frequency=20.0, when="small-t")


@pytest.mark.parametrize(("value", "message"), [(-1.0, "0 to 100"), (None, "needs a number")])
def test_a_bad_size_is_answered_by_a_sentence_and_the_last_score_stays(
    value: float | None, message: str
) -> None:
    shift = errors.Shift(size=0.25)
    app = visit("trajectories", SMALL.with_(score_error=shift), particles="200")
    app.number_input(key="control: score.shift.size").set_value(value).run()
    assert not app.exception
    assert message in app.error[0].value
    assert decode(address(app)["e"]).score_error == shift


def findings(app: AppTest) -> dict[str, str]:
    table = app.dataframe[0].value
    return dict(zip(table["assumption"], table["finding"], strict=True))


def test_the_assumptions_know_how_wrong_the_score_is() -> None:
    wave = errors.WaveError(size=0.05, frequency=20.0)
    app = calm(visit("assumptions", SMALL.with_(score_error=wave)))
    lines = dict(
        zip(app.dataframe[0].value["assumption"], app.dataframe[0].value["finding"], strict=False)
    )
    assert lines["An accurate score"].startswith("ε_score = 0.05")
    size = eps_jacobi(SMALL.with_(score_error=wave)).value
    assert lines["An accurate Jacobian"].startswith(f"ε_Jacobi = {size:.3f}"[:15])
    app.selectbox(key="control: score").set_value("exact").run()
    lines = dict(
        zip(app.dataframe[0].value["assumption"], app.dataframe[0].value["finding"], strict=False)
    )
    assert lines["An accurate score"].startswith("ε_score = 0, since")


def test_curves_against_T_are_those_of_the_chosen_score() -> None:
    wrong = SMALL.with_(score_error=errors.Shift(size=0.2))
    app = calm(visit("convergence", wrong, **{"from": "8", "to": "16", "samplers": "ode"}))
    table = app.dataframe[0].value
    shown = table[table["T"] == 16].iloc[0].to_string()
    assert str(measure(wrong.with_(steps=16)).value)[:5] in shown


def test_a_guided_score_is_chosen_with_its_class_and_follows_the_target() -> None:
    app = visit("trajectories", SMALL, particles="200")
    app.selectbox(key="control: score").set_value("guided").run()
    assert decode(address(calm(app))["e"]) == SMALL.with_(score_error=Guided("1", 3.0))
    app.button_group(key="control: score.guided.label").set_value(["1", "3"]).run()
    app.number_input(key="control: score.guided.scale").set_value(2.0).run()
    wanted = SMALL.with_(score_error=Guided("1+3", 2.0))
    assert decode(address(calm(app))["e"]) == wanted
    assert str(measure(wanted).value)[:5] in said(app)
    app.selectbox(key="control: preset 1").set_value("two-modes").run()
    found = decode(address(calm(app))["e"])
    assert (found.preset, found.score_error) == ("two-modes", Guided("1", 2.0))
    app.selectbox(key="control: preset 1").set_value("uniform").run()
    assert "no classes to guide to" in calm(app).info[0].value
    assert decode(address(app)["e"]).score_error is None
