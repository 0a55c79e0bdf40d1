"""Gaussian targets in any dimension: every update is affine, so the law of Y_t stays Gaussian.

In the eigenbasis of the target's covariance the axes are independent, and an affine map of one axis
is known from its values at 0 and 1. So the very update that moves particles gives the recursion for
mean and variance; no formula is written twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from scipy.special import log1p, ndtr

from diffusion_core.samplers import Sampler, advance
from diffusion_core.samplers.update import Memory, kernel
from diffusion_core.schedules import Array, Chain
from diffusion_core.targets.base import Target
from diffusion_core.targets.gaussian_mixture import GaussianMixture

RULES = (1 / 16, 1 / 32, 1 / 64, 1 / 128)  # steps of the trapezoid rule for TV
SETTLED = 1e-13


@dataclass(frozen=True)
class AxisGaussian:
    """N(mean, diag(variance)) in the eigenbasis of the target's covariance; both (d,)."""

    mean: Array
    variance: Array


Affine = Callable[[float], tuple[float, Array]]


class _AxisScore:
    """c_t s_t + v_t, s_t the score of N(mu, diag(lambda)) noised: one independent axis a column."""

    def __init__(self, mean: Array, variance: Array, chain: Chain, wrong: Affine) -> None:
        self._mean, self._variance, self._chain = mean, variance, chain
        self._wrong = wrong

    def law(self, t: float) -> AxisGaussian:
        at = self._chain.level(t)
        mean = math.sqrt(at.abar) * self._mean
        return AxisGaussian(mean, at.abar * self._variance + at.var)

    def __call__(self, t: float, x: Array) -> Array:
        law, (factor, shift) = self.law(t), self._wrong(t)
        return factor * (law.mean - x) / law.variance + shift

    def jacobian(self, t: float, x: Array) -> Array:
        diagonal = np.diag(-self._wrong(t)[0] / self.law(t).variance)
        return np.broadcast_to(diagonal, (len(x), *diagonal.shape))

    def trace_gradient(self, t: float, x: Array) -> Array:
        return np.zeros_like(x)


def is_gaussian(target: Target) -> bool:
    """Whether the target is one Gaussian, so that every law stays Gaussian."""
    return isinstance(target, GaussianMixture) and len(target.weights) == 1


def gaussian_laws(
    sampler: Sampler,
    chain: Chain,
    target: GaussianMixture,
    exact_start: bool,
    data: bool = False,
    wrong: Affine | None = None,
) -> tuple[AxisGaussian, AxisGaussian]:
    """(q_1, p_1) in the target's eigenbasis; (q_1, p_0) when ``data``.

    wrong: (c_t, v_t) by t, v_t (d,), where the sampler is given c_t s_t + v_t instead of s_t.
    """
    values, vectors = target.spectrum
    turn = vectors[0].T

    def turned(t: float) -> tuple[float, Array]:
        factor, shift = (1.0, np.zeros(target.dim)) if wrong is None else wrong(t)
        return factor, turn @ shift

    score = _AxisScore(turn @ np.array(target.means[0]), values[0], chain, turned)
    dim = target.dim
    start = score.law(chain.steps) if exact_start else AxisGaussian(np.zeros(dim), np.ones(dim))
    run = _deterministic if not sampler.stochastic else _stochastic
    return run(sampler, chain, score, start), score.law(0 if data else 1)


def _deterministic(
    sampler: Sampler, chain: Chain, score: _AxisScore, start: AxisGaussian
) -> AxisGaussian:
    y = np.stack([start.mean, start.mean + 1.0])
    memory: Memory = None
    for t in range(chain.steps, 1, -1):
        y, memory = advance(sampler, y, t, chain, score, np.zeros, memory)
    return AxisGaussian(y[0], (y[1] - y[0]) ** 2 * start.variance)


def _stochastic(
    sampler: Sampler, chain: Chain, score: _AxisScore, start: AxisGaussian
) -> AxisGaussian:
    mean, variance = start.mean, start.variance
    for t in range(chain.steps, 1, -1):
        for stage in sampler.stages:
            law = kernel(stage, np.stack([mean, mean + 1.0]), t, chain, score)
            spread = law.spread if np.ndim(law.spread) == 0 else np.diagonal(law.spread[0])
            mean, variance = law.mean[0], np.diff(law.mean, axis=0)[0] ** 2 * variance + spread**2
    return AxisGaussian(mean, variance)


def gaussian_tv(q: AxisGaussian, p: AxisGaussian) -> tuple[float, float]:
    """TV and its numerical error."""
    return product_tv(q, p, np.ones((1, len(q.mean))))[0]


def product_tv(
    q: AxisGaussian, p: AxisGaussian, counts: Array, settled: float = SETTLED
) -> list[tuple[float, float]]:
    """TV and its numerical error where axis a is repeated counts[i, a] times, one pair a row i.

    1 - TV = int min(p, q) = (1/pi) int M(s(w)) / cosh(w) dw with M(s) = int p^s q^{1-s} and
    s(w) = 1/2 + (i/2) sinh(w), by Mellin inversion of min(e^L, 1), L = log p/q. The line w + i phi
    is tilted to where M decays, and the trapezoid rule then converges geometrically: its step is
    halved until that changes nothing above ``settled``. M is a product over axes, so a million
    equal ones cost no more than one.
    """
    if not (np.isfinite(q.mean).all() and np.isfinite(q.variance).all()):
        return [(1.0, 0.0)] * len(counts)
    best = np.full((len(counts), 2), (math.nan, math.inf))
    for h, phi in product(RULES, (0.5, -0.5, 0.0)):
        found = _mellin(q, p, counts, phi, h)
        better = found[:, 1] < best[:, 1]
        best[better] = found[better]
        if (best[:, 1] <= settled).all():
            break
    best[:, 1] += 1e-13 + 1e-15 * counts @ np.abs(_variance_ratio(q, p)[1])
    pairs = [(min(max(value, 0.0), 1.0), error) for value, error in best.tolist()]
    for i in np.flatnonzero(counts.sum(axis=1) == 1):
        a = counts[i] == 1
        one = AxisGaussian(q.mean[a], q.variance[a])
        pairs[i] = _tv_one(one, AxisGaussian(p.mean[a], p.variance[a])), 1e-14
    return pairs


