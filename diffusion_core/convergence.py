"""Distance against T: sweeps, slopes between successive T, and fits of C (log T)^k T^{-r}."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import t as student

from diffusion_core.distances import total_variation
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.line import marginal_bounds, standard_normal, start_nodes
from diffusion_core.laws.partition import resolve
from diffusion_core.laws.transport import TransportLaw
from diffusion_core.measure import Measurement, measure
from diffusion_core.samplers import sampler_record
from diffusion_core.schedules import check_steps

MAX_RUNS = 400
ASYMPTOTIC_MISFIT = 0.05


@dataclass(frozen=True)
class Run:
    """One point of a sweep: a measurement, or the reason why there is none."""

    sampler: str
    steps: int
    measurement: Measurement | None
    reason: str = ""


def plan(experiment: Experiment, samplers: Sequence[str], steps: Sequence[int]) -> list[Experiment]:
    """Every run of a sweep, small T first, so that all curves grow together."""
    if not samplers or not steps:
        raise InputError("sweep: needs at least one sampler and one T")
    if len(samplers) * len(steps) > MAX_RUNS:
        raise InputError(f"sweep: at most {MAX_RUNS} runs, got {len(samplers) * len(steps)}")
    for kind in samplers:
        sampler_record(kind)
    eta = {kind: experiment.eta if kind == "ddim" else 0.0 for kind in samplers}
    return [
        experiment.with_(
            sampler=kind, eta=eta[kind], steps=check_steps(t), preset=experiment.preset
        )
        for t in sorted(set(steps))
        for kind in dict.fromkeys(samplers)
    ]


def equal_evaluations(kinds: Sequence[str], budgets: Sequence[int]) -> list[tuple[str, int]]:
    """(sampler, T) with the largest T whose run fits each budget of score evaluations."""
    pairs = [(k, sampler_record(k).steps_for(b)) for b in sorted(set(budgets)) for k in kinds]
    return [(k, t) for k, t in pairs if t >= 2]


def run_one(
    experiment: Experiment,
    metric: str = "tv",
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
) -> Run:
    """One run of a sweep; a refusal becomes its reason."""
    try:
        found = measure(experiment, metric, method, particles, against)
    except Refused as e:
        return Run(experiment.sampler, experiment.steps, None, str(e))
    return Run(experiment.sampler, experiment.steps, found)


def sweep(
    runs: Sequence[Experiment],
    metric: str = "tv",
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    executor: Executor | None = None,
    stop: Callable[[], None] = lambda: None,
) -> Iterator[Run]:
    """The runs' results in their order, each as soon as it and those before it are done."""
    if executor is None:
        for e in runs:
            stop()
            yield run_one(e, metric, method, particles, against)
        return
    futures = [executor.submit(run_one, e, metric, method, particles, against) for e in runs]
    try:
        for f in futures:
            stop()
            yield f.result()
    finally:
        for f in futures:
            f.cancel()


@dataclass(frozen=True)
class Slope:
    """d log(distance) / d log T between two successive T, and what the errors make of it."""

    steps: tuple[int, int]
    value: float
    error: float


def slopes(steps: Sequence[int], values: Sequence[float], errors: Sequence[float]) -> list[Slope]:
    """Slopes between successive points with a positive distance."""
    points = [p for p in zip(steps, values, errors, strict=True) if p[1] > 0]
    found = []
    for (t0, v0, e0), (t1, v1, e1) in pairwise(points):
        width = math.log(t1 / t0)
        error = math.hypot(e0 / v0, e1 / v1) / width
        found.append(Slope((t0, t1), math.log(v1 / v0) / width, error))
    return found


@dataclass(frozen=True)
class Fit:
    """C (log T)^k T^{-r} over the T of ``steps``, with 95 % intervals from the scatter around it.

    ``misfit`` is the largest relative distance between a point and the fit.
    """

    C: float
    k: float
    r: float
    r_interval: tuple[float, float]
    k_interval: tuple[float, float] | None
    steps: tuple[int, ...]
    misfit: float

    def __call__(self, steps: float) -> float:
        return self.C * math.log(steps) ** self.k * steps**-self.r


def fit(
    steps: Sequence[int], values: Sequence[float], log_power: float | None = None
) -> Fit | None:
    """Least squares on log(distance), k fixed to ``log_power`` or free; None with too few points.

    A free k needs five points (its regressor log log T is nearly a line in log T), a fixed one four.
    """
    kept = [(t, v) for t, v in zip(steps, values, strict=True) if v > 0 and t >= 3]
    columns = 3 if log_power is None else 2
    if len(kept) < columns + 2:
        return None
    t = np.array([p[0] for p in kept], dtype=float)
    y = np.log([p[1] for p in kept])
    loglog = np.log(np.log(t))
    design = [np.ones_like(t), -np.log(t)]
    if log_power is None:
        design.append(loglog)
    else:
        y = y - log_power * loglog
    a = np.stack(design, axis=1)
    coefficients, *_ = np.linalg.lstsq(a, y, rcond=None)
    residual = y - a @ coefficients
    freedom = len(t) - columns
    covariance = np.linalg.inv(a.T @ a) * float(residual @ residual) / freedom
    half = student.ppf(0.975, freedom) * np.sqrt(np.diag(covariance))
    r = float(coefficients[1])
    k = float(coefficients[2]) if log_power is None else float(log_power)
    return Fit(
        C=float(np.exp(coefficients[0])),
        k=k,
        r=r,
        r_interval=(r - float(half[1]), r + float(half[1])),
        k_interval=(k - float(half[2]), k + float(half[2])) if log_power is None else None,
        steps=tuple(int(s) for s in t),
        misfit=float(np.expm1(np.abs(residual).max())),
    )


def asymptotic_fit(
    steps: Sequence[int], values: Sequence[float], log_power: float | None = None
) -> Fit | None:
    """The fit over the longest run of largest T whose misfit stays within 5 %.

    Smaller T are pre-asymptotic. None when even the last points do not follow the form.
    """
    order = np.argsort(steps)
    t = [steps[i] for i in order]
    v = [values[i] for i in order]
    best = None
    for first in range(len(t) - 1, -1, -1):
        found = fit(t[first:], v[first:], log_power)
        if found is None:
            continue
        if found.misfit > ASYMPTOTIC_MISFIT:
            break
        best = found
    return best


def initialisation_tv(experiment: Experiment) -> float:
    """TV(p_T, N(0, 1)) on the line: what starting from noise costs before any step is made."""
    chain = experiment.chain
    level = chain.level(chain.steps)
    law = TransportLaw(lambda x: x, standard_normal(), start_nodes(experiment.target, chain, False))
    bounds = marginal_bounds(experiment.target, level)
    return total_variation(resolve(law, experiment.target.marginal(level), bounds, 1e-5)).value
