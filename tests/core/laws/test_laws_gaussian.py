"""Gaussian targets: recursions by hand, closed-form distances, and the engines on the line."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, Refused
from diffusion_core.distances.mass_partition import resolve
from diffusion_core.distances.of_masses import METRICS
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_laws, gaussian_tv
from diffusion_core.laws.line.law import grid_law, marginal_bounds, transport_law
from diffusion_core.measure import measure, measure_all
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import SCHEDULES, Linear, LinearDDPM, Schedule, Theory
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from tests.core.ground_truth import betas_of
from tests.core.reference import affine_law, gaussian_distances

MEAN, SD = 0.7, 0.4
TARGET = line_mixture((1.0,), (MEAN,), (SD,))
NAMED = [kind for kind in SCHEDULES if kind != "custom"]
RUNS = [(name, 0.0) for name in SAMPLERS] + [("ddim", 0.5), ("ddim", 1.0)]
ALL = tuple(METRICS)


@pytest.mark.parametrize("start", ["noise", "exact"])
@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize(("sampler", "eta"), RUNS)
def test_every_sampler_and_schedule_against_hand_made_recursions(
    sampler: str, eta: float, kind: str, start: str
) -> None:
    schedule = SCHEDULES[kind]()  # type: ignore[call-arg]
    for steps in (2, 3, 17, 200):
        e = Experiment(
            target=TARGET, schedule=schedule, sampler=sampler, eta=eta, steps=steps, start=start
        )
        m, v, mu, w = affine_law(sampler, betas_of(e), MEAN, SD**2, start == "exact", eta)
        (q, p) = gaussian_laws(e.record, e.chain, TARGET, start == "exact")
        np.testing.assert_allclose(q.variance, v, rtol=1e-7)
        np.testing.assert_allclose(q.mean, m, rtol=1e-9, atol=1e-9 * math.sqrt(v))
        np.testing.assert_allclose([p.mean[0], p.variance[0]], [mu, w], rtol=1e-12)
        if v < 1e8:
            truth = gaussian_distances(m, v, mu, w)
            for metric, found in measure_all(e, ALL).items():
                assert found.value == pytest.approx(truth[metric], rel=1e-6, abs=1e-9), metric


@pytest.mark.parametrize("schedule", [Theory(), LinearDDPM(), Linear()], ids=lambda s: s.kind)
@pytest.mark.parametrize(("sampler", "eta"), RUNS)
def test_the_engines_on_the_line_agree_with_the_closed_form(
    sampler: str, eta: float, schedule: Schedule
) -> None:
    """The general transport and transfer laws know nothing of Gaussians."""
    e = Experiment(target=TARGET, schedule=schedule, sampler=sampler, eta=eta, steps=40)
    level = e.chain.level(1)
    build = grid_law if e.record.stochastic else transport_law
    law = build(e)
    pair = resolve(law, TARGET.marginal(level), marginal_bounds(TARGET, level), 1e-5)
    m, v, mu, w = affine_law(sampler, betas_of(e), MEAN, SD**2, False, eta)
    truth = gaussian_distances(m, v, mu, w)
    for metric, true in truth.items():
        found = METRICS[metric](pair)
        assert abs(found.value - true) <= found.error + 1e-9, metric
        assert abs(found.value - true) <= 1e-4 * true + 1e-9, metric


@pytest.mark.parametrize(
    ("m", "v", "mu", "w"),
    [
        (0.0, 1.0, 0.0, 1.0001),
        (0.3, 1.0, 0.0, 1.0),
        (0.1, 2.0, -0.2, 0.5),
        (5.0, 1e-3, 0.0, 1.0),
        (0.0, 1e6, 1.0, 1.0),
        (1e-7, 1.0, 0.0, 1.0),
    ],
)
def test_tv_of_two_gaussians(m: float, v: float, mu: float, w: float) -> None:
    q, p = (AxisGaussian(np.array([a]), np.array([b])) for a, b in ((m, v), (mu, w)))
    value, error = gaussian_tv(q, p)
    truth = gaussian_distances(m, v, mu, w)["tv"]
    assert value == pytest.approx(truth, rel=1e-6, abs=1e-13)
    assert abs(value - truth) <= error + 1e-13


@pytest.mark.parametrize("dim", [2, 5, 64])
def test_tv_in_several_dimensions_with_one_axis_that_differs(dim: int) -> None:
    """Equal axes integrate out: the Mellin formula must give the one-dimensional value."""
    mean, variance = np.zeros(dim), np.linspace(0.5, 2.0, dim)
    other_mean, other = mean.copy(), variance.copy()
    other_mean[1], other[1] = 0.2, 0.8 * variance[1]
    value, error = gaussian_tv(AxisGaussian(other_mean, other), AxisGaussian(mean, variance))
    truth = gaussian_distances(0.2, other[1], 0.0, variance[1])["tv"]
    assert abs(value - truth) <= error
    assert value == pytest.approx(truth, rel=1e-9)


def test_tv_of_isotropic_scales_against_the_chi_square_law() -> None:
    """N(0, c I) against N(0, I): the densities cross on a sphere."""
    dim, c = 10, 1.3
    ones = np.ones(dim)
    value, _ = gaussian_tv(AxisGaussian(0 * ones, c * ones), AxisGaussian(0 * ones, ones))
    radius2 = dim * math.log(c) / (1 - 1 / c)
    with mp.workdps(25):
        below = [mp.gammainc(dim / 2, 0, radius2 / (2 * s), regularized=True) for s in (1, c)]
    assert value == pytest.approx(float(below[0] - below[1]), rel=1e-10)


def test_a_tilted_gaussian_in_the_plane_factorises() -> None:
    """TV and KL of a rotated run equal those of its axes; KL and W2^2 add over axes."""
    angle = 0.6
    c, s = math.cos(angle), math.sin(angle)
    rotation = np.array([[c, -s], [s, c]])
    covariance = rotation @ np.diag([1.2**2, 0.2**2]) @ rotation.T
    mean = rotation @ np.array([0.5, -0.3])
    tilted = GaussianMixture((1.0,), (tuple(mean),), (tuple(map(tuple, covariance)),))
    axes = [line_mixture((1.0,), (m,), (sd,)) for m, sd in ((0.5, 1.2), (-0.3, 0.2))]
    for sampler in ("ode", "ddpm", "heun"):
        e = Experiment(target=tilted, sampler=sampler, steps=25)
        both = [Experiment(target=a, sampler=sampler, steps=25) for a in axes]
        kl = sum(measure(x, "kl").value for x in both)
        w2 = math.hypot(*(measure(x, "w2").value for x in both))
        assert measure(e, "kl").value == pytest.approx(kl, rel=1e-9)
        assert measure(e, "w2").value == pytest.approx(w2, rel=1e-9)


def test_error_grows_with_dimension_as_the_closed_form_says() -> None:
    def run(dim: int) -> Experiment:
        identity = tuple(tuple(0.25 * (i == j) for j in range(dim)) for i in range(dim))
        target = GaussianMixture((1.0,), ((0.0,) * dim,), (identity,))
        return Experiment(target=target, sampler="ddpm", steps=50)

    one = measure(run(1), "kl").value
    assert measure(run(16), "kl").value == pytest.approx(16 * one, rel=1e-9)
    assert measure(run(16)).value > measure(run(4)).value > measure(run(1)).value


def test_overflowing_variance_is_no_warning_and_w1_in_the_plane_is_refused() -> None:
    e = Experiment(target=PRESETS["gaussian"].target, schedule=Theory(2, 8), steps=25)
    found = measure_all(e, ("tv", "kl", "hellinger", "w2"))
    assert found["tv"].value == 1.0
    assert found["hellinger"].value == pytest.approx(1.0, abs=1e-6)
    assert found["kl"].value > 20
    plane = Experiment(target=PRESETS["correlated-gaussian"].target, steps=10)
    with pytest.raises(Refused, match=r"^w1: has no closed form"):
        measure(plane, "w1")
