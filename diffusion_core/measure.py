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
from diffusion_core.distances.of_masses import METRICS, Distance, check_metric
from diffusion_core.distances.sliced import SLICED
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws import gaussian as gauss
from diffusion_core.laws.line.density_grid import COARSE, FINE, Resolution
from diffusion_core.laws.line.law import (
    GridLaw,
    grid_law,
    marginal_bounds,
    never,
    transport_law,
    unfold,
)
from diffusion_core.laws.line.mass_partition import MassPair, resolve
from diffusion_core.laws.line.pushforward import FAR
from diffusion_core.laws.particles import check_particles, final_points, perfect_points
from diffusion_core.laws.plane.law import METRICS as PLANE_METRICS
from diffusion_core.laws.plane.law import plane_outcomes
from diffusion_core.laws.plane.summed import Outcomes, answered, attempted, doubted
from diffusion_core.schedules import CLEAN, Array, NoiseLevel
from diffusion_core.scores.errors import Scale, Shift
from diffusion_core.targets.base import Marginal
from diffusion_core.targets.gaussian_mixture import GaussianMixture

TOLERANCE = 1e-5  # relative, on TV
REFUSED_ABOVE = 0.05  # an exact value with a larger relative error is no answer,
NEGLIGIBLE = 1e-5  # unless the error is below this
METHODS = ("exact", "particles")
COMPARISONS = ("p1", "data")

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


def has_exact_law(experiment: Experiment) -> bool:
    """Whether ``method="exact"`` exists: up to the plane, and for one Gaussian anywhere."""
    return bool(exact_metrics(experiment))


def exact_metrics(experiment: Experiment) -> tuple[str, ...]:
    """The distances for which ``method="exact"`` exists, though a run may still be refused."""
    if experiment.target.dim == 1:
        return tuple(METRICS)
    if _stays_gaussian(experiment):
        return tuple(m for m in METRICS if m != "w1")
    return PLANE_METRICS if experiment.target.dim == 2 else ()


def _stays_gaussian(experiment: Experiment) -> bool:
    affine = experiment.score_error is None or isinstance(experiment.score_error, Shift | Scale)
    return affine and gauss.is_gaussian(experiment.target)


def measure(
    experiment: Experiment,
    metric: str = "tv",
    method: str = "exact",
    particles: int = 100_000,
    against: str = "p1",
    stop: Stop = never,
    points: Array | None = None,
) -> Measurement:
    """The distance between the law of Y_1 and p_1 (or the data law, ``against="data"``)."""
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
    elif isinstance(experiment.target, GaussianMixture) and _stays_gaussian(experiment):
        found = _gaussian(experiment, experiment.target, metrics, against)
    elif experiment.target.dim == 1:
        found = _on_the_line(experiment, metrics, against, stop)
    elif experiment.target.dim == 2:
        level = comparison_level(experiment, against)
        found = plane_outcomes(experiment, metrics, level, stop)
    else:
        raise Refused(
            f"method: an exact law in {experiment.target.dim} dimensions exists here for Gaussian "
            "targets only; use the particles method"
        )
    seconds = time.perf_counter() - begun
    return {m: _measurement(experiment, m, method, v, seconds) for m, v in found.items()}


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
    if against == "data" and not experiment.target.has_density:
        raise InputError("against: this target's data law has no density; compare with p1")
    if method == "particles":
        check_particles(experiment, particles, LEAST_PARTICLES)
        for metric in metrics:
            check_estimate(metric, experiment.target.dim)


def _measurement(
    experiment: Experiment, metric: str, method: str, found: Found, seconds: float
) -> Measurement | Refused:
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


def comparison_level(experiment: Experiment, against: str) -> NoiseLevel:
    """The noise level of what q_1 is compared with: p_1, or none for the data law."""
    return CLEAN if against == "data" else experiment.chain.level(1)


def _from_particles(
    experiment: Experiment, metrics: Sequence[str], points: Array, against: str
) -> dict[str, Estimate]:
    def perfect(size: int, generator: np.random.Generator) -> np.ndarray:
        return perfect_points(experiment, size, generator, against == "data")

    # every metric draws from its own start: no other changes what it comes out as
    return {
        m: estimate(m, points, perfect, np.random.default_rng([experiment.seed, 1]))
        for m in metrics
    }


def _gaussian(
    experiment: Experiment, target: GaussianMixture, metrics: Sequence[str], against: str
) -> Outcomes:
    e = experiment
    data, wrong = against == "data", getattr(e.score, "affine", None)
    q, p = gauss.gaussian_laws(e.record, e.chain, target, e.exact_start, data, wrong)
    rounding = 1e-14 * e.steps
    return {m: attempted(_between_gaussians, m, q, p, rounding) for m in metrics}


def _between_gaussians(
    metric: str, q: gauss.AxisGaussian, p: gauss.AxisGaussian, rounding: float
) -> Distance:
    if metric == "w1" and len(p.mean) > 1:
        raise Refused("w1: has no closed form between Gaussians in several dimensions; use w2")
    if metric == "tv":
        value, error = gauss.gaussian_tv(q, p)
        return Distance(value, error + rounding)
    value = getattr(gauss, f"gaussian_{metric}")(q, p)
    return Distance(value, rounding * (1 + abs(value)))


def _on_the_line(
    experiment: Experiment, metrics: Sequence[str], against: str, stop: Stop
) -> Outcomes:
    level = comparison_level(experiment, against)
    marginal = experiment.target.marginal(level)
    bounds = marginal_bounds(experiment.target, level)
    if experiment.record.stochastic:
        return _two_resolutions(experiment, metrics, marginal, bounds, stop)
    pair = deterministic_pair(experiment, marginal, bounds, stop)
    far = bool(np.abs(pair.edges).max() >= FAR)
    return {m: attempted(_of_pair, m, pair, far) for m in metrics}


def _of_pair(metric: str, pair: MassPair, far: bool) -> Distance:
    if far and metric in ("w1", "w2"):
        raise Refused(f"{metric}: the sampler throws mass beyond 1e100; use tv, kl or hellinger")
    return METRICS[metric](pair)


def deterministic_pair(
    experiment: Experiment, marginal: Marginal, bounds: tuple[float, float], stop: Stop
) -> MassPair:
    """q_1 of a deterministic sampler beside the target, folds included, as masses."""
    e = experiment
    law = transport_law(e, stop)
    if not law.folded:
        pair = resolve(law, marginal, bounds, TOLERANCE, stop)
        if not law.folded:
            return pair
    return resolve(unfold(law, 1e-9, stop), marginal, bounds, TOLERANCE, stop)


def _two_resolutions(
    experiment: Experiment,
    metrics: Sequence[str],
    marginal: Marginal,
    bounds: tuple[float, float],
    stop: Stop,
) -> Outcomes:
    """Distances at the fine resolution; their change from a coarser one joins the error."""

    def at(resolution: Resolution) -> Outcomes:
        law: GridLaw = grid_law(experiment, resolution, stop)
        pair = resolve(law, marginal, bounds, TOLERANCE, stop)
        return {m: attempted(METRICS[m], pair) for m in metrics}

    fine, coarse = at(FINE), at(COARSE)
    return {m: doubted(fine[m], coarse[m]) for m in metrics}
