"""What more samples bring, and whether a sampler learned the law or its training set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.compute import cached, cost
from dashboard.compute.studies import Study, all_score_sizes, outcomes, value
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from dashboard.topics.learned_score.training import axes_at
from diffusion_core import Experiment, Measurement, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.front import law_of
from diffusion_core.laws.particles import final_points
from diffusion_core.schedules import Array
from diffusion_core.scores.learned import Empirical, Learned, training_points
from diffusion_core.studies.memorisation import Nearest, memorised, nearest_training, trained_on

COUNTS = (20, 50, 200, 1000)
MOST_EMPIRICAL = 200  # samples: the exact law with more takes minutes
PARTICLES = 20_000  # for distances
NEAREST = 4000  # for mean distances to the training set
LINE_POINTS = 3001
KINDS = ("learned", "empirical")
words = prose("learned_score")


@dataclass(frozen=True)
class Samples:
    """The same run with scores learned from more and more samples, and with the exact one."""

    experiment: Experiment

    @property
    def model(self) -> Learned:
        error = trained_on(self.experiment)
        return error if isinstance(error, Learned) else Learned(seed=error.seed)

    def run(self, kind: str, count: int) -> Experiment:
        made: Learned | Empirical = replace(self.model, samples=count)
        if kind == "empirical":
            made = Empirical(count, self.model.seed)
        return self.experiment.with_(score_error=made)

    @property
    def exact(self) -> Experiment:
        return self.experiment.with_(score_error=None)

    def counts(self, kind: str) -> tuple[int, ...]:
        return tuple(n for n in COUNTS if kind == "learned" or n <= MOST_EMPIRICAL)

    @property
    def runs(self) -> list[Experiment]:
        pairs = [(kind, n) for n in COUNTS for kind in KINDS if n in self.counts(kind)]
        return [self.exact, *(self.run(kind, n) for kind, n in pairs)]

    @property
    def how(self) -> tuple[str, str, int, str]:
        """Exact on the line; in the plane an exact law with a learned score takes minutes."""
        if self.experiment.target.dim == 1:
            return "tv", "exact", 0, "p1"
        return "tv", "particles", PARTICLES, "p1"


@dataclass(frozen=True)
class Point:
    """One n: both sizes of the score's error, and the distance, None where that is refused."""

    samples: int
    score: Distance
    jacobi: Distance
    tv: Measurement | None


def curves(
    work: Samples, found: Mapping[Experiment, cached.Outcome], place: Any
) -> dict[str, list[Point]]:
    """Of every run that is done; its sizes are measured here, with progress at ``place``."""
    done = {
        (kind, n): run
        for kind in KINDS
        for n in work.counts(kind)
        if (run := work.run(kind, n)) in found
    }
    made: dict[str, list[Point]] = {kind: [] for kind in KINDS}
    sizes = all_score_sizes(list(done.values()), place)
    for ((kind, n), run), both in zip(done.items(), sizes, strict=True):
        if not isinstance(both, str):
            score, jacobi = (Distance(s.value, s.stated) for s in both)
            tv = found[run]
            known = tv if isinstance(tv, Measurement) else None
            made[kind].append(Point(n, score, jacobi, known))
    return made


def slope(found: list[tuple[int, float]]) -> float | None:
    """d log value/d log n by least squares; None with fewer than three points."""
    if len(found) < 3 or min(value for _, value in found) <= 0:
        return None
    n, value = np.log(np.array(found, dtype=float)).T
    return float(np.polyfit(n, value, 1)[0])


# ---- memorised or not


@dataclass(frozen=True, eq=False)
class Memory:
    """What one run's output is near to.

    truth, training: TV(q_1, p_1), and to the training set noised to t = 1; None off the line or
    where refused. nearest: mean distances to the nearest training point.
    """

    kind: str
    samples: int
    truth: Distance | None
    training: Distance | None
    nearest: Nearest

    @property
    def share(self) -> float:
        """How far from fresh draws (0) towards noised training points (1) the output is."""
        near = self.nearest
        way = near.fresh.value - near.noised.value
        return (near.fresh.value - near.output.value) / way if way > 0 else math.nan


def pair(experiment: Experiment) -> tuple[Experiment, Experiment]:
    """The learned run and the empirical one on as many samples, at most MOST_EMPIRICAL."""
    work = Samples(experiment)
    count = trained_on(experiment).samples
    return work.run("learned", count), work.run("empirical", min(count, MOST_EMPIRICAL))


def memory(experiment: Experiment, place: Any) -> Memory:
    """With progress at ``place``; Refused where no particles can be drawn."""
    error, studies = trained_on(experiment), [Study(_nearest, (experiment,), _cost(experiment))]
    if experiment.target.dim == 1:
        studies.append(Study(_training, (experiment,), _cost(experiment)))
    found = outcomes(studies, words("memory-wait", n=f"{error.samples:,}"), place)
    for reason in (each for each in found if isinstance(each, str)):
        raise Refused(reason)
    nearest, *training = found
    truth = cached.distance(experiment, *Samples(experiment).how, place)
    to_truth = None
    if isinstance(truth, Measurement):
        to_truth = Distance(truth.value, truth.error)
    return Memory(error.kind, error.samples, to_truth, training[0] if training else None, nearest)


def _cost(experiment: Experiment) -> cost.Cost:
    return cost.study(experiment, "memory", 2)


def _nearest(experiment: Experiment, progress: Progress) -> Nearest:
    return nearest_training(experiment, NEAREST, progress)


def _training(experiment: Experiment, progress: Progress) -> Distance:
    return memorised(experiment, "tv", progress)


@dataclass(frozen=True, eq=False)
class Output:
    """What a run returns: on the line q_1 and p_1 on a grid, beyond some of its points."""

    x: Array
    q: Array | None
    p: Array | None
    training: Array


def output(experiment: Experiment, place: Any) -> Output:
    """The law of Y_1 on the line, 1,000 particles beyond."""
    study = Study(_output, (experiment,), cost.study(experiment, "output"))
    return value(study, words("output-wait"), place)


def _output(experiment: Experiment, progress: Progress) -> Output:
    error = trained_on(experiment)
    training = math.sqrt(experiment.chain.abar[1]) * training_points(error, experiment.target)
    if experiment.target.dim > 1:
        return Output(final_points(experiment, 1000, progress), None, None, training)
    axis = axes_at(experiment, 1)[0]
    grid = np.linspace(axis[0], axis[-1], LINE_POINTS)
    last = list(law_of(experiment, progress).over_time(grid, [1]))[-1]
    return Output(grid, last.output, last.target, training)
