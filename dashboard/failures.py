"""Instructive failures: settings that break a sampler, each beside settings that mend it.

The words are fixed; every number in them is computed when it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.text.numbers import percent, rounded
from diffusion_core import PRESETS, Experiment
from diffusion_core.convergence import initialisation_tv
from diffusion_core.laws.evolution import evolution
from diffusion_core.laws.line import transport_law
from diffusion_core.schedules import Cosine, Linear, LinearDDPM, Theory


@dataclass(frozen=True)
class Failure:
    """``broken`` fails, ``mended`` does not. ``why`` turns the broken run into one sentence."""

    name: str
    title: str
    broken: Experiment
    mended: Experiment
    why: Callable[[Experiment], str]
    cure: str


def _experiment(preset: str, **choices: object) -> Experiment:
    base = Experiment(target=PRESETS[preset].target, preset=preset)
    return base.with_(**choices)


def _signal_left(e: Experiment) -> str:
    left = float(np.sqrt(e.chain.abar[e.steps]))
    return (
        f"After {e.steps} steps the forward chain still carries {percent(left)} of the signal, so "
        f"starting from N(0, 1) is wrong by TV = {rounded(initialisation_tv(e))} before any step "
        "is made."
    )


def _first_step(e: Experiment) -> str:
    stretch = 1 / float(np.sqrt(e.chain.alpha[e.steps]))
    return (
        f"The first update divides by √α_T: it stretches every point {rounded(stretch)} times, far "
        "beyond where the first-order formula holds."
    )


def _fold_share(e: Experiment) -> str:
    law = transport_law(e)
    backwards = np.diff(law.y) < 0
    share = float(law.masses[backwards].sum())
    return (
        f"The map from Y_T to Y_1 should increase, but for {percent(share)} of the noise it runs "
        "backwards: it folds, and branches pile up on each other."
    )


def _light_mode(e: Experiment) -> str:
    grid = np.linspace(1.25, 6.0, 401)
    last = list(evolution(e, grid, [1]))[-1]
    width = grid[1] - grid[0]
    q, p = float(last.output.sum() * width), float(last.target.sum() * width)
    return (
        f"Right of x = {grid[0]:g}, where the light mode is, there should be {percent(p)} of the "
        f"mass, and there is {percent(q)}."
    )


def _no_density(e: Experiment) -> str:
    width = float(np.sqrt(e.chain.var[1]))
    return (
        "X_0 is four points and has no density, so TV to it is always 1; the theorems compare with "
        f"p_1 instead, whose peaks are {rounded(width, 2)} wide, and the last steps must resolve "
        "them."
    )


def _heavy_tail(e: Experiment) -> str:
    return (
        "A heavy tail has no bounded support, so the theorem promises nothing here; what is "
        "measured is finite all the same."
    )


def _capped(e: Experiment) -> str:
    return (
        f"With c₁ = 8 the formula asks for β_t above 0.999 at {len(e.chain.capped)} of {e.steps} "
        "steps; there it is capped, and such a step throws the mass away from where p_t has it."
    )


_ALL = (
    Failure(
        "signal-left",
        "Too few steps to forget the data",
        _experiment("three-modes", schedule=LinearDDPM(), sampler="ode", steps=100),
        _experiment("three-modes", schedule=LinearDDPM(), sampler="ode", steps=1000),
        _signal_left,
        "At T = 1,000, for which these β were made",
    ),
    Failure(
        "cosine-ode",
        "The cosine schedule with the ODE update",
        _experiment("three-modes", schedule=Cosine(), sampler="ode", steps=128),
        _experiment("three-modes", schedule=Cosine(), sampler="ddim", steps=128),
        _first_step,
        "DDIM's update on the same grid",
    ),
    Failure(
        "fold",
        "A map that folds",
        _experiment("two-modes", schedule=Linear(), sampler="dpmpp-2m", steps=12),
        _experiment("two-modes", schedule=Linear(), sampler="dpmpp-2m", steps=64),
        _fold_share,
        "With 64 steps",
    ),
    Failure(
        "light-mode",
        "Mode weights wrong at small T",
        _experiment("skewed", sampler="ode", steps=16),
        _experiment("skewed", sampler="ode", steps=256),
        _light_mode,
        "With 256 steps",
    ),
    Failure(
        "atoms",
        "Atoms",
        _experiment("atoms", sampler="ode", steps=50),
        _experiment("atoms", sampler="ode-accelerated", steps=50),
        _no_density,
        "The accelerated ODE with as many steps",
    ),
    Failure(
        "heavy-tail",
        "Heavy tails",
        _experiment("student-t", sampler="ode", steps=50),
        _experiment("student-t", sampler="ode", steps=200),
        _heavy_tail,
        "With 200 steps",
    ),
    Failure(
        "capped",
        "Steps that are too large",
        _experiment("three-modes", schedule=Theory(2.0, 8.0), sampler="ode", steps=25),
        _experiment("three-modes", schedule=Theory(2.0, 4.0), sampler="ode", steps=25),
        _capped,
        "With c₁ = 4",
    ),
)

FAILURES = {failure.name: failure for failure in _ALL}
NAMES = tuple(FAILURES)
