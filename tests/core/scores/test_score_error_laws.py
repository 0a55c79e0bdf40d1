"""Exact laws of samplers that are given a wrong score, against brute force and particles."""

import numpy as np
import pytest
from scipy.special import ndtr

from diffusion_core import PRESETS, Experiment, measure
from diffusion_core.errors import Refused
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.line.law import bounded_chain
from diffusion_core.laws.line.over_time import evolution
from diffusion_core.laws.particles import final_points
from diffusion_core.measure import exact_metrics
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import Linear
from diffusion_core.scores.errors import FourierError, Scale, Shift, WaveError

THREE = PRESETS["three-modes"].target
ERRORS = {
    "shift": Shift(0.2),
    "scale": Scale(0.3),
    "fourier": FourierError(0.1, 0.5, 1),
    "long-wave": WaveError(0.1, 1.0, 0.3),
    "wave": WaveError(0.1, 10.0, 0.3, "small-t"),
    "short-wave": WaveError(0.01, 100.0, 0.3),
}
REACH = 9.0


def run(error, sampler, steps=10, **other):
    return Experiment(
        target=THREE,
        schedule=Linear(0.1, 6.0),
        steps=steps,
        sampler=sampler,
        score_error=error,
        **other,
    )


def carried(e, cells=80_000):
    """Ends and masses of the images of many cells of N(0, 1)."""
    x = np.linspace(-REACH, REACH, cells + 1)
    *_, (_, y) = bounded_chain(e.record, e.chain, e.score, x)
    return y, np.diff(ndtr(x))


def by_inversion(e):
    """TV where F increases: Q(y) = Phi(F^{-1}(y)) by interpolation between dense images."""
    y, mass = carried(e)
    assert (np.diff(y) >= 0).all()
    edges = np.linspace(y[0], y[-1], 60_001)
    below = np.interp(edges, y, np.append(0.0, np.cumsum(mass)))
    q = np.diff(below)
    p = e.target.marginal(e.chain.level(1)).interval_mass(edges)
    return 0.5 * float(np.abs(q - p).sum() + (1 - q.sum()) + (1 - p.sum()))


def by_counting(e, bins):
    """A lower bound of TV wherever F goes: the mass of start cells by the bin of their image."""
    y, mass = carried(e, 400_000)
    edges = np.linspace(-4, 4, bins + 1)
    q = np.histogram(0.5 * (y[1:] + y[:-1]), edges, weights=mass)[0]
    p = e.target.marginal(e.chain.level(1)).interval_mass(edges)
    return 0.5 * float(np.abs(q - p).sum() + (1 - q.sum()) + (1 - p.sum()))


def by_matrices(e, h=0.01):
    """TV from Chapman-Kolmogorov sums over one fixed grid."""
    x = np.arange(-REACH, REACH, h)
    q = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    for t in range(e.steps, 1, -1):
        for stage in e.record.stages:
            law = kernel(stage, x[:, None], t, e.chain, e.score)
            std = law.deviation
            u = (x[:, None] - law.mean[:, 0]) / std
            q = np.exp(-0.5 * u * u) @ (q * h / std) / np.sqrt(2 * np.pi)
    p = np.exp(e.target.marginal(e.chain.level(1)).log_density(x[:, None]))
    return 0.5 * h * float(np.abs(q - p).sum())


@pytest.mark.parametrize(
    ("sampler", "name"),
    [
        ("ode", "shift"),
        ("ode", "short-wave"),
        ("ode-accelerated", "fourier"),
        ("ode-accelerated", "wave"),
        ("heun", "long-wave"),
        ("heun", "wave"),
        ("dpmpp-2m", "scale"),
        ("ode-taylor", "long-wave"),
        ("ddim", "fourier"),
    ],
)
def test_deterministic_laws_against_dense_inversion(sampler, name):
    e = run(ERRORS[name], sampler, steps=24)
    found = measure(e, "tv")
    assert abs(found.value - by_inversion(e)) < found.error + 2e-4 * found.value
    assert found.error < 1e-3 * found.value


