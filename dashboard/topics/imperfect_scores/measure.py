"""What an error of the score does to the distance: against T, against its size, against its detail.

All runs share the reader's experiment. Where that has the exact score, or a learned one, the error
is a constant of the default size, and the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dashboard.compute import cost
from dashboard.compute.cached import Outcome
from dashboard.compute.progress import Silent
from dashboard.compute.studies import Study, all_score_sizes, outcomes
from dashboard.compute.tasks import Progress
from diffusion_core import Experiment, Measurement
from diffusion_core.laws.line.law import transport_law
from diffusion_core.schedules import Custom
from diffusion_core.scores.errors import FourierError, Scale, ScoreError, Shift, WaveError
from diffusion_core.targets.base import Target

SIZES = (0.01, 0.03, 0.1, 0.3)
STEPS = (8, 16, 32, 64, 128, 256, 512)
PLANE_STEPS = STEPS[:4]
FREQUENCIES = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
PLANE_FREQUENCIES = (0.5, 1.0, 2.0, 3.0)  # shorter waves take minutes there, or are refused
HOW = ("tv", "exact", 0, "p1")
NEAR = 1.1  # of the least distance: more steps than that gain little
STEEP = 3.0  # how far above the exact score's curve a floor has to be, to be the score's doing
Dial = Shift | Scale | WaveError | FourierError


def dial(experiment: Experiment) -> Dial:
    """The error that the page turns: the experiment's own if its size is known by definition."""
    error = experiment.score_error
    return error if isinstance(error, Dial) else Shift()


def turned(experiment: Experiment, error: ScoreError | None) -> Experiment:
    return experiment.with_(score_error=error, seed=0)


@dataclass(frozen=True)
class Plateau:
    """One sampler's distance against T, for several sizes of one error; size 0 is the exact score.

    The sizes of the page, and the reader's own.
    """

    experiment: Experiment

    @property
    def sizes(self) -> tuple[float, ...]:
        own = self.experiment.score_error
        extra = {own.size} if isinstance(own, Dial) else set()
        return (0.0, *sorted({*SIZES, *extra} - {0.0}))

    @property
    def steps(self) -> tuple[int, ...]:
        e = self.experiment
        if isinstance(e.schedule, Custom):
            return (e.steps,)
        return tuple(sorted({*_steps(e.target), min(e.steps, _steps(e.target)[-1])}))

    def run(self, size: float, steps: int) -> Experiment:
        error = replace(dial(self.experiment), size=size) if size else None
        return turned(self.experiment, error).with_(steps=steps)

    @property
    def runs(self) -> list[Experiment]:
        return [self.run(size, steps) for steps in self.steps for size in self.sizes]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return HOW


def _steps(target: Target) -> tuple[int, ...]:
    return STEPS if target.dim == 1 else PLANE_STEPS


@dataclass(frozen=True)
class Waves:
    """TV at one eps_score for waves of rising frequency, by a few samplers."""

    experiment: Experiment

    @property
    def samplers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("ode", "ddpm", self.experiment.record.name)))

    @property
    def frequencies(self) -> tuple[float, ...]:
        return FREQUENCIES if self.experiment.target.dim == 1 else PLANE_FREQUENCIES

    @property
    def size(self) -> float:
        return dial(self.experiment).size

    def run(self, sampler: str, frequency: float) -> Experiment:
        eta = self.experiment.eta if sampler == self.experiment.sampler else 0.0
        wave = WaveError(size=self.size, frequency=frequency)
        return turned(self.experiment, wave).with_(sampler=sampler, eta=eta)

    @property
    def runs(self) -> list[Experiment]:
        return [self.run(name, w) for w in self.frequencies for name in self.samplers]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return HOW


@dataclass(frozen=True)
class Floor:
    """What one size of the error leaves.

    best: the measured run with the least TV. enough: the least T whose TV is within 10 % of it.
    ended: whether the exact score is at least three times better at the largest T.
    """

    size: float
    best: Measurement
    enough: int
    last: Measurement
    ended: bool


Curves = dict[float, list[Measurement]]


def curves(plateau: Plateau, found: Mapping[Experiment, Outcome]) -> Curves:
    """The measured points of every size, in the order of T."""
    return {
        size: [
            m
            for steps in plateau.steps
            if isinstance(m := found.get(plateau.run(size, steps)), Measurement)
        ]
        for size in plateau.sizes
    }


def floors(measured: Curves) -> list[Floor]:
    """One for each size above 0 that has points."""
    exact = {m.steps: m.value for m in measured.get(0.0, ())}
    made = []
    for size, curve in measured.items():
        if size and curve:
            best = min(curve, key=lambda m: m.value)
            enough = next(m.steps for m in curve if m.value <= NEAR * best.value)
            last = curve[-1]
            ended = last.value > STEEP * exact.get(last.steps, math.inf)
            made.append(Floor(size, best, enough, last, ended))
    return made


def floor_slope(found: Sequence[Floor]) -> float | None:
    """d log TV/d log size by least squares over the sizes whose floor is the score's doing.

    None with fewer than two of them. A TV near its largest value 1 cannot grow any more: left out.
    """
    used = [f for f in found if f.ended and f.last.value < 0.5]
    if len(used) < 2:
        return None
    x, y = (np.log([getter(f) for f in used]) for getter in (_size, _last))
    return float(np.polyfit(x, y, 1)[0])


def _size(floor: Floor) -> float:
    return floor.size


def _last(floor: Floor) -> float:
    return floor.last.value


WavePoint = tuple[float, float, Measurement, bool | None]


def wave_points(work: Waves, sampler: str, found: Mapping[Experiment, Outcome]) -> list[WavePoint]:
    """(frequency, eps_Jacobi, TV, whether the map folds) of every run that has a value."""
    runs = {w: work.run(sampler, w) for w in work.frequencies}
    seen = {w: (e, m) for w, e in runs.items() if isinstance(m := found.get(e), Measurement)}
    runs_seen = [e for e, _ in seen.values()]
    sizes = all_score_sizes(runs_seen, Silent())
    each = zip(seen.items(), sizes, folds(runs_seen), strict=True)
    return [(w, s[1].value, m, f) for (w, (_, m)), s, f in each if not isinstance(s, str)]


def folds(runs: Sequence[Experiment]) -> list[bool | None]:
    """Whether the map from Y_T to Y_1 folds; None for what is no map, and in the plane."""
    maps = [e for e in runs if not e.record.stochastic and e.target.dim == 1]
    studies = [Study(_folds, (e,), cost.study(e, "folds")) for e in maps]
    found = dict(zip(maps, outcomes(studies, "", Silent()), strict=True))
    return [None if isinstance(found.get(e), str) else found.get(e) for e in runs]


def _folds(experiment: Experiment, progress: Progress) -> bool:
    return bool(transport_law(experiment, progress).folded)
