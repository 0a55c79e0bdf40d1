"""Flows in the plane, by particles: distances, paths, straightness, what a reflow leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress, Share
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.flow_matching.measure import by_name
from diffusion_core import Experiment, InputError
from diffusion_core import measure as distance
from diffusion_core.distances.from_particles import LEAST_PARTICLES, Estimate
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import MIN_STEPS, Array, Custom
from diffusion_core.studies.flow_matching import METHODS, positions
from diffusion_core.studies.flow_plane import (
    NORMAL,
    PlanePath,
    crossing,
    particle_distance,
    straightness,
)
from diffusion_core.targets.base import Target
from diffusion_core.targets.gallery import disc, plane_mixture

EVALUATIONS = (1, 2, 4, 8, 16, 32, 64)
SOURCES: dict[str, Target] = {
    "noise": NORMAL,
    "modes": plane_mixture(((-2.0, 0.0), (2.0, 0.0)), (disc(0.4), disc(0.4))),
}
DRAWN, BEHIND = 40, 600  # paths, and draws of the target behind them
FINE = 64  # midpoint steps that stand for the flow in the picture
TERM, PARTICLE = 1e-8, 3e-5  # seconds, about: a term of a velocity; a particle in an estimate
say = prose("flow_matching")

Point = tuple[int, int, Estimate]  # evaluations, steps, distance


@dataclass(frozen=True)
class Question:
    """Flows from a source to the reader's target of the plane, beside the reader's sampler."""

    experiment: Experiment
    source: str
    teacher: int
    metric: str
    particles: int
    drawn: int

    @property
    def path(self) -> PlanePath:
        return PlanePath(self.experiment.target, SOURCES[self.source])

    @property
    def methods(self) -> list[str]:
        """Heun's needs the velocity at u = 1."""
        return [name for name in METHODS if name != "heun" or self.path.paired]


def why_not(experiment: Experiment, source: str) -> str:
    """Why there is no velocity in closed form, or nothing."""
    try:
        PlanePath(experiment.target, SOURCES[source])
    except InputError as reason:
        return say("no-plane-flow", reason=spoken(str(reason)))
    return ""


def curves(question: Question, place: Any) -> tuple[dict[str, list[Point]], list[str]]:
    """The distance to the target by integrator, and of the reader's sampler; and what is missing.

    Over the seed of the experiment, by which the sampler's particles start, too.
    """
    asked: dict[tuple[str, int, int], Study] = {}
    n, seed, e = question.particles, question.experiment.seed, question.experiment
    for name in question.methods:
        for count in EVALUATIONS:
            if steps := count // METHODS[name].evaluations:
                args = (question.path, name, steps, question.metric, n, seed)
                asked[name, count, steps] = Study(_flow, args, _cost(question.path, n, count))
    for count in EVALUATIONS:
        steps = e.record.steps_for(count)
        if steps >= MIN_STEPS and not isinstance(e.schedule, Custom):
            run = e.with_(steps=steps)
            took = cost.measuring(run, "particles", n)
            asked["sampler", count, steps] = Study(_sampled, (run, question.metric, n), took)
    found = outcomes(list(asked.values()), say("wait"), place)
    return by_name(asked, found)


def _cost(path: PlanePath, particles: int, evaluations: int) -> cost.Cost:
    seconds = particles * (TERM * path.terms * evaluations + PARTICLE)
    return cost.about("flow in the plane", seconds)


def _flow(
    path: PlanePath,
    method: str,
    steps: int,
    metric: str,
    particles: int,
    seed: int,
    progress: Progress,
) -> Estimate:
    return particle_distance(path, method, steps, metric, particles, seed, Share(progress))


def _sampled(experiment: Experiment, metric: str, particles: int, progress: Progress) -> Estimate:
    found = distance(experiment, metric, "particles", particles, "data", Share(progress))
    assert found.estimate is not None
    return found.estimate


@dataclass(frozen=True, eq=False)
class Picture:
    """Some particles: along the flow (K, N, 2), and after each step of Euler's (S, N, 2).

    behind: draws of the target (M, 2).
    """

    flow: Array
    euler: Array
    behind: Array


def picture(question: Question, place: Any) -> Picture:
    """Its particles are draws of the source by the experiment's seed."""
    args = (question.path, question.experiment.seed, question.drawn)
    study = Study(_picture, args, cost.about("picture of a flow", 0.1))
    found: Picture = value(study, say("wait"), place)
    return found


def _picture(path: PlanePath, seed: int, drawn: int, progress: Progress) -> Picture:
    z = path.start(LEAST_PARTICLES, seed)[:DRAWN]
    behind = path.target.sample(BEHIND, np.random.default_rng([seed, 2]))
    progress(None)
    return Picture(_along(path, "midpoint", FINE, z), _along(path, "euler", drawn, z), behind)


def _along(path: PlanePath, method: str, steps: int, z: Array) -> Array:
    """Where the particles are after every step, the start among them, (steps + 1, N, 2)."""
    return np.stack(list(positions(path.velocity, method, steps, z)))


@dataclass(frozen=True)
class Reflow:
    """straight: S of the flow. end: distance of the teacher's law, which one step of the pupil

    reaches. cross: the share of the pupil's lines that meet those of their neighbours.
    """

    straight: Distance
    end: Estimate
    cross: Distance


def reflow(question: Question, place: Any) -> Reflow:
    q = question
    args = (q.path, q.teacher, q.metric, q.particles, q.experiment.seed)
    took = _cost(q.path, q.particles, 4 * q.teacher)
    found: Reflow = value(Study(_reflow, args, took), say("wait"), place)
    return found


def _reflow(
    path: PlanePath, teacher: int, metric: str, particles: int, seed: int, progress: Progress
) -> Reflow:
    stop = Share(progress)
    return Reflow(
        straightness(path, seed=seed, stop=stop),
        particle_distance(path, "midpoint", teacher, metric, particles, seed, stop),
        crossing(path, "midpoint", teacher, seed=seed, stop=stop),
    )
