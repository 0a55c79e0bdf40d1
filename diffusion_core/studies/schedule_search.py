"""Placing the T points of a chain for one target and one sampler, by measured errors alone.

``minimise`` bends a grid between fixed ends until the distance of the exact q_1 to p_1 is smallest.
``equalise`` moves its points until every single step adds the same, where what a step adds is
TV(K_t p_t, p_{t-1}): p_t pushed through it once. The sum of these bounds TV(q_1, p_1) from above,
and is smallest where they are equal (de Boor's equidistribution); TV(q_1, p_1) itself need not be,
because errors of steps may cancel. Both keep T, the sampler and the ends, and report what was
measured on the schedule that they return, with its digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from diffusion_core.distances.of_masses import METRICS, Distance
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.gaussian import is_gaussian
from diffusion_core.laws.line.law import never
from diffusion_core.measure import Measurement, measure
from diffusion_core.monotone_cubic import monotone_cubic
from diffusion_core.schedules import Array
from diffusion_core.studies.budget import line_laws
from diffusion_core.studies.forward import log_snr
from diffusion_core.studies.noise_grids import (
    KNOTS,
    MOST_BEND,
    STRAIGHT,
    Ends,
    bent,
    named_grids,
    on_grid,
)

LEAST_STEPS, MOST_STEPS = 4, 64
MOST_EVALUATIONS = 70  # of bent grids
ROUGH = 1e-4  # relative error of a distance while searching
FIRST_RADIUS, LAST_RADIUS = 0.9, 0.01  # of the search, in units of a bend
MIDDLE = len(KNOTS) // 2  # its density stays 1: only ratios of densities count
ROUNDS = 10
EQUAL = 1.05  # the largest local error over their mean at which they count as equal
LEAST_SHARE = 1e-4  # of the largest local error: smaller ones count as this

OBJECTIVES = ("tv", "kl")
Stop = Callable[[], None]
Progress = Callable[[float], None]


def no_progress(share: float) -> None:
    """For callers that need none."""


@dataclass(frozen=True)
class Optimum:
    """The best grid that was found, as ``experiment``, and what it was bent from.

    base: the named schedule whose grid was bent, "" for one that was given. found and start:
    measured on the best grid and on the one that was bent. evaluations: distances worked out.
    """

    experiment: Experiment
    base: str
    bend: tuple[float, ...]
    found: Measurement
    start: Measurement
    evaluations: int


@dataclass(frozen=True)
class Equalised:
    """A grid whose steps add about the same, as ``experiment``.

    before and local: TV(K_t p_t, p_{t-1}) for t = T..2 on the grid it began with and at the end.
    evaluations: single steps worked out.
    """

    experiment: Experiment
    before: tuple[Distance, ...]
    local: tuple[Distance, ...]
    found: Measurement
    start: Measurement
    rounds: int
    evaluations: int

    @property
    def imbalance(self) -> float:
        """The largest local error over their mean: 1 where all are equal."""
        return imbalance(self.local)

    @property
    def equal(self) -> bool:
        return self.imbalance <= EQUAL


def imbalance(local: Sequence[Distance]) -> float:
    """The largest local error over their mean: 1 where all are equal."""
    sizes = np.array([d.value for d in local])
    return float(sizes.max() / sizes.mean()) if sizes.max() > 0 else 1.0


def check_design(experiment: Experiment, steps: int) -> None:
    """InputError or Refused, in one sentence, for what no grid is designed for."""
    if experiment.target.dim != 1:
        raise Refused(
            "design: a search asks for the exact laws of dozens of grids, each of which takes "
            "seconds to minutes in the plane and does not exist beyond; choose a target on the line"
        )
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise InputError(
            f"steps: T must be between {LEAST_STEPS} and {MOST_STEPS} to be designed, got {steps}"
        )


def minimise(
    experiment: Experiment,
    ends: Ends,
    steps: int,
    start: Array | None = None,
    objective: str = "tv",
    most: int = MOST_EVALUATIONS,
    stop: Stop = never,
    progress: Progress = no_progress,
) -> Optimum:
    """Bend a grid until the measured TV(q_1, p_1), or KL, is smallest; never worse than its start.

    The start is the best of the named schedules on these ends, unless one is given. The search is
    COBYQA's (Ragonneau and Zhang, arXiv 2308.05497): deterministic, local, at most ``most`` grids.
    """
    check_design(experiment, steps)
    if objective not in OBJECTIVES:
        raise InputError(f"objective: one of {', '.join(OBJECTIVES)}, got {objective!r}")
    if most < 1:
        raise InputError(f"most: at least 1 evaluation, got {most}")
    search = _Search(experiment, objective, stop, progress, most)
    base = ""
    if start is None:
        grids = named_grids(ends, steps)
        search.expected += len(grids)
        base = min(grids, key=lambda kind: search(grids[kind]))
        start = grids[base]
    bend = _descend(search, start, most)
    begun = measure(on_grid(experiment, start), objective, stop=stop)
    best = on_grid(experiment, bent(start, bend))
    found = measure(best, objective, stop=stop)
    if found.value > begun.value:
        best, found, bend = on_grid(experiment, start), begun, STRAIGHT
    return Optimum(best, base, bend, found, begun, search.evaluations + 2)


def _descend(search: _Search, start: Array, most: int) -> tuple[float, ...]:
    """The bend, to two decimals, with the smallest distance that was met."""
    met: dict[tuple[float, ...], float] = {}

    def logarithm(free: Array) -> float:
        bend = tuple(round(float(b), 2) for b in np.insert(free, MIDDLE, 0.0))
        if bend not in met:
            met[bend] = search(bent(start, bend))
        return math.log(max(met[bend], 1e-300))

    free = len(KNOTS) - 1
    options = {
        "maxfev": most,
        "initial_tr_radius": FIRST_RADIUS,
        "final_tr_radius": LAST_RADIUS,
    }
    bounds = scipy.optimize.Bounds([-MOST_BEND] * free, [MOST_BEND] * free)
    scipy.optimize.minimize(
        logarithm, np.zeros(free), method="COBYQA", bounds=bounds, options=options
    )
    return min(met, key=lambda bend: met[bend])


class _Search:
    """The objective, worked out a little less precisely than ``measure`` does; counts its calls."""

    def __init__(
        self, experiment: Experiment, metric: str, stop: Stop, progress: Progress, expected: int
    ) -> None:
        self._experiment, self._metric, self._stop = experiment, metric, stop
        self._progress, self.expected, self.evaluations = progress, expected, 0

    def __call__(self, points: Array) -> float:
        self._stop()
        self.evaluations += 1
        self._progress(min(self.evaluations / self.expected, 1.0))
        try:
            return rough_distance(on_grid(self._experiment, points), self._metric, self._stop)
        except (Refused, InputError):
            return math.inf


def rough_distance(experiment: Experiment, metric: str, stop: Stop = never) -> float:
    """The distance of q_1 to p_1 on the line to a relative 1e-4, without an error of its own."""
    e = experiment
    if is_gaussian(e.target):
        return measure(e, metric, stop=stop).value
    return METRICS[metric](OnLine(e, stop).rough(ROUGH)).value


def local_errors(experiment: Experiment, stop: Stop = never) -> tuple[Distance, ...]:
    """TV(K_t p_t, p_{t-1}) for t = T..2: what each step adds, with an exact score."""
    if experiment.record.multistep:
        raise Refused(
            f"{experiment.record.label} remembers the step before, so what one step does to p_t "
            "alone is not defined; choose another sampler, or minimise the error"
        )
    return tuple(line_laws(experiment, stop).local_errors())


def equalise(
    experiment: Experiment,
    start: Array,
    rounds: int = ROUNDS,
    stop: Stop = never,
    progress: Progress = no_progress,
) -> Equalised:
    """Move the points of a grid (T,) until every step adds the same, at most ``rounds`` times.

    A step of width w by a method of order m adds about (M w)^{m+1}: points are placed so that each
    step gets the same share of the integral of M, until the largest local error is within 5 % of
    the mean.
    The round with the smallest such ratio is returned.
    """
    check_design(experiment, len(start))
    power = 1.0 / (experiment.record.order + 1)
    met: list[tuple[Experiment, tuple[Distance, ...]]] = []
    points = start
    for i in range(rounds + 1):
        run = on_grid(experiment, points)
        met.append((run, local_errors(run, stop)))
        progress((i + 1) / (rounds + 1))
        if imbalance(local := met[-1][1]) <= EQUAL:
            break
        if i and imbalance(local) > imbalance(met[-2][1]):
            power /= 2  # steps lean on their neighbours: move less
        points = _redistributed(points, local, power)
    best, local = min(met, key=lambda pair: imbalance(pair[1]))
    return Equalised(
        experiment=best,
        before=met[0][1],
        local=local,
        found=measure(best, stop=stop),
        start=measure(met[0][0], stop=stop),
        rounds=len(met) - 1,
        evaluations=len(met) * (len(start) - 1),
    )


def _redistributed(points: Array, local: Sequence[Distance], power: float) -> Array:
    """Points that cut the integral of M into equal parts, M being constant within old steps."""
    sizes = np.array([d.value for d in local])[::-1]  # from t = 2 to T, like the intervals
    share = np.maximum(sizes, LEAST_SHARE * sizes.max()) ** power
    total = np.concatenate([[0.0], np.cumsum(share)])
    place = np.linspace(0.0, total[-1], len(points))
    moved = monotone_cubic(total, points, place)
    moved[[0, -1]] = points[[0, -1]]
    return moved


def points_of(experiment: Experiment) -> Array:
    """lambda_1..lambda_T of the experiment's chain."""
    return log_snr(experiment.chain, np.arange(1, experiment.steps + 1))
