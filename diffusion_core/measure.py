"""One distance of one experiment: exactly where the law is known, from particles everywhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from diffusion_core.distances.from_particles import (
    LEAST_PARTICLES,
    Estimate,
    check_estimate,
    estimate,
)
from diffusion_core.distances.of_masses import Distance, check_metric
from diffusion_core.distances.sliced import SLICED
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.front import law_of
from diffusion_core.laws.line.law import never
from diffusion_core.laws.particles import check_particles, final_points
from diffusion_core.laws.plane.summed import answered
from diffusion_core.laws.reference import COMPARISONS, GUIDED, guidance, reference_points
from diffusion_core.schedules import Array

REFUSED_ABOVE = 0.05  # an exact value with a larger relative error is no answer,
NEGLIGIBLE = 1e-5  # unless the error is below this
METHODS = ("exact", "particles")

Stop = Callable[[], None]
Found = Distance | Estimate | Refused


@dataclass(frozen=True)
class Measurement:
    """A distance with its own error: numerical ("exact") or statistical ("particles").

    ``notes`` say what a reader of the number has to know; ``estimate`` is there for particles only.
    """

    metric: str
    value: float
    error: float
    method: str
    steps: int
    nfe: int
    seconds: float
    notes: tuple[str, ...] = field(default=())
    estimate: Estimate | None = None


def exact_metrics(experiment: Experiment) -> tuple[str, ...]:
    """The distances for which ``method="exact"`` exists, though a run may still be refused."""
    return law_of(experiment).metrics


def measure(
    experiment: Experiment,
    metric: str = "tv",
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    stop: Stop = never,
    points: Array | None = None,
) -> Measurement:
    """The distance between the law of Y_1 and p_1, or what ``against`` names.

    "data" is the data law. Where the score is guided to a class C at scale w, "class" is
    p_1(. | C), and "tilted" p_1 P(C | x)^w / Z; p_1 still is the law of all data.
    """
    return measure_all(experiment, (metric,), method, particles, against, stop, points)[metric]


def measure_all(
    experiment: Experiment,
    metrics: Sequence[str] = ("tv",),
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    stop: Stop = never,
    points: Array | None = None,
) -> dict[str, Measurement]:
    """Several distances of one run; Refused when one cannot be computed reliably.

    points: Y_1 of shape (N, d), when the experiment has been simulated already, as by
    ``final_points``. The particles method then measures these, and their number replaces
    ``particles``.
    """
    return answered(measure_each(experiment, metrics, method, particles, against, stop, points))


def measure_each(
    experiment: Experiment,
    metrics: Sequence[str],
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    stop: Stop = never,
    points: Array | None = None,
) -> dict[str, Measurement | Refused]:
    """The same, a distance that is refused leaving the others; Refused where the law itself is."""
    if points is not None:
        points = _given(experiment, method, points)
        particles = len(points)
    check_request(experiment, metrics, method, particles, against)
    begun = time.perf_counter()
    found: Mapping[str, Found]
    if method == "particles":
        points = final_points(experiment, particles, stop) if points is None else points
        found = _from_particles(experiment, metrics, points, against)
    else:
        found = law_of(experiment, stop).distances(metrics, against)
    seconds = time.perf_counter() - begun
    return {m: measurement(experiment, m, method, v, seconds) for m, v in found.items()}


def _given(experiment: Experiment, method: str, points: Array) -> Array:
    """Final points as float64; InputError when they cannot be this experiment's."""
    if method != "particles":
        raise InputError("points: are measured by the particles method only")
    points, dim = np.asarray(points, dtype=float), experiment.target.dim
    if points.ndim != 2 or points.shape[1] != dim:
        raise InputError(f"points: must have the shape (N, {dim}), got {points.shape}")
    if not np.isfinite(points).all():
        raise InputError("points: must be finite")
    return points


def check_request(
    experiment: Experiment, metrics: Sequence[str], method: str, particles: int, against: str
) -> None:
    """InputError, or Refused, for whatever can be said before any work starts."""
    for metric in metrics:
        if metric not in SLICED:
            check_metric(metric)
        elif method == "exact":
            raise InputError(f"metric: {metric} is estimated from particles only")
    if method not in METHODS:
        raise InputError(f"method: one of {', '.join(METHODS)}, got {method!r}")
    if against not in COMPARISONS:
        raise InputError(f"against: one of {', '.join(COMPARISONS)}, got {against!r}")
    if against in GUIDED:
        guidance(experiment, against)
    if against == "data" and not experiment.target.has_density:
        raise InputError("against: this target's data law has no density; compare with p1")
    if method == "particles":
        check_particles(experiment, particles, LEAST_PARTICLES)
        for metric in metrics:
            check_estimate(metric, experiment.target.dim)


def measurement(
    experiment: Experiment, metric: str, method: str, found: Found, seconds: float
) -> Measurement | Refused:
    """What was found with all that belongs to it; Refused where its error leaves no answer."""
    if isinstance(found, Refused):
        return found
    value, error = found.value, found.error
    sampled = found if isinstance(found, Estimate) else None
    if not (math.isfinite(value) and math.isfinite(error)) or (
        sampled is None and error > REFUSED_ABOVE * value and error > NEGLIGIBLE
    ):
        return Refused(
            f"{metric}: the {method} value came out as {value:.3g} with an error of {error:.2g}, "
            "too large to be an answer; use more steps, another sampler or the particles method"
        )
    return Measurement(
        metric=metric,
        value=float(value),
        error=float(error),
        method=method,
        steps=experiment.steps,
        nfe=experiment.record.nfe(experiment.steps),
        seconds=seconds,
        notes=experiment.notes,
        estimate=sampled,
    )


def _from_particles(
    experiment: Experiment, metrics: Sequence[str], points: Array, against: str
) -> dict[str, Estimate]:
    def perfect(size: int, generator: np.random.Generator) -> np.ndarray:
        return reference_points(experiment, size, generator, against)

    # every metric draws from its own start: no other changes what it comes out as
    return {
        m: estimate(m, points, perfect, np.random.default_rng([experiment.seed, 1]))
        for m in metrics
    }
