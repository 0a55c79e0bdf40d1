"""The errors that exact laws in the plane state, and the inverse map behind them."""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import gamma

from diffusion_core import PRESETS, Experiment, Refused
from diffusion_core.laws.density_grid import Resolution, refined
from diffusion_core.laws.noisy_steps import final_density
from diffusion_core.laws.plane import grid_distances
from diffusion_core.laws.plane.coordinates import detail, law_box
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.laws.plane.grid_distances import RESOLUTIONS, grid_variation, mass_around
from diffusion_core.laws.plane.inverse_map import Inverse
from diffusion_core.laws.plane.jacobian_flow import flow
from diffusion_core.laws.plane.law import plane_distances
from diffusion_core.laws.plane.summed import distance
from diffusion_core.laws.reference import noised
from diffusion_core.measure import REFUSED_ABOVE, measure_all, measure_each
from diffusion_core.schedules import Linear, LinearDDPM, LogSNR, NoiseLevel
from diffusion_core.scores.errors import WaveError
from diffusion_core.targets import GaussianMixture
from diffusion_core.targets.student_t import StudentT

SCRIPT = Path(__file__).parents[4] / "benchmarks" / "_plane_coverage.py"
SPEC = importlib.util.spec_from_file_location("plane_coverage", SCRIPT)
coverage = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(coverage)


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 7, 12, 13, 14, 15, 73])
def test_the_stated_error_holds_the_truth(seed: int) -> None:
    _, truths, outcomes = coverage.compared(seed)
    truth, found = truths["tv"], outcomes["tv"]
    assert abs(found.value - truth.value) <= found.error + truth.error
    assert found.error <= 1e-3 * found.value


@pytest.mark.parametrize("seed", [25, 1010, 1111])
def test_a_target_that_hardly_any_start_point_meets_has_its_distance(seed: int) -> None:
    _, truths, outcomes = coverage.compared(seed)
    truth, found = truths["tv"], outcomes["tv"]
    assert truth.value > 0.998
    assert abs(found.value - truth.value) <= found.error + truth.error
    assert found.error <= 1e-3


def test_a_distance_that_is_refused_leaves_the_others() -> None:
    _, run = coverage.seeded(2107)
    found = measure_each(run, ("tv", "kl", "hellinger"))
    assert isinstance(found["kl"], Refused)
    assert "output's density is too small" in str(found["kl"])
    truth = coverage.reference("tv", coverage.seeded(2107)[0])
    assert abs(found["tv"].value - truth.value) <= found["tv"].error + truth.error
    assert 0.5 < found["hellinger"].value < 1
    with pytest.raises(Refused, match="kl: "):
        measure_all(run, ("tv", "kl"))


def test_kl_is_known_beside_two_folds_that_cross() -> None:
    _, truths, outcomes = coverage.compared(2038, ("kl",))
    truth, found = truths["kl"], outcomes["kl"]
    assert abs(found.value - truth.value) <= found.error
    assert found.error <= 1e-3 * found.value


def test_two_folds_that_cross_are_in_the_error_of_kl() -> None:
    sums = {"tv": 0.3, "kl": 2.0, "hellinger": 0.2, "q": 1.0, "p": 1.2, "folded": 0.0}
    errors = dict.fromkeys(("tv_error", "kl_error", "hellinger_error", "unknown"), 0.0)
    assert distance("kl", sums | errors).error > REFUSED_ABOVE * sums["kl"]


def test_kl_is_refused_where_the_output_is_not_known() -> None:
    sums = {"tv": 0.3, "kl": 2.0, "hellinger": 0.2, "q": 1.0, "p": 1.0, "folded": 0.0}
    errors = dict.fromkeys(("tv_error", "kl_error", "hellinger_error"), 0.0)
    with pytest.raises(Refused, match="too small to be known"):
        distance("kl", sums | errors | {"unknown": 1e-3})
    assert distance("kl", sums | errors | {"unknown": 1e-6}).error > 7e-4


