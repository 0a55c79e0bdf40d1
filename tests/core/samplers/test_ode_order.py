"""The sampler of order K against recursions in 40 digits, its record, its description."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.chain import Array, Chain
from diffusion_core.laws.gaussian import gaussian_laws
from diffusion_core.laws.particles import final_points
from diffusion_core.measure import measure
from diffusion_core.samplers import Sampler, reverse_chain
from diffusion_core.samplers.ode import ode
from diffusion_core.samplers.ode_order import ode_order_sampler, weights
from diffusion_core.samplers.program import asks_between, program_of
from diffusion_core.samplers.update import unmarked
from diffusion_core.schedules import Linear, LogSNR, Schedule, Theory
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.own import own_score
from diffusion_core.studies.convergence import plan, plan_evaluations
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from tests.core.reference import Betas, NormalMixture, _NoisedNormal, order_run

MEAN, SD = 0.4, 0.6
GAUSSIAN = line_mixture((1.0,), (MEAN,), (SD,))
MODES = PRESETS["three-modes"].target
KINDS = [(2, 2), (3, 3), (3, 4), (4, 4), (4, 2)]


def run(order: int, rounds: int, **changes: Any) -> Experiment:
    base = Experiment(MODES, LogSNR(6, -6), "ode-order", start="exact", order=order, rounds=rounds)
    return base.with_(**changes)


@pytest.mark.parametrize(("order", "rounds"), KINDS)
@pytest.mark.parametrize("schedule", [Theory(), Linear(), LogSNR(6, -6)], ids=lambda s: s.kind)
def test_the_gaussian_recursion_in_forty_digits(
    order: int, rounds: int, schedule: Schedule
) -> None:
    e = run(order, rounds, target=GAUSSIAN, schedule=schedule, steps=24)
    q, p = gaussian_laws(e.record, e.chain, GAUSSIAN, True)
    with mp.workdps(40):
        c = Betas([mp.mpf(float(b)) for b in e.chain.beta])
        mean, variance = mp.mpf(MEAN), mp.mpf(SD**2)
        start = c.abar[24] * variance + c.var[24]
        slope = order_run(mp.mpf(1), c, _NoisedNormal(mp.mpf(0), variance), order, rounds)
        shift = order_run(mp.mpf(0), c, _NoisedNormal(mean, variance), order, rounds)
        m, v = slope * mp.sqrt(c.abar[24]) * mean + shift, slope**2 * start
    assert float(q.mean[0]) == pytest.approx(float(m), rel=1e-11)
    assert float(q.variance[0]) == pytest.approx(float(v), rel=1e-11)
    assert abs(float(v / p.variance[0]) - 1) > 1e-9  # the recursion is not merely p_1


@pytest.mark.parametrize(("order", "rounds"), KINDS)
def test_the_map_of_a_mixture_by_newtons_polynomial(order: int, rounds: int) -> None:
    e = run(order, rounds, schedule=Theory(), steps=9)
    betas = Betas([float(b) for b in e.chain.beta])
    rows = ([0.3, 0.4, 0.3], [-1.5, 0.3, 1.8], [0.25, 0.35, 0.2])
    x = np.array([-2.6, -0.3, 0.1, 1.9])
    target = line_mixture(*map(tuple, rows))
    score = ExactScore(target, e.chain)
    *_, (_, y) = reverse_chain(e.record, e.chain, score, x[:, None], np.zeros)
    law = NormalMixture(*rows, betas)
    np.testing.assert_allclose(
        y[:, 0], order_run(x, betas, law, order, rounds), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize(("order", "rounds", "power"), [(2, 2, 2), (3, 4, 4), (4, 4, 4), (4, 2, 2)])
@pytest.mark.parametrize("target", [GAUSSIAN, MODES], ids=["Gaussian", "three modes"])
def test_tv_falls_with_the_stated_power(order: int, rounds: int, power: int, target: Any) -> None:
    e = run(order, rounds, target=target)
    found = [measure(e.with_(steps=t)) for t in (128, 256)]
    assert math.log2(found[0].value / found[1].value) == pytest.approx(power, abs=0.12)
    assert all(m.error < 2e-3 * m.value for m in found)
    assert e.record.order == power


@pytest.mark.parametrize("target", [GAUSSIAN, MODES], ids=["Gaussian", "three modes"])
def test_three_rounds_of_simpsons_rule_reach_the_third_order_late(target: Any) -> None:
    e = run(3, 3, target=target, schedule=LogSNR(3, -3))
    found = [measure(e.with_(steps=t)).value for t in (32, 64, 1024, 2048)]
    early, late = (math.log2(found[k] / found[k + 1]) for k in (0, 2))
    assert late == pytest.approx(3, abs=0.15)
    assert abs(early - 3) > abs(late - 3)


def flow_between(high: float, low: float, pieces: int, record: Sampler, x: Array) -> Array:
    """The run from abar = ``low`` to ``high`` in so many equal steps."""
    abar = [1.0, *np.linspace(high, low, pieces + 1)]
    beta = [0.0, *(1 - b / a for a, b in pairwise(abar)), 0.1]
    chain = Chain(np.array(beta))
    *_, (_, y) = reverse_chain(record, chain, ExactScore(MODES, chain), x, np.zeros)
    return y


@pytest.mark.parametrize(("order", "rounds", "power"), [(2, 2, 3), (3, 3, 4), (4, 4, 5), (4, 1, 2)])
def test_one_step_errs_by_one_power_more(order: int, rounds: int, power: int) -> None:
    """Against 128 steps of order 4, whose own error is smaller by 128^4 at least."""
    x, gaps = np.linspace(-1.5, 2, 9)[:, None], []
    for h in (0.02, 0.01):
        one = flow_between(0.4, 0.4 - h, 1, ode_order_sampler(order, rounds), x)
        many = flow_between(0.4, 0.4 - h, 128, ode_order_sampler(4, 6), x)
        gaps.append(float(np.abs(one - many).max()))
    assert math.log2(gaps[0] / gaps[1]) == pytest.approx(power, abs=0.3)


def test_one_round_at_one_level_is_the_ode_with_a_longer_step() -> None:
    """K = 1 of the construction has beta/alpha where (23) has beta; K = 2 with one round is near.

    With s at level t throughout, the rounds' first sum is (beta/(2 alpha)) s.
    """

    def frozen(s: float, y: Array) -> Array:
        return -y / 2

    chain, y = Theory().chain(12), np.array([[0.7], [-1.1]])
    for t in (2, 6, 12):
        longer = (y + chain.beta[t] / chain.alpha[t] / 2 * frozen(t, y)) / math.sqrt(chain.alpha[t])
        plain = ode(y, t, chain, frozen, unmarked)  # type: ignore[arg-type]
        root = chain.abar[t - 1] ** 0.5
        # (1-tau_j)^{-3/2} at tau_0 alone: K = 1
        half = chain.abar[t - 1] * chain.beta[t] / 2
        by_hand = root * (y / chain.abar[t] ** 0.5 + half * frozen(t, y) / chain.abar[t] ** 1.5)
        np.testing.assert_allclose(by_hand, longer, rtol=1e-13)
        gap = np.abs(longer - plain).max()
        assert gap == pytest.approx(
            float(np.abs(y).max()) / 4 * chain.beta[t] ** 2 / chain.alpha[t] ** 1.5, rel=1e-9
        )


def test_the_rules_are_those_of_the_textbook() -> None:
    assert weights(2)[-1] == (1 / 2, 1 / 2)
    assert weights(3)[-1] == (1 / 6, 4 / 6, 1 / 6)
    assert weights(4)[-1] == (1 / 8, 3 / 8, 3 / 8, 1 / 8)


def test_evaluations_are_those_that_are_made() -> None:
    calls = []

    class Counted(ExactScore):
        def __call__(self, t: float, x: Array) -> Array:
            calls.append(t)
            return super().__call__(t, x)

    for order, rounds in KINDS:
        calls.clear()
        e = run(order, rounds, steps=7)
        x = np.ones((3, 1))
        list(reverse_chain(e.record, e.chain, Counted(MODES, e.chain), x, np.zeros))
        assert len(calls) == e.record.nfe(7) == 6 * (1 + rounds * (order - 1))


def test_particles_follow_the_exact_law() -> None:
    e = run(4, 4, steps=8, schedule=Theory(), start="noise")
    exact = measure(e, "w1")
    found = measure(e, "w1", "particles", 200_000)
    assert abs(found.value - exact.value) < 3 * found.error + exact.error
    assert len(final_points(e, 10)) == 10


def test_the_plane_s_law_of_a_product_is_that_of_its_factors() -> None:
    """A Gaussian in the plane, turned and as an engine's own: affine recursion against cells."""
    round_target = GaussianMixture((1.0,), ((0.2, -0.1),), (((0.5, 0.1), (0.1, 0.3)),))
    e = run(4, 4, target=round_target, steps=10)
    near = GaussianMixture((0.5, 0.5), ((0.2, -0.1),) * 2, (((0.5, 0.1), (0.1, 0.3)),) * 2)
    one, other = measure(e), measure(e.with_(target=near))
    assert other.value == pytest.approx(one.value, abs=other.error + one.error)
    assert one.value > 10 * other.error


