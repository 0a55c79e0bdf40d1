"""The law at every t agrees with the measured one, holds its mass and covers its error."""

from __future__ import annotations

import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, Experiment, measure
from diffusion_core.laws.line import over_time
from diffusion_core.laws.line.law import standard_normal
from diffusion_core.laws.line.over_time import _spread_evenly, evolution
from tests.core.reference import pushed_masses

GRID = np.linspace(-4.0, 4.0, 401)


def last(experiment: Experiment):
    return list(evolution(experiment, GRID, [experiment.steps, 1]))[-1]


@pytest.mark.parametrize("preset", ["three-modes", "atoms", "thin-and-wide", "uniform"])
@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_the_last_distance_is_the_measured_one(sampler: str, preset: str) -> None:
    experiment = Experiment(PRESETS[preset].target, sampler=sampler, steps=40)
    shown, truth = last(experiment), measure(experiment)
    assert abs(shown.tv.value - truth.value) <= shown.tv.error + truth.error
    assert shown.tv.error < 0.15 * truth.value + 1e-5


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "dpmpp-2m"])
def test_densities_have_the_mass_of_their_cells(sampler: str) -> None:
    experiment = Experiment(sampler=sampler, steps=30)
    grid = np.linspace(-9.0, 9.0, 1201)
    width = grid[1] - grid[0]
    for shot in evolution(experiment, grid, range(30, 0, -1)):
        assert shot.target.sum() * width == pytest.approx(1.0, abs=1e-10)
        assert shot.output.sum() * width == pytest.approx(1.0, abs=1e-6)
        assert (shot.output >= -1e-12).all()
        difference = 0.5 * np.abs(shot.output - shot.target).sum() * width
        assert difference == pytest.approx(shot.tv.value, abs=3e-4 + shot.tv.error)


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
def test_quantiles_are_those_of_the_law(sampler: str) -> None:
    experiment = Experiment(sampler=sampler, steps=30, start="exact")
    levels = (0.05, 0.5, 0.9)
    first = next(iter(evolution(experiment, GRID, [30])))
    output, target = first.quantiles(levels)
    marginal = experiment.target.marginal(experiment.chain.level(30))
    np.testing.assert_allclose(marginal.cdf(target), levels, atol=1e-4)
    np.testing.assert_allclose(output, target, atol=1e-6)


def test_an_exact_start_begins_at_zero() -> None:
    for sampler in ("ode", "ddpm"):
        experiment = Experiment(sampler=sampler, steps=30, start="exact")
        first = next(iter(evolution(experiment, GRID, [30])))
        assert first.tv.value < 1e-9


def test_folding_maps_add_their_branches() -> None:
    rng = np.random.default_rng(4)
    x = np.linspace(-6, 6, 2001)
    y = np.sin(2 * x) + 0.3 * x
    mass = standard_normal().interval_mass(x)
    edges = np.sort(rng.uniform(-2.0, 2.0, 50))
    want = pushed_masses(x, y, mass, edges)[1:-1]
    np.testing.assert_allclose(np.diff(_spread_evenly(y, mass, edges)), want, atol=1e-13)


def test_a_folded_run_is_shown_as_measured() -> None:
    experiment = Experiment(PRESETS["atoms"].target, sampler="ode-taylor", steps=6)
    shown, truth = last(experiment), measure(experiment)
    assert abs(shown.tv.value - truth.value) <= shown.tv.error + truth.error


@pytest.mark.parametrize("preset", ["three-modes", "atoms", "claw", "thin-and-wide"])
@pytest.mark.parametrize("sampler", ["ode", "heun", "dpmpp-2m"])
def test_closer_start_points_stay_within_the_error(sampler, preset, monkeypatch) -> None:
    experiment = Experiment(PRESETS[preset].target, sampler=sampler, steps=30)
    shots = list(evolution(experiment, GRID, range(30, 0, -1)))
    monkeypatch.setattr(over_time, "CLOSE", over_time.CLOSE / 12)
    monkeypatch.setattr(over_time, "MOST_NODES", 12 * over_time.MOST_NODES)
    for shown, closer in zip(shots, evolution(experiment, GRID, range(30, 0, -1)), strict=True):
        assert abs(shown.tv.value - closer.tv.value) <= shown.tv.error
        assert shown.tv.error < 3e-3 * shown.tv.value + 1e-9
        gap = np.abs(shown.output - closer.output).max()
        assert gap < 5e-3 * closer.output.max()


def test_a_sign_change_inside_a_cell_is_seen() -> None:
    # int |sin x| over [0, 2 pi] is 4, and cells hide what lies on both sides of pi
    edges = np.concatenate([np.linspace(0.0, 3.0, 40), np.linspace(3.21, 2 * np.pi, 41)])
    gap = -np.diff(np.cos(edges))
    assert abs(np.abs(gap).sum() - 4.0) > 4e-3
    assert over_time._modulus(gap, np.diff(edges)) == pytest.approx(4.0, abs=2e-5)
