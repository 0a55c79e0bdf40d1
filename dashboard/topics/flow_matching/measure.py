"""Distances of flows and of the reader's sampler at equal evaluations, paths, straightness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress, Share
from dashboard.prose import prose
from diffusion_core import Experiment, InputError
from diffusion_core import measure as distance
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import MIN_STEPS, Array, Custom
from diffusion_core.studies.flow_matching import (
    METHODS,
    NORMAL,
    Reflowed,
    StraightPath,
    flow_distance,
    positions,
    quantiles,
    straightness,
)
from diffusion_core.targets.base import Target
from diffusion_core.targets.gallery import line_mixture

EVALUATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SOURCES: dict[str, Target] = {
    "noise": NORMAL,
    "modes": line_mixture((0.5, 0.5), (-2.0, 2.0), (0.4, 0.4)),
}
DRAWN = 15  # paths
TIMES = 64  # at which they are drawn
say = prose("flow_matching")

Point = tuple[int, int, Distance]  # evaluations, steps, TV


@dataclass(frozen=True)
class Question:
    """Flows from a source to the reader's target, beside the reader's sampler."""

    experiment: Experiment
    source: str
    teacher: int

    @property
    def path(self) -> StraightPath:
        return StraightPath(self.experiment.target, SOURCES[self.source])


def why_not(experiment: Experiment) -> str:
    """Why there is no flow in closed form, or nothing."""
    try:
        StraightPath(experiment.target)
    except InputError:
        return say("no-flow")
    return ""


def curves(question: Question, place: Any) -> tuple[dict[str, list[Point]], list[str]]:
    """TV to the target by integrator, and of the reader's sampler; and why points are missing."""
    asked: dict[tuple[str, int, int], Study] = {}
    for name, method in METHODS.items():
        for count in EVALUATIONS:
            if steps := count // method.evaluations:
                args = (question.path, name, steps)
                asked[name, count, steps] = Study(_flow, args, cost.about("flow", 0.3))
    record, e = question.experiment.record, question.experiment.with_(seed=0)
    for count in EVALUATIONS:
        steps = record.steps_for(count)
        if steps >= MIN_STEPS and not isinstance(e.schedule, Custom):
            run = e.with_(steps=steps)
            asked["sampler", count, steps] = Study(_sampled, (run,), cost.study(run, "to data"))
    found = outcomes(list(asked.values()), say("wait"), place)
    return by_name(asked, found)


def by_name(
    asked: Iterable[tuple[str, int, int]], found: Iterable[Any]
) -> tuple[dict[str, list[tuple[int, int, Any]]], list[str]]:
    """(evaluations, steps, distance) by name, and why others are refused, each reason once.

    asked: name, evaluations and steps of what was found, in its order.
    """
    drawn: dict[str, list[tuple[int, int, Any]]] = {}
    refused = []
    for (name, count, steps), seen in zip(asked, found, strict=True):
        if isinstance(seen, str):
            refused.append(seen)
        else:
            drawn.setdefault(name, []).append((count, steps, seen))
    return drawn, list(dict.fromkeys(refused))


def _flow(path: StraightPath, method: str, steps: int, progress: Progress) -> Distance:
    return flow_distance(path, method, steps, Share(progress))


def _sampled(experiment: Experiment, progress: Progress) -> Distance:
    found = distance(experiment, "tv", against="data", stop=Share(progress))
    return Distance(found.value, found.error)


@dataclass(frozen=True, eq=False)
class Paths:
    """u (K,) and where equal shares of the source are then: along the flow and reflowed, (K, N).

    straight: S of the flow. end: TV of the teacher's law, which one step of the pupil reaches.
    pupil: the largest difference between one step of Euler's on the reflowed path and the teacher.
    """

    u: Array
    flow: Array
    reflowed: Array
    straight: Distance
    end: Distance
    pupil: float


def paths(question: Question, place: Any) -> Paths:
    """Refused where the teacher's map folds."""
    args = (question.path, question.teacher)
    found: Paths = value(Study(_paths, args, cost.about("paths", 2.0)), say("wait"), place)
    return found


def _paths(path: StraightPath, teacher: int, progress: Progress) -> Paths:
    z = quantiles(path.source, (np.arange(DRAWN) + 0.5) / DRAWN)
    u = np.linspace(0.0, 1.0, TIMES + 1)
    flow = list(positions(path.velocity, "midpoint", TIMES, z, Share(progress)))
    pupil = Reflowed(path, "midpoint", teacher)
    end = pupil.teacher(z)
    off = np.abs(z + pupil.velocity(0.0, z) - end).max()
    return Paths(
        u,
        np.stack(flow),
        (1 - u)[:, None] * z + u[:, None] * end,
        straightness(path),
        flow_distance(path, "midpoint", teacher, Share(progress)),
        float(off),
    )