def test_start_points_far_out_are_in_the_error_of_kl() -> None:
    _, truths, found = coverage.compared(2144, ("kl",))
    assert abs(found["kl"].value - truths["kl"].value) <= found["kl"].error + truths["kl"].error
    assert found["kl"].error <= 5e-3 * found["kl"].value


WAVES = {"sampler": "ode", "steps": 16, "schedule": Linear()}


def test_waves_of_the_score_error_are_resolved() -> None:
    _, truths, found = coverage.compared(3003, waves=True)
    assert abs(found["tv"].value - truths["tv"].value) <= found["tv"].error + truths["tv"].error
    assert found["tv"].error <= 1e-3 * found["tv"].value


@pytest.mark.parametrize("frequency", [100.0, 1000.0])
def test_waves_that_are_too_short_are_refused_before_any_work(frequency: float) -> None:
    target, asked = PRESETS["ring-of-8"].target, list[int]()
    e = Experiment(target=target, score_error=WaveError(0.01, frequency), **WAVES)
    with pytest.raises(Refused, match="waves of this error are too short"):
        plane_distances(e, ("tv",), e.chain.level(1), lambda: asked.append(1))
    assert len(asked) < 2 * e.steps


@pytest.mark.parametrize("sampler", ["ode", "ddim", "heun", "ode-accelerated", "ode-taylor"])
def test_the_inverse_undoes_the_map(sampler: str) -> None:
    e = Experiment(target=PRESETS["two-moons"].target, sampler=sampler, steps=60)

    def scale(t: int) -> float:
        return detail(e.target, e.chain.level(t))

    z = np.random.default_rng(2).normal(size=(200, 2))
    run = flow(e.record, e.chain, e.score, z, scale, lambda: None)
    ((_, image),) = deque(run, maxlen=1)
    back = Inverse(e.record, e.chain, e.score, scale, lambda: None)(image.y)
    whole = back.found
    assert whole.mean() > 0.9
    again = flow(e.record, e.chain, e.score, back.z[whole], scale, lambda: None)
    ((_, forth),) = deque(again, maxlen=1)
    np.testing.assert_allclose(forth.y, image.y[whole], atol=1e-4 * e.target.finest_scale)
    np.testing.assert_allclose(forth.log_det, back.log_det[whole], atol=1e-4)
    near = np.abs(back.z[whole] - z[whole]).max(axis=1) < 1e-4
    assert near.mean() > 0.95


@pytest.mark.parametrize("name", ["ring-of-8", "two-moons", "sierpinski", "checkerboard", "ring"])
def test_score_and_jacobian_together_are_those_apart(name: str) -> None:
    marginal = PRESETS[name].target.marginal(NoiseLevel(0.98, 0.02))
    x = np.random.default_rng(3).normal(size=(50, 2)) * 2
    score, jacobian = marginal.score_and_jacobian(x)
    np.testing.assert_allclose(score, marginal.score(x), rtol=1e-9, atol=1e-9)
    h = 1e-5
    for k in range(2):
        step = h * np.eye(2)[k]
        slope = (marginal.score(x + step) - marginal.score(x - step)) / (2 * h)
        np.testing.assert_allclose(jacobian[:, :, k], slope, rtol=1e-4, atol=1e-4)


def test_far_atoms_seen_from_their_middle_have_a_density() -> None:
    pair = GaussianMixture((0.5, 0.5), ((-1.0, 0.0), (1.0, 0.0)), (((0.0, 0.0), (0.0, 0.0)),) * 2)
    var = 1e-4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pair.marginal(NoiseLevel(1 - var, var)).log_density(np.zeros((1, 2)))
    truth = -0.5 * (1 - var) / var - math.log(2 * math.pi * var)
    assert found[0] == pytest.approx(truth, rel=1e-9)


def test_the_cost_told_before_grows_with_the_work() -> None:
    e = Experiment(target=PRESETS["ring-of-8"].target, steps=32)
    assert plane_cost(e.with_(sampler="heun")) == 2 * plane_cost(e)
    assert plane_cost(e.with_(target=PRESETS["spiral"].target)) > 4 * plane_cost(e)
    noisy = e.with_(sampler="ddpm")
    assert plane_cost(noisy.with_(steps=64)) > 1.5 * plane_cost(noisy)
    assert plane_cost(noisy.with_(steps=256)) > 5 * plane_cost(noisy.with_(steps=128))  # two grids


