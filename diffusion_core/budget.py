"""Where the error comes from: TV(q_1, p_1) split into initialisation and single steps.

Call K_t the step from t to t-1, so that q_{t-1} = K_t q_t, and let

    e_t = TV(q_t, p_t),   local_t = TV(K_t p_t, p_{t-1}),   kept_t = TV(K_t q_t, K_t p_t).

No step can increase a total variation (data processing), kept_t <= e_t, and the triangle inequality
says e_{t-1} <= kept_t + local_t. So e_1 <= e_T + sum_t local_t, and what is missing is accounted
for exactly, step by step:

    e_1 = e_T + sum local_t - sum (e_t - kept_t) - sum (kept_t + local_t - e_{t-1})
        = initialisation + steps - contraction - cancellation.

A one-to-one map keeps total variation: the contraction of a deterministic sampler is zero, and all
of its surplus is errors of opposite sign that cancel. All laws are exact, scores as well: an error
of the score would change K_t, hence add to local_t; ``score`` is where that part will be named.

Everything here is exact on the line; another dimension needs an engine with the methods of
``StepLaws``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from diffusion_core.distances import Distance, total_variation
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.line import marginal_bounds, never, standard_normal, start_nodes
from diffusion_core.laws.partition import resolve
from diffusion_core.laws.step import StepError, StepLaws
from diffusion_core.laws.step_transfer import StochasticSteps
from diffusion_core.laws.step_transport import DeterministicSteps
from diffusion_core.laws.transport import TransportLaw
from diffusion_core.schedules import Array

PARTS = 4  # of the chain, in which steps are summed up
TOLERANCE = 1e-5  # relative, on the initialisation


@dataclass(frozen=True)
class Group:
    """Some consecutive steps, from t = first down to last, and the sum of their local errors."""

    first: int
    last: int
    sum: Distance


@dataclass(frozen=True)
class Budget:
    """The account of one run.

    steps: t = T..2. total: TV(q_1, p_1). without_start: the same when the chain starts from p_T.
    contraction: None where it cannot be told from cancellation (maps that fold).
    """

    initialisation: Distance
    steps: tuple[StepError, ...]
    total: Distance
    without_start: Distance
    contraction: float | None

    @property
    def step_sum(self) -> Distance:
        return _sum(step.local for step in self.steps)

    @property
    def score(self) -> Distance:
        """What an inexact score adds: nothing, scores are exact here."""
        return Distance(0.0, 0.0)

    @property
    def sum(self) -> Distance:
        """Initialisation and all steps: an upper bound of the total."""
        return _sum((self.initialisation, self.step_sum, self.score))

    @property
    def surplus(self) -> float:
        """By how much the sum exceeds the total: contraction and cancellation."""
        return max(0.0, self.sum.value - self.total.value)

    @property
    def cancellation(self) -> float | None:
        return None if self.contraction is None else max(0.0, self.surplus - self.contraction)

    @property
    def ratio(self) -> float:
        """sum / total, 1 where neither is anything."""
        return self.sum.value / self.total.value if self.total.value > 0 else 1.0

    @property
    def partial_sums(self) -> tuple[float, ...]:
        """Initialisation and the steps down to t = T..1: upper bounds of TV(q_t, p_t)."""
        return tuple(
            accumulate((s.local.value for s in self.steps), initial=self.initialisation.value)
        )

    @property
    def reached(self) -> tuple[tuple[int, Distance], ...]:
        """(t, TV(q_t, p_t)) for t = T..1."""
        begin = (self.steps[0].t, self.initialisation)
        return (begin, *((s.t - 1, s.reached) for s in self.steps))

    @property
    def half(self) -> int:
        """The smallest t for which the steps t, t-1, ..., 2 make half of all steps' sum."""
        target, done = 0.5 * self.step_sum.value, 0.0
        for step in reversed(self.steps):
            done += step.local.value
            if done >= target:
                return step.t
        return self.steps[0].t

    def groups(self, parts: int = PARTS) -> tuple[Group, ...]:
        """The steps in ``parts`` groups of like number, noisy ones first."""
        bounds = np.unique(np.rint(np.linspace(0, len(self.steps), parts + 1)).astype(int))
        spans = (self.steps[a:b] for a, b in pairwise(bounds))
        return tuple(Group(s[0].t, s[-1].t, _sum(x.local for x in s)) for s in spans)


def _sum(parts: Iterator[Distance] | tuple[Distance, ...]) -> Distance:
    found = list(parts)
    return Distance(sum(d.value for d in found), sum(d.error for d in found))


Progress = Callable[[float], None]


def no_progress(share: float) -> None:
    """For callers that need none."""


def budget(
    experiment: Experiment,
    stop: Callable[[], None] = never,
    progress: Progress = no_progress,
) -> Budget:
    """The account of one run; Refused where single steps have no exact laws.

    stop: raises to interrupt. progress: told the share of steps that are done.
    """
    laws, steps = step_laws(experiment, stop), []
    for step in laws.steps():
        steps.append(step)
        progress(len(steps) / (experiment.steps - 1))
    total, exact = steps[-1].reached, experiment.exact_start
    contraction = [step.contracted for step in steps if step.contracted is not None]
    return Budget(
        initialisation=Distance(0.0, 0.0) if exact else initialisation(experiment),
        steps=tuple(steps),
        total=total,
        without_start=total if exact else laws.total(exact_start=True),
        contraction=sum(contraction) if len(contraction) == len(steps) else None,
    )


def initialisation(experiment: Experiment) -> Distance:
    """TV(p_T, N(0, 1)): what starting from noise costs before any step is made."""
    chain, target = experiment.chain, experiment.target
    level = chain.level(chain.steps)
    law = TransportLaw(lambda x: x, standard_normal(), start_nodes(target, chain, False))
    bounds = marginal_bounds(target, level)
    return total_variation(resolve(law, target.marginal(level), bounds, TOLERANCE))


def local_difference(experiment: Experiment, t: int, edges: Array) -> Array:
    """K_t p_t - p_{t-1}, as mean densities between the edges (G + 1,): (G,)."""
    if not 2 <= t <= experiment.steps:
        raise InputError(f"t: the steps are t = {experiment.steps}..2, got {t}")
    return step_laws(experiment).difference(t, edges) / np.diff(edges)


def outcome_difference(
    experiment: Experiment, edges: Array, stop: Callable[[], None] = never
) -> Array:
    """q_1 - p_1, as mean densities between the edges (G + 1,): (G,)."""
    return step_laws(experiment, stop).outcome(edges) / np.diff(edges)


def step_laws(experiment: Experiment, stop: Callable[[], None] = never) -> StepLaws:
    """The engine for this experiment; Refused where there is none."""
    if experiment.target.dim != 1:
        raise Refused(
            "the error's parts are laws of single steps, which are exact on the line only; in "
            f"{experiment.target.dim} dimensions distances come from particles, whose noise would "
            "hide them"
        )
    if experiment.record.multistep:
        raise Refused(
            f"{experiment.record.label} remembers the step before: what one step does to p_t alone "
            "is not defined, and no sum of single steps bounds its error"
        )
    engine = StochasticSteps if experiment.record.stochastic else DeterministicSteps
    return engine(experiment, stop)
