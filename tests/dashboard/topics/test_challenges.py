"""Challenges: the rules, the numbers, and an entry that anyone can open and check."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.compute.progress import Silent
from dashboard.link.permalink import decode
from dashboard.prose import prose
from dashboard.topics.challenges.entries import (
    BUDGET,
    CHALLENGES,
    NAMES,
    baselines,
    broken_rule,
    scores,
    table,
    verdict,
)
from diffusion_core import Experiment, measure
from diffusion_core.schedules import Cosine, Custom, LogSNR, Theory
from diffusion_core.scores.errors import Shift
from tests.dashboard.visiting import address, calm, said, visit

WARM_UP, ATOMS = CHALLENGES["warm-up"], CHALLENGES["atoms"]
GOOD = WARM_UP.entry(Theory(), "dpmpp-2m")
YOURS = prose("challenges")("yours")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"steps": 12}, "evaluates the score 11 times; the challenge allows 10"),
        ({"sampler": "heun"}, "evaluates the score 20 times"),
        ({"sampler": "ode-taylor"}, "needs more than the score"),
        ({"sampler": "ddpm-covariance"}, "needs more than the score"),
        ({"score_error": Shift(size=0.1)}, "exact score"),
        ({"start": "exact"}, "which no sampler can draw"),
        ({"target": ATOMS.entry(Theory(), "ode").target}, "has another one"),
    ],
)
def test_each_rule_has_its_sentence(changes: dict[str, Any], why: str) -> None:
    assert not broken_rule(WARM_UP, GOOD)
    assert why in broken_rule(WARM_UP, GOOD.with_(**changes))


def test_noise_at_the_first_step_is_no_way_to_win() -> None:
    """Where the distance is to p_1, a schedule that makes p_1 noise would be unbeatable."""
    cheat = ATOMS.entry(Theory(), "ddim").with_(schedule=Custom((1e-4, 1e-5)), steps=2)
    assert measure(cheat).value < 0.01
    assert "far from the data" in broken_rule(ATOMS, cheat)
    on_data = WARM_UP.on_target(cheat)
    assert not broken_rule(WARM_UP, on_data)
    assert measure(on_data, against="data").value > 0.3


@pytest.mark.parametrize("name", NAMES)
def test_the_baselines_keep_the_rules_and_spend_the_budget(name: str) -> None:
    found = baselines(CHALLENGES[name])
    assert len(found) >= 4
    for run in found.values():
        assert not broken_rule(CHALLENGES[name], run)
        assert run.record.nfe(run.steps) == BUDGET


def test_entries_are_sorted_by_the_cores_numbers() -> None:
    found = scores(WARM_UP, baselines(WARM_UP) | {YOURS: GOOD}, Silent())
    values = [outcome.value for _, outcome in found.values() if not isinstance(outcome, str)]
    assert values == sorted(values)
    assert values[0] == measure(GOOD, against="data").value
    assert table(found)["entry"][0] == YOURS
    assert "You are ahead" in verdict(found, YOURS)


def test_level_and_behind() -> None:
    best = WARM_UP.entry(Cosine(), "ddim")
    others = baselines(WARM_UP)
    assert "Level" in verdict(scores(WARM_UP, others | {YOURS: best}, Silent()), YOURS)
    worse = WARM_UP.entry(LogSNR(), "ode")
    assert "times closer" in verdict(scores(WARM_UP, others | {YOURS: worse}, Silent()), YOURS)


def test_a_refused_entry_comes_last_with_its_reason() -> None:
    outcome: Any = {"a": (GOOD, "tv: refused"), "b": (GOOD, measure(GOOD, against="data"))}
    assert verdict(outcome, "a") == "tv: refused."
    assert table(outcome)["TV"][0] == "tv: refused"


@pytest.mark.parametrize("name", NAMES)
def test_a_challenge_begins_with_a_valid_entry(name: str) -> None:
    app = calm(visit("challenges", challenge=name))
    assert not app.warning
    assert YOURS in list(app.dataframe[0].value["entry"])
    assert not broken_rule(CHALLENGES[name], decode(address(app)["e"]))


def test_a_link_is_an_entry_and_the_number_is_computed_again() -> None:
    app = calm(visit("challenges", GOOD))
    assert decode(address(app)["e"]) == GOOD
    rows = app.dataframe[0].value.set_index("entry")
    value = float(rows.loc[YOURS, "TV"].split(" ")[0])
    assert value == pytest.approx(measure(GOOD, against="data").value, rel=1e-5)


def test_a_link_that_breaks_a_rule_gets_a_sentence_and_no_number() -> None:
    app = calm(visit("challenges", Experiment(preset="three-modes", steps=200)))
    assert "evaluates the score 199 times" in app.warning[0].value
    assert YOURS not in list(app.dataframe[0].value["entry"])
    assert "**TV =" not in said(app)


def test_another_challenge_keeps_schedule_and_sampler() -> None:
    app = calm(visit("challenges", GOOD))
    app.selectbox(key="control: challenges.challenge").set_value("fingers").run()
    found = decode(address(calm(app))["e"])
    assert found == CHALLENGES["fingers"].entry(Theory(), "dpmpp-2m")
    assert not app.warning
