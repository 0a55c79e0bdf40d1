"""The parts of the error: closed forms, brute force, orders, inequalities and particles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError, Refused, measure
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_tv
from diffusion_core.laws.particles import marginal_points
from diffusion_core.samplers import advance
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import Cosine, Linear, LinearDDPM, Schedule, Theory
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.studies.budget import (
    Budget,
    budget,
    initialisation,
    local_difference,
    outcome_difference,
    start_alone,
    switches,
)
from diffusion_core.targets.gallery import line_mixture
from tests.core.ground_truth import law_of
from tests.core.reference import Betas

SINGLE = [name for name, record in SAMPLERS.items() if not record.multistep]
SCHEDULES = [Theory(), Linear(), Cosine(), LinearDDPM(0.02, 0.3)]
ONE = line_mixture((1.0,), (0.7,), (0.4,))


def gaussian_step(e: Experiment, t: int, law: AxisGaussian) -> AxisGaussian:
    """The image of a normal law: every stage is affine in Y_t and in Z_t."""
    score = ExactScore(e.target, e.chain)
    mean, variance = float(law.mean[0]), float(law.variance[0])
    if not e.record.stochastic:
        y, _ = advance(e.record, np.array([[0.0], [1.0]]), t, e.chain, score, np.zeros)
        slope = float(y[1, 0] - y[0, 0])
        mean, variance = float(y[0, 0]) + slope * mean, slope**2 * variance
    for stage in e.record.stages if e.record.stochastic else ():
        kept = kernel(stage, np.array([[0.0], [1.0]]), t, e.chain, score)
        (least, most), noise = kept.mean[:, 0].tolist(), float(kept.deviation[0])
        slope = most - least
        mean, variance = least + slope * mean, slope**2 * variance + noise**2
    return AxisGaussian(np.array([mean]), np.array([variance]))


def marginal_of(e: Experiment, t: int) -> AxisGaussian:
    level = e.chain.level(t)
    return AxisGaussian(
        np.array([math.sqrt(level.abar) * 0.7]), np.array([0.16 * level.abar + level.var])
    )


@pytest.mark.parametrize("name", SINGLE)
def test_a_gaussian_target_in_closed_form(name: str) -> None:
    e = Experiment(ONE, sampler=name, schedule=Linear(), steps=24)
    found = budget(e)
    q = AxisGaussian(np.zeros(1), np.ones(1))
    for step in found.steps:
        p = marginal_of(e, step.t)
        image, ahead = gaussian_step(e, step.t, p), marginal_of(e, step.t - 1)
        local, _ = gaussian_tv(image, ahead)
        assert abs(step.local.value - local) <= step.local.error
        assert step.local.error <= 1e-3 * max(local, 1e-6)
        before, q = gaussian_tv(q, p)[0], gaussian_step(e, step.t, q)
        reached = gaussian_tv(q, ahead)[0]
        assert abs(step.reached.value - reached) <= step.reached.error
        assert step.contracted == pytest.approx(before - gaussian_tv(q, image)[0], abs=2e-6)


def dense_local(e: Experiment, t: int, nodes: int) -> float:
    """TV(step(p_t), p_{t-1}) of an increasing step by brute force."""
    betas = Betas([float(b) for b in e.chain.beta])
    law = law_of(e, betas)
    x = np.linspace(-11, 11, nodes)
    y, _ = advance(e.record, x[:, None], t, e.chain, ExactScore(e.target, e.chain), np.zeros, None)
    gap = np.diff(law.cdf(t, x)) - np.diff(law.cdf(t - 1, y[:, 0]))
    return 0.5 * float(np.abs(gap).sum())


@pytest.mark.parametrize("preset", ["three-modes", "thin-and-wide", "claw"])
@pytest.mark.parametrize("name", ["ode", "ode-accelerated", "ode-taylor", "ddim", "heun"])
def test_local_errors_by_brute_force(name: str, preset: str) -> None:
    e = Experiment(PRESETS[preset].target, sampler=name, schedule=Linear(), steps=60)
    for step in budget(e).steps[::11]:
        dense = dense_local(e, step.t, 200_001)
        assert abs(step.local.value - dense) <= step.local.error + 1e-5 * dense + 1e-11
        assert step.local.error <= 1e-3 * max(dense, 1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.kind)
@pytest.mark.parametrize("name", SINGLE)
def test_the_parts_are_an_upper_bound_all_the_way(name: str, schedule: Schedule) -> None:
    e = Experiment(sampler=name, schedule=schedule, steps=20)
    found = budget(e)
    truth = measure(e)
    assert abs(found.total.value - truth.value) <= found.total.error + truth.error
    doubt = 0.0
    for bound, (_, reached), step in zip(
        found.partial_sums, found.reached, (None, *found.steps), strict=True
    ):
        doubt += 0.0 if step is None else step.local.error
        assert reached.value <= bound + doubt + reached.error + 1e-9
    assert found.ratio >= 1
    if found.contraction is not None and found.cancellation is not None:
        assert found.contraction >= 0
        whole = found.sum.value - found.contraction - found.cancellation
        assert whole == pytest.approx(found.total.value, rel=1e-3)
    assert sum(g.sum.value for g in found.groups()) == pytest.approx(found.step_sum.value)


def test_only_noise_contracts() -> None:
    parts = {name: budget(Experiment(sampler=name, steps=60)) for name in ("ode", "ddpm")}
    assert parts["ode"].contraction == 0
    ddpm = parts["ddpm"]
    assert ddpm.contraction is not None
    assert ddpm.contraction > 0.5 * ddpm.surplus
    assert ddpm.ratio > 5 * parts["ode"].ratio


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_an_exact_start_costs_nothing(name: str) -> None:
    noisy = budget(Experiment(sampler=name, schedule=LinearDDPM(), steps=50))
    exact = budget(Experiment(sampler=name, schedule=LinearDDPM(), steps=50, start="exact"))
    assert exact.initialisation.value == 0
    assert exact.initialisation.error == 0
    assert exact.reached[0][1].value == 0
    assert [s.local for s in exact.steps] == [s.local for s in noisy.steps]
    assert exact.total.value == pytest.approx(noisy.without_start.value, rel=1e-6)
    assert exact.without_start == exact.total
    assert abs(noisy.total.value - exact.total.value) <= noisy.initialisation.value


def test_the_initialisation_in_closed_form() -> None:
    e = Experiment(ONE, schedule=LinearDDPM(), steps=30)
    truth, _ = gaussian_tv(AxisGaussian(np.zeros(1), np.ones(1)), marginal_of(e, 30))
    found = initialisation(e)
    assert found.value == pytest.approx(truth, rel=1e-5)
    assert abs(found.value - truth) <= found.error


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("ode", 2),
        ("ddim", 2),
        ("ddpm", 2),
        ("ddpm-accelerated", 2),
        ("ode-accelerated", 3),
        ("ode-taylor", 3),
        ("heun", 3),
    ],
)
def test_halving_beta_divides_a_local_error_by_a_power_of_two(name: str, power: int) -> None:
    """At the same noise level, early in a linear schedule, where p_t is no Gaussian yet."""
    local = []
    for steps in (150, 300):
        e = Experiment(sampler=name, schedule=Linear(), steps=steps, start="exact")
        local.append(next(s.local.value for s in budget(e).steps if s.t == steps // 6))
    assert math.log2(local[0] / local[1]) == pytest.approx(power, abs=0.08)


def test_steps_that_fold_are_accounted_for() -> None:
    folded = budget(
        Experiment(PRESETS["atoms"].target, schedule=Linear(), sampler="heun", steps=30)
    )
    assert folded.contraction is None
    assert folded.cancellation is None
    assert folded.sum.value + folded.sum.error >= folded.total.value


@pytest.mark.parametrize("name", ["ode", "ddpm", "heun"])
def test_densities_have_their_distances(name: str) -> None:
    e = Experiment(sampler=name, steps=40)
    edges = np.linspace(-9, 9, 4001)
    width = np.diff(edges)
    found = budget(e)
    for step in found.steps[::13]:
        gap = local_difference(e, step.t, edges)
        assert float((gap * width).sum()) == pytest.approx(0, abs=1e-9)
        assert 0.5 * float((np.abs(gap) * width).sum()) == pytest.approx(
            step.local.value, rel=2e-3, abs=1e-9
        )
    gap = outcome_difference(e, edges)
    assert 0.5 * float((np.abs(gap) * width).sum()) == pytest.approx(found.total.value, rel=2e-3)


@pytest.mark.parametrize("name", ["ode-accelerated", "ddpm-accelerated"])
def test_particles_make_one_step(name: str) -> None:
    """Counts in 30 cells, each binomial around its exact mass."""
    e, t, n = Experiment(sampler=name, steps=8), 4, 60_000
    rng = np.random.default_rng(11)
    x = marginal_points(e, n, e.chain.level(t), rng)
    y, _ = advance(e.record, x, t, e.chain, ExactScore(e.target, e.chain), rng.standard_normal)
    edges = np.linspace(-3, 3, 31)
    p = e.target.marginal(e.chain.level(t - 1)).interval_mass(edges)
    mass = p + local_difference(e, t, edges) * np.diff(edges)
    counts, _ = np.histogram(y[:, 0], edges)
    some = mass > 1e-4
    score = (counts - n * mass)[some] / np.sqrt(n * mass * (1 - mass))[some]
    assert np.abs(score).max() < 5
    wrong = (counts - n * p)[some] / np.sqrt(n * p * (1 - p))[some]
    assert np.abs(wrong).max() > 5


def test_what_has_no_account_is_refused_in_a_sentence() -> None:
    with pytest.raises(Refused, match="remembers the step before"):
        budget(Experiment(sampler="dpmpp-2m"))
    with pytest.raises(InputError, match=r"t: the steps are t = 20\.\.2, got 1"):
        local_difference(Experiment(steps=20), 1, np.linspace(-1, 1, 5))


def test_half_and_groups_tell_where_the_steps_lie() -> None:
    found = budget(Experiment(sampler="ode", schedule=Cosine(), steps=12))
    below = sum(s.local.value for s in found.steps if s.t <= found.half)
    without = sum(s.local.value for s in found.steps if s.t < found.half)
    assert without < 0.5 * found.step_sum.value <= below
    spans = [(g.first, g.last) for g in found.groups()]
    assert spans[0][0] == 12
    assert spans[-1][1] == 2
    assert all(a[1] == b[0] + 1 for a, b in pairwise(spans))
    assert [(g.first, g.last) for g in budget(Experiment(steps=2)).groups()] == [(2, 2)]


class _Stopped(Exception):
    pass


def test_it_can_be_stopped_and_tells_how_far_it_is() -> None:
    seen: list[float] = []

    def note(share: float) -> None:
        seen.append(share)
        if share >= 0.5:
            raise _Stopped

    with pytest.raises(_Stopped):
        budget(Experiment(sampler="ddpm", steps=21), progress=note)
    assert seen == pytest.approx([k / 20 for k in range(1, 11)])

    def stop() -> None:
        raise _Stopped

    with pytest.raises(_Stopped):
        budget(Experiment(), stop=stop)


def test_an_account_is_plain_numbers() -> None:
    found = budget(Experiment(steps=2))
    assert isinstance(found, Budget)
    assert len(found.steps) == 1
    assert found.half == 2
    assert found.score.value == 0


class Wavy:
    """The exact score plus 0.1 sin(3 x)."""

    def __init__(self, exact: ExactScore) -> None:
        self._exact = exact

    def __call__(self, t: int, x: np.ndarray) -> np.ndarray:
        return self._exact(t, x) + 0.1 * np.sin(3 * x)

    def jacobian(self, t: int, x: np.ndarray) -> np.ndarray:
        return self._exact.jacobian(t, x) + 0.3 * np.cos(3 * x)[:, :, None]

    def trace_gradient(self, t: int, x: np.ndarray) -> np.ndarray:
        return self._exact.trace_gradient(t, x) - 0.9 * np.sin(3 * x)


@dataclass(frozen=True)
class Waves:
    kind: ClassVar[str] = "waves"

    def score(self, exact: ExactScore) -> Score:
        return Wavy(exact)


def dense_share(e: Experiment, t: int) -> float:
    """TV(K^ p_t, K p_t) by brute force: where K^ x comes from under K, on a dense table."""
    p = e.target.marginal(e.chain.level(t))
    x = np.linspace(-11, 11, 400_001)
    exact = ExactScore(e.target, e.chain)
    y, used = (
        advance(e.record, x[:, None], t, e.chain, s, np.zeros)[0][:, 0] for s in (exact, e.score)
    )
    z = np.interp(used, y, x)
    return 0.5 * float(np.abs(np.diff(p.cdf(x) - p.cdf(z))).sum())


@pytest.mark.parametrize("name", ["ode", "ode-accelerated", "ode-taylor", "heun"])
def test_the_scores_share_by_brute_force(name: str) -> None:
    e = Experiment(sampler=name, schedule=Linear(), steps=40)
    wrong = e.with_(score_error=Waves())
    found, clean = budget(wrong), budget(e)
    for step, other in list(zip(found.steps, clean.steps, strict=True))[::9]:
        dense = dense_share(wrong, step.t)
        assert dense > 1e-5
        assert step.score.value == pytest.approx(dense, rel=2e-4)
        assert step.local == other.local
    assert clean.score == Distance(0.0, 0.0)
    assert found.sum.value >= found.total.value
    truth = measure(wrong)
    assert abs(found.total.value - truth.value) <= found.total.error + truth.error


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_a_shifted_score_in_closed_form(name: str) -> None:
    """It shifts the image of a step by what it adds to the score."""
    e = Experiment(ONE, sampler=name, schedule=Linear(), steps=24)
    wrong = e.with_(score_error=Shift(0.25))
    found = budget(wrong)
    for step in found.steps:
        image = gaussian_step(e, step.t, marginal_of(e, step.t))
        share = 1.0 if name == "ddpm" else 0.5
        shift = share * e.chain.beta[step.t] * 0.25 / math.sqrt(e.chain.alpha[step.t])
        truth, _ = gaussian_tv(image, AxisGaussian(image.mean + shift, image.variance))
        assert abs(step.score.value - truth) <= step.score.error + 1e-12
        assert step.score.error <= 1e-3 * truth + 1e-7
        assert step.added.value == step.local.value + step.score.value
    assert found.score.value == pytest.approx(sum(s.score.value for s in found.steps))
    assert found.sum.value == pytest.approx(
        found.initialisation.value + found.step_sum.value + found.score.value
    )


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_sources_can_be_switched_off_one_by_one(name: str) -> None:
    e = Experiment(sampler=name, schedule=LinearDDPM(), steps=60, score_error=Waves())
    found = budget(e)
    rows = {(r.start, r.score, r.steps): r.tv for r in switches(e, found)}
    assert len(rows) == 6
    clean = e.with_(score_error=None)
    for start in ("noise", "exact"):
        for score, run in ((True, e), (False, clean)):
            tv, truth = rows[start, score, True], measure(run.with_(start=start))
            assert tv is not None
            assert abs(tv.value - truth.value) <= tv.error + truth.error
    alone = rows["noise", False, False]
    assert alone is not None
    assert rows["exact", False, False] == Distance(0.0, 0.0)
    if name == "ode":
        assert alone == found.initialisation
    else:
        assert 0 < alone.value < found.initialisation.value


def test_where_a_wrong_score_folds_its_share_has_an_error() -> None:
    e = Experiment(PRESETS["atoms"].target, schedule=Linear(), sampler="heun", steps=12)
    found = budget(e.with_(score_error=Shift(0.2)))
    assert 0 < found.score.value < len(found.steps)
    assert found.sum.value + found.sum.error >= found.total.value


def test_what_exact_steps_leave_is_not_told_between_two_kinds_of_ddim() -> None:
    e = Experiment(sampler="ddim", eta=0.5, schedule=LinearDDPM(), steps=30)
    assert start_alone(e) is None
    full = start_alone(e.with_(eta=1.0))
    assert full is not None
    assert full == start_alone(e.with_(sampler="ddpm", eta=0.0))
