"""The argument behind the rates, part by part: orders, identities and KL, each by another way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from diffusion_core import PRESETS, Experiment, InputError, measure
from diffusion_core.laws.gaussian import AxisGaussian, axis_kl
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Cosine, Linear, Theory
from diffusion_core.studies.orders import (
    euler_difference,
    path_and_marginal,
    path_kl,
    reverse_kernel,
    single_step,
    step_moments,
    step_sizes,
    sum_of_powers,
)
from diffusion_core.targets.gallery import line_mixture

MODES = Experiment(preset="three-modes")
SKEWED = Experiment(PRESETS["skewed"].target, preset="skewed")


def local(e: Experiment, noise: float, beta: float) -> float:
    return measure(single_step(e, noise, beta)).value


@pytest.mark.parametrize(
    "name",
    [
        "ode",
        "ode-taylor",
        "ddpm",
        "ddpm-covariance",
        "ode-accelerated",
        "ddpm-accelerated",
        "heun",
    ],
)
@pytest.mark.parametrize("e", [MODES, SKEWED], ids=["three modes", "skewed"])
def test_one_step_errs_by_one_order_more_than_the_method(name: str, e: Experiment) -> None:
    run, (*_, a, b) = e.with_(sampler=name), step_sizes(0.3)
    if name == "ddpm-covariance":  # settles later than the others
        a, b = a / 4, b / 4
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


def by_quadrature(e: Experiment, x: float, noise: float, beta: float) -> tuple[float, float]:
    """Mean and variance of the training-free step from x, by adaptive quadrature over its normals,
    with the score of a mixture written out here."""
    abar, root = 1 - noise, math.sqrt(1 - beta)
    parts = [(0.3, -1.5, 0.25), (0.4, 0.3, 0.35), (0.3, 1.8, 0.2)]

    def score(y: float) -> float:
        spread = [abar * sd**2 + noise for _, _, sd in parts]
        means = [math.sqrt(abar) * m for _, m, _ in parts]
        weight = [
            w * math.exp(-((y - m) ** 2) / (2 * v)) / math.sqrt(v)
            for (w, _, _), m, v in zip(parts, means, spread, strict=True)
        ]
        pull = [g * (m - y) / v for g, m, v in zip(weight, means, spread, strict=True)]
        return sum(pull) / sum(weight)

    def moment(power: int) -> float:
        def under(z: float) -> float:
            y = x + math.sqrt(beta / 2) * z
            return (y + beta * score(y)) ** power * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        return float(quad(under, -9, 9, epsabs=1e-14, epsrel=1e-13, limit=400)[0])

    mean = moment(1)
    return mean / root, (moment(2) - mean**2 + beta / 2) / (1 - beta)


@pytest.mark.parametrize("beta", [0.15, 0.01, 0.15 / 64])
def test_the_moments_of_a_training_free_step_against_quadrature(beta: float) -> None:
    run = MODES.with_(sampler="ddpm-accelerated")
    found, truth = step_moments(run, 0.3, beta), reverse_kernel(MODES, 0.3, beta)
    np.testing.assert_array_equal(found.x, truth.x)
    for i in range(0, len(found.x), 9):
        mean, variance = by_quadrature(MODES, float(found.x[i]), 0.3, beta)
        assert found.mean_error[i] == pytest.approx(mean - truth.mean[i], abs=1e-13)
        assert found.variance_error[i] == pytest.approx(variance - truth.variance[i], abs=1e-13)


def test_the_training_free_mean_is_off_by_a_quarter_of_the_scores_second_derivative() -> None:
    *_, smallest = step_sizes(0.3)
    for beta, off in ((smallest, 0.006), (smallest / 8, 0.0008)):
        found = step_moments(MODES.with_(sampler="ddpm-accelerated"), 0.3, beta)
        unit = beta**2 / math.sqrt(1 - beta)
        i = int(np.abs(found.shift).argmax())
        x, t = found.x[i : i + 1, None], 1e-4
        score = MODES.target.marginal(single_step(MODES, 0.3, beta).chain.level(2)).score
        second = float((score(x + t) - 2 * score(x) + score(x - t))[0, 0]) / t**2
        assert found.mean_error[i] / unit == pytest.approx(second / 4, rel=off)
        assert found.shift[i] / unit == pytest.approx(second / 4, rel=1e-6)
        assert found.shifts == pytest.approx(1, abs=off)


@pytest.mark.parametrize("e", [MODES, SKEWED], ids=["three modes", "skewed"])
@pytest.mark.parametrize(
    ("name", "mean", "variance"),
    [("ddpm", None, 2), ("ddpm-covariance", None, 3), ("ddpm-accelerated", 2, 3)],
)
def test_the_orders_of_mean_and_variance(
    name: str, mean: int | None, variance: int, e: Experiment
) -> None:
    a, b = (step_moments(e.with_(sampler=name), 0.3, beta) for beta in step_sizes(0.3)[-2:])
    assert math.log2(a.variance_size / b.variance_size) == pytest.approx(variance, abs=0.01)
    if mean is None:
        assert max(a.mean_size, b.mean_size) < 1e-14
    else:
        assert math.log2(a.mean_size / b.mean_size) == pytest.approx(mean, abs=0.01)


def test_a_linear_score_shifts_no_mean() -> None:
    run = Experiment(PRESETS["gaussian"].target, sampler="ddpm-accelerated")
    found = step_moments(run, 0.3, 0.1)
    assert found.mean_size < 1e-14
    assert found.shifts == 0


@pytest.mark.parametrize("noise", [0.02, 0.9])
def test_moments_hold_where_the_score_is_steep(noise: float) -> None:
    """The mean of the first normal's rule against a hundred times as many nodes."""
    run = Experiment(PRESETS["atoms"].target, sampler="ddpm-accelerated")
    beta = step_sizes(noise)[0]
    found = step_moments(run, noise, beta)
    level = single_step(run, noise, beta).chain.level(2)
    z = np.linspace(-9, 9, 20_001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    y = found.x[:, None] + math.sqrt(beta / 2) * z
    pull = run.target.marginal(level).score(y.reshape(-1, 1)).reshape(y.shape)
    s = run.target.marginal(level).score(found.x[:, None])[:, 0]
    wanted = beta * (pull @ weight - s) / math.sqrt(1 - beta)
    np.testing.assert_allclose(found.mean_error, wanted, atol=1e-12)


def test_moments_are_refused_where_there_are_none() -> None:
    with pytest.raises(InputError, match="stochastic"):
        step_moments(MODES, 0.3, 0.1)
    with pytest.raises(InputError, match="on the line"):
        step_moments(Experiment(PRESETS["two-moons"].target, sampler="ddpm"), 0.3, 0.1)


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
