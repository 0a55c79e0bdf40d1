"""A score that is learned from samples: its training, its losses, and what it is as a function.

Results are kept by experiment. Where the sidebar's score is not learned, ``trained`` puts a learned
one in its place, and the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from dashboard.memory import Store
from diffusion_core import Experiment
from diffusion_core.schedules import Array, Custom
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.learned import (
    DERIVATIVES,
    FRESH,
    Empirical,
    Learned,
    LearnedScore,
    Loss,
    empirical_law,
    noise_loss,
    training_points,
)
from diffusion_core.studies.memorisation import trained_on

EXAMPLES: dict[str, tuple[str, Learned | Empirical]] = {
    "good": ("Learns: 2,000 samples", Learned(2000)),
    "overfits": ("Overfits: 20 samples, hardly a ridge", Learned(20, ridge=1e-4)),
    "memorises": ("Memorises: exact for 20 samples", Empirical(20)),
}
EXAMPLE_STEPS = 100
LOSSES = 14  # t at which the losses are looked at
LOOKED_AT = 500  # samples: the empirical score costs n for every one of them
GRID = {1: 401, 2: 72}  # points along each axis
TELLING = 1 / 6  # noise over signal at which a slider of t begins
SHARE = 1e-3  # of the mass on either side of a picture
KEPT = 400


@st.cache_resource(show_spinner=False)
def _found() -> Store:
    return Store(KEPT)


def trained(experiment: Experiment) -> Experiment:
    """The experiment itself, or with a score learned from 1,000 samples where it has another."""
    if isinstance(experiment.score_error, Learned | Empirical):
        return experiment
    return experiment.with_(score_error=Learned())


def example(experiment: Experiment, name: str) -> Experiment:
    """The reader's target and schedule with one of the three scores, DDPM and T = 100."""
    steps = experiment.steps if isinstance(experiment.schedule, Custom) else EXAMPLE_STEPS
    made = {"score_error": EXAMPLES[name][1], "sampler": "ddpm", "eta": 0.0, "steps": steps}
    return experiment.with_(**made)


def set_example(experiment: Experiment, name: str) -> None:
    """Put it into the sidebar and the link."""
    st.session_state["experiment"] = example(experiment, name)
    st.session_state["opened anew"] = True


def plain(experiment: Experiment) -> Experiment:
    """Without what the learned score does not depend on."""
    error = experiment.score_error
    if isinstance(error, Learned):
        error = replace(error, extra=DERIVATIVES)
    return experiment.with_(sampler="ode", eta=0.0, start="noise", seed=0, score_error=error)


# ---- training


def times(experiment: Experiment) -> list[int]:
    """The t that a slider offers: 1 to T, at most 50 of them."""
    chosen = np.unique(np.rint(np.geomspace(1, experiment.steps, 50)).astype(int))
    return [int(t) for t in chosen]


def telling_time(experiment: Experiment) -> int:
    """One of ``times`` where the noise is a sixth of the signal's size: peaks that still differ."""
    chain = experiment.chain
    noise = [math.sqrt(chain.var[t] / chain.abar[t]) for t in times(experiment)]
    return times(experiment)[int(np.argmin(np.abs(np.log(np.array(noise) / TELLING))))]


def losses(
    experiment: Experiment, watch: Callable[[int, int], None] = lambda done, of: None
) -> tuple[Loss, ...]:
    """The losses at some t, 1 the first; ``watch(done, of)`` after every t."""
    of = plain(experiment)
    every = max(1, (of.steps + 1) // LOSSES)

    def make() -> tuple[Loss, ...]:
        score = of.score
        if isinstance(score, LearnedScore):
            return score.train(watch, every)
        return _empirical_losses(of, every, watch)

    found: tuple[Loss, ...] = _found().get((of, "losses"), make)
    return found


def training_curve(experiment: Experiment) -> dict[int, float]:
    """The training loss at every t, where ``losses`` has trained a score; else {}."""
    of = plain(experiment)

    def make() -> dict[int, float]:
        score = of.score
        if not isinstance(score, LearnedScore):
            return {}
        return {t: score.fit(t).loss for t in range(1, of.steps + 2)}

    found: dict[int, float] = _found().get((of, "curve"), make)
    return found


def _empirical_losses(
    experiment: Experiment, every: int, watch: Callable[[int, int], None]
) -> tuple[Loss, ...]:
    error, target = trained_on(experiment), experiment.target
    data = training_points(error, target)[:LOOKED_AT]
    fresh = target.sample(len(data), np.random.default_rng([error.seed, FRESH]))
    exact, times = ExactScore(target, experiment.chain), range(1, experiment.steps + 2, every)
    made = []
    for done, t in enumerate(reversed(times), 1):
        pairs = [(s, x) for x in (data, fresh) for s in (experiment.score, exact)]
        level = experiment.chain.level(t)
        made.append(Loss(t, *(noise_loss(s, t, x, level) for s, x in pairs)))
        watch(done, len(times))
    return tuple(reversed(made))


# ---- the score as a function


@dataclass(frozen=True, eq=False)
class Field:
    """Scores at one t on a grid: x (N, d), density (N,), each score (N, d), training points (n, d).

    axes: the grid along each axis. model: the learned score, None where that is the empirical one.
    """

    axes: tuple[Array, ...]
    x: Array
    density: Array
    exact: Array
    model: Array | None
    empirical: Array
    training: Array

    @property
    def error(self) -> Array:
        """|e_t| of the learned score, or of the empirical one, (N,)."""
        given = self.empirical if self.model is None else self.model
        return np.asarray(np.sqrt(np.square(given - self.exact).sum(axis=1)))


def score_field(experiment: Experiment, t: int) -> Field:
    """The scores where p_t has its mass."""
    of = plain(experiment)

    def make() -> Field:
        error, chain = trained_on(of), of.chain
        exact = ExactScore(of.target, chain)
        empirical = ExactScore(empirical_law(error, of.target), chain)
        axes = axes_at(of, t)
        x = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)
        model = of.score(t, x) if isinstance(error, Learned) else None
        density = np.exp(exact.marginal(t).log_density(x))
        training = math.sqrt(chain.abar[t]) * training_points(error, of.target)
        return Field(axes, x, density, exact(t, x), model, empirical(t, x), training)

    found: Field = _found().get((of, t, "field"), make)
    return found


def axes_at(experiment: Experiment, t: int) -> tuple[Array, ...]:
    """Grids that hold all but 2 SHARE of X_t along each axis."""
    draws = experiment.target.sample_marginal(
        4000, experiment.chain.level(t), np.random.default_rng(0)
    )
    low, high = np.quantile(draws, [SHARE, 1 - SHARE], axis=0)
    pad = 0.08 * (high - low)
    count = GRID[experiment.target.dim]
    return tuple(np.linspace(a, b, count) for a, b in zip(low - pad, high + pad, strict=True))
