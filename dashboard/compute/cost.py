"""What a job will take: units of work told before it runs, seconds a unit learned as jobs end."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from diffusion_core import Experiment
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.measure import exact_metrics
from diffusion_core.targets.base import Target

OVERHEAD = 20  # components' worth of work that a step on the line is besides
PARTICLE = 40  # and of a particle: its noise, and the distance that is estimated from it
PICTURED = 3000  # particles' worth of work that a picture is besides: laws, fields, packing
TRUST = 0.3  # of what is believed of a rate, the part that the latest job says
FIRST = {
    "exact": 1e-4,
    "plane": 3e-8,
    "particles": 1e-8,
    "picture": 5e-8,
    "ladder": 5e-5,
}  # seconds a unit


@dataclass(frozen=True)
class Cost:
    """Units of work of one kind; what one unit takes is learned for every kind by itself."""

    kind: tuple[str, ...]
    units: float


def measuring(experiment: Experiment, method: str, particles: int) -> Cost:
    """The cost of distances by ``method``."""
    if method == "particles":
        return _cost("particles", experiment, particles * (_evaluations(experiment) + PARTICLE))
    if is_quadrature(experiment):
        return law(experiment)
    return _cost("exact", experiment, _evaluations(experiment) + OVERHEAD * experiment.steps)


@lru_cache(maxsize=2000)
def law(experiment: Experiment) -> Cost:
    """The cost of an exact law in the plane."""
    return _cost("plane", experiment, plane_cost(experiment))


def study(experiment: Experiment, name: str, laws: float = 1.0) -> Cost:
    """The cost of what takes about as long as so many exact laws of this run."""
    one = measuring(experiment, "exact", 0)
    return Cost((*one.kind, name), laws * one.units)


def about(name: str, seconds: float) -> Cost:
    """The cost of what takes about as long whatever it is asked for."""
    return Cost((name,), seconds)


def picture(experiment: Experiment, particles: int) -> Cost:
    """The cost of an animation."""
    return _cost("picture", experiment, (particles + PICTURED) * _evaluations(experiment))


def ladder(experiment: Experiment, values: Sequence[float]) -> Cost:
    """The cost of recording the updates at so many values."""
    return _cost("ladder", experiment, len(values) * experiment.steps)


def is_quadrature(experiment: Experiment) -> bool:
    """Whether the exact law goes by quadrature in the plane: seconds to minutes."""
    return experiment.target.dim == 2 and "w2" not in exact_metrics(experiment)


def _evaluations(experiment: Experiment) -> float:
    """Of one component, by one particle on its way."""
    parts = _components(experiment.target)
    return experiment.record.nfe(experiment.steps) * parts * experiment.target.dim


def _components(target: Target) -> int:
    return len(getattr(target, "weights", None) or getattr(target, "points", None) or (1,))


def _cost(what: str, experiment: Experiment, units: float) -> Cost:
    target = experiment.target
    noise = "stochastic" if experiment.record.stochastic else "deterministic"
    shape = getattr(target, "kind", "own") if _components(target) > 1 else "one"
    return Cost((what, shape, str(min(target.dim, 3)), noise), units)


class Rates:
    """Seconds a unit, by kind: a running geometric mean of what jobs took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log: dict[tuple[str, ...], float] = {}

    def seconds(self, cost: Cost) -> float:
        """What it is expected to take."""
        with self._lock:
            log = self._log.get(cost.kind)
        return cost.units * (FIRST.get(cost.kind[0], 1.0) if log is None else math.exp(log))

    def learn(self, cost: Cost, seconds: float) -> None:
        """A job of this cost took so long."""
        if seconds > 0 and cost.units > 0:
            log = math.log(seconds / cost.units)
            with self._lock:
                before = self._log.get(cost.kind, log)
                self._log[cost.kind] = before + TRUST * (log - before)
