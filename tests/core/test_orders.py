"""The argument behind the rates, part by part: orders, identities and KL, each by another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError, measure
from diffusion_core.laws.gaussian import AxisGaussian, axis_kl
from diffusion_core.orders import (
    euler_difference,
    path_and_marginal,
    path_kl,
    reverse_kernel,
    single_step,
    step_sizes,
    sum_of_powers,
)
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Cosine, Linear, Theory
from diffusion_core.targets.gallery import line_mixture

MODES = Experiment(preset="three-modes")
SKEWED = Experiment(PRESETS["skewed"].target, preset="skewed")


def local(e: Experiment, noise: float, beta: float) -> float:
    return measure(single_step(e, noise, beta)).value


@pytest.mark.parametrize("name", ["ode", "ddpm", "ode-accelerated", "ddpm-accelerated", "heun"])
@pytest.mark.parametrize("e", [MODES, SKEWED], ids=["three modes", "skewed"])
def test_one_step_errs_by_one_order_more_than_the_method(name: str, e: Experiment) -> None:
    run, (*_, a, b) = e.with_(sampler=name), step_sizes(0.3)
    slope = math.log2(local(run, 0.3, a) / local(run, 0.3, b))
    assert slope == pytest.approx(SAMPLERS[name].order + 1, abs=0.03)


def test_a_gaussian_makes_the_accelerated_ddpm_look_better_than_it_is() -> None:
    run = Experiment(PRESETS["gaussian"].target, sampler="ddpm-accelerated")
    a, b = step_sizes(0.3)[-2:]
    assert math.log2(local(run, 0.3, a) / local(run, 0.3, b)) == pytest.approx(3, abs=0.05)


def test_a_single_step_starts_from_the_noise_level_asked_for() -> None:
    chain = single_step(MODES.with_(steps=7, start="noise"), 0.25, 0.1).chain
    assert chain.steps == 2
    assert chain.var[2] == pytest.approx(0.25, rel=1e-12)
    assert chain.beta[2] == pytest.approx(0.1, rel=1e-12)
    assert chain.beta[3] == chain.beta[2]


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, -1.0, math.nan])
def test_a_step_larger_than_the_noise_is_refused(beta: float) -> None:
    with pytest.raises(InputError, match="beta"):
        single_step(MODES, 0.3, beta)


def test_the_largest_steps_are_below_the_noise() -> None:
    for noise in (0.01, 0.3, 0.9):
        sizes = step_sizes(noise)
        assert sizes[0] < noise
        assert sizes[0] / sizes[-1] == 64


@pytest.mark.parametrize("e", [MODES, SKEWED, Experiment(PRESETS["two-moons"].target)])
def test_the_ode_is_eulers_rule(e: Experiment) -> None:
    assert euler_difference(e.with_(steps=20)) < 1e-14
    assert euler_difference(e.with_(steps=20, schedule=Cosine())) < 1e-14


@pytest.mark.parametrize("name", ["three-modes", "atoms", "uniform"])
def test_the_reverse_kernel_has_the_moments_that_the_score_says(name: str) -> None:
    found = reverse_kernel(Experiment(PRESETS[name].target), 0.3, 0.15)
    assert found.mean_defect < 1e-12
    assert found.variance_defect < 1e-12
    least, most = found.ddpm_ratio
    assert least < 0.9
    assert np.ptp(found.x) > 1
    assert most > least


def test_sums_of_powers_on_the_theorys_schedule_settle() -> None:
    def form(steps: int, k: int) -> float:
        chain = Theory().chain(steps)
        return sum_of_powers(chain, k) / (math.log(steps) ** k / steps ** (k - 1))

    for k in (2, 3):
        assert form(4096, k) == pytest.approx(form(2048, k), rel=0.03)
        assert form(4096, k) <= (8 * 4.0) ** k


def brute_path_kl(steps: int, variance: float) -> float:
    """KL of two Gaussian paths from their joint covariance matrices."""
    chain = Linear().chain(steps)
    v = chain.abar * variance + chain.var
    n = steps  # X_1..X_T
    p, q = np.zeros((n, n)), np.zeros((n, n))
    for i in range(1, n + 1):
        for j in range(i, n + 1):
            p[i - 1, j - 1] = p[j - 1, i - 1] = math.sqrt(chain.abar[j] / chain.abar[i]) * v[i]
    # Y_{t-1} = a_t Y_t + b_t Z: the coefficients of Y_T, Z_T, ..., Z_2
    rows = np.zeros((n, n))
    rows[n - 1, 0] = math.sqrt(v[n])
    for t in range(n, 1, -1):
        alpha, beta = chain.alpha[t], chain.beta[t]
        rows[t - 2] = (1 - beta / v[t]) / math.sqrt(alpha) * rows[t - 1]
        rows[t - 2, n - t + 1] += math.sqrt(beta / alpha)
    q = rows @ rows.T
    inner = np.linalg.solve(q, p)
    return 0.5 * float(np.trace(inner) - n - np.linalg.slogdet(inner)[1])


@pytest.mark.parametrize("variance", [1.0, 0.25])
def test_the_kl_of_paths_against_joint_covariances(variance: float) -> None:
    path, floor = path_kl(Linear().chain(12), variance)
    assert path == pytest.approx(brute_path_kl(12, variance), rel=1e-9)
    assert floor <= path


@pytest.mark.parametrize("variance", [1.0, 0.25, 0.04])
def test_paths_fall_like_one_over_t_and_marginals_like_its_square(variance: float) -> None:
    a, b = (path_and_marginal(Linear(), steps, variance) for steps in (512, 1024))
    assert math.log2(b.path / a.path) == pytest.approx(-1, abs=0.03)
    assert math.log2(b.marginal.value / a.marginal.value) == pytest.approx(-2, abs=0.03)
    assert math.log2(b.tv.value / a.tv.value) == pytest.approx(-1, abs=0.02)
    for found in (a, b):
        assert found.tv.value <= found.marginal_bound <= found.path_bound
        assert found.floor <= found.path


def test_the_marginals_kl_is_that_of_the_recursion() -> None:
    steps, v = 40, 0.25
    chain = Theory().chain(steps)
    law = [chain.abar[t] * v + chain.var[t] for t in range(steps + 1)]
    q = law[steps]
    for t in range(steps, 1, -1):
        q = (q * (1 - chain.beta[t] / law[t]) ** 2 + chain.beta[t]) / chain.alpha[t]
    made, wanted = (AxisGaussian(np.zeros(1), np.array([s])) for s in (q, law[1]))
    found = path_and_marginal(Theory(), steps, v)
    assert found.marginal.value == pytest.approx(float(axis_kl(made, wanted)[0]), rel=1e-9)


def test_no_schedule_has_paths_below_its_floor() -> None:
    for schedule in (Theory(), Linear(), Cosine()):
        for steps in (8, 100):
            chain = schedule.chain(steps)
            path, floor = path_kl(chain, 1.0)
            least = (1 - chain.abar[steps] / chain.abar[1]) ** 2 / (4 * (steps - 1))
            assert least <= floor * (1 + 1e-9)
            assert floor <= path


def test_line_mixture_is_the_gaussian_that_is_meant() -> None:
    found = path_and_marginal(Linear(), 16, 0.25)
    own = Experiment(
        line_mixture((1.0,), (0.0,), (0.5,)), Linear(), "ddpm", steps=16, start="exact"
    )
    assert found.tv.value == measure(own).value
