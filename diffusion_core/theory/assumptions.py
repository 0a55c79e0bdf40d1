"""The assumptions of the theorems, checked: the numbers behind each, for one experiment.

How far X_0 reaches, how large it is on average, and whether the schedule does what the proofs use
of it. That the constants are "large enough" cannot be checked: nobody has published how large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, chdtrc, chdtri, gammaln

from diffusion_core.errors import InputError
from diffusion_core.experiment import Experiment
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.learned import ONLY, Learned
from diffusion_core.studies.forward import relative_steps
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT
from diffusion_core.targets.base import Target, mixture_weights
from diffusion_core.theory import theorems as theory_theorems
from diffusion_core.theory.theorems import Theorem

TAIL = 1e-16  # the mass that an unbounded law may have beyond its radius


@dataclass(frozen=True)
class Support:
    """|X_0| <= radius: surely where ``bounded``, else but for a mass of at most 1e-16."""

    radius: float
    bounded: bool

    def exponent(self, steps: int) -> float:
        """c_R with radius = T^{c_R}."""
        return math.log(self.radius) / math.log(steps) if self.radius > 0 else -math.inf


def support(target: Target) -> Support:
    """Closed form for each kind of target.

    Atoms, boxes and circles: the exact radius. Gaussians: |m_k| and the chi quantile times the
    root of the largest eigenvalue, the largest over components. Student's t: |loc| and the quantile
    of |X_0 - loc|. The last two are upper bounds that ignore directions.
    """
    if isinstance(target, Boxes):
        far = np.maximum(np.abs(target.lows), np.abs(target.highs))
        return Support(float(np.linalg.norm(far, axis=1).max()), True)
    if isinstance(target, Circle):
        return Support(math.hypot(*target.center) + target.radius, True)
    if isinstance(target, StudentT):
        x = float(betaincinv(0.5 * target.df, 0.5 * target.dim, TAIL))
        reach = target.scale * math.sqrt(target.df * (1 / x - 1))
        return Support(float(np.linalg.norm(target.loc)) + reach, False)
    _, means, deviation = _components(target)
    reach = math.sqrt(float(chdtri(target.dim, TAIL)))
    radius = float((np.linalg.norm(means, axis=1) + reach * deviation).max())
    return Support(radius, not deviation.any())


def mass_outside(target: Target, radius: float) -> float:
    """An upper bound on P(|X_0| > radius) for atoms, Gaussians and Student's t, as in ``support``.

    Exact for atoms and for laws centred at 0 that look alike in all directions.
    """
    if isinstance(target, StudentT):
        r = max(radius - float(np.linalg.norm(target.loc)), 0.0) / target.scale
        return float(betainc(0.5 * target.df, 0.5 * target.dim, target.df / (target.df + r * r)))
    weights, means, deviation = _components(target)
    left = np.maximum(radius - np.linalg.norm(means, axis=1), 0.0)
    beyond = np.linalg.norm(means, axis=1) > radius
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = chdtrc(target.dim, (left / deviation) ** 2)
    return float(weights @ np.where(deviation > 0, tail, beyond.astype(float)))


def _components(target: Target) -> tuple[Array, Array, Array]:
    """Weights (K,), means (K, d) and the largest standard deviation of each component (K,)."""
    if isinstance(target, Points):
        k = len(target.points)
        return np.full(k, 1 / k), np.array(target.points), np.full(k, target.bandwidth)
    if isinstance(target, GaussianMixture):
        weights = mixture_weights(target.weights, len(target.weights))
        return weights, np.array(target.means), np.sqrt(target.spectrum[0].max(axis=1))
    raise InputError(f"target: how far {target.kind} reaches is not known here")


def first_moment(target: Target) -> float:
    """An upper bound on E|X_0|, infinite where the moment is.

    Student's t: |loc| + scale E|t_d|, with E|t_d| in closed form for df > 1. All others:
    (E|X_0|^2)^{1/2}.
    """
    if isinstance(target, StudentT):
        d, df = target.dim, target.df
        if df <= 1:
            return math.inf
        log_mean = gammaln((d + 1) / 2) - gammaln(d / 2) + gammaln((df - 1) / 2) - gammaln(df / 2)
        mean = math.sqrt(df) * math.exp(float(log_mean))
        return float(np.linalg.norm(target.loc)) + target.scale * mean
    if isinstance(target, Circle):
        return math.hypot(target.radius, *target.center)
    if isinstance(target, Boxes):
        low, high = np.array(target.lows), np.array(target.highs)
        squares = ((low * low + low * high + high * high) / 3).sum(axis=1)
        return math.sqrt(float(mixture_weights(target.weights, len(low)) @ squares))
    weights, means, deviation = _components(target)
    spread = target.dim * deviation**2
    if isinstance(target, GaussianMixture):
        spread = target.spectrum[0].sum(axis=1)
    return math.sqrt(float(weights @ ((means**2).sum(axis=1) + spread)))


def absolutely_continuous(target: Target) -> bool:
    """Whether X_0 has a density: every part of its law spreads in every direction.

    Stricter than ``has_density`` says no: a Gaussian narrower than 1e-9 is continuous all the same.
    """
    if isinstance(target, GaussianMixture):
        return bool((target.spectrum[0] > 0).all())
    return target.has_density


def exact_score(experiment: Experiment) -> bool:
    """Whether the sampler is given s_t itself; w_t and v_t may be learned all the same."""
    error = experiment.score_error
    return error is None or (isinstance(error, Learned) and error.extra == ONLY)


@dataclass(frozen=True)
class ScheduleFacts:
    """What Li and Yan's proof uses of a schedule (arXiv 2409.18959), checked at one T.

    With some c_1: (1) alpha_t >= 1 - c_1 log T/T >= 1/2, (2) (1-alpha_t)/(alpha_t-abar_t) <=
    8 c_1 log T/T for t >= 2, (3) abar_T <= T^{-c_1/2}. (1) and (2) ask for a c_1 of at least
    ``step`` and ``relative``, (3) for one of at most ``end``, and 1/2 for one of at most ``half``.
    """

    largest_beta: float
    largest_step: float
    abar_T: float
    step: float
    relative: float
    end: float
    half: float

    @property
    def least(self) -> float:
        return max(self.step, self.relative)

    @property
    def most(self) -> float:
        return min(self.end, self.half)

    @property
    def hold(self) -> bool:
        """Whether one c_1 does for all three."""
        return self.least <= self.most

    def hold_with(self, c1: float) -> tuple[bool, bool, bool]:
        """The three facts, each at this c_1."""
        # a share of 1e-12 for rounding: the theory's schedule meets the first with equality
        enough = c1 * (1 + 1e-12)
        return self.step <= enough and c1 <= self.half, self.relative <= enough, c1 <= self.end


def schedule_facts(chain: Chain) -> ScheduleFacts:
    """The constants c_1 with which the three facts hold on this chain."""
    steps = chain.steps
    unit = math.log(steps) / steps
    beta = float(chain.beta[1 : steps + 1].max())
    relative = float(relative_steps(chain).max())
    end = float(chain.abar[steps])
    return ScheduleFacts(
        beta,
        relative,
        end,
        beta / unit,
        relative / (8 * unit),
        -2 * math.log(end) / math.log(steps) if end > 0 else math.inf,
        0.5 / unit,
    )


def theorems(experiment: Experiment) -> tuple[Theorem, ...]:
    """Those about the experiment's sampler, the seed paper's first; maybe none."""
    return theory_theorems.theorems(experiment.record.name, experiment.eta)
