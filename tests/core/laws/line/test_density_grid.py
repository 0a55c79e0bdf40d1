"""Exact laws of stochastic samplers on the line against Chapman-Kolmogorov sums and particles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, Refused
from diffusion_core.distances.from_particles import MedianTree
from diffusion_core.distances.mass_partition import resolve
from diffusion_core.laws.line.law import RESOLUTION, grid_law, marginal_bounds
from diffusion_core.laws.noisy_steps import densities
from diffusion_core.laws.particles import final_points
from diffusion_core.measure import measure, measure_all
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import (
    Constant,
    Cosine,
    Karras,
    Linear,
    LinearDDPM,
    Schedule,
    Sigmoid,
    Theory,
)
from diffusion_core.targets.gallery import line_mixture
from tests.core.ground_truth import stochastic

SKEWED = line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.15))
SAMPLERS = [
    ("ddpm", 0.0),
    ("ddpm-accelerated", 0.0),
    ("ddpm-covariance", 0.0),
    ("ddim", 1.0),
    ("ddim", 0.5),
]


@pytest.mark.parametrize("start", ["noise", "exact"])
@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (Constant(1e-3), 8),
        (Linear(2.0, 10.0), 20),
        (Constant(0.02), 2),
        (LinearDDPM(0.02, 0.3), 9),
    ],
)
@pytest.mark.parametrize(("sampler", "eta"), SAMPLERS)
def test_against_chapman_kolmogorov(
    sampler: str, eta: float, schedule: Schedule, steps: int, start: str
) -> None:
    e = Experiment(
        target=SKEWED, schedule=schedule, sampler=sampler, eta=eta, steps=steps, start=start
    )
    truth = stochastic(e, np.linspace(-13, 13, 1001))
    found = measure_all(e, tuple(truth))
    for metric, true in truth.items():
        value, error = found[metric].value, found[metric].error
        assert abs(value - true) <= (2e-5 if metric == "tv" else 1e-3) * true + 1e-9, metric
        assert abs(value - true) <= error + 1e-4 * true, metric


@pytest.mark.parametrize("sampler", ["ddpm", "ddpm-accelerated"])
def test_a_map_that_bends_between_the_nodes_of_a_wide_law(sampler: str) -> None:
    """Y_2 spreads over hundreds of units, and the score of p_2 bends within one."""
    e = Experiment(schedule=Karras(), sampler=sampler, steps=3)
    truth = stochastic(e, np.linspace(-300, 300, 6001))
    for metric in ("tv", "hellinger", "w1"):
        found = measure(e, metric)
        assert abs(found.value - truth[metric]) <= found.error + 2e-6 * truth[metric]
        assert found.value == pytest.approx(truth[metric], rel=2e-5)


@pytest.mark.parametrize("sampler", ["ddpm", "ddpm-accelerated"])
def test_boxes_and_the_data_law_against_chapman_kolmogorov(sampler: str) -> None:
    e = Experiment(
        target=PRESETS["uniform"].target, schedule=Constant(1e-3), sampler=sampler, steps=8
    )
    grid = np.linspace(-14, 14, 1401)
    truth = stochastic(e, grid)
    assert measure(e).value == pytest.approx(truth["tv"], rel=1e-5)
    with_data = Experiment(target=SKEWED, schedule=Constant(1e-3), sampler=sampler, steps=8)
    truth = stochastic(with_data, grid, t=0)
    for metric in ("tv", "w1", "w2"):
        found = measure(with_data, metric, against="data")
        assert abs(found.value - truth[metric]) <= min(found.error, 1e-4) + 1e-4 * truth[metric]


@pytest.mark.parametrize("preset", ["atoms", "thin-and-wide", "three-modes"])
@pytest.mark.parametrize("sampler", ["ddpm", "ddpm-accelerated", "ddpm-covariance"])
@pytest.mark.parametrize("schedule", [Theory(), Sigmoid()], ids=lambda s: s.kind)
def test_particles_agree_within_five_standard_errors(
    preset: str, sampler: str, schedule: Schedule
) -> None:
    """Counts in 32 cells, each binomial around its exact mass."""
    n = 20_000
    e = Experiment(
        target=PRESETS[preset].target, schedule=schedule, sampler=sampler, steps=25, seed=7
    )
    level = e.chain.level(1)
    law = grid_law(e)
    pair = resolve(law, e.target.marginal(level), marginal_bounds(e.target, level), 1e-5)
    cuts = np.unique(np.searchsorted(np.cumsum(pair.q), np.arange(1, 32) / 32))
    expected = np.add.reduceat(pair.q, np.concatenate([[0], cuts + 1]))
    points = final_points(e, n)[:, 0]
    counts = np.bincount(np.searchsorted(pair.edges[cuts], points), minlength=len(expected))
    score = (counts - n * expected) / np.sqrt(n * expected * (1 - expected))
    assert np.abs(score).max() < 5
    assert expected.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("schedule", [Theory(2, 8), Cosine(), LinearDDPM()], ids=lambda s: s.kind)
def test_noise_coefficient_never_changes_sign(schedule: Schedule) -> None:
    """H_t >= -I/(1 - abar_t) and beta_t <= 1 - abar_t, so I + (beta_t/2) H_t >= 1/2."""
    chain = schedule.chain(25)
    x = np.linspace(-6, 6, 2001)[:, None]
    for preset in ("atoms", "uniform", "thin-and-wide"):
        for t in range(2, 26):
            h = PRESETS[preset].target.marginal(chain.level(t)).jacobian(x)[:, 0, 0]
            assert (1 + chain.beta[t] / 2 * h).min() >= 0.5 - 1e-12


@pytest.mark.parametrize("sampler", ["ddpm", "ddpm-accelerated"])
def test_mass_is_kept_and_densities_stay_positive(sampler: str) -> None:
    e = Experiment(sampler=sampler, steps=60)
    for t, density, _ in densities(e, RESOLUTION):
        assert density.mass == pytest.approx(1.0, abs=1e-12), t
        assert density.values.min() > -1e-10 * density.values.max(), t


@pytest.mark.parametrize(("sampler", "eta"), [("ddpm", 0.0), ("ddpm-accelerated", 0.0)])
def test_exact_start_removes_the_initialisation_floor(sampler: str, eta: float) -> None:
    """Linear schedule: TV(p_T, N(0, 1)) = 5.4e-4, which many steps cannot pass."""
    noise = Experiment(sampler=sampler, eta=eta, schedule=Linear(), steps=512)
    floor = measure(noise).value
    exact = measure(noise.with_(start="exact"))
    assert exact.value < floor
    assert exact.error < 1e-4 * exact.value


def test_a_target_too_fine_for_its_width_is_refused_with_the_reason() -> None:
    far = line_mixture((0.5, 0.5), (-1e4, 1e4), (0.001, 0.001))
    with pytest.raises(Refused, match="exact law needs a grid of"):
        measure(Experiment(target=far, sampler="ddpm", steps=4))


def test_kl_is_refused_where_the_output_has_no_density() -> None:
    """DDIM's last step from far noise makes a law much narrower than the target."""
    e = Experiment(target=PRESETS["three-modes"].target, schedule=Linear(), steps=2)
    with pytest.raises(Refused, match=r"^kl: .* of the target lies where"):
        measure(e.with_(sampler="ddim", eta=1.0), "kl")