@pytest.mark.parametrize(
    ("sampler", "name"),
    [
        ("ddpm", "shift"),
        ("ddpm", "wave"),
        ("ddpm", "short-wave"),
        ("ddpm-accelerated", "fourier"),
        ("ddpm-covariance", "long-wave"),
    ],
)
def test_stochastic_laws_against_dense_matrices(sampler, name):
    e = run(ERRORS[name], sampler)
    found = measure(e, "tv")
    assert abs(found.value - by_matrices(e)) < found.error + 2e-5


def test_a_wave_that_folds_the_map_is_summed_over_its_branches():
    e = run(WaveError(0.8, 4.0, 0.3), "ode", steps=8)
    y, _ = carried(e)
    assert (np.diff(y) < 0).any()
    found = measure(e, "tv")
    coarse, fine = by_counting(e, 500), by_counting(e, 4000)
    assert coarse < fine < found.value + found.error
    assert fine == pytest.approx(found.value, abs=found.error + 5e-4)


def test_a_wave_that_folds_the_map_without_end_is_refused():
    e = run(WaveError(0.5, 10.0, 0.3, "large-t"), "ode", steps=8)
    with pytest.raises(Refused, match="too fine a detail"):
        measure(e, "tv")


def test_a_wave_too_short_for_the_line_is_refused_in_one_sentence():
    with pytest.raises(Refused, match="too fine a detail") as caught:
        measure(run(WaveError(0.5, 1000.0), "ode", steps=20), "tv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["shift", "wave", "fourier"])
@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
def test_particles_agree_with_the_exact_law(sampler, name):
    e = run(ERRORS[name], sampler, steps=16)
    y = np.sort(final_points(e, 20_000)[:, 0])
    edges = np.linspace(-3, 3, 41)
    (state,) = evolution(e, np.linspace(-5, 5, 2001), [1])
    below = np.interp(edges, state.edges, state.output_below)
    counted = np.searchsorted(y, edges) / len(y)
    error = np.sqrt(below * (1 - below) / len(y)) + 1e-4
    assert (np.abs(counted - below) < 5 * error).all()


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "heun"])
@pytest.mark.parametrize("name", ["shift", "wave"])
def test_an_animation_ends_at_the_measured_distance(sampler, name):
    e = run(ERRORS[name], sampler, steps=16)
    found = measure(e, "tv")
    (state,) = evolution(e, np.linspace(-5, 5, 2001), [1])
    assert abs(state.tv.value - found.value) < state.tv.error + found.error
    assert state.tv.error < 0.02 * found.value


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "heun", "ode-accelerated", "ddpm-covariance"])
@pytest.mark.parametrize("error", [Shift(0.2), Scale(0.3, "small-t")])
def test_a_gaussian_stays_gaussian_under_shifts_and_scales(sampler, error):
    e = run(error, sampler).with_(target=PRESETS["gaussian"].target)
    found = measure(e, "tv")
    line = OnLine(e).distances(("tv",))["tv"]
    assert abs(found.value - line.value) < found.error + line.error
    exact = measure(e.with_(score_error=None), "tv")
    assert abs(found.value - exact.value) > 1e-3


def test_the_mean_and_spread_of_a_correlated_gaussian_against_particles():
    e = run(Shift(0.5), "ddpm", start="exact").with_(target=PRESETS["correlated-gaussian"].target)
    assert "w2" in exact_metrics(e)
    wrong, right = measure(e, "w2"), measure(e.with_(score_error=None), "w2")
    y = final_points(e, 40_000)
    x = final_points(e.with_(score_error=None), 40_000)
    assert wrong.value > right.value
    offset = float(np.linalg.norm(y.mean(axis=0) - x.mean(axis=0)))
    assert np.hypot(right.value, offset) == pytest.approx(wrong.value, rel=0.05)


def test_size_zero_gives_the_law_of_the_exact_score():
    for sampler in ("ode", "ddpm"):
        exact = measure(run(None, sampler), "tv")
        found = measure(run(WaveError(0.0, 100.0), sampler), "tv")
        assert found.value == pytest.approx(exact.value, rel=1e-12)