def test_little_noise_between_atoms_gives_no_warning() -> None:
    e = Experiment(target=PRESETS["atoms-2d"].target, sampler="ddpm", steps=2, schedule=LogSNR())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = plane_distances(e, ("tv",), e.chain.level(1), lambda: None)["tv"]
    assert 0 < found.value <= 1


def box_mass(df: float, box: np.ndarray) -> float:
    """P(X in the box) for Student's t in the plane: normal masses averaged over its gamma law."""

    def of(g: float) -> float:
        below, above = (ndtr(edge * math.sqrt(g)) for edge in box)
        return float((above - below).prod()) * gamma(df / 2, scale=2 / df).pdf(g)

    return quad(of, 0, np.inf, epsabs=1e-13, epsrel=1e-12, limit=400)[0]


@pytest.mark.parametrize("df", [1.0, 2.5, 8.0])
def test_the_mass_of_a_heavy_tail_around_a_box(df: float) -> None:
    level = NoiseLevel(1.0, 0.0)
    target = StudentT(df=df, loc=(0.0, 0.0))
    inner = np.array([[-3.0, -6.0], [5.0, 2.0]])
    found = mass_around(target.marginal(level), inner, law_box(target, level))
    assert found == pytest.approx(1 - box_mass(df, inner), abs=3e-10)


@pytest.mark.parametrize("metric", ["tv", "hellinger"])
def test_a_tail_off_the_grid_moves_no_distance_beyond_its_error(monkeypatch, metric: str) -> None:
    target = StudentT(df=8.0, loc=(0.3, -0.2))
    e = Experiment(target=target, schedule=LinearDDPM(), sampler="ddpm-accelerated", steps=8)
    density, _ = final_density(e, RESOLUTIONS[0])
    level = e.chain.level(1)
    whole = grid_distances.grid_outcomes(density, noised(e.target, level), (metric,), 0.0)[metric]
    monkeypatch.setattr(grid_distances, "MOST_DIRECT", 60_000)
    cut = grid_distances.grid_outcomes(density, noised(e.target, level), (metric,), 0.0)[metric]
    assert 0.05 < whole.value < 0.5
    assert abs(cut.value - whole.value) <= min(cut.error, whole.error)


def test_a_tail_far_wider_than_the_output_has_its_distance_at_once() -> None:
    e = Experiment(target=StudentT(df=2.5, loc=(0.0, 0.0)), schedule=LinearDDPM(), steps=8)
    found = measure_each(e.with_(sampler="ddpm-accelerated"), ("tv", "kl", "hellinger"))
    assert found["tv"].error < 1e-3 * found["tv"].value
    assert found["hellinger"].error < 1e-3 * found["hellinger"].value
    assert "KL is very large" in str(found["kl"])


def test_runs_on_two_grids_agree_within_their_errors() -> None:
    # some steps refine their sources twice, by 1.5 each time
    e = Experiment(PRESETS["two-moons"].target, sampler="ddpm-accelerated", steps=64)
    found = []
    for band in (5.1, 5.6):
        density, unresolved = final_density(e, Resolution(band, oversampled=1.5))
        found.append(grid_variation(density, noised(e.target, e.chain.level(1)), unresolved))
    coarse, fine = found
    assert abs(coarse.value - fine.value) < coarse.error
    assert coarse.error < 3e-3 * coarse.value


def test_a_grid_has_a_whole_number_of_nodes() -> None:
    x = 2 * np.pi * np.arange(24) / 24
    finer = refined(np.cos(3 * x), 1.5)
    assert finer == pytest.approx(np.cos(6 * np.pi * np.arange(36) / 36), abs=1e-14)
    with pytest.raises(ValueError, match="cannot be made"):
        refined(finer[:35], 1.5)
