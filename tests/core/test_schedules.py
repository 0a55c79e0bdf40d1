"""Schedules against their published formulas, in high precision where digits can be lost."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from diffusion_core.errors import InputError
from diffusion_core.schedules import (
    BETA_MAX,
    SCHEDULES,
    Constant,
    Cosine,
    Custom,
    Karras,
    Linear,
    LinearDDPM,
    LogSNR,
    Schedule,
    Sigmoid,
    Theory,
)

NAMED = [SCHEDULES[kind]() for kind in SCHEDULES if kind != "custom"]  # type: ignore[call-arg]
EVERY = pytest.mark.parametrize("schedule", NAMED, ids=lambda s: s.kind)


@EVERY
@pytest.mark.parametrize("steps", [2, 3, 10, 1000, 8192])
def test_shapes_ranges_and_products(schedule: Schedule, steps: int) -> None:
    chain = schedule.chain(steps)
    assert chain.steps == steps
    assert len(chain.beta) == len(chain.alpha) == len(chain.abar) == len(chain.var) == steps + 2
    assert chain.beta[0] == 0
    assert chain.abar[0] == 1
    assert (chain.beta[1:] > 0).all()
    assert (chain.beta <= BETA_MAX).all()
    assert (np.diff(chain.abar) < 0).all()
    assert (np.diff(chain.var) >= 0).all()
    np.testing.assert_array_equal(chain.alpha, 1 - chain.beta)
    np.testing.assert_allclose(chain.abar + chain.var, 1.0, rtol=3e-16)


@EVERY
def test_var_keeps_its_relative_precision(schedule: Schedule) -> None:
    chain = schedule.chain(1000)
    with mp.workdps(40):
        abar, worst = mp.mpf(1), mp.mpf(0)
        for beta, var in zip(chain.beta[1:], chain.var[1:], strict=True):
            abar *= 1 - mp.mpf(float(beta))
            worst = max(worst, abs(mp.mpf(float(var)) / (1 - abar) - 1))
    assert worst < 2e-13


@pytest.mark.parametrize("steps", [2, 7, 100, 4096])
@pytest.mark.parametrize(("c0", "c1"), [(1.0, 4.0), (2.0, 4.0), (2.0, 8.0)])
def test_theory_formula_and_its_extension(steps: int, c0: float, c1: float) -> None:
    chain = Theory(c0, c1).chain(steps)
    rate = c1 * math.log(steps) / steps
    expected = [steps**-c0] + [
        rate * min(steps**-c0 * (1 + rate) ** t, 1.0) for t in range(2, steps + 2)
    ]
    np.testing.assert_allclose(chain.beta[1:], np.minimum(expected, 0.999), rtol=1e-11)
    assert chain.capped == tuple(t for t in range(1, steps + 1) if expected[t - 1] > 0.999)


@pytest.mark.parametrize("steps", [100, 1000, 8000])
@pytest.mark.parametrize(("c0", "c1"), [(1.0, 4.0), (2.0, 4.0), (2.0, 6.0)])
def test_theory_properties_that_the_proofs_use(steps: int, c0: float, c1: float) -> None:
    """Li and Yan, arXiv 2409.18959, Lemma 7."""
    chain = Theory(c0, c1).chain(steps)
    alpha, abar = chain.alpha[2 : steps + 1], chain.abar[2 : steps + 1]
    ratio = (1 - alpha) / (alpha - abar)
    assert ratio.max() <= 8 * c1 * math.log(steps) / steps
    assert chain.abar[steps] <= steps ** (-c1 / 2)


def test_linear_formulas_and_held_extension() -> None:
    chain = Linear(0.1, 20.0).chain(5)
    np.testing.assert_allclose(
        chain.beta[1:], np.minimum(np.array([0.1, 5.075, 10.05, 15.025, 20.0, 20.0]) / 5, 0.999)
    )
    assert chain.capped == (2, 3, 4, 5)
    ddpm = LinearDDPM().chain(1000)
    np.testing.assert_allclose(ddpm.beta[[1, 500, 1000, 1001]], [1e-4, 0.0100400, 0.02, 0.02], 1e-3)
    np.testing.assert_allclose(ddpm.abar[1000], 4.0358e-5, rtol=1e-3)  # Ho et al.'s chain


def test_cosine_formula_and_cap() -> None:
    steps, s = 50, 0.008
    chain = Cosine(s).chain(steps)
    f = np.cos(np.pi / 2 * (np.arange(steps + 1) / steps + s) / (1 + s)) ** 2
    np.testing.assert_allclose(chain.abar[:steps], f[:steps] / f[0], rtol=1e-12)
    assert chain.capped == (steps,)
    assert chain.beta[steps] == BETA_MAX


def test_sigmoid_formula() -> None:
    steps = 40
    chain = Sigmoid(-3.0, 3.0, 0.7).chain(steps)

    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x / 0.7))

    for t in (1, 17, 39):
        u = t / steps
        expected = (sigma(-(-3 + 6 * u)) - sigma(-3)) / (sigma(3) - sigma(-3))
        assert chain.abar[t] == pytest.approx(expected, rel=1e-12)
    assert chain.capped == (steps,)


def test_constant_reaches_the_stated_end() -> None:
    chain = Constant(1e-4).chain(37)
    assert np.ptp(chain.beta[1:]) == 0
    assert chain.abar[37] == pytest.approx(1e-4, rel=1e-12)


def test_karras_and_log_snr_hit_their_noise_levels() -> None:
    steps = 64
    t = np.arange(steps) / (steps - 1)
    sigma = (0.002 ** (1 / 7) + t * (80 ** (1 / 7) - 0.002 ** (1 / 7))) ** 7
    chain = Karras().chain(steps)
    np.testing.assert_allclose(chain.var[1:-1] / chain.abar[1:-1], sigma**2, rtol=1e-11)
    chain = LogSNR(12.0, -9.0).chain(steps)
    log_snr = np.log(chain.abar[1:-1] / chain.var[1:-1])
    np.testing.assert_allclose(log_snr, 12 - 21 * t, atol=1e-9)


def test_custom_runs_at_its_own_length_only() -> None:
    chain = Custom((0.9, 0.5, 0.1)).chain(3)
    np.testing.assert_allclose(chain.abar[1:4], [0.9, 0.5, 0.1], rtol=1e-14)
    assert chain.beta[4] == chain.beta[3]
    with pytest.raises(InputError, match="custom schedule of 3 values runs at T = 3 only"):
        Custom((0.9, 0.5, 0.1)).chain(4)


def test_capping_is_reported() -> None:
    assert Theory(2, 4).chain(100).notes == ()
    (note,) = Cosine().chain(20).notes
    assert "0.999" in note
    assert "t = 20" in note
    chain = Theory(2, 8).chain(25)
    (note,) = chain.notes
    assert f"{len(chain.capped)} steps, t = {chain.capped[0]}..25" in note


def test_a_cap_one_step_past_the_end_is_reported_too() -> None:
    chain = Theory(2.0, 2.8).chain(3)
    rate = 2.8 * math.log(3) / 3
    assert chain.beta[3] < BETA_MAX < rate  # the formula's beta_4, its minimum being 1
    assert chain.beta[4] == BETA_MAX
    assert chain.capped == ()
    (note,) = chain.notes
    assert "t = T+1 = 4, which the training-free accelerated ODE alone looks at" in note
    assert not Cosine().chain(20).capped_past  # beta_{T+1} = beta_T has been told already


def test_what_is_blamed_for_a_cap_is_what_the_schedule_has() -> None:
    """An own list has no formula: its abar_t falls too fast."""
    given = (0.9, 0.5, 1e-5, 1e-6)
    chain = Custom(given).chain(4)
    (note,) = chain.notes
    assert note.startswith("beta_t capped at 0.999 at t = 3, where the given abar_t is less than")
    assert "formula" not in note
    # what the note says of the list is true of it, and of the chain
    assert given[2] < given[1] / 1000
    assert (chain.abar[3:5] > np.array(given[2:])).all()
    assert chain.abar[2] == pytest.approx(given[1], rel=1e-14)
    for kind, made in SCHEDULES.items():
        if kind != "custom":
            assert made().chain(3).cause == "the schedule's formula exceeds it"  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Theory(c0=0.0), "schedule.c0: must be between 0.05 and 8"),
        (lambda: Theory(c1=math.nan), "schedule.c1: must be between 0.05 and 100"),
        (lambda: Linear(beta_min=-1.0), "schedule.beta_min: must be between 1e-06 and 1000"),
        (lambda: Linear(5.0, 4.0), "schedule.beta_max: must be between 5 and 1000"),
        (lambda: LinearDDPM(beta_T=1.5), "schedule.beta_T: must be between 0.0001 and 0.999"),
        (lambda: Cosine(0.0), "schedule.s: must be between 1e-06 and 1"),
        (lambda: Sigmoid(3.0, -3.0), "schedule.end: must be between 3.01 and 20.01"),
        (lambda: Sigmoid(tau=math.inf), "schedule.tau: must be between 0.05 and 20"),
        (lambda: Constant(1.0), "schedule.abar_T: must be between 1e-12 and 0.999"),
        (lambda: Karras(sigma_max=1e-3), "schedule.sigma_max: must be between 0.00202 and 100000"),
        (lambda: Karras(rho=0.5), "schedule.rho: must be between 1 and 20"),
        (lambda: LogSNR(-9.0, 12.0), "schedule.snr_min: must be between -27 and -9.01"),
        (lambda: Custom((0.5, 0.6)), "schedule.abar: must decrease strictly"),
        (lambda: Custom((0.5,)), "schedule.abar: needs between 2 and 8192 numbers, got 1"),
        (lambda: Custom((0.5, math.nan)), "schedule.abar: must decrease strictly"),
        (lambda: Theory().chain(1), "steps: T must be between 2 and 8192, got 1"),
        (lambda: Theory().chain(8193), "steps: T must be between 2 and 8192, got 8193"),
        (lambda: Theory().chain(2.5), "steps: must be a whole number"),
        (lambda: Theory().chain(True), "steps: must be a whole number"),
    ],
)
def test_bad_parameters_are_refused_by_name_and_range(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as refusal:
        make()
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