def test_json_keeps_order_and_rounds() -> None:
    for order, rounds in KINDS:
        e = Experiment(sampler="ode-order", order=order, rounds=rounds)
        assert Experiment.from_json(e.to_json()) == e
        stated = {"kind": "ode-order", "order": order}
        if rounds != order:
            stated["rounds"] = rounds
        assert json.loads(e.to_json())["sampler"] == stated
    assert Experiment(sampler="ode-order") == Experiment(sampler="ode-order", order=3, rounds=3)
    changed = Experiment(sampler="ode-order", order=4).with_(sampler="ode")
    assert (changed.order, changed.rounds) == (None, None)
    assert Experiment(sampler="ode-order", order=4).with_(order=2).rounds == 2


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"order": 1}, "sampler.order: a whole number from 2 to 4, got 1"),
    ({"order": 5}, "sampler.order: a whole number from 2 to 4, got 5"),
    ({"order": True}, "sampler.order: must be a whole number, got True"),
    ({"order": 2.5}, "sampler.order: must be a whole number, got 2.5"),
    ({"order": None}, "sampler.order: must be a whole number, got nothing"),
    ({"rounds": 0}, "sampler.rounds: a whole number from 1 to 12, got 0"),
    ({"rounds": 13}, "sampler.rounds: a whole number from 1 to 12, got 13"),
    ({"rounds": "3"}, "sampler.rounds: must be a whole number, got '3'"),
    ({"eta": 0.5}, "sampler.eta: only ddim takes eta, not ode-order"),
    ({"kind": "ode", "order": 3}, "sampler: unknown key 'order'; known are kind, corrector"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_bad_input_gets_one_sentence(changes: dict[str, Any], words: str) -> None:
    data = Experiment(sampler="ode-order").to_dict()
    data["sampler"] |= changes
    with pytest.raises(InputError) as refusal:
        Experiment.from_dict(data)
    assert str(refusal.value) == words


@pytest.mark.parametrize("wrong", [True, 2.0, 0, 7, "3"])
def test_bad_orders_and_rounds_are_refused_in_python_too(wrong: Any) -> None:
    with pytest.raises(InputError, match=r"^sampler\.order: a whole number from 2 to 4"):
        Experiment(sampler="ode-order", order=wrong)
    if wrong != 7:
        with pytest.raises(InputError, match=r"^sampler\.rounds: a whole number from 1 to 12"):
            Experiment(sampler="ode-order", rounds=wrong)
    with pytest.raises(InputError, match="only ode-order takes order, not ode"):
        Experiment(sampler="ode", order=3)


def test_an_own_score_is_known_at_the_grid_s_levels_only() -> None:
    def normal(t: int, x: Array) -> Array:
        return -x

    e = run(2, 2, score_error=own_score(normal), steps=8)
    assert measure(e).value > 0
    with pytest.raises(InputError, match="between the grid's noise levels"):
        measure(e.with_(order=3))


def test_an_error_of_the_score_leaves_the_same_floor_for_every_order() -> None:
    floors = [measure(run(k, k, score_error=Shift(0.05), steps=256)).value for k in (2, 3, 4)]
    assert floors == pytest.approx([floors[0]] * 3, rel=0.1)
    assert floors[0] > 100 * measure(run(4, 4, steps=256)).value


@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_program_asks_between_the_chain_s_t_at_the_same_places_in_every_step(order: int) -> None:
    program = program_of(ode_order_sampler(order), Theory().chain(40), 1)
    [step] = program.steps
    asked = {operation[2] for operation in step.operations if operation[0] == "score"}
    assert sorted(asked) == pytest.approx([-i / (order - 1) for i in range(order)][::-1], abs=1e-11)
    assert asks_between(program) == (order > 2)


@pytest.mark.parametrize(("order", "steps"), [(3, 2048), (4, 1024), (4, 4096)])
def test_the_stated_error_holds_down_to_where_double_precision_ends(order: int, steps: int) -> None:
    """TV between normal laws from a recursion in 40 digits, against cells that know no formula."""
    twice = line_mixture((0.5, 0.5), (MEAN, MEAN), (SD, SD))
    found = measure(run(order, order, target=twice, schedule=Linear(), steps=steps))
    with mp.workdps(40):
        c = Betas([mp.mpf(float(b)) for b in Linear().chain(steps).beta])
        mean, variance = mp.mpf(MEAN), mp.mpf(SD) ** 2
        slope = order_run(mp.mpf(1), c, _NoisedNormal(mp.mpf(0), variance), order, order)
        shift = order_run(mp.mpf(0), c, _NoisedNormal(mean, variance), order, order)
        start = c.abar[steps] * variance + c.var[steps]
        q = (slope * mp.sqrt(c.abar[steps]) * mean + shift, slope * mp.sqrt(start))
        p = (mp.sqrt(c.abar[1]) * mean, mp.sqrt(c.abar[1] * variance + c.var[1]))
        truth = normal_tv(q, p)
    assert 0 < truth < 2e-8
    assert abs(found.value - float(truth)) <= found.error < 3e-11


def normal_tv(q: tuple[Any, Any], p: tuple[Any, Any]) -> Any:
    """Between two normal laws (mean, sd) of different sd: their densities cross at two places."""
    (m, s), (n, r) = q, p
    a, b = 1 / r**2 - 1 / s**2, 2 * (m / s**2 - n / r**2)
    c = n**2 / r**2 - m**2 / s**2 + 2 * mp.log(r / s)
    root = mp.sqrt(b * b - 4 * a * c)
    x, y = sorted([(-b - root) / (2 * a), (-b + root) / (2 * a)])
    return abs(sum(w * (mp.ncdf((t - m) / s) - mp.ncdf((t - n) / r)) for w, t in ((-1, x), (1, y))))


def test_a_sweep_names_orders_and_each_run_says_its_own() -> None:
    asked = ["ode", "ode-order-2", "ode-order", "ode-order-3", "ode-order-4"]
    runs = plan(Experiment(), asked, [8])
    assert [e.called for e in runs] == ["ode", "ode-order-2", "ode-order", "ode-order-4"]
    assert [(e.order, e.rounds) for e in runs] == [(None, None), (2, 2), (3, 3), (4, 4)]
    own = Experiment(sampler="ode-order", order=4, rounds=2)
    assert [(e.order, e.rounds) for e in plan(own, asked, [8])] == [
        (None, None),
        *((2, 2), (4, 2), (3, 3)),
    ]
    assert own.by("ddim").eta == 0.0
    assert Experiment(sampler="ddim", eta=0.5).by("ode-order-2").eta == 0.0
    with pytest.raises(InputError, match=r"^sampler\.kind: one of ode, .*got 'ode-order-5'"):
        plan(own, ["ode-order-5"], [8])


def test_equal_evaluations_are_counted_by_the_order_that_runs() -> None:
    own = Experiment(sampler="ode-order", order=4)
    runs = plan_evaluations(own, ["ode-order", "ode-order-2"], [130])
    assert [(e.called, e.steps, e.record.nfe(e.steps)) for e in runs] == [
        ("ode-order-4", 11, 130),
        ("ode-order-2", 44, 129),
    ]
