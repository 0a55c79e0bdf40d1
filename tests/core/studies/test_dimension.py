"""Distances against d: other recursions, other integrals, asymptotics, particles and bounds."""

from __future__ import annotations

import math
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy.special import erf

from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError, Refused, measure_all
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_laws, product_tv
from diffusion_core.laws.line.law import marginal_bounds
from diffusion_core.laws.particles import final_points
from diffusion_core.measure import measure
from diffusion_core.samplers import sampler_record
from diffusion_core.schedules import Chain, Karras, Linear, Schedule, Theory
from diffusion_core.studies.dimension import (
    GaussianAxes,
    axis_law,
    gaussian_growth,
    growth_exponent,
    isotropic_tv,
    needed_steps,
    power,
)
from diffusion_core.studies.product_laws import coordinate, product_growth
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.theory.theorems import THEOREMS

RUNS = [(name, 0.0) for name in SAMPLERS] + [("ddim", 0.5), ("ddim", 1.0)]
DECADES = [10**k for k in range(7)]


def diagonal(variances: list[float]) -> GaussianMixture:
    d = len(variances)
    rows = tuple(tuple(variances[i] * (i == j) for j in range(d)) for i in range(d))
    return GaussianMixture((1.0,), ((0.0,) * d,), (rows,))


@pytest.mark.parametrize("exact_start", [False, True])
@pytest.mark.parametrize("schedule", [Theory(), Linear(), Karras()], ids=lambda s: s.kind)
@pytest.mark.parametrize(("name", "eta"), RUNS)
def test_one_axis_agrees_with_the_probing_of_affine_maps(
    name: str, eta: float, schedule: Schedule, exact_start: bool
) -> None:
    record, chain = sampler_record(name, eta), schedule.chain(37)
    for variance in (0.0, 1e-4, 0.3, 1.0, 25.0):
        q, p = axis_law(record, chain, variance, exact_start)
        target = line_mixture((1.0,), (0.0,), (math.sqrt(variance),))
        other_q, other_p = gaussian_laws(record, chain, target, exact_start)
        assert q == pytest.approx(other_q.variance[0], rel=1e-9)
        assert p == pytest.approx(other_p.variance[0], rel=1e-12)


@pytest.mark.parametrize("variance", [0.0, 0.25, 25.0])
def test_a_thousand_steps_lose_no_more_digits_than_the_error_says(variance: float) -> None:
    steps = 1000
    chain = Theory().chain(steps)
    with mp.workdps(30):
        abar, v = mp.mpf(1), [mp.mpf(variance)]
        for b in chain.beta[1:].tolist():
            abar *= 1 - mp.mpf(b)
            v.append(abar * variance + 1 - abar)
        ode, ddpm = mp.mpf(1), mp.mpf(1)
        for t in range(steps, 1, -1):
            b = mp.mpf(float(chain.beta[t]))
            ode *= (1 - b / (2 * v[t])) ** 2 / (1 - b)
            ddpm = ((1 - b / v[t]) ** 2 * ddpm + b) / (1 - b)
        for name, truth in (("ode", ode), ("ddpm", ddpm)):
            q, p = axis_law(SAMPLERS[name], chain, variance, False)
            assert abs(q / p / (truth / v[1]) - 1) < 1e-15 * steps


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_against_matrices_in_three_dimensions_written_out(name: str) -> None:
    """Covariances of a rotated target pushed through the updates as the paper prints them."""
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    target = turn @ np.diag([0.5, 0.5, 0.01]) @ turn.T
    chain, eye = Theory().chain(60), np.eye(3)
    cov = eye
    for t in range(60, 1, -1):
        s = -np.linalg.inv(chain.abar[t] * target + chain.var[t] * eye)
        b = chain.beta[t]
        if name == "ode":
            step, noise = (eye + b / 2 * s) / math.sqrt(1 - b), 0 * eye
        else:
            step, noise = (eye + b * s) / math.sqrt(1 - b), b / (1 - b) * eye
        cov = step @ cov @ step.T + noise
    p = chain.abar[1] * target + chain.var[1] * eye
    ratio = np.linalg.solve(cov, p)
    kl = 0.5 * (np.trace(ratio) - 3 - np.linalg.slogdet(ratio)[1])
    affinity = (np.linalg.det(cov) * np.linalg.det(p)) ** 0.25 / math.sqrt(
        np.linalg.det((cov + p) / 2)
    )
    found = gaussian_growth(SAMPLERS[name], chain, GaussianAxes(0.5, 2, 0.01), [3])
    assert found.kl[0].value == pytest.approx(kl, rel=1e-9)
    assert found.hellinger[0].value == pytest.approx(math.sqrt(1 - affinity), rel=1e-9)
    assert 0 < found.shares[0] < 1


