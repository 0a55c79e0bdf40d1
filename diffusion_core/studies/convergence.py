"""Distance against T: sweeps, slopes between successive T, and fits of C (log T)^k T^{-r}.

A sweep compares samplers at equal T (``plan``) or at equal score evaluations
(``plan_evaluations``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.special import stdtrit

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.exact_steps import initialisation
from diffusion_core.samplers import Sampler
from diffusion_core.schedules import MAX_STEPS, MIN_STEPS, check_steps
from diffusion_core.sweep.tasks import Described, Request, Run, completed

MAX_RUNS = 400
ASYMPTOTIC_MISFIT = 0.02
MOST_ERROR = 0.1  # a point with a larger relative error says nothing about a rate
FLOOR_MARGIN = 10.0  # nor does one below this many floors
MISFIT = 0.003  # relative: what no fit of this form can be expected to reach, so a bound on weights


def plan(
    experiment: Experiment, samplers: Sequence[str | Sampler], steps: Sequence[int]
) -> list[Experiment]:
    """Every run of a sweep at equal T, small T first, so that all curves grow together.

    samplers: names, as ``Experiment.by`` reads them, or records as ``own_sampler`` makes them.
    """
    if not samplers or not steps:
        raise InputError("sweep: needs at least one sampler and one T")
    pairs = [(k, t) for t in sorted({check_steps(t) for t in steps}) for k in samplers]
    return _runs(experiment, pairs)


def plan_evaluations(
    experiment: Experiment, samplers: Sequence[str | Sampler], budgets: Sequence[int]
) -> list[Experiment]:
    """The same at equal score evaluations: for each sampler the largest T that a budget pays for.

    A budget that does not pay for T = 2 gives no run; those that pay for more give T = 8192, once.
    """
    if not samplers or not budgets:
        raise InputError("sweep: needs at least one sampler and one number of score evaluations")
    records = [(k, experiment.by(k).record) for k in samplers]
    pairs = [(k, min(r.steps_for(b), MAX_STEPS)) for b in sorted(set(budgets)) for k, r in records]
    return _runs(experiment, [(k, t) for k, t in pairs if t >= MIN_STEPS])


def _runs(experiment: Experiment, pairs: Sequence[tuple[str | Sampler, int]]) -> list[Experiment]:
    """One experiment a (sampler, T), each once."""
    pairs = list(dict.fromkeys(pairs))
    if len(pairs) > MAX_RUNS:
        raise InputError(f"sweep: at most {MAX_RUNS} runs, got {len(pairs)}")
    names = [k.name if isinstance(k, Sampler) else k for k in dict.fromkeys(k for k, _ in pairs)]
    if len(set(names)) < len(names):
        raise InputError("sweep: two samplers have the same name; give yours another")
    return list(dict.fromkeys(experiment.by(kind).with_(steps=t) for kind, t in pairs))


def sweep(
    runs: Sequence[Described],
    metric: str = "tv",
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    executor: Executor | None = None,
    stop: Callable[[], None] = lambda: None,
) -> Iterator[Run]:
    """The runs' results in their order, each as soon as it and those before it are done.

    executor: any ``concurrent.futures.Executor`` whose workers can import this package.
    """
    early: dict[int, Run] = {}
    due = 0
    request = Request(metric, method, particles, against)
    with closing(completed(runs, request, executor, stop)) as results:
        for place, run in results:
            early[place] = run
            while due in early:
                yield early.pop(due)
                due += 1


@dataclass(frozen=True)
class Slope:
    """d log(distance) / d log T between two successive T, and what the errors make of it."""

    steps: tuple[int, int]
    value: float
    error: float


def slopes(steps: Sequence[int], values: Sequence[float], errors: Sequence[float]) -> list[Slope]:
    """Slopes between successive T; points whose distance is not positive and finite are skipped."""
    found = []
    for (t0, v0, e0), (t1, v1, e1) in pairwise(_usable(steps, values, errors)):
        if t1 > t0:
            width = math.log(t1 / t0)
            error = math.hypot(e0 / v0, e1 / v1) / width
            found.append(Slope((t0, t1), math.log(v1 / v0) / width, error))
    return found


def _usable(
    steps: Sequence[int], values: Sequence[float], errors: Sequence[float] | None
) -> list[tuple[int, float, float]]:
    """(T, distance, error) by T, where the logarithm of the distance exists."""
    points = zip(steps, values, errors or [0.0] * len(steps), strict=True)
    return sorted(p for p in points if 0 < p[1] < math.inf)


@dataclass(frozen=True)
class Fit:
    """C (log T)^k T^{-r} over the T of ``steps``; whatever T is not there was left out.

    The 95 % intervals come from the scatter of the points around the fit (Student's t). They cover
    the truth when the scatter is noise. Exact distances scatter because the form itself is only
    asymptotic; then the residuals are systematic and the intervals say how well this range
    of T pins the fit down, not where the limit r lies. ``drift`` shows it: how far r
    moves when the smallest T is left out (None with too few points). ``misfit`` is the largest
    relative distance between a point and the fit.
    """

    C: float
    k: float
    r: float
    r_interval: tuple[float, float]
    k_interval: tuple[float, float] | None
    steps: tuple[int, ...]
    misfit: float
    drift: float | None = None

    def __call__(self, steps: float) -> float:
        return self.C * math.log(steps) ** self.k * steps**-self.r


def fit(
    steps: Sequence[int],
    values: Sequence[float],
    log_power: float | None = None,
    errors: Sequence[float] | None = None,
    floor: float = 0.0,
) -> Fit | None:
    """Least squares on log(distance), k fixed to ``log_power`` or free; None with too few points.

    A free k needs five different T (its regressor log log T is nearly a line in log T), a fixed one
    four. Left out are T < 3, distances that are zero or not finite, points whose error is more than
    10 % of the distance, and points below ten times ``floor`` (an initialisation or noise floor
    bends them). Points count by their errors where these exceed the 0.3 % that the form misses
    anyway.
    """
    points = _informative(steps, values, errors, floor)
    found = _fit(points, log_power)
    if found is None:
        return None
    without_first = _fit([p for p in points if p[0] > points[0][0]], log_power)
    return found if without_first is None else replace(found, drift=without_first.r - found.r)


def asymptotic_fit(
    steps: Sequence[int],
    values: Sequence[float],
    log_power: float | None = None,
    errors: Sequence[float] | None = None,
    floor: float = 0.0,
) -> Fit | None:
    """The fit over the longest run of largest T whose misfit stays within 2 %, or the errors.

    Smaller T are pre-asymptotic. None when even the last points do not follow the form.
    """
    points = _informative(steps, values, errors, floor)
    best = None
    for first in reversed(range(len(points))):
        t, v, e = zip(*points[first:], strict=True)
        found = fit(t, v, log_power, e)
        if found is None:
            continue
        if found.misfit > max(ASYMPTOTIC_MISFIT, *(2 * e / v for _, v, e in points[first:])):
            break
        best = found
    return best


def tells_a_rate(value: float, error: float) -> bool:
    """Whether a distance is known to a tenth of itself: others say nothing about a rate."""
    return 0 < value < math.inf and error <= MOST_ERROR * value


def _informative(
    steps: Sequence[int],
    values: Sequence[float],
    errors: Sequence[float] | None,
    floor: float,
) -> list[tuple[int, float, float]]:
    return [
        (t, v, e)
        for t, v, e in _usable(steps, values, errors)
        if t >= 3 and tells_a_rate(v, e) and v >= FLOOR_MARGIN * floor
    ]


def _fit(points: Sequence[tuple[int, float, float]], log_power: float | None) -> Fit | None:
    columns = 3 if log_power is None else 2
    if len({p[0] for p in points}) < columns + 2:
        return None
    t, v, e = np.array(points, dtype=float).T
    loglog = np.log(np.log(t))
    design = [np.ones_like(t), -np.log(t)] + ([loglog] if log_power is None else [])
    a = np.stack(design, axis=1)
    y = np.log(v) - (0.0 if log_power is None else log_power) * loglog
    weight = 1 / np.hypot(MISFIT, e / v)
    q, upper = np.linalg.qr(weight[:, None] * a)
    coefficients = np.linalg.solve(upper, q.T @ (weight * y))
    residual = y - a @ coefficients
    freedom = len(t) - columns
    scatter = float(((weight * residual) ** 2).sum()) / freedom
    deviation = np.sqrt(scatter * (np.linalg.inv(upper) ** 2).sum(axis=1))
    half = stdtrit(freedom, 0.975) * deviation
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


def initialisation_tv(experiment: Experiment) -> float:
    """TV(p_T, N(0, 1)) on the line: what starting from noise costs before any step is made."""
    if experiment.target.dim != 1:
        raise Refused("initialisation: TV(p_T, N(0, I)) is computed in one dimension only")
    return initialisation(experiment).value
