"""Every update against its formula, its record and its measured order."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.measure import measure
from diffusion_core.samplers import PAPER_SAMPLERS, SAMPLERS, reverse_chain, sampler_record
from diffusion_core.samplers.ddim import ddim
from diffusion_core.samplers.ddpm import ddpm
from diffusion_core.samplers.dpmpp import dpmpp_3m, log_step
from diffusion_core.samplers.update import Mark, Memory, kernel
from diffusion_core.schedules import Array, Chain, Cosine, Karras, LogSNR, Theory
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.targets.gallery import line_mixture
from tests.core.ground_truth import betas_of, law_of
from tests.core.reference import flow, gaussian_kernels

SKEWED = line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.4))
RUNS = [(name, 0.0) for name in SAMPLERS] + [("ddim", 0.5), ("ddim", 1.0)]
DETERMINISTIC = [name for name, s in SAMPLERS.items() if not s.stochastic]
STOCHASTIC = [("ddpm", 0.0), ("ddpm-accelerated", 0.0), ("ddpm-covariance", 0.0), ("ddim", 0.7)]


class CountingScore(ExactScore):
    calls = 0

    def __call__(self, t: int, x: Array) -> Array:
        self.calls += 1
        return super().__call__(t, x)


@pytest.mark.parametrize(
    ("sampler", "eta"), [run for run in RUNS if run[0] not in ("ode-order", "langevin")]
)
def test_measured_order_equals_the_stated_order(sampler: str, eta: float) -> None:
    """The path of every figure: measure(), exact start, so that no floor hides the rate.

    ``test_ode_order`` has ode-order, whose leading error is far below the next for every T here;
    ``test_langevin`` has what does not fall to 0.
    The first step of order 1 costs an order 3 method abar_T h^2: less of the data is left for it.
    """
    least = -6 if sampler_record(sampler, eta).order < 3 else -10
    e = Experiment(
        target=SKEWED, schedule=LogSNR(6, least), sampler=sampler, eta=eta, start="exact", steps=128
    )
    coarse, fine = measure(e), measure(e.with_(steps=256))
    order = math.log2(coarse.value / fine.value)
    assert order == pytest.approx(e.record.order, abs=0.09)
    assert coarse.error / coarse.value + fine.error / fine.value < 1e-3


def test_half_of_the_last_bracket_makes_the_third_order_a_second() -> None:
    """As programs have it: the divided difference g is half a second derivative."""

    def half(y: Array, t: int, chain: Chain, score: Score, mark: Mark, memory: Memory) -> Any:
        full, after = dpmpp_3m(y, t, chain, score, mark, memory)
        if len(after or ()) < 4 or len(memory or ()) < 4:
            return full, after
        h = log_step(chain, t)
        x0, _, x0_1, dl_1 = after
        g = ((x0 - x0_1) / dl_1 - (x0_1 - memory[2]) / memory[3]) / (dl_1 + memory[3])
        bracket = h * h - 2 * (math.expm1(-h) + h)
        return full - math.sqrt(chain.abar[t - 1]) * bracket * g / 2, after

    e = Experiment(target=SKEWED, schedule=Karras(), sampler="dpmpp-3m", start="exact")
    x = np.linspace(-2.5, 2.5, 21)[:, None]
    for multistep, order in ((dpmpp_3m, 3), (half, 2)):
        record, ends = replace(e.record, multistep=multistep), []
        for steps in (512, 1024, 2048):
            chain = e.with_(steps=steps).chain
            *_, (_, y) = reverse_chain(record, chain, ExactScore(SKEWED, chain), x, np.zeros)
            ends.append(y)
        gaps = [float(np.abs(a - b).max()) for a, b in pairwise(ends)]
        assert math.log2(gaps[0] / gaps[1]) == pytest.approx(order, abs=0.1)


def test_accelerated_ddpm_is_first_order_on_a_mixture_with_a_smaller_constant() -> None:
    """It looks second-order on a Gaussian only: a Gaussian test would mislead."""
    e = Experiment(target=SKEWED, schedule=LogSNR(6, -6), start="exact", steps=128)
    plain, fast = (measure(e.with_(sampler=s)).value for s in ("ddpm", "ddpm-accelerated"))
    assert 2.3 < plain / fast < 3.5
    gaussian = e.with_(target=PRESETS["gaussian"].target, sampler="ddpm-accelerated")
    order = math.log2(measure(gaussian).value / measure(gaussian.with_(steps=256)).value)
    assert order == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("sampler", DETERMINISTIC)
@pytest.mark.parametrize("schedule", [Theory(), Cosine()], ids=lambda s: s.kind)
def test_deterministic_updates_as_written_elsewhere(sampler: str, schedule: object) -> None:
    e = Experiment(target=SKEWED, schedule=schedule, sampler=sampler, steps=9)  # type: ignore[arg-type]
    x = np.array([-3.1, -1.0, -0.2, 0.4, 2.7])
    betas = betas_of(e)
    expected = flow(sampler, x, betas, law_of(e, betas), np.log)
    score = ExactScore(e.target, e.chain)
    *_, (t, y) = reverse_chain(e.record, e.chain, score, x[:, None], np.zeros)
    assert t == 1
    np.testing.assert_allclose(y[:, 0], expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("sampler", "eta"), STOCHASTIC)
def test_stochastic_stages_as_written_elsewhere(sampler: str, eta: float) -> None:
    """Mean and standard deviation of every stage."""
    e = Experiment(target=SKEWED, sampler=sampler, eta=eta, steps=9)
    betas = betas_of(e)
    score = ExactScore(e.target, e.chain)
    x = np.array([-3.1, -1.0, -0.2, 0.4, 2.7])
    for t in range(2, 10):
        stated = gaussian_kernels(sampler, t, betas, law_of(e, betas), eta)
        assert len(stated) == len(e.record.stages)
        for stage, law in zip(e.record.stages, stated, strict=True):
            found = kernel(stage, x[:, None], t, e.chain, score)
            mean, sd = law(x)
            np.testing.assert_allclose(found.mean[:, 0], mean, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(found.deviation, sd, rtol=1e-9)


def test_ddim_with_full_noise_is_the_exact_posterior_of_an_atom() -> None:
    """eta = 1: variance beta_t (1 - abar_{t-1})/(1 - abar_t), and X_0 = 0 is reproduced exactly."""
    target = line_mixture((1.0,), (0.6,), (0.0,))
    for steps in (2, 10, 60):
        e = Experiment(target=target, sampler="ddim", eta=1.0, steps=steps, start="exact")
        assert measure(e).value < 1e-11
        noisy = measure(e.with_(eta=0.0))
        assert noisy.value < 1e-11  # for one atom the flow is linear, and DDIM follows it exactly


def test_whose_ddpm_has_which_variance() -> None:
    """Li et al.'s has beta/alpha given Y_t; DDIM at eta = 1 the smaller one of Ho et al.'s two."""
    chain, score = Experiment(preset="three-modes", steps=20).chain, lambda t, y: -y
    for t in (2, 10, 20):
        spread = {
            kind: float(kernel(stage, np.zeros((1, 1)), t, chain, score).deviation[0])
            for kind, stage in (("ddpm", ddpm), ("ddim", ddim(1.0)))
        }
        assert spread["ddpm"] ** 2 == pytest.approx(chain.beta[t] / chain.alpha[t])
        smaller = chain.var[t - 1] / chain.var[t] * chain.beta[t]
        assert spread["ddim"] ** 2 == pytest.approx(smaller)
        assert smaller < chain.beta[t] < chain.beta[t] / chain.alpha[t]


def test_ddim_without_noise_tends_to_the_flow_of_the_ode() -> None:
    """Both are first-order schemes for one flow: their maps differ by O(1/T)."""
    x = np.linspace(-2.5, 2.5, 21)[:, None]
    gap = []
    for steps in (400, 800, 1600):
        chain = LogSNR(6, -6).chain(steps)
        score = ExactScore(SKEWED, chain)
        ends = []
        for sampler in ("ode", "ddim"):
            *_, (_, y) = reverse_chain(SAMPLERS[sampler], chain, score, x, np.zeros)
            ends.append(y)
        gap.append(float(np.abs(ends[0] - ends[1]).max()))
    assert gap[0] / gap[1] == pytest.approx(2.0, abs=0.15)
    assert gap[1] / gap[2] == pytest.approx(2.0, abs=0.1)


def test_accelerated_ddpm_has_the_covariance_form_s_variance_to_second_order() -> None:
    """b/2 (1 + b H)^2 + b/2 = b (1 + b/2 H)^2 + O(b^3): the same noise by one more evaluation."""
    h = -0.8
    excess = [abs(b / 2 * (1 + b * h) ** 2 + b / 2 - b * (1 + b / 2 * h) ** 2) for b in (0.1, 0.05)]
    assert excess[0] / excess[1] == pytest.approx(8.0, rel=1e-9)
    e = Experiment(target=PRESETS["gaussian"].target, schedule=LogSNR(6, -6), start="exact")
    for sampler in ("ddpm-accelerated", "ddpm-covariance"):
        pair = [measure(e.with_(sampler=sampler, steps=t), "kl").value for t in (100, 200)]
        assert math.log2(pair[0] / pair[1]) == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize(("sampler", "eta"), RUNS)
def test_evaluations_are_as_stated(sampler: str, eta: float) -> None:
    record = sampler_record(sampler, eta)
    chain = Theory().chain(12)
    score = CountingScore(SKEWED, chain)
    rng = np.random.default_rng(5)
    visited = [
        t for t, _ in reverse_chain(record, chain, score, np.ones((3, 1)), rng.standard_normal)
    ]
    assert visited == list(range(12, 0, -1))
    assert score.calls == record.nfe(12) == 11 * record.evaluations
    assert record.steps_for(record.nfe(12)) == 12
    assert record.steps_for(record.nfe(12) + record.evaluations - 1) == 12


def test_records_state_their_facts() -> None:
    assert set(PAPER_SAMPLERS) <= set(SAMPLERS)
    for name, record in SAMPLERS.items():
        assert record.name == name
        assert record.reference
        assert record.order in (1, 2, 3) or record.corrections
        assert bool(record.stages) != bool(record.multistep)
    assert sampler_record("ddim", 0.5).stochastic
    assert not sampler_record("ddim", 0.0).stochastic


def test_samplers_stand_in_the_order_of_the_seed_papers_theorems() -> None:
    found = [(name, record.label, record.equation) for name, record in SAMPLERS.items()]
    assert found == [
        ("ode", "ODE (probability flow)", "(23)"),
        ("ode-taylor", "accelerated ODE", "(27)"),
        ("ddpm", "DDPM", "(30)"),
        ("ddpm-covariance", "accelerated DDPM", "(33)"),
        ("ode-accelerated", "training-free accelerated ODE", ""),
        ("ddpm-accelerated", "training-free accelerated DDPM", ""),
        ("ddim", "DDIM", ""),
        ("heun", "Heun", ""),
        ("dpmpp-2m", "DPM-Solver++(2M)", ""),
        ("dpmpp-3m", "DPM-Solver++(3M)", ""),
        ("ode-order", "ODE of order 3", ""),
        ("langevin", "annealed Langevin", ""),
    ]
    assert PAPER_SAMPLERS == ("ode", "ode-taylor", "ddpm", "ddpm-covariance")


def test_the_readmes_table_has_every_sampler() -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| sampler |")]
    assert row.split("|")[2].replace("`", "").strip().split(", ") == list(SAMPLERS)


def test_whose_ddpm_is_whose() -> None:
    assert "2006.11239" not in SAMPLERS["ddpm"].reference
    assert SAMPLERS["ddpm"].reference.endswith("arXiv 2306.09251, equation (30)")
    assert sampler_record("ddim", 1.0).label == "DDIM, η = 1 (Ho et al.'s DDPM)"
    assert "2006.11239" in sampler_record("ddim", 1.0).reference
    assert sampler_record("ddim", 0.5).label == "DDIM, η = 0.5"


@pytest.mark.parametrize(
    ("kind", "eta", "words"),
    [
        ("euler", 0.0, "sampler.kind: one of ode, ode-taylor, ddpm"),
        ("ode", 0.5, "sampler.eta: only ddim takes eta, not ode"),
        ("ddim", 1.5, "sampler.eta: must be between 0 and 1, got 1.5"),
        ("ddim", math.nan, "sampler.eta: must be between 0 and 1, got nan"),
    ],
)
def test_unknown_samplers_are_refused(kind: str, eta: float, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        sampler_record(kind, eta)
    assert str(refusal.value).startswith(words)
