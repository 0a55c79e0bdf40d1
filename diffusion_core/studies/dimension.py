"""How the distance grows with the dimension d: centred Gaussian targets with independent axes.

Every update is linear there, axis by axis: Y_{t-1} = a Y_t + b Z_t, where a is the update at (1, 0)
and b at (0, 1). So a law in d = 10^6 dimensions is one variance for each *distinct* axis: KL adds
up over axes, affinities multiply, and TV is one integral (``laws.gaussian.product_tv``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import gammainc

from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import InputError, Refused
from diffusion_core.laws.gaussian import (
    AxisGaussian,
    axis_kl,
    axis_log_affinity,
    product_tv,
)
from diffusion_core.samplers import Sampler, advance
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import MAX_STEPS, MIN_STEPS, Array, Chain, Schedule, check_range
from diffusion_core.scores.exact import Score

MAX_DIMENSION = 10**6
SATURATED = 0.3  # a larger TV no longer grows like a power of d
LEVEL = 0.1
CLOSE = 0.001  # half of the tolerance on a T
TOLERANCE = 1e-7  # of a TV that is compared with it

Stop = Callable[[], None]


def never() -> None:
    """The stop check of work that nobody can stop."""


@dataclass(frozen=True)
class GaussianAxes:
    """X_0 ~ N(0, diag): ``signal`` axes of this variance (all, where None), the others of ``rest``.

    A rest of 0 is a law on a subspace of dimension k = signal. InputError for variances outside
    0..10^6 and for k outside 1..10^6.
    """

    variance: float = 0.25
    signal: int | None = None
    rest: float = 0.0

    def __post_init__(self) -> None:
        check_range("variance", self.variance, 0.0, 1e6)
        check_range("rest", self.rest, 0.0, 1e6)
        if self.signal is not None:
            check_dimension("signal", self.signal)

    @property
    def variances(self) -> Array:
        return np.array([self.variance, self.rest])

    def counts(self, dims: Sequence[int]) -> Array:
        """How many axes of either variance there are in dimension d, (D, 2)."""
        d = np.array([check_dimension("d", n) for n in dims])
        first = d if self.signal is None else np.minimum(d, self.signal)
        return np.stack([first, d - first], axis=1).astype(float)


def check_dimension(name: str, value: int) -> int:
    """d itself, or InputError unless it is a whole number from 1 to MAX_DIMENSION."""
    if not isinstance(value, int | np.integer) or not 1 <= value <= MAX_DIMENSION:
        raise InputError(f"{name}: a whole number from 1 to {MAX_DIMENSION}, got {value!r}")
    return int(value)


class _Scalars:
    """A chain as plain numbers, thirty times faster to index one by one than arrays are."""

    def __init__(self, chain: Chain) -> None:
        self.steps = chain.steps
        self.beta, self.alpha = chain.beta.tolist(), chain.alpha.tolist()
        self.abar, self.var = chain.abar.tolist(), chain.var.tolist()
        self.level = chain.level


class _LinearScore:
    """s_t(x) = -x/v_t, v_t = abar_t v + var_t, for a number x or an array (N, 1)."""

    def __init__(self, chain: Chain, variance: float) -> None:
        self.variances = (chain.abar * variance + chain.var).tolist()
        self._chain, self._variance = chain, variance

    def __call__(self, t: float, x: Any) -> Any:
        if isinstance(t, int):
            return -x / self.variances[t]
        between = self._chain.level(t)
        return -x / (between.abar * self._variance + between.var)

    def jacobian(self, t: float, x: Array) -> Array:
        return np.full((len(x), 1, 1), self(t, 1.0))

    def trace_gradient(self, t: float, x: Array) -> Array:
        return np.zeros_like(x)


def axis_law(
    sampler: Sampler, chain: Chain, variance: float, exact_start: bool
) -> tuple[float, float]:
    """The variances of q_1 and p_1 on one axis of variance v; Refused for a reader's own update."""
    if sampler.own:
        raise Refused(f"{sampler.name}: the study of dimension knows the affine updates only")
    score: Any = _LinearScore(chain, variance)
    start = score.variances[chain.steps] if exact_start else 1.0
    run = _stochastic if sampler.stochastic else _deterministic
    # updates that use the Jacobian want arrays; the others are much faster with plain numbers
    one: Any = np.ones((1, 1)) if sampler.derivatives else 1.0
    found = run(sampler, _Scalars(chain), score, start, one)
    return float(np.squeeze(found)), score.variances[1]


