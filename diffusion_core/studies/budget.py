"""Where the error comes from: TV(q_1, p_1) split into initialisation and single steps.

Call K_t the step from t to t-1, so that q_{t-1} = K_t q_t, and let

    e_t = TV(q_t, p_t),   local_t = TV(K_t p_t, p_{t-1}),   kept_t = TV(K_t q_t, K_t p_t).

No step can increase a total variation (data processing), kept_t <= e_t, and the triangle inequality
says e_{t-1} <= kept_t + local_t. So e_1 <= e_T + sum_t local_t, and what is missing is accounted
for exactly, step by step:

    e_1 = e_T + sum local_t - sum (e_t - kept_t) - sum (kept_t + local_t - e_{t-1})
        = initialisation + steps - contraction - cancellation.

A one-to-one map keeps total variation: the contraction of a deterministic sampler is zero, and all
of its surplus is errors of opposite sign that cancel. A score with an error makes another step,
K^_t; local_t keeps the exact score, kept_t is then TV(K^_t q_t, K^_t p_t), and one more part
joins the sum, score_t = TV(K^_t p_t, K_t p_t).

With exact steps and an exact score only the start is left of the error. The probability flow maps
p_T to p_1 and keeps TV(N, p_T). The reverse kernel forgets: h_t = q_t/p_t obeys
h_{t-1}(y) = E[h_t(X_t) | X_{t-1} = y], so h_1(y) = E[h_T(X_T) | X_1 = y], one normal integral.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import STARTS, Experiment
from diffusion_core.laws.exact_steps import initialisation, smoothed_start
from diffusion_core.laws.front import InPlane, OnLine, law_of, no_steps
from diffusion_core.laws.line.law import never
from diffusion_core.laws.step import NOTHING, LineLaws, StepError, StepLaws
from diffusion_core.schedules import Array

PARTS = 4  # of the chain, in which steps are summed up


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
        """What the error of the score adds, step by step: 0 with an exact score."""
        return _sum(step.score for step in self.steps)

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
            accumulate((s.added.value for s in self.steps), initial=self.initialisation.value)
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


@dataclass(frozen=True)
class Left:
    """What is left of the error when some of its sources are switched off.

    start: "noise" or "exact". score: whether the score's error is there. steps: whether the
    sampler's steps are made, or exact ones, which ask for no score. tv: None where not known.
    """

    start: str
    score: bool
    steps: bool
    tv: Distance | None


def switches(
    experiment: Experiment, found: Budget, stop: Callable[[], None] = never
) -> tuple[Left, ...]:
    """Every sensible combination of the three sources, ``found`` being the run's account."""
    laws, rows = step_laws(experiment, stop), []
    other = "noise" if experiment.exact_start else "exact"
    known = {experiment.start: found.total, other: found.without_start}
    if experiment.exact_start:
        known["noise"] = laws.total(exact_start=False)
    inexact = experiment.score_error is not None
    if inexact:
        rows += [Left(start, True, True, known[start]) for start in STARTS]
        laws = step_laws(experiment.with_(score_error=None), stop)
        known = {start: laws.total(exact_start=start == "exact") for start in STARTS}
    rows += [Left(start, False, True, known[start]) for start in STARTS]
    alone = start_alone(experiment)
    return (*rows, Left("noise", False, False, alone), Left("exact", False, False, NOTHING))


def start_alone(experiment: Experiment) -> Distance | None:
    """TV(q_1, p_1) from N(0, I) by exact steps; None between DDIM's eta of 0 and 1.

    None for noise of a reader's own, too, whose exact steps are not known, and for correctors:
    exact Langevin steps would forget the start at a speed of their own.

    Deterministic: the flow is one-to-one and keeps TV(p_T, N(0, I)). Stochastic: the reverse
    kernel smooths q_T/p_T.
    """
    if not experiment.record.stochastic:
        return initialisation(experiment)
    record = experiment.record
    if record.own or record.corrections or (experiment.sampler == "ddim" and experiment.eta < 1):
        return None
    return smoothed_start(experiment)


def local_difference(experiment: Experiment, t: int, edges: Array) -> Array:
    """K_t p_t - p_{t-1}, as mean densities between the edges (G + 1,): (G,)."""
    _check_step(experiment, t)
    return line_laws(experiment).difference(t, edges) / np.diff(edges)


def outcome_difference(
    experiment: Experiment, edges: Array, stop: Callable[[], None] = never
) -> Array:
    """q_1 - p_1, as mean densities between the edges (G + 1,): (G,)."""
    return line_laws(experiment, stop).outcome(edges) / np.diff(edges)


def plane_difference(
    experiment: Experiment, t: int, axes: tuple[Array, Array], stop: Callable[[], None] = never
) -> Array:
    """The density of K^_t p_t minus p_{t-1} on the grid of two axes (X,), (Y,): (X, Y)."""
    _check_step(experiment, t)
    steps = _in_plane(experiment, stop).steps()
    return steps.difference(t, axes)


def plane_outcome_difference(
    experiment: Experiment, axes: tuple[Array, Array], stop: Callable[[], None] = never
) -> Array:
    """q_1 - p_1 on the grid of two equally spaced axes (X,), (Y,): (X, Y)."""
    law = _in_plane(experiment, stop)
    law.steps()  # refused where there is no account
    (shown,) = law.over_time(axes, (1,))
    return shown.output - shown.target


def line_laws(experiment: Experiment, stop: Callable[[], None] = never) -> LineLaws:
    """The engine for a target on the line; Refused where single steps have no laws."""
    if experiment.target.dim != 1:
        raise Refused(no_steps(experiment))
    return OnLine(experiment, stop).steps()


def step_laws(experiment: Experiment, stop: Callable[[], None] = never) -> StepLaws:
    """The engine for this experiment; Refused where there is none."""
    return law_of(experiment, stop).steps()


def _in_plane(experiment: Experiment, stop: Callable[[], None]) -> InPlane:
    if experiment.target.dim != 2:
        raise Refused(no_steps(experiment))
    return InPlane(experiment, stop)


def _check_step(experiment: Experiment, t: int) -> None:
    if not 2 <= t <= experiment.steps:
        raise InputError(f"t: the steps are t = {experiment.steps}..2, got {t}")
