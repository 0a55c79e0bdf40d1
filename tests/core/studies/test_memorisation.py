"""Distances to the training set: exact on the line, nearest points everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import Experiment, InputError, Refused, measure
from diffusion_core.schedules import Linear
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.learned import Empirical, Learned, empirical_law, training_points
from diffusion_core.studies.memorisation import memorised, nearest_training
from diffusion_core.targets import PRESETS

LINE = Experiment(steps=24, schedule=Linear())
PLANE = LINE.with_(target=PRESETS["two-moons"].target)


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
@pytest.mark.parametrize("metric", ["tv", "w1"])
def test_with_the_empirical_score_it_is_the_distance_of_a_sampler_of_that_law(sampler, metric):
    run = LINE.with_(score_error=Empirical(samples=12), sampler=sampler)
    alone = LINE.with_(target=empirical_law(Empirical(samples=12), LINE.target), sampler=sampler)
    expected, found = measure(alone, metric), memorised(run, metric)
    assert found.value == pytest.approx(expected.value, abs=expected.error + found.error)
    assert found.error < 1e-3 * found.value


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
@pytest.mark.parametrize("error", [Learned(samples=60), Empirical(samples=60)], ids=repr)
def test_the_exact_law_is_that_of_particles(sampler, error):
    run = LINE.with_(score_error=error, sampler=sampler)
    exact, found = measure(run), measure(run, "tv", "particles", 20_000)
    assert abs(exact.value - found.value) < exact.error + found.error
    assert exact.error < 1e-4


def test_few_data_and_no_limits_memorise_and_many_data_do_not():
    few, many = Empirical(samples=20), Learned(samples=200)
    sampler = "ddpm"
    memoriser = Experiment(steps=32, score_error=few, sampler=sampler)
    learner = Experiment(steps=32, score_error=many, sampler=sampler)
    assert memorised(memoriser).value < 0.5 * measure(memoriser).value
    assert measure(learner).value < 0.5 * memorised(learner).value


@pytest.mark.parametrize("run", [LINE, PLANE], ids=["line", "plane"])
def test_nearest_training_points_by_brute_force(run):
    error = Empirical(samples=20)
    run = run.with_(score_error=error, sampler="ddpm")
    points = np.random.default_rng(0).normal(size=(50, run.target.dim))
    found = nearest_training(run, points=points)
    train = math.sqrt(run.chain.abar[1]) * training_points(error, run.target)
    distance = np.linalg.norm(points[:, None] - train, axis=2).min(axis=1)
    assert found.output.value == pytest.approx(distance.mean())
    assert found.output.error == pytest.approx(distance.std() / math.sqrt(50))
    assert found.ratio == found.output.value / found.fresh.value


def test_a_memorisers_particles_are_as_near_as_noised_data_and_a_learners_as_fresh_draws():
    memoriser = Experiment(
        target=PLANE.target, steps=32, score_error=Empirical(samples=30), sampler="ddpm"
    )
    near = nearest_training(memoriser, 1000)
    assert near.output.value < 1.5 * near.noised.value
    assert near.noised.value < 0.5 * near.fresh.value
    learner = memoriser.with_(score_error=Learned(samples=300))
    assert nearest_training(learner, 1000).ratio > 0.9


def test_what_has_no_training_set_or_no_exact_distance_is_refused():
    for run in (LINE, LINE.with_(score_error=Shift())):
        with pytest.raises(InputError, match="training set"):
            memorised(run)
        with pytest.raises(InputError, match="training set"):
            nearest_training(run)
    with pytest.raises(Refused, match="on the line only"):
        memorised(PLANE.with_(score_error=Learned()))
    with pytest.raises(InputError, match="metric"):
        memorised(LINE.with_(score_error=Learned()), "sw1")
