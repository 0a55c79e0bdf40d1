"""The front door to exact laws: ``law_of(experiment)`` chooses the engine, nobody else has to.

On the line and in the plane a deterministic sampler's law is carried by its map and a stochastic
one's as densities on grids; one Gaussian has closed forms in every dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from diffusion_core.distances.mass_partition import LineLaw, MassPair, resolve
from diffusion_core.distances.of_masses import METRICS, Distance
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws import gaussian as gauss
from diffusion_core.laws.line.law import (
    GridLaw,
    grid_law,
    marginal_bounds,
    never,
    partitioned,
    transport_law,
    unfold,
)
from diffusion_core.laws.line.over_time import Snapshot, evolution
from diffusion_core.laws.line.pushforward import FAR
from diffusion_core.laws.line.step_kernel import StochasticSteps
from diffusion_core.laws.line.step_map import DeterministicSteps
from diffusion_core.laws.plane.law import METRICS as PLANE_METRICS
from diffusion_core.laws.plane.law import plane_outcomes
from diffusion_core.laws.plane.over_time import PlaneSnapshot, plane_evolution
from diffusion_core.laws.plane.own_map import check_differentiable
from diffusion_core.laws.plane.step_kernel import PlaneNoise
from diffusion_core.laws.plane.step_map import PlaneMaps
from diffusion_core.laws.plane.summed import Outcomes, answered, attempted
from diffusion_core.laws.reference import reference
from diffusion_core.laws.step import LineLaws, StepLaws
from diffusion_core.schedules import Array
from diffusion_core.scores.errors import Scale, Shift
from diffusion_core.targets.base import Marginal
from diffusion_core.targets.gaussian_mixture import GaussianMixture

TOLERANCE = 1e-5  # relative, on TV
UNFOLDED, ROUGHLY_UNFOLDED = 1e-9, 1e-6  # mass that the branches of a folded map may miss

Stop = Callable[[], None]


class Law(Protocol):
    """The exact law of a run."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The distances that are known, though a run may still be refused."""
        ...

    def distances(self, metrics: Sequence[str], against: str = "p1") -> Outcomes:
        """Between q_1 and a ``reference``; each a Distance or why it is refused.

        Refused where the law itself is.
        """
        ...

    def over_time(self, grid: Any, times: Sequence[int]) -> Iterator[Any]:
        """(q_t, p_t) for each t of ``times``: ``Snapshot`` on a grid (G,) of the line,
        ``PlaneSnapshot`` on two equally spaced axes (X,), (Y,)."""
        ...

    def steps(self) -> StepLaws:
        """What single steps do to p_t; Refused where that has no exact laws."""
        ...


def law_of(experiment: Experiment, stop: Stop = never) -> Law:
    """The law of the experiment's run; no work is done before it is asked.

    stop: raises to interrupt. Beyond the plane only one Gaussian has a law; others refuse.
    """
    kinds: dict[int, type[OnLine | InPlane | Beyond]] = {1: OnLine, 2: InPlane}
    general = kinds.get(experiment.target.dim, Beyond)(experiment, stop)
    return OfGaussian(experiment, general) if stays_gaussian(experiment) else general


def stays_gaussian(experiment: Experiment) -> bool:
    """Whether every q_t is one Gaussian: the target is, and score and update are affine."""
    affine = experiment.score_error is None or isinstance(experiment.score_error, Shift | Scale)
    return affine and not experiment.record.own and gauss.is_gaussian(experiment.target)


@dataclass(frozen=True)
class OnLine:
    """A law on the line, of any sampler and target."""

    experiment: Experiment
    stop: Stop = never

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(METRICS)

    def distances(self, metrics: Sequence[str], against: str = "p1") -> Outcomes:
        law = reference(self.experiment, against)
        pair = self.pair(law.marginal, law.bounds)
        pair = replace(pair, law_error=pair.law_error + law.error)
        return {m: attempted(_of_pair, m, pair) for m in metrics}

    def compared(
        self, metrics: Sequence[str], marginal: Marginal, bounds: tuple[float, float]
    ) -> Outcomes:
        """Distances to any law."""
        pair = self.pair(marginal, bounds)
        return {m: attempted(_of_pair, m, pair) for m in metrics}

    def pair(self, marginal: Marginal, bounds: tuple[float, float]) -> MassPair:
        """q_1 beside a law as masses on the partition that resolves both."""
        e, stop = self.experiment, self.stop
        if e.record.stochastic:
            return resolve(grid_law(e, stop), marginal, bounds, TOLERANCE, stop)
        return partitioned(transport_law(e, stop), marginal, bounds, TOLERANCE, UNFOLDED, stop)

    def rough(self, tolerance: float) -> MassPair:
        """q_1 beside p_1 as masses at one resolution, for searches."""
        e, stop = self.experiment, self.stop
        level = e.chain.level(1)
        law: LineLaw | GridLaw
        if e.record.stochastic:
            law = grid_law(e, stop)
        else:
            law = unfold(transport_law(e, stop), ROUGHLY_UNFOLDED, stop)
        bounds = marginal_bounds(e.target, level)
        # by halves alone: a search compares runs, and finer cuts of some would favour them
        return resolve(law, e.target.marginal(level), bounds, tolerance, stop, few=0)

    def over_time(self, grid: Array, times: Sequence[int]) -> Iterator[Snapshot]:
        return evolution(self.experiment, grid, times, self.stop)

    def steps(self) -> LineLaws:
        _check_steps(self.experiment)
        engine = StochasticSteps if self.experiment.record.stochastic else DeterministicSteps
        return engine(self.experiment, self.stop)