def test_median_tree_and_exact_law_agree_on_tv() -> None:
    """The cells' TV of particles lies below the exact TV, but for noise."""
    e = Experiment(sampler="ddpm", steps=8, seed=3)
    exact = measure(e)
    sampled = measure(e, method="particles", particles=50_000)
    tree = MedianTree(final_points(e, 1000), 16)
    assert tree.count(final_points(e, 1000)).sum() == 1000
    assert abs(sampled.value - exact.value) < sampled.error
    assert math.isfinite(sampled.error)


@pytest.mark.parametrize("preset", ["skewed", "three-modes"])
def test_a_step_that_squeezes_the_law_to_an_edge(preset: str) -> None:
    # one huge step with little noise: the mass piles up, and the spectrum has a long tail
    target = PRESETS[preset].target
    e = Experiment(target, schedule=Karras(), sampler="ddim", steps=2, eta=1.0)
    x = np.linspace(-8.5, 8.5, 20_001)
    law = kernel(e.record.stages[0], x[:, None], 2, e.chain, e.score)
    s = float(law.spread)
    assert s < 0.01
    y = np.linspace(-6, 6, 24_001)
    weight = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi) * (x[1] - x[0])
    q = np.zeros_like(y)
    for m, w in zip(law.mean[:, 0], weight, strict=True):
        i, j = np.searchsorted(y, (m - 8 * s, m + 8 * s))
        q[i:j] += w * np.exp(-0.5 * ((y[i:j] - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
    p = np.exp(e.target.marginal(e.chain.level(1)).log_density(y[:, None]))
    true = 0.5 * float(np.abs(q - p).sum()) * (y[1] - y[0])
    found = measure(e, "tv")
    assert abs(found.value - true) < 1e-6 + found.error
    assert found.error < 1e-4