def _mellin(q: AxisGaussian, p: AxisGaussian, counts: Array, phi: float, h: float) -> Array:
    """(value, change on halving the step) along one line, a row each; s(-w) is conj s(w)."""
    w = np.arange(0.0, 45.0 + h / 2, h) + 1j * phi
    weight = h / math.pi / np.cosh(w)
    weight[1:] *= 2
    s = 0.5 + 0.5j * np.sinh(w)
    excess, log_ratio = (x[:, None] for x in _variance_ratio(q, p))
    shift, vp, vq = ((p.mean - q.mean) ** 2)[:, None], p.variance[:, None], q.variance[:, None]
    log_m = counts @ (
        0.5 * ((1 - s) * log_ratio - log1p((1 - s) * excess))
        - 0.5 * s * (1 - s) * shift / (vp + s * (vq - vp))
    )
    grows = log_m.real.max(axis=1) > 1.0
    log_m = np.where((log_m.real < -700) | grows[:, None], -700, log_m)
    terms = np.real(-np.expm1(log_m) * weight)
    fine = terms.sum(axis=1)
    coarse = 2 * terms[:, ::2].sum(axis=1)
    return np.stack([fine, np.where(grows, math.inf, np.abs(coarse - fine))], axis=1)


def _tv_one(q: AxisGaussian, p: AxisGaussian) -> float:
    """One axis: Q - P has its extrema where the densities cross, the roots of a quadratic."""
    m, v = float(q.mean[0] - p.mean[0]), float(q.variance[0])
    w = float(p.variance[0])
    # log p - log q = a x^2 + b x + c around p's mean
    a, b, c = 0.5 * (w - v) / (v * w), -m / v, 0.5 * (m * m / v + math.log1p((v - w) / w))
    if abs(a) * max(v, w) < 1e-15:
        roots = [] if b == 0 else [-c / b]
    else:
        root = math.sqrt(max(b * b - 4 * a * c, 0.0))
        k = -0.5 * (b + math.copysign(root, b))
        roots = sorted({k / a, c / k} if k != 0 else {0.0})
    gap = [float(ndtr((x - m) / math.sqrt(v)) - ndtr(x / math.sqrt(w))) for x in roots]
    ends = [0.0, *gap, 0.0]
    return 0.5 * sum(abs(y - x) for x, y in pairwise(ends))


def gaussian_kl(q: AxisGaussian, p: AxisGaussian) -> float:
    """KL(p || q) in nats."""
    return float(axis_kl(q, p).sum())


def axis_kl(q: AxisGaussian, p: AxisGaussian) -> Array:
    """What every axis adds to KL(p || q), (d,)."""
    excess, log_ratio = _variance_ratio(q, p)
    return 0.5 * (excess - log_ratio + (p.mean - q.mean) ** 2 / q.variance)


def _variance_ratio(q: AxisGaussian, p: AxisGaussian) -> tuple[Array, Array]:
    """p.variance/q.variance - 1 and the logarithm of the ratio, both to all digits."""
    excess = (p.variance - q.variance) / q.variance
    near = np.abs(excess) < 0.5
    far_log = np.log(p.variance) - np.log(q.variance)
    return excess, np.where(near, np.log1p(np.where(near, excess, 0.0)), far_log)


def gaussian_hellinger(q: AxisGaussian, p: AxisGaussian) -> float:
    """( 1 - int sqrt(p q) )^{1/2}."""
    return math.sqrt(max(0.0, -math.expm1(float(axis_log_affinity(q, p).sum()))))


def axis_log_affinity(q: AxisGaussian, p: AxisGaussian) -> Array:
    """log int sqrt(p q) of every axis, (d,); the affinity of the whole law is their product."""
    excess, log_ratio = _variance_ratio(q, p)
    spread = 0.25 * log_ratio - 0.5 * np.log1p(excess / 2)
    return spread - 0.25 * (p.mean - q.mean) ** 2 / (p.variance + q.variance)


def gaussian_w2(q: AxisGaussian, p: AxisGaussian) -> float:
    """( |m_q - m_p|^2 + sum (sd_q - sd_p)^2 )^{1/2}: the covariances commute."""
    sd = np.sqrt(q.variance) - np.sqrt(p.variance)
    return math.sqrt(float(((q.mean - p.mean) ** 2 + sd**2).sum()))


def gaussian_w1(q: AxisGaussian, p: AxisGaussian) -> float:
    """E |m_q - m_p + (sd_q - sd_p) Z|, one axis only."""
    m, s = float(q.mean[0] - p.mean[0]), abs(math.sqrt(q.variance[0]) - math.sqrt(p.variance[0]))
    if s == 0:
        return abs(m)
    u = m / s
    return 2 * s * math.exp(-u * u / 2) / math.sqrt(2 * math.pi) + m * float(ndtr(u) - ndtr(-u))
