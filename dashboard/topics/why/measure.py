"""The numbers of the page that explains the rates: each step of the argument, computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dashboard.compute import cached, cost
from dashboard.compute.progress import Silent
from dashboard.compute.studies import Study, value
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.gaussian import is_gaussian
from diffusion_core.schedules import Linear, Schedule
from diffusion_core.studies.budget import Budget
from diffusion_core.studies.orders import (
    PathAndMarginal,
    ReverseKernel,
    StepMoments,
    euler_difference,
    path_and_marginal,
    reverse_kernel,
    single_step,
    step_moments,
    step_sizes,
    sum_of_powers,
)

STEPS = (64, 128, 256, 512, 1024)
FEW_SIZES = 4  # of one step in the plane, where every law takes a second
LOCAL = ("ode", "ode-taylor", "ddpm", "ddpm-covariance", "ode-accelerated", "ddpm-accelerated")
"""The four samplers of arXiv 2306.09251, then the two training-free ones of arXiv 2403.03852."""
NOISY = ("ddpm", "ddpm-covariance", "ddpm-accelerated")
say = prose("controls")


def quick(experiment: Experiment) -> bool:
    """Whether laws of whole runs take moments only."""
    return experiment.target.dim == 1 or is_gaussian(experiment.target)


# ---- errors add up at most


@dataclass(frozen=True)
class Inequalities:
    """e_{t-1} <= e_t + what step t adds, tried at every step of a run."""

    steps: int
    true: int
    tightest: float


def inequalities(found: Budget) -> Inequalities:
    before = [d for _, d in found.reached]
    sums = [d.value + s.local.value for d, s in zip(before, found.steps, strict=False)]
    doubts = [
        d.error + s.local.error + s.reached.error for d, s in zip(before, found.steps, strict=False)
    ]
    after = [s.reached.value for s in found.steps]
    true = sum(a <= b + c for a, b, c in zip(after, sums, doubts, strict=True))
    ratios = [a / b for a, b in zip(after, sums, strict=True) if b > 0]
    return Inequalities(len(sums), true, max(ratios, default=0.0))


# ---- one step against its size


Points = list[tuple[float, Distance]]


def one_step_samplers(experiment: Experiment) -> tuple[str, ...]:
    """Those of ``LOCAL`` and the reader's, where one step of it is defined; two in the plane."""
    own = () if experiment.record.multistep else (experiment.sampler,)
    others = LOCAL if quick(experiment) else ("ode",)
    return tuple(dict.fromkeys((*others, *own)))


def one_step(experiment: Experiment, noise: float, place: Any) -> tuple[dict[str, Points], str]:
    """TV(K p_t, p_{t-1}) against beta for every sampler; and why one is missing."""
    sizes = step_sizes(noise)[: None if quick(experiment) else FEW_SIZES]
    asked: dict[tuple[str, float], Experiment] = {}
    for name in one_step_samplers(experiment):
        run = experiment.with_(sampler=name, eta=experiment.eta if name == "ddim" else 0.0)
        asked |= {(name, beta): single_step(run, noise, beta) for beta in sizes}
    outcomes = cached.all_distances(list(asked.values()), place)
    found: dict[str, Points] = {}
    for (name, beta), seen in zip(asked, outcomes, strict=True):
        if isinstance(seen, str):
            return found, seen
        found.setdefault(name, []).append((beta, Distance(seen.value, seen.error)))
    return found, ""


def slopes(points: Points) -> list[float]:
    """d log TV / d log beta between successive sizes."""
    return [
        math.log(a.value / b.value) / math.log(p / q)
        for (p, a), (q, b) in pairwise(points)
        if a.value > 0 and b.value > 0
    ]


def identities(experiment: Experiment, noise: float) -> tuple[float, ReverseKernel | None]:
    """Euler's rule against the ODE's update, and on the line the true reverse kernel."""
    plain = experiment.with_(score_error=None, sampler="ode", eta=0.0)
    brief = cost.about("identities", 0.02)
    difference = value(Study(_euler, (plain,), brief), "", Silent())
    if experiment.target.dim > 1:
        return difference, None
    return difference, value(Study(_kernel, (plain, noise), brief), "", Silent())


def _euler(experiment: Experiment, progress: Progress) -> float:
    return euler_difference(experiment)


def _kernel(experiment: Experiment, noise: float, progress: Progress) -> ReverseKernel:
    return reverse_kernel(experiment, noise, step_sizes(noise)[0])


def moments(experiment: Experiment, noise: float, place: Any) -> dict[str, list[StepMoments]]:
    """What a step misses of the mean and the variance at every size; nothing off the line."""
    if experiment.target.dim > 1:
        return {}
    plain = experiment.with_(score_error=None, sampler="ode", eta=0.0)
    study = Study(_moments, (plain, noise), cost.about("moments", 0.1))
    return value(study, say("moments-wait"), place)


def _moments(
    experiment: Experiment, noise: float, progress: Progress
) -> dict[str, list[StepMoments]]:
    runs = {name: experiment.with_(sampler=name, eta=0.0) for name in NOISY}
    return {n: [step_moments(r, noise, b) for b in step_sizes(noise)] for n, r in runs.items()}


# ---- T steps together


@dataclass(frozen=True)
class Row:
    """One T: the distance, and it and the schedule's sum over (log T)^power / T^m.

    fewer: the distance over the same with one logarithm less.
    """

    steps: int
    tv: Distance
    settled: float
    fewer: float
    sum: float
    slope: float | None


def log_power(experiment: Experiment) -> int:
    """Of log T: the theory's schedule has steps of log T/T, the others are tried with 1/T."""
    return experiment.record.order + 1 if experiment.schedule.kind == "theory" else 0


def form(experiment: Experiment, steps: int) -> float:
    """(log T)^power / T^m."""
    return math.log(steps) ** log_power(experiment) / steps**experiment.record.order


def together(experiment: Experiment, place: Any) -> list[Row] | str:
    """TV(q_1, p_1) from p_T at T = 64..1024, or why it cannot be had."""
    rows: list[Row] = []
    runs = [experiment.with_(steps=t, start="exact", score_error=None) for t in STEPS]
    for run, found in zip(runs, cached.all_distances(runs, place), strict=True):
        if isinstance(found, str):
            return found
        steps = run.steps
        unit, power = form(experiment, steps), experiment.record.order + 1
        slope = None
        if rows and found.value > 0 and rows[-1].tv.value > 0:
            slope = math.log2(found.value / rows[-1].tv.value)
        tv = Distance(found.value, found.error)
        total = sum_of_powers(run.chain, power) / unit
        over = found.value / unit
        rows.append(Row(steps, tv, over, over * math.log(steps), total, slope))
    return rows


# ---- the KL of paths


def paths(schedule: Schedule, variance: float, place: Any) -> list[PathAndMarginal]:
    """At T = 64..1024."""
    study = Study(_paths, (schedule, variance), cost.about("paths", 0.1))
    return value(study, say("paths-wait"), place)


def _paths(schedule: Schedule, variance: float, progress: Progress) -> list[PathAndMarginal]:
    return [path_and_marginal(schedule, steps, variance) for steps in STEPS]


def any_steps(schedule: Schedule) -> Schedule:
    """The schedule itself, or the linear one where it exists at one T only."""
    return Linear() if schedule.kind == "custom" else schedule


def last_slope(values: Sequence[float]) -> float:
    """d log value / d log T over the last doubling."""
    return math.log2(values[-1] / values[-2])


def labels(names: Sequence[str]) -> Mapping[str, str]:
    return {name: "DDIM" if name == "ddim" else SAMPLERS[name].label for name in names}