@pytest.mark.parametrize("name", ["ode", "ddpm", "ode-accelerated", "ddpm-covariance", "dpmpp-2m"])
def test_small_dimensions_against_the_general_gaussian_engine(name: str) -> None:
    axes = GaussianAxes(0.4, 2, 1e-3)
    found = gaussian_growth(SAMPLERS[name], Theory().chain(30), axes, [1, 2, 3, 5])
    for i, d in enumerate((1, 2, 3, 5)):
        variances = [0.4] * min(d, 2) + [1e-3] * max(d - 2, 0)
        other = measure_all(
            Experiment(target=diagonal(variances), sampler=name, steps=30),
            ("tv", "kl", "hellinger"),
        )
        for metric, value in other.items():
            mine = found.of(metric)[i]
            assert mine.value == pytest.approx(value.value, rel=1e-8), (metric, d)
            assert abs(mine.value - value.value) <= mine.error + value.error


def sphere_tv(ratio: float, d: int) -> float:
    """TV of N(0, r I) and N(0, I) in 40 digits."""
    with mp.workdps(40):
        r = mp.mpf(ratio)
        x = d * mp.log(r) / (1 - 1 / r)
        below = [mp.gammainc(mp.mpf(d) / 2, 0, y / 2, regularized=True) for y in (x, x / r)]
        return float(abs(below[0] - below[1]))


@pytest.mark.parametrize("ratio", [1 + 1e-8, 1.001, 1.3, 40.0, 0.97, 0.2, 1e-9])
def test_tv_of_repeated_axes_against_the_chi_square_law(ratio: float) -> None:
    dims = [1, 2, 3, 10, 100, 1000]
    q, p = (AxisGaussian(np.zeros(1), np.array([v])) for v in (ratio, 1.0))
    found = product_tv(q, p, np.array(dims, dtype=float)[:, None])
    for d, (value, error) in zip(dims, found, strict=True):
        truth = sphere_tv(ratio, d)
        assert abs(value - truth) <= error, d
        assert error < 1e-10
        assert isotropic_tv(ratio, d) == pytest.approx(truth, rel=1e-6, abs=1e-11)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 10), (3, 37), (20, 100)])
def test_tv_of_two_kinds_of_axes_against_an_integral_over_radii(n: int, m: int) -> None:
    """TV = P(L > 0) - Q(L > 0), L = log p/q linear in two independent chi-square variables."""
    q, p = (1.25, 0.7), (1.0, 1.0)
    with mp.workdps(20):
        slope = [(1 / mp.mpf(b) - 1 / mp.mpf(a)) / 2 for a, b in zip(q, p, strict=True)]
        level = (n * mp.log(q[0] / p[0]) + m * mp.log(q[1] / p[1])) / 2

        def mass(scale: tuple[float, float]) -> mp.mpf:
            """P(slope_0 R_0 + slope_1 R_1 < level), R_i = scale_i chi^2; here slope_1 < 0."""

            def given(u: mp.mpf) -> mp.mpf:  # R_0 = scale_0 u^2
                y = (level - slope[0] * scale[0] * u * u) / (slope[1] * scale[1])
                above = mp.gammainc(mp.mpf(m) / 2, mp.mpf(max(y, 0)) / 2, mp.inf, regularized=True)
                return 2 * above * u ** (n - 1) * mp.exp(-u * u / 2)

            kink = mp.sqrt(level / (slope[0] * scale[0])) if level * slope[0] > 0 else mp.mpf(3)
            area = mp.quad(given, sorted([0, kink, kink / 2, 2 * kink, 4, 8, 16]))
            return area / (2 ** (mp.mpf(n) / 2) * mp.gamma(mp.mpf(n) / 2))

        truth = float(mass(p) - mass(q))
    laws = (AxisGaussian(np.zeros(2), np.array(v)) for v in (q, p))
    (value, error), *_ = product_tv(*laws, np.array([[n, m]], dtype=float))
    assert value == pytest.approx(truth, abs=1e-9)
    assert error < 1e-10


def test_in_a_million_dimensions_the_central_limit_takes_over() -> None:
    """L becomes normal with variance d e^2/2: TV tends to erf(sqrt(d) e/4)."""
    e = 1.5e-3
    q, p = (AxisGaussian(np.zeros(1), np.array([v])) for v in (1 + e, 1.0))
    value, error = product_tv(q, p, np.array([[1e6]]))[0]
    assert value == pytest.approx(erf(math.sqrt(1e6) * e / 4), rel=2e-3)
    assert value == pytest.approx(isotropic_tv(1 + e, 10**6), abs=1e-9)
    assert error < 1e-9


