"""The layers' numbers are the core's."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from dashboard.animation.layers import FOLLOWED, followed_run, key_levels, score_field
from dashboard.player import field_points
from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core.laws.particles import simulate
from diffusion_core.samplers import Corrector
from diffusion_core.scores.errors import Shift


def still(share: float) -> None:
    """Progress that nobody watches."""


@pytest.mark.parametrize("preset", ["three-modes", "ring"])
@pytest.mark.parametrize("error", [None, Shift(size=0.7)])
def test_field_is_the_scaled_score_at_the_arrows(preset: str, error: Shift | None) -> None:
    experiment = Experiment(PRESETS[preset].target, steps=30, score_error=error)
    dim = experiment.target.dim
    extent = (-3.0, 3.0) * dim
    times = list(range(30, 0, -1))
    levels = key_levels(experiment, times)
    field = score_field(experiment, levels, extent)
    assert (levels[0].abar, levels[-1].abar) == pytest.approx(
        tuple(experiment.chain.abar[[30, 1]]), rel=1e-12
    )
    points = field_points(extent, field.shape[1], field.shape[1]).reshape(-1, dim)
    for k, t in ((0, 30), (-1, 1)):
        score = experiment.score(t, points)
        want = sqrt(experiment.chain.var[t]) * score
        np.testing.assert_allclose(field[k].reshape(-1, dim), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_followed_particles_are_those_of_the_run(sampler: str) -> None:
    experiment = Experiment(PRESETS["two-moons"].target, sampler=sampler, steps=9, seed=3)
    times = list(range(9, 0, -1))
    positions, follow = followed_run(experiment, 150, times, still)
    run = [y for _, y in simulate(experiment, 150)]
    np.testing.assert_array_equal(positions, run)
    assert follow is not None
    follow.check(positions)
    assert follow.particles == FOLLOWED


def test_nothing_is_followed_where_steps_are_left_out() -> None:
    experiment = Experiment(steps=40)
    positions, follow = followed_run(experiment, 30, [40, 20, 1], still)
    assert follow is None
    run = dict(simulate(experiment, 30))
    np.testing.assert_array_equal(positions, [run[40], run[20], run[1]])


@pytest.mark.parametrize(
    "longest",
    [
        {"sampler": "ode-order", "order": 4, "rounds": 12, "corrector": Corrector(20, 0.1)},
        {"sampler": "langevin", "corrector": Corrector(20, 0.1)},
    ],
)
def test_the_longest_update_is_taken_apart(longest: dict[str, Any]) -> None:
    run = Experiment(steps=6, **longest)
    _, follow = followed_run(run, 5, range(6, 0, -1), lambda share: None)
    assert follow is not None
    assert follow.parts == len(run.record.parts)
    assert len(follow.vectors) == 20