def _deterministic(sampler: Sampler, chain: Any, score: Score, start: float, one: Any) -> Any:
    y, memory = one, None
    for t in range(chain.steps, 1, -1):
        y, memory = advance(sampler, y, t, chain, score, _no_noise, memory)
    return y * y * start


def _stochastic(sampler: Sampler, chain: Any, score: Score, start: float, one: Any) -> Any:
    variance = start * one
    for t in range(chain.steps, 1, -1):
        for stage in sampler.stages:
            law = kernel(stage, one, t, chain, score)
            variance = law.mean**2 * variance + np.squeeze(law.spread) ** 2
    return variance


def _no_noise(shape: tuple[int, ...]) -> Array:
    raise AssertionError("a deterministic update draws no noise")


def _laws(
    sampler: Sampler, chain: Chain, variances: Array, exact_start: bool
) -> tuple[AxisGaussian, AxisGaussian]:
    """(q_1, p_1), one axis of each variance."""
    pairs = [axis_law(sampler, chain, v, exact_start) for v in variances.tolist()]
    q, p = np.array(pairs).T
    zero = np.zeros(len(pairs))
    return AxisGaussian(zero, q), AxisGaussian(zero, p)


@dataclass(frozen=True)
class Growth:
    """Distances between q_1 and p_1 in several dimensions; ``shares`` of KL lie on signal axes."""

    dims: tuple[int, ...]
    tv: tuple[Distance, ...]
    kl: tuple[Distance, ...]
    hellinger: tuple[Distance, ...]
    shares: tuple[float, ...]

    def of(self, metric: str) -> tuple[Distance, ...]:
        return {"tv": self.tv, "kl": self.kl, "hellinger": self.hellinger}[metric]


def gaussian_growth(
    sampler: Sampler,
    chain: Chain,
    axes: GaussianAxes,
    dims: Sequence[int],
    exact_start: bool = False,
) -> Growth:
    """TV, KL(p_1 || q_1) and Hellinger for each d, exact but for rounding."""
    counts = axes.counts(dims)
    used = counts.any(axis=0)
    q, p = _laws(sampler, chain, axes.variances[used], exact_start)
    counts = counts[:, used]
    rounding = 1e-15 * chain.steps  # relative, of a variance
    if not (np.isfinite(q.variance).all() and (q.variance > 0).all()):
        ones = tuple(Distance(1.0, 0.0) for _ in dims)
        lost = tuple(Distance(math.inf, 0.0) for _ in dims)
        return Growth(tuple(dims), ones, lost, ones, tuple(math.nan for _ in dims))
    kl = counts * axis_kl(q, p)
    total = kl.sum(axis=1)
    affinity = counts @ axis_log_affinity(q, p)
    hellinger = np.sqrt(np.maximum(0.0, -np.expm1(affinity)))
    # a relative error r of each variance moves TV and Hellinger by sqrt(d) r, KL by sqrt(d KL) r
    wide = rounding * np.sqrt(np.array(dims, dtype=float))
    return Growth(
        tuple(dims),
        tuple(
            Distance(v, min(e + w, 1.0))
            for (v, e), w in zip(product_tv(q, p, counts), wide, strict=True)
        ),
        _distances(total, wide * np.sqrt(total) + wide**2 + 1e-14 * total),
        _distances(hellinger, wide + 1e-15),
        tuple((kl[:, 0] / np.where(total > 0, total, 1.0)).tolist()),
    )


