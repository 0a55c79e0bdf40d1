"""Where a second-order sampler has its order: the slopes of the schedules that the prose names."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import Experiment, measure
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import (
    Constant,
    Cosine,
    Karras,
    Linear,
    LogSNR,
    Schedule,
    Sigmoid,
    Theory,
)
from diffusion_core.studies.forward import log_snr

MODES = Experiment(preset="three-modes", start="exact")


def slope(sampler: str, schedule: Schedule, first: int, last: int) -> float:
    run = MODES.with_(sampler=sampler, schedule=schedule)
    a, b = (measure(run.with_(steps=steps)).value for steps in (first, last))
    return math.log(b / a) / math.log(last / first)


@pytest.mark.parametrize(
    "name", ["ode-accelerated", "ode-taylor", "heun", "dpmpp-2m", "dpmpp-3m", "ode", "ddim"]
)
@pytest.mark.parametrize("schedule", [Karras(), LogSNR()], ids=lambda s: s.kind)
def test_the_order_holds_where_every_step_shrinks(name: str, schedule: Schedule) -> None:
    found = slope(name, schedule, 512, 1024)
    assert found == pytest.approx(-SAMPLERS[name].order, abs=0.08)


@pytest.mark.parametrize("name", ["ddpm", "ddpm-covariance", "ddpm-accelerated"])
@pytest.mark.parametrize("schedule", [Karras(), LogSNR()], ids=lambda s: s.kind)
def test_so_does_the_order_of_the_stochastic(name: str, schedule: Schedule) -> None:
    found = slope(name, schedule, 256, 512)
    assert found == pytest.approx(-SAMPLERS[name].order, abs=0.1)


@pytest.mark.parametrize(
    ("name", "schedule", "steep", "flat"),
    [
        ("heun", Linear(), -2.05, -1.95),
        ("heun", Cosine(), -2.05, -1.95),
        ("heun", Sigmoid(), -1.05, -0.95),
        ("dpmpp-2m", Linear(), -1.6, -1.4),
        ("dpmpp-2m", Linear(1.0, 20.0), -1.0, -0.6),
        ("dpmpp-2m", Cosine(), -1.6, -1.4),
        ("dpmpp-2m", Sigmoid(), -1.05, -0.9),
        ("dpmpp-2m", Constant(), -1.2, -0.8),
        ("dpmpp-3m", Sigmoid(), -1.05, -0.9),
    ],
    ids=str,
)
def test_a_step_that_does_not_shrink_sets_the_rate(
    name: str, schedule: Schedule, steep: float, flat: float
) -> None:
    assert steep < slope(name, schedule, 512, 1024) < flat


def step(schedule: Schedule, steps: int, t: int) -> float:
    """lambda_{t-1} - lambda_t, lambda half the log-SNR."""
    later, earlier = log_snr(schedule.chain(steps), np.array([t - 1, t])) / 2
    return float(later - earlier)


@pytest.mark.parametrize("schedule", [Linear(), Cosine(), Sigmoid(), Constant()], ids=str)
def test_the_step_nearest_the_data_stays_as_long(schedule: Schedule) -> None:
    assert step(schedule, 4096, 2) > math.log(2) / 2
    assert step(schedule, 4096, 2) > 0.8 * step(schedule, 1024, 2)


@pytest.mark.parametrize("schedule", [Cosine(), Sigmoid()], ids=str)
def test_a_capped_first_step_stays_as_long(schedule: Schedule) -> None:
    assert step(schedule, 4096, 4096) == pytest.approx(step(schedule, 1024, 1024), rel=1e-3)
    assert step(schedule, 4096, 4096) > 3


@pytest.mark.parametrize("schedule", [Karras(), LogSNR()], ids=str)
def test_every_step_shrinks_between_fixed_ends(schedule: Schedule) -> None:
    for steps in (1024, 4096):
        longest = max(step(schedule, steps, t) for t in range(2, steps + 1))
        assert longest * steps < 30


def test_the_theorys_steps_shrink_like_log_t_over_t() -> None:
    for steps in (1024, 4096):
        longest = max(step(Theory(), steps, t) for t in range(2, steps + 1))
        assert longest * steps / math.log(steps) < 4 * 4.0  # h_t <= 8 c1 log T/T