def test_particles_in_ten_dimensions_within_five_standard_errors() -> None:
    n, steps = 100_000, 12
    e = Experiment(target=diagonal([0.25] * 10), sampler="ddpm", steps=steps, seed=7)
    q, p = axis_law(e.record, e.chain, 0.25, False)
    squares = (final_points(e, n) ** 2).sum(axis=1)
    assert abs(squares.mean() - 10 * q) < 5 * q * math.sqrt(20 / n)
    # the densities cross on this sphere, and p has the mass on one of its sides
    radius2 = 10 * math.log(q / p) / (1 / p - 1 / q)
    with mp.workdps(20):
        inside = float(mp.gammainc(5, 0, radius2 / p / 2, regularized=True))
    share = float((squares < radius2).mean())
    found = gaussian_growth(e.record, e.chain, GaussianAxes(0.25), [10]).tv[0]
    assert found.value > 0.2
    spread = math.sqrt(share * (1 - share) / n)
    assert abs(abs(inside - share) - found.value) < 5 * spread


@pytest.mark.parametrize("name", SAMPLERS)
def test_kl_grows_like_d_and_tv_like_its_root(name: str) -> None:
    found = gaussian_growth(SAMPLERS[name], Theory().chain(500), GaussianAxes(), DECADES)
    assert growth_exponent(found, "kl") == pytest.approx(1, abs=1e-12)
    assert 0.5 < (growth_exponent(found, "tv") or 0) < 0.6
    values = [f.value for f in found.tv]
    assert values == sorted(values)
    far = [(a, b) for a, b in pairwise(values) if a > 1e-8 and b < 0.1]
    for a, b in far[1:]:
        assert b / a == pytest.approx(math.sqrt(10), rel=0.03)