def _distances(values: Array, errors: Array) -> tuple[Distance, ...]:
    return tuple(Distance(float(v), float(e)) for v, e in zip(values, errors, strict=True))


def growth_exponent(growth: Growth, metric: str) -> float | None:
    """The power of d, by least squares over points that do not saturate; None with less than two.

    KL never saturates, TV and Hellinger do above 0.3; points within ten of their errors are noise.
    """
    ceiling = math.inf if metric == "kl" else SATURATED
    return power(
        [
            (d, f.value)
            for d, f in zip(growth.dims, growth.of(metric), strict=True)
            if 10 * f.error < f.value < ceiling
        ]
    )


def power(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope of log y against log x by least squares; None with less than two points."""
    if len({x for x, _ in points}) < 2:
        return None
    x, y = np.log(np.array(points, dtype=float)).T
    x = x - x.mean()
    return float(x @ y / (x @ x))


def needed_steps(
    sampler: Sampler,
    schedule: Schedule,
    axes: GaussianAxes,
    dims: Sequence[int],
    exact_start: bool = False,
    level: float = LEVEL,
    stop: Stop = never,
) -> dict[int, int | None]:
    """For each d the T from which on TV <= level, to within 0.2 %: None beyond T = 8192."""
    laws: dict[int, tuple[AxisGaussian, AxisGaussian]] = {}

    def tv(steps: int, d: int) -> float:
        if steps not in laws:
            stop()
            laws[steps] = _laws(sampler, schedule.chain(steps), used, exact_start)
        q, p = laws[steps]
        if not (np.isfinite(q.variance).all() and (q.variance > 0).all()):
            return 1.0
        if len(used) == 1:
            return isotropic_tv(float(q.variance[0] / p.variance[0]), d)
        return product_tv(q, p, axes.counts([d]), TOLERANCE)[0][0]

    used = axes.variances[axes.counts(dims).any(axis=0)]
    return {d: _crossing(partial(lambda d, steps: tv(steps, d) / level, d)) for d in dims}


def isotropic_tv(ratio: float, d: int) -> float:
    """TV of N(0, r I) and N(0, I) in d dimensions: their densities cross on a sphere.

    |P(d/2, x) - P(d/2, x/r)|, P the regularised incomplete gamma function, x = (d/2) log r/(1-1/r).
    Its error is about 1e-12, absolute: use ``product_tv`` for tiny distances.
    """
    e = ratio - 1
    if e == 0:
        return 0.0
    x = 0.5 * d * ratio * math.log1p(e) / e
    return float(abs(gammainc(0.5 * d, x) - gammainc(0.5 * d, x / ratio)))


def _crossing(share: Callable[[int], float]) -> int | None:
    """The T from which on share(T) <= 1, to within 0.2 %; None beyond T = 8192.

    The bracket ends at the first power of two from which on all of them do. Within it a guess is
    where a line in the logarithms crosses, a little to the side of the end that lies farther off,
    or the middle where the last guess did not halve the bracket.
    """
    high, at_high = MAX_STEPS, share(MAX_STEPS)
    if at_high > 1:
        return None
    while high > MIN_STEPS and (at_low := share(high // 2)) <= 1:
        high, at_high = high // 2, at_low
    low, side, halved = high // 2, 1 + CLOSE, True
    while low >= MIN_STEPS and high - low > max(1, high // 500):
        width, weight = math.log(high / low), 0.5
        if halved and 0 < at_high < at_low < math.inf:
            weight = math.log(at_low) / math.log(at_low / at_high)
        guess = low * math.exp(weight * width) * (side if halved else 1)
        middle = min(max(round(guess), low + 1), high - 1)
        found = share(middle)
        if found <= 1:
            high, at_high, side = middle, found, 1 - CLOSE
        else:
            low, at_low, side = middle, found, 1 + CLOSE
        halved = math.log(high / low) < width / 2
    return high
