"""What lessons measure with: ordinary experiments, and everything computed once and remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dashboard.compute import cached, cost, studies
from dashboard.compute.progress import Silent
from dashboard.compute.tasks import Progress
from dashboard.link.permalink import DEFAULT
from dashboard.prose import prose
from diffusion_core import DiscreteExperiment, Experiment, Measurement, Refused
from diffusion_core.discrete.runs import measure_discrete
from diffusion_core.laws.particles import final_points, start_points
from diffusion_core.schedules import Array
from diffusion_core.studies.forward import noise_distance
from diffusion_core.studies.guidance import Guidance, guided_laws

EXACT = ("tv", "exact", 0, "p1")


class Lab:
    """The measurements of one page or worksheet; ``place`` shows progress, until ``close``.

    own: the reader's experiment, for a lesson about it.
    """

    def __init__(self, place: Any = None, own: Experiment = DEFAULT) -> None:
        self.own = own
        self._outer = Silent() if place is None else place
        self._line: Any = None
        self._count = 0
        self._place: Any = Silent()

    def _tell(self, run: Experiment) -> None:
        """Say what is being measured, from the first run on that is not known already."""
        if self._line is None:
            box = self._outer.container() or Silent()
            self._line, self._place = box.empty() or Silent(), box.empty() or Silent()
        self._count += 1
        words = {"count": self._count, "label": run.record.label, "steps": f"{run.steps:,}"}
        self._line.caption(prose("lessons")("measuring", **words))

    def close(self) -> None:
        """Nothing more to measure."""
        self._outer.empty()
        self._line = None

    def measured(self, run: Experiment, particles: int = 0, against: str = "p1") -> Measurement:
        """TV(q_1, p_1), or to what ``against`` names, exactly or from that many particles; Refused

        with its reason.
        """
        method = "particles" if particles else "exact"
        if not cached.is_known(run, "tv", method, particles, against):
            self._tell(run)
        found = cached.distance(run, "tv", method, particles, against, self._place)
        if isinstance(found, str):
            raise Refused(found)
        return found

    def tv(self, run: Experiment, against: str = "p1") -> float:
        """TV(q_1, p_1), or to what ``against`` names, exactly."""
        return self.measured(run, against=against).value

    def curve(self, run: Experiment, steps: Sequence[int]) -> list[Measurement]:
        """TV at every T, all measured together; Refused with the first reason."""
        runs = [run.with_(steps=t) for t in steps]
        if not all(cached.is_known(e, *EXACT) for e in runs):
            self._tell(runs[-1])
        found = cached.all_distances(runs, self._place)
        for reason in (each for each in found if isinstance(each, str)):
            raise Refused(reason)
        return [m for m in found if not isinstance(m, str)]

    def slope(self, run: Experiment, first: int, last: int) -> float:
        """d log TV / d log T between two T."""
        before, after = (m.value for m in self.curve(run, (first, last)))
        return math.log(after / before) / math.log(last / first)

    def start(self, run: Experiment) -> float:
        """TV(p_T, N(0, 1))."""
        return studies.initialisation(run)

    def to_noise(self, run: Experiment, times: Sequence[int]) -> Array:
        """TV(p_t, N(0, 1)) at these t."""
        return self._value(_to_noise, run, tuple(times))

    def final(self, run: Experiment, particles: int) -> Array:
        """Y_1 of that many particles, shape (N,), the same start for the same seed."""
        return self._value(_final, run, particles)

    @staticmethod
    def begun(run: Experiment, particles: int) -> Array:
        """Y_T of the particles of ``final``."""
        return start_points(run, particles, np.random.default_rng(run.seed))[:, 0]

    def score_sizes(self, run: Experiment) -> tuple[float, float]:
        """eps_score and eps_Jacobi."""
        self._tell(run)
        score, jacobi = studies.score_sizes(run, self._place)
        return score.value, jacobi.value

    def guided(self, run: Experiment) -> Guidance:
        """What guidance returns, beside the tilted law and the class."""
        study = studies.Study(_guided, (run,), cost.study(run, "guidance"))
        found: Guidance = studies.value(study, run.record.label, self._place)
        return found

    def tokens(self, run: DiscreteExperiment, metric: str = "tv") -> float:
        """TV to the data, or KL, of a run on sequences."""
        study = studies.Study(_tokens, (run, metric), cost.about("tokens", 0.1))
        found: float = studies.value(study, run.sampler.label, self._place)
        return found

    def _value(self, function: Callable[..., Array], run: Experiment, how: Any) -> Array:
        study = studies.Study(function, (run, how), cost.study(run, function.__name__))
        found: Array = studies.value(study, run.record.label, self._place)
        return found


def _tokens(run: DiscreteExperiment, metric: str, progress: Progress) -> float:
    return measure_discrete(run, (metric,), "data", progress)[metric].value


def _guided(run: Experiment, progress: Progress) -> Guidance:
    return guided_laws(run, progress)


def _to_noise(run: Experiment, times: Sequence[int], progress: Progress) -> Array:
    return np.array([noise_distance(run, t).value for t in times])


def _final(run: Experiment, particles: int, progress: Progress) -> Array:
    return final_points(run, particles, progress)[:, 0]