def _of_pair(metric: str, pair: MassPair) -> Distance:
    if metric in ("w1", "w2") and np.abs(pair.edges).max() >= FAR:
        raise Refused(f"{metric}: the sampler throws mass beyond 1e100; use tv, kl or hellinger")
    return METRICS[metric](pair)


@dataclass(frozen=True)
class InPlane:
    """A law in the plane."""

    experiment: Experiment
    stop: Stop = never

    @property
    def metrics(self) -> tuple[str, ...]:
        return PLANE_METRICS

    def distances(self, metrics: Sequence[str], against: str = "p1") -> Outcomes:
        check_differentiable(self.experiment)
        law = reference(self.experiment, against)
        return plane_outcomes(self.experiment, metrics, law, self.stop)

    def over_time(self, grid: tuple[Array, Array], times: Sequence[int]) -> Iterator[PlaneSnapshot]:
        check_differentiable(self.experiment)
        return plane_evolution(self.experiment, *grid, times, self.stop)

    def steps(self) -> PlaneNoise | PlaneMaps:
        record = self.experiment.record
        _check_steps(self.experiment)
        if record.name == "ddpm-covariance":
            raise Refused(
                f"the noise of {record.label} is wider in some directions than in others, and its "
                "laws are exact on the line only: choose another sampler or a target on the line"
            )
        check_differentiable(self.experiment)
        return (PlaneNoise if record.stochastic else PlaneMaps)(self.experiment, self.stop)


@dataclass(frozen=True)
class Beyond:
    """More than two dimensions: particles only."""

    experiment: Experiment
    stop: Stop = never

    @property
    def metrics(self) -> tuple[str, ...]:
        return ()

    def distances(self, metrics: Sequence[str], against: str = "p1") -> Outcomes:
        raise Refused(
            f"method: an exact law in {self.experiment.target.dim} dimensions exists here for "
            "Gaussian targets only; use the particles method"
        )

    def over_time(self, grid: Any, times: Sequence[int]) -> Iterator[Any]:
        raise Refused(
            f"A picture needs one or two dimensions, and this target has "
            f"{self.experiment.target.dim}"
        )

    def steps(self) -> StepLaws:
        raise Refused(no_steps(self.experiment))


@dataclass(frozen=True)
class OfGaussian:
    """One Gaussian stays one: its distances have closed forms; the rest is the general law's."""

    experiment: Experiment
    general: OnLine | InPlane | Beyond

    @property
    def metrics(self) -> tuple[str, ...]:
        several = self.experiment.target.dim > 1
        known = {m for m in METRICS if _has_closed_form(m) and not (several and m == "w1")}
        return tuple(m for m in METRICS if m in known or m in self.general.metrics)

    def distances(self, metrics: Sequence[str], against: str = "p1") -> Outcomes:
        e, target = self.experiment, self.experiment.target
        assert isinstance(target, GaussianMixture)
        data, wrong = against == "data", getattr(e.score, "affine", None)
        q, p = gauss.gaussian_laws(e.record, e.chain, target, e.exact_start, data, wrong)
        rounding = 1e-14 * e.steps
        return {
            m: attempted(_between_gaussians, m, q, p, rounding)
            if _has_closed_form(m)
            else attempted(self._in_general, m, against)
            for m in metrics
        }

    def _in_general(self, metric: str, against: str) -> Distance:
        return answered(self.general.distances([metric], against))[metric]

    def over_time(self, grid: Any, times: Sequence[int]) -> Iterator[Any]:
        return self.general.over_time(grid, times)

    def steps(self) -> StepLaws:
        return self.general.steps()


def _has_closed_form(metric: str) -> bool:
    return hasattr(gauss, f"gaussian_{metric}")


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


def no_steps(experiment: Experiment) -> str:
    """Why single steps in so many dimensions have no account."""
    return (
        "the error's parts are laws of single steps, which are exact on the line and in the "
        f"plane only; in {experiment.target.dim} dimensions distances come from particles, "
        "whose noise would hide them"
    )


def _check_steps(experiment: Experiment) -> None:
    if experiment.record.multistep:
        raise Refused(
            f"{experiment.record.label} remembers the step before: what one step does to p_t alone "
            "is not defined, and no sum of single steps bounds its error"
        )
