"""What the accelerated samplers of arXiv 2306.09251 gain where w_t and v_t are learned too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard.compute import cached, cost
from dashboard.compute.studies import Study, value
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from dashboard.topics.learned_score.generalisation import Samples
from diffusion_core import Experiment, Measurement
from diffusion_core.schedules import Custom
from diffusion_core.scores.learned import BOTH, DERIVATIVES, ONLY
from diffusion_core.studies.score_sizes import ScoreSize, eps_score, eps_v, eps_w

STEPS = (16, 32, 64, 128)
PLANE_STEPS = (8, 16, 32)
EXACT = "exact"
PAIRS = (("ode", "ode-taylor"), ("ddpm", "ddpm-covariance"))  # plain and accelerated
words = prose("learned_score")

Name = tuple[str, str]  # sampler, and "exact" or the learned score's extra
Curves = dict[Name, list[Measurement]]


def names(plain: str, fast: str) -> tuple[Name, ...]:
    """The curves of one pair: both with all exact, both with the learned score, and the rest."""
    both = [(sampler, score) for score in (EXACT, DERIVATIVES) for sampler in (plain, fast)]
    return (*both, (fast, BOTH), (fast, ONLY))


@dataclass(frozen=True)
class Acceleration:
    """TV against T of both pairs, with exact and with learned score, w_t and v_t."""

    experiment: Experiment

    @property
    def steps(self) -> tuple[int, ...]:
        if isinstance(self.experiment.schedule, Custom):
            return (self.experiment.steps,)
        return STEPS if self.experiment.target.dim == 1 else PLANE_STEPS

    def run(self, name: Name, steps: int) -> Experiment:
        sampler, score = name
        model = Samples(self.experiment).model
        error = None if score == EXACT else replace(model, extra=score)
        return self.experiment.with_(sampler=sampler, eta=0.0, steps=steps, score_error=error)

    @property
    def runs(self) -> list[Experiment]:
        every = [name for pair in PAIRS for name in names(*pair)]
        return [self.run(name, steps) for steps in self.steps for name in every]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return Samples(self.experiment).how

    def curves(self, found: Mapping[Experiment, cached.Outcome]) -> Curves:
        """What is measured so far."""
        made: Curves = {}
        for name in (n for pair in PAIRS for n in names(*pair)):
            outcomes = [found.get(self.run(name, steps)) for steps in self.steps]
            made[name] = [m for m in outcomes if isinstance(m, Measurement)]
        return made


@dataclass(frozen=True)
class Sizes:
    """Errors of what is learned at one T; w and v by the learned score's extra."""

    steps: int
    score: ScoreSize
    w: Mapping[str, ScoreSize]
    v: Mapping[str, ScoreSize]


def sizes(work: Acceleration, place: Any) -> Sizes:
    """eps_score, eps_w and eps_v at the least T, with progress at ``place``."""
    runs = tuple(work.run(("ode", e), work.steps[0]).with_(seed=0) for e in (DERIVATIVES, BOTH))
    study = Study(_sizes, runs, cost.study(runs[0], "sizes", 50))
    return value(study, words("sizes-wait"), place)


def _sizes(derived: Experiment, regressed: Experiment, progress: Progress) -> Sizes:
    runs = {DERIVATIVES: derived, BOTH: regressed}
    w, v = ({k: size(e, progress) for k, e in runs.items()} for size in (eps_w, eps_v))
    return Sizes(derived.steps, eps_score(derived, progress), w, v)


def least(curves: Curves, pair: tuple[str, str]) -> Measurement | None:
    """The least TV that a pair reached with the learned score."""
    learned = [name for name in names(*pair) if name[1] in (DERIVATIVES, BOTH)]
    reached = [m for name in learned for m in curves.get(name, ())]
    return min(reached, key=lambda m: m.value, default=None)
