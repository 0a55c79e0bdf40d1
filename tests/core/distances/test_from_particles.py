"""Estimates from particles against exact laws: value, standard error, noise floor, coverage."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from diffusion_core import Experiment, InputError, Refused, measure, measure_all
from diffusion_core.distances.from_particles import (
    GROUP_SIZE,
    Estimate,
    MedianTree,
    cell_count,
    estimate,
)
from diffusion_core.laws.line.law import marginal_bounds
from diffusion_core.laws.particles import (
    check_particles,
    final_points,
    perfect_points,
    simulate,
    trajectory,
)
from diffusion_core.measure import Measurement
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Theory
from diffusion_core.targets import PRESETS, GaussianMixture, Points, StudentT

SEEDS, PARTICLES = 30, 2000
TILTED = PRESETS["correlated-gaussian"].target
LINE_METRICS = ("tv", "kl", "hellinger", "w1", "w2")
PLANE_METRICS = ("tv", "kl", "hellinger", "w2")
RUNS = {
    "far on the line": (Experiment(steps=30), LINE_METRICS),
    "near on the line": (Experiment(steps=100, sampler="ddpm"), LINE_METRICS),
    "skewed": (Experiment(target=PRESETS["skewed"].target, steps=25), LINE_METRICS),
    "far in the plane": (Experiment(target=TILTED, steps=60), PLANE_METRICS),
    "equal in the plane": (Experiment(target=TILTED, steps=200, sampler="heun"), PLANE_METRICS),
}
CASES = [(name, metric) for name, (_, metrics) in RUNS.items() for metric in metrics]


@cache
def studied(name: str) -> tuple[dict[str, Measurement], list[dict[str, Measurement]]]:
    """The exact distances of a run, and its estimates over 30 seeds."""
    e, metrics = RUNS[name]
    seeds = range(SEEDS)
    return measure_all(e, metrics), [
        measure_all(e.with_(seed=s), metrics, "particles", PARTICLES) for s in seeds
    ]


def of(name: str, metric: str) -> tuple[float, list[Estimate]]:
    exact, estimates = studied(name)
    return exact[metric].value, [m[metric].estimate for m in estimates]


@pytest.mark.parametrize(("name", "metric"), CASES)
def test_the_error_covers_the_exact_value_in_95_percent_of_the_seeds(name, metric):
    truth, found = of(name, metric)
    assert sum(abs(e.value - truth) <= e.error for e in found) >= 0.95 * SEEDS


@pytest.mark.parametrize("preset", ["two-moons", "thin-and-wide-2d"])
def test_laws_thinner_than_the_cells_are_covered_in_the_plane(preset):
    """Few particles have wide cells, which hide much of the distance: the error has to say so."""
    e = Experiment(target=PRESETS[preset].target, sampler="ode", steps=40)
    exact = measure(e, "tv").value
    for particles in (1000, 5000, 20_000):
        for seed in range(4):
            run = e.with_(seed=seed)
            found = measure(run, "tv", "particles", particles=particles)
            assert found.value < exact, "cells only ever hide"
            assert exact - found.value <= found.error, (particles, seed)


@pytest.mark.parametrize(("name", "metric"), CASES)
def test_the_standard_error_is_the_spread_over_seeds(name, metric):
    _, found = of(name, metric)
    spread = np.std([e.value for e in found], ddof=1)
    stated = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    # the spread itself is known to 13 %
    assert 1 / 1.75 < stated / spread < 1.75


@pytest.mark.parametrize("metric", LINE_METRICS)
def test_values_on_the_line_are_off_by_less_than_the_floor(metric):
    for name in ("far on the line", "skewed"):
        truth, found = of(name, metric)
        mean, floor = np.mean([e.value for e in found]), np.mean([e.noise_floor for e in found])
        blur = np.mean([e.blur for e in found])
        deviation = np.std([e.value for e in found]) / math.sqrt(SEEDS)
        assert abs(mean - truth) < floor / 2 + blur / 2 + 4 * deviation


@pytest.mark.parametrize("metric", PLANE_METRICS)
def test_a_perfect_sampler_shows_the_noise_floor(metric):
    target = TILTED if metric != "w2" else PRESETS["two-moons"].target
    e = Experiment(target=target, steps=50)

    def perfect(n: int, rng: np.random.Generator) -> np.ndarray:
        return perfect_points(e, n, rng, data=False)

    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        found.append(estimate(metric, perfect(1500, rng), perfect, rng))
    values = np.array([e.value for e in found])
    floor = np.mean([e.noise_floor for e in found])
    assert abs(values.mean() - floor) < 4 * values.std() / math.sqrt(12)
    assert all(e.value <= e.error for e in found)


def test_the_floor_falls_with_the_number_of_particles():
    e = Experiment(steps=20)
    small, large = (measure(e, "tv", "particles", n).estimate for n in (1000, 64_000))
    assert small.noise_floor / large.noise_floor == pytest.approx(64**0.3, rel=0.35)
    assert large.blur < 0.02
    assert (small.size, large.size) == (1000, 64_000)
    assert [cell_count(n, 1) for n in (1000, 64_000, 10**6)] == [16, 64, 256]
    assert [cell_count(n, 2) for n in (1000, 64_000, 10**6)] == [32, 256, 1024]


def test_assignments_state_the_size_of_their_groups():
    e = Experiment(target=TILTED, steps=10)
    assert measure(e, "w2", "particles", 20_000).estimate.size == GROUP_SIZE
    assert measure(e, "w1", "particles", 800).estimate.size == 100


def test_cells_hold_equal_shares_of_the_reference():
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((4096, 2)) @ np.array([[1.0, 0.9], [0.0, 0.1]])
    counts = MedianTree(reference, 32).count(reference)
    assert (counts == 128).all()


def test_coinciding_draws_neither_warn_nor_crash():
    # the noise of p_1 is below the spacing of floats here: six different values
    target = Points(tuple((float(i),) for i in range(1, 7)), 0.0)
    e = Experiment(target=target, schedule=Theory(8.0, 4.0), steps=200, start="exact")
    found = measure(e, "tv", "particles", 3000)
    assert 0 <= found.value <= 1


def test_kl_stays_finite_where_no_particle_is():
    e = Experiment(target=PRESETS["two-modes"].target, steps=2)
    found = measure(e, "kl", "particles", 500)
    assert 0.5 < found.value < math.inf


def test_cells_are_refused_above_two_dimensions():
    e = Experiment(target=StudentT(5.0, (0.0, 1.0, 2.0)), steps=10)
    for metric in ("tv", "kl", "hellinger"):
        with pytest.raises(Refused, match=f"{metric}: particles give no estimate in 3 dimensions"):
            measure(e, metric, "particles", 1000)
    assert measure(e, "w1", "particles", 1000).value > 0


@pytest.mark.parametrize("n", [0, 1, 99, 1_000_001, 10**30, True, 500.0])
def test_the_number_of_particles_is_limited(n):
    with pytest.raises(InputError, match="particles: between 100 and 1000000 here, got"):
        measure(Experiment(), "tv", "particles", n)


def test_limits_shrink_with_the_dimension():
    wide = Experiment(target=StudentT(5.0, (0.0,) * 200))
    assert check_particles(wide, 100_000) == 100_000
    with pytest.raises(InputError, match="between 1 and 100000 here"):
        check_particles(wide, 100_001)
    with pytest.raises(InputError, match="between 1 and 1250 here"):
        check_particles(wide.with_(sampler="ddpm-covariance"), 1251)
    with pytest.raises(InputError, match="trajectory of this T holds at most 3640"):
        trajectory(wide, 3641)


@pytest.mark.parametrize(
    "sampler", ["ode", "ddpm", "ddpm-accelerated", "dpmpp-2m", "dpmpp-3m", "ode-taylor"]
)
def test_particles_are_within_five_standard_errors_of_the_exact_law(sampler):
    """Every cell's count against the exact law's mass, through TV: q itself as the target."""
    n, e = 20_000, Experiment(target=PRESETS["skewed"].target, sampler=sampler, steps=40, seed=8)
    edges = np.array([-1.5, -1.0, -0.7, -0.5, -0.2, 0.2, 0.8, 1.7, 2.0, 2.2])
    masses = _exact_masses(e, edges)
    counts = np.histogram(final_points(e, n), np.concatenate([[-np.inf], edges, [np.inf]]))[0]
    deviation = np.sqrt(masses * (1 - masses) / n)
    assert (np.abs(counts / n - masses) < 5 * deviation).all()
    assert masses.min() > 0.005


def _exact_masses(e: Experiment, edges: np.ndarray) -> np.ndarray:
    from diffusion_core.distances.mass_partition import resolve
    from diffusion_core.laws.line.law import grid_law, transport_law

    level = e.chain.level(1)
    make = grid_law if e.record.stochastic else transport_law
    law = make(e)
    pair = resolve(law, e.target.marginal(level), marginal_bounds(e.target, level), 1e-6)
    below = np.interp(edges, pair.edges, np.cumsum(pair.q)[:-1])
    return np.diff(np.concatenate([[0.0], below, [1.0]]))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_gaussian_particles_have_the_exact_mean_and_covariance(sampler):
    from diffusion_core.laws.gaussian import gaussian_laws

    n, e = 20_000, Experiment(target=TILTED, sampler=sampler, steps=30, seed=2)
    assert isinstance(e.target, GaussianMixture)
    q, _ = gaussian_laws(e.record, e.chain, e.target, e.exact_start)
    axes = e.target.spectrum[1][0]
    y = final_points(e, n) @ axes
    assert (np.abs(y.mean(axis=0) - q.mean) < 5 * np.sqrt(q.variance / n)).all()
    assert (np.abs(y.var(axis=0) / q.variance - 1) < 5 * math.sqrt(2 / n)).all()
    assert abs(np.corrcoef(y.T)[0, 1]) < 5 / math.sqrt(n)


def test_a_trajectory_is_the_run_itself():
    e = Experiment(target=TILTED, sampler="ddpm", steps=7, seed=4)
    path = trajectory(e, 50)
    assert path.shape == (7, 50, 2)
    for t, y in simulate(e, 50):
        assert (path[7 - t] == y).all()
    assert (path[-1] == final_points(e, 50)).all()


@pytest.mark.parametrize("against", ["p1", "data"])
def test_given_points_are_measured_like_simulated_ones(against):
    e = Experiment(target=TILTED, sampler="ddpm", steps=9, seed=6)
    metrics = ("tv", "kl", "w1", "w2")
    simulated = measure_all(e, metrics, "particles", 700, against)
    given = measure_all(e, metrics, "particles", against=against, points=final_points(e, 700))
    for m in metrics:
        assert given[m].estimate == simulated[m].estimate
    moved = measure(e, "w2", "particles", against=against, points=final_points(e, 700) + 10)
    assert 10 < moved.value < 20


@pytest.mark.parametrize(
    ("method", "points", "message"),
    [
        ("exact", np.zeros((200, 2)), "points: are measured by the particles method only"),
        ("particles", np.zeros(200), r"points: must have the shape \(N, 2\), got \(200,\)"),
        ("particles", np.zeros((200, 3)), r"points: must have the shape \(N, 2\)"),
        ("particles", np.full((200, 2), np.nan), "points: must be finite"),
        ("particles", np.zeros((99, 2)), "particles: between 100 and 1000000 here, got 99"),
    ],
)
def test_points_that_cannot_be_the_experiments_are_refused(method, points, message):
    with pytest.raises(InputError, match=message):
        measure(Experiment(target=TILTED), "w2", method, points=points)


def test_an_exact_start_draws_from_p_T():
    e = Experiment(
        target=PRESETS["two-modes"].target, schedule=Theory(1.0, 0.5), steps=20, start="exact"
    )
    level = e.chain.level(20)
    y = trajectory(e, 40_000)[0][:, 0]
    variance = level.abar * (1.5**2 + 0.3**2) + level.var
    assert y.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / 40_000))
    assert abs(variance - 1) > 0.1
