"""A score that is learned from samples: its training, its losses, and what it is as a function.

Results are kept by experiment. Where the sidebar's score is not learned, ``trained`` puts a learned
one in its place, and the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.compute import cost
from dashboard.compute.pool import Stopped
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress
from dashboard.compute.work import is_stopped
from dashboard.prose import prose
from diffusion_core import Experiment, Refused
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

phrase = prose("phrases/learned_score")
EXAMPLES: dict[str, tuple[str, Learned | Empirical]] = {
    "good": (phrase("learns-2-000-samples"), Learned(2000)),
    "overfits": (phrase("overfits-20-samples-hardly-a"), Learned(20, ridge=1e-4)),
    "memorises": (phrase("memorises-exact-for-20-samples"), Empirical(20)),
}
EXAMPLE_STEPS = 100
LOSSES = 14  # t at which the losses are looked at
LOOKED_AT = 500  # samples: the empirical score costs n for every one of them
GRID = {1: 401, 2: 72}  # points along each axis
TELLING = 1 / 6  # noise over signal at which a slider of t begins
SHARE = 1e-3  # of the mass on either side of a picture
say = prose("learned_score")


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


Trained = tuple[Loss, dict[int, float]]  # of one block of t: a loss, the training loss at every t


Losses = tuple[tuple[Loss, ...], dict[int, float]]  # at some t; while training, at every t


def losses(
    experiment: Experiment, place: Any, watch: Callable[[Losses], None] = lambda seen: None
) -> Losses:
    """The losses at some t, 1 the first, and the training loss at every t, {} for no training.

    watch: called with those of the blocks of t that are trained, as they come; place: for progress.
    Stopped where the reader stops it, after a last look at what there is.
    """
    of = plain(experiment)
    every = max(1, (of.steps + 1) // LOSSES)
    blocks = [(t, min(t + every, of.steps + 2)) for t in range(1, of.steps + 2, every)]
    price = cost.study(of, "training", 10 / len(blocks))
    studies = [Study(_block, (of, *block), price) for block in reversed(blocks)]
    parts = outcomes(studies, say("training-wait"), place, lambda all: watch(_seen(all.values())))
    for study, part in zip(studies, parts, strict=True):
        if isinstance(part, str):
            watch(_seen(parts))
            raise (Stopped if is_stopped(study) else Refused)(part)
    return _seen(parts)


def _seen(parts: Iterable[Trained | str]) -> Losses:
    known = [part for part in parts if not isinstance(part, str)]
    some = sorted((loss for loss, _ in known), key=lambda loss: loss.t)
    return tuple(some), {t: loss for _, curve in known for t, loss in curve.items()}


def _block(experiment: Experiment, first: int, end: int, progress: Progress) -> Trained:
    """All t of first..end-1 trained, and the losses at the first."""
    score = experiment.score
    if not isinstance(score, LearnedScore):
        return _empirical_loss(experiment, first), {}
    curve = {}
    for t in range(end - 1, first - 1, -1):
        curve[t] = score.fit(t).loss
        progress((end - t) / (end - first))
    return score.loss(first), curve


def _empirical_loss(experiment: Experiment, t: int) -> Loss:
    error, target = trained_on(experiment), experiment.target
    data = training_points(error, target)[:LOOKED_AT]
    fresh = target.sample(len(data), np.random.default_rng([error.seed, FRESH]))
    pairs = [(s, x) for x in (data, fresh) for s in (experiment.score, exact_score(experiment))]
    level = experiment.chain.level(t)
    return Loss(t, *(noise_loss(s, t, x, level) for s, x in pairs))


def exact_score(experiment: Experiment) -> ExactScore:
    return ExactScore(experiment.target, experiment.chain)


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


def score_field(experiment: Experiment, t: int, place: Any) -> Field:
    """The scores where p_t has its mass."""
    of = plain(experiment)
    study = Study(_field, (of, t), cost.about("field", 0.1))
    return value(study, say("field-wait", t=f"{t:,}"), place)


def _field(of: Experiment, t: int, progress: Progress) -> Field:
    error, chain, exact = trained_on(of), of.chain, exact_score(of)
    empirical = ExactScore(empirical_law(error, of.target), chain)
    axes = axes_at(of, t)
    x = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)
    model = of.score(t, x) if isinstance(error, Learned) else None
    density = np.exp(exact.marginal(t).log_density(x))
    training = math.sqrt(chain.abar[t]) * training_points(error, of.target)
    return Field(axes, x, density, exact(t, x), model, empirical(t, x), training)


def axes_at(experiment: Experiment, t: int) -> tuple[Array, ...]:
    """Grids that hold all but 2 SHARE of X_t along each axis."""
    draws = experiment.target.sample_marginal(
        4000, experiment.chain.level(t), np.random.default_rng(0)
    )
    low, high = np.quantile(draws, [SHARE, 1 - SHARE], axis=0)
    pad = 0.08 * (high - low)
    count = GRID[experiment.target.dim]
    return tuple(np.linspace(a, b, count) for a, b in zip(low - pad, high + pad, strict=True))