def test_a_power_is_found_and_saturation_left_out() -> None:
    assert power([(x, 3 * x**1.7) for x in (1, 4, 9, 100)]) == pytest.approx(1.7)
    assert power([(5, 1.0)]) is None
    found = gaussian_growth(SAMPLERS["ode"], Theory().chain(10), GaussianAxes(), [10**5, 10**6])
    assert [f.value for f in found.tv] == [1.0, 1.0]
    assert growth_exponent(found, "tv") is None
    assert found.kl[1].value == pytest.approx(10 * found.kl[0].value)


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("ddpm", GaussianAxes()),
        ("ode-accelerated", GaussianAxes()),
        ("heun", GaussianAxes(2.0, 3, 1e-4)),
    ],
)
def test_the_needed_steps_are_where_the_level_is_crossed(name: str, axes: GaussianAxes) -> None:
    record = SAMPLERS[name]
    found = needed_steps(record, Theory(), axes, [1, 100, 10_000])

    def tv(steps: int, d: int) -> float:
        return gaussian_growth(record, Theory().chain(steps), axes, [d]).tv[0].value

    for d, steps in found.items():
        assert steps is not None
        assert tv(steps, d) <= 0.1
        assert tv(steps - max(1, steps // 400), d) > 0.1
        assert tv(min(2 * steps, 8192), d) <= 0.1


def test_needed_steps_grow_with_the_root_of_d_and_end_somewhere() -> None:
    found = needed_steps(SAMPLERS["ddpm"], Linear(), GaussianAxes(), DECADES, exact_start=True)
    points = [(d, steps) for d, steps in found.items() if steps is not None]
    assert power(points[1:]) == pytest.approx(0.5, abs=0.02)
    assert found[10**6] is None


def test_an_exact_update_on_empty_axes_follows_the_intrinsic_dimension() -> None:
    axes = GaussianAxes(0.25, 10, 0.0)
    ddim, ddpm = (
        gaussian_growth(SAMPLERS[k], Theory().chain(100), axes, [10, 10**5], exact_start=True)
        for k in ("ddim", "ddpm")
    )
    assert ddim.kl[1].value == pytest.approx(ddim.kl[0].value, rel=1e-6)
    assert ddim.shares[1] == pytest.approx(1, abs=1e-6)
    assert ddpm.kl[1].value > 1e4 * ddpm.kl[0].value
    assert ddpm.shares[1] < 1e-3


def test_a_sampler_that_explodes_is_at_distance_one() -> None:
    betas = np.full(402, 0.999)
    betas[0] = 0.0
    found = gaussian_growth(SAMPLERS["ode"], Chain(betas), GaussianAxes(4.0), [1, 10**6])
    assert [f.value for f in found.tv] == [1.0, 1.0]
    assert found.kl[0].value > 100
    assert all(0.999 < f.value <= 1 for f in found.hellinger)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianAxes(-1.0), "variance: must be between 0 and 1e"),
        (lambda: GaussianAxes(1.0, 0), "signal: a whole number from 1"),
        (lambda: GaussianAxes(1.0, 3, math.nan), "rest: must be"),
        (lambda: GaussianAxes().counts([10**7]), "d: a whole number from 1"),
    ],
)
def test_what_cannot_be_is_refused(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


# ---- independent copies


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_copies_of_a_gaussian_lie_between_their_bounds(name: str) -> None:
    target = PRESETS["gaussian"].target
    e = Experiment(target=target, sampler=name, steps=100)
    found = product_growth(coordinate(e), DECADES)
    laws = gaussian_laws(e.record, e.chain, target, False)  # type: ignore[arg-type]
    exact = product_tv(*laws, np.array(DECADES, dtype=float)[:, None])
    for i, (d, (tv, _)) in enumerate(zip(DECADES, exact, strict=True)):
        assert found.tv_low[i] - 1e-12 <= tv <= found.tv_high[i] + 1e-12, d
        assert found.tv_high[i] < 2 * found.tv_low[i]
        assert found.kl[i].value == pytest.approx(d * measure(e, "kl").value, rel=1e-3)
    affinity = 1 - measure(e, "hellinger").value ** 2
    assert found.hellinger[2].value == pytest.approx(math.sqrt(1 - affinity**100), rel=1e-3)


def test_two_copies_of_a_mixture_against_the_product_of_their_cells() -> None:
    e = Experiment(preset="three-modes", steps=20)
    one = coordinate(e)
    level = e.chain.level(1)
    pair = OnLine(e).pair(e.target.marginal(level), marginal_bounds(e.target, level))
    p, q = (np.multiply.outer(mass, mass) for mass in (pair.p, pair.q))
    tv = 0.5 * float(np.abs(p - q).sum())
    found = product_growth(one, [1, 2])
    assert found.tv_low[1] <= tv <= found.tv_high[1]
    assert found.tv_low[0] == pytest.approx(one.tv.value, abs=2 * one.tv.error)
    assert found.tv_high[0] == pytest.approx(one.tv.value, abs=2 * one.tv.error)
    root = 0.5 * float(((np.sqrt(p) - np.sqrt(q)) ** 2).sum())
    assert found.hellinger[1].value == pytest.approx(math.sqrt(root), rel=1e-3)


def test_copies_agree_with_the_engine_on_the_line_and_need_a_line() -> None:
    e = Experiment(preset="three-modes", sampler="ddpm", steps=16)
    one, other = coordinate(e), measure_all(e, ("tv", "kl", "hellinger"))
    assert one.kl is not None
    for mine, metric in ((one.tv, "tv"), (one.kl, "kl"), (one.hellinger, "hellinger")):
        assert mine.value == pytest.approx(other[metric].value, rel=1e-9)
        assert mine.error == pytest.approx(other[metric].error, rel=1e-6)
    a, b = one.likelier
    assert a - b == pytest.approx(one.tv.value, rel=1e-3)
    with pytest.raises(Refused, match="needs a law on the line"):
        coordinate(Experiment(target=PRESETS["ring"].target))


# ---- theorems


def test_every_power_of_d_has_its_steps() -> None:
    """The least T grows like this power of d: of the bound, or of the condition on T."""
    steps = {(t.sampler, t.arxiv): t.steps_power for found in THEOREMS.values() for t in found}
    assert steps == {
        ("ode", "2306.09251"): 3,
        ("ode", "2408.02320"): 2,  # T >= C_2 d^2 log^5 T, though the bound falls like d/T
        ("ode-taylor", "2306.09251"): 3,
        ("ddpm", "2306.09251"): 4,
        ("ddpm", "2409.18959"): 1,
        ("ddpm-covariance", "2306.09251"): 3,
        ("ode-accelerated", "2403.03852"): 3,
        ("ddpm-accelerated", "2403.03852"): 3,
        ("ddim", "2501.12982"): 1,
        ("ode-order", "2506.24042"): 2,
    }
    ode = THEOREMS["ode"][0]
    assert ode(2, 100) == pytest.approx(
        4 * math.log(100) ** 4 / 100 + 64 * math.log(100) ** 6 / 1e4
    )
