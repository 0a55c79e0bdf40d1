"""Independent reference implementations, written from the formulas and not from the core.

Everything here is generic: the same update runs on NumPy arrays and on mpmath numbers, because it
uses arithmetic and ``** 0.5`` only. A *law* is an object with ``score(t, y)``, ``slope(t, y)`` (the
score's derivative) and ``bend(t, y)`` (its second derivative), in one dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import mpmath as mp
import numpy as np
from scipy.special import log_ndtr, ndtr

Number = Any  # a float, an array or an mpmath number


class Betas:
    """beta_t for t = 1..T+1 (index 0 unused), with the products that every formula needs."""

    def __init__(self, beta: Sequence[Number]) -> None:
        self.beta = list(beta)
        self.alpha = [1 - b for b in self.beta]
        self.abar = [self.beta[0] * 0 + 1]
        for a in self.alpha[1:]:
            self.abar.append(self.abar[-1] * a)
        self.var = [self.beta[0] * 0]
        for t, b in enumerate(self.beta[1:], 1):
            # 1 - abar_t = alpha_t (1 - abar_{t-1}) + beta_t: every term positive
            self.var.append(self.alpha[t] * self.var[-1] + b)

    @property
    def steps(self) -> int:
        return len(self.beta) - 2


class NormalMixture:
    """p_t of sum_k w_k N(m_k, s_k^2) on the line, NumPy."""

    def __init__(
        self, w: Sequence[float], m: Sequence[float], s: Sequence[float], betas: Betas
    ) -> None:
        self.w, self.m, self.s = (np.array(v, dtype=float)[:, None] for v in (w, m, s))
        self.betas = betas

    def _parts(self, t: int, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        v = self.betas.abar[t] * self.s**2 + self.betas.var[t]
        u = y - math.sqrt(self.betas.abar[t]) * self.m
        log_w = np.log(self.w) - 0.5 * np.log(v) - 0.5 * u * u / v
        r = np.exp(np.maximum(log_w - log_w.max(axis=0), -745.0))
        return r / r.sum(axis=0), -u / v, v

    def score(self, t: int, y: np.ndarray) -> np.ndarray:
        r, g, _ = self._parts(t, y)
        return (r * g).sum(axis=0)

    def slope(self, t: int, y: np.ndarray) -> np.ndarray:
        r, g, v = self._parts(t, y)
        mean = (r * g).sum(axis=0)
        return (r * ((g - mean) ** 2 - 1 / v)).sum(axis=0)

    def bend(self, t: int, y: np.ndarray) -> np.ndarray:
        # the third cumulant of the component scores, plus 3 Cov(g, -1/v)
        r, g, v = self._parts(t, y)
        d = g - (r * g).sum(axis=0)
        return (r * d**3).sum(axis=0) - 3 * (r * d / v).sum(axis=0)

    def density(self, t: int, y: np.ndarray) -> np.ndarray:
        v = self.betas.abar[t] * self.s**2 + self.betas.var[t]
        u = y - math.sqrt(self.betas.abar[t]) * self.m
        return (self.w * np.exp(-0.5 * u * u / v) / np.sqrt(2 * np.pi * v)).sum(axis=0)

    def cdf(self, t: int, y: np.ndarray) -> np.ndarray:
        sd = np.sqrt(self.betas.abar[t] * self.s**2 + self.betas.var[t])
        return (self.w * ndtr((y - math.sqrt(self.betas.abar[t]) * self.m) / sd)).sum(axis=0)


class UniformMixture:
    """p_t of sum_k w_k Uniform(l_k, h_k) on the line; score by logarithms of normal tails."""

    def __init__(
        self, w: Sequence[float], low: Sequence[float], high: Sequence[float], betas: Betas
    ) -> None:
        self.w, self.low, self.high = (np.array(v, dtype=float)[:, None] for v in (w, low, high))
        self.betas = betas

    def _ends(self, t: int, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        a, sd = math.sqrt(self.betas.abar[t]), math.sqrt(self.betas.var[t])
        return (y - a * self.low) / sd, (y - a * self.high) / sd, sd

    def _log_mass(self, t: int, y: np.ndarray) -> np.ndarray:
        left, right, _ = self._ends(t, y)
        flip = right > 0
        big = log_ndtr(np.where(flip, -right, left))
        small = log_ndtr(np.where(flip, -left, right))
        return big + np.log1p(-np.exp(small - big)) + np.log(self.w / (self.high - self.low))

    def score(self, t: int, y: np.ndarray) -> np.ndarray:
        left, right, sd = self._ends(t, y)
        log_m = self._log_mass(t, y)
        top = log_m.max(axis=0)
        r = np.exp(log_m - top)
        scale = self.w / (self.high - self.low)
        half = 0.5 * math.log(2 * math.pi)
        flux = scale * (np.exp(-0.5 * left**2 - half - top) - np.exp(-0.5 * right**2 - half - top))
        return flux.sum(axis=0) / sd / r.sum(axis=0)

    def density(self, t: int, y: np.ndarray) -> np.ndarray:
        total = np.exp(self._log_mass(t, y)).sum(axis=0)
        return total / math.sqrt(self.betas.abar[t])

    def cdf(self, t: int, y: np.ndarray) -> np.ndarray:
        left, right, sd = self._ends(t, y)

        def ramp(z: np.ndarray) -> np.ndarray:  # int_{-inf}^z Phi
            return z * ndtr(z) + np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)

        width = math.sqrt(self.betas.abar[t]) * (self.high - self.low)
        return (self.w * sd * (ramp(left) - ramp(right)) / width).sum(axis=0)


class MpMixture:
    """p_t of sum_k w_k N(m_k, s_k^2), mpmath scalars."""

    def __init__(
        self, w: Sequence[float], m: Sequence[float], s: Sequence[float], betas: Betas
    ) -> None:
        self.parts = [tuple(mp.mpf(v) for v in row) for row in zip(w, m, s, strict=True)]
        self.betas = betas

    def density(self, t: int, y: Number) -> Number:
        a, v0 = self.betas.abar[t], self.betas.var[t]
        return mp.fsum(
            w * mp.npdf(y, mp.sqrt(a) * m, mp.sqrt(a * s * s + v0)) for w, m, s in self.parts
        )

    def cdf(self, t: int, y: Number) -> Number:
        a, v0 = self.betas.abar[t], self.betas.var[t]
        return mp.fsum(
            w * mp.ncdf(y, mp.sqrt(a) * m, mp.sqrt(a * s * s + v0)) for w, m, s in self.parts
        )

    def _derivatives(self, t: int, y: Number) -> list[Number]:
        """p, p', p'', p''' at y."""
        a, v0 = self.betas.abar[t], self.betas.var[t]
        total = [mp.mpf(0)] * 4
        for w, m, s in self.parts:
            v = a * s * s + v0
            u = y - mp.sqrt(a) * m
            f = w * mp.exp(-u * u / (2 * v)) / mp.sqrt(2 * mp.pi * v)
            hermite = [1, -u / v, u * u / v**2 - 1 / v, -(u**3) / v**3 + 3 * u / v**2]
            total = [x + f * h for x, h in zip(total, hermite, strict=True)]
        return total

    def score(self, t: int, y: Number) -> Number:
        p, p1, _, _ = self._derivatives(t, y)
        return p1 / p

    def slope(self, t: int, y: Number) -> Number:
        p, p1, p2, _ = self._derivatives(t, y)
        return p2 / p - (p1 / p) ** 2

    def bend(self, t: int, y: Number) -> Number:
        p, p1, p2, p3 = self._derivatives(t, y)
        return p3 / p - 3 * p2 * p1 / p**2 + 2 * (p1 / p) ** 3


def ode(y: Number, t: int, c: Betas, law: Any) -> Number:
    return (y + c.beta[t] / 2 * law.score(t, y)) / c.alpha[t] ** 0.5


def ode_accelerated(y: Number, t: int, c: Betas, law: Any) -> Number:
    s = law.score(t, y)
    ahead = c.alpha[t + 1] ** 0.5 * (y - c.beta[t + 1] / 2 * s)
    change = s - c.alpha[t + 1] ** 0.5 * law.score(t + 1, ahead)
    total = y + c.beta[t] / 2 * s + c.beta[t] ** 2 / (4 * c.beta[t + 1]) * change
    return total / c.alpha[t] ** 0.5


def ode_taylor(y: Number, t: int, c: Betas, law: Any) -> Number:
    b, s = c.beta[t], law.score(t, y)
    curvature = law.bend(t, y) + law.slope(t, y) * s
    return (y + b / 2 * s - b * b / 8 * curvature) / c.alpha[t] ** 0.5


def ddim(y: Number, t: int, c: Betas, law: Any) -> Number:
    """Song et al. (12) with sigma = 0, in terms of the score."""
    x0 = (y + c.var[t] * law.score(t, y)) / c.abar[t] ** 0.5
    return c.abar[t - 1] ** 0.5 * x0 - (c.var[t - 1] * c.var[t]) ** 0.5 * law.score(t, y)


def heun(y: Number, t: int, c: Betas, law: Any) -> Number:
    """Karras et al. (2022), Algorithm 1, for x = y/sqrt(abar), sigma^2 = (1 - abar)/abar."""

    def rate(k: int, x: Number) -> Number:  # (x - D)/sigma, D the denoised x
        sigma2 = c.var[k] / c.abar[k]
        denoised = x + sigma2 * c.abar[k] ** 0.5 * law.score(k, c.abar[k] ** 0.5 * x)
        return (x - denoised) / sigma2**0.5

    sigma, sigma_next = ((c.var[k] / c.abar[k]) ** 0.5 for k in (t, t - 1))
    x = y / c.abar[t] ** 0.5
    d = rate(t, x)
    euler = x + (sigma_next - sigma) * d
    corrected = x + (sigma_next - sigma) * (d + rate(t - 1, euler)) / 2
    return corrected * c.abar[t - 1] ** 0.5


DETERMINISTIC: dict[str, Callable[[Number, int, Betas, Any], Number]] = {
    "ode": ode,
    "ode-accelerated": ode_accelerated,
    "ode-taylor": ode_taylor,
    "ddim": ddim,
    "heun": heun,
}


def dpmpp_2m_run(y: Number, c: Betas, law: Any, log: Callable[[Number], Number]) -> Number:
    """Lu et al. (2022b), Algorithm 2: t_0 = T, t_M = 1, x0 prediction."""
    lam = {t: log(c.abar[t] / c.var[t]) / 2 for t in range(1, c.steps + 1)}
    before = None
    for t in range(c.steps, 1, -1):
        x0 = (y + c.var[t] * law.score(t, y)) / c.abar[t] ** 0.5
        h = lam[t - 1] - lam[t]
        if before is None:
            d = x0
        else:
            r = (lam[t] - lam[t + 1]) / h
            d = (1 + 1 / (2 * r)) * x0 - before / (2 * r)
        # e^{-h} = (sigma_{t-1}/alpha_{t-1}) / (sigma_t/alpha_t)
        decay = (c.var[t - 1] / c.abar[t - 1]) ** 0.5 / (c.var[t] / c.abar[t]) ** 0.5
        y = (c.var[t - 1] / c.var[t]) ** 0.5 * y - c.abar[t - 1] ** 0.5 * (decay - 1) * d
        before = x0
    return y


def dpmpp_3m_run(y: Number, c: Betas, law: Any, log: Callable[[Number], Number]) -> Number:
    """Lu et al. (2022b) to third order: x0 as Lagrange's polynomial through the last predictions.

    Y_{t-1} = e^{-h} sigma-part + alpha_{t-1} int_0^h e^{-(h-s)} x0(lam_t + s) ds, with the moments
    of the exponential by their recursion.
    """
    lam = {t: log(c.abar[t] / c.var[t]) / 2 for t in range(1, c.steps + 1)}
    past: list[tuple[Number, Number]] = []  # (lambda_s - lambda_t, x0_s), the newest first
    for t in range(c.steps, 1, -1):
        x0 = (y + c.var[t] * law.score(t, y)) / c.abar[t] ** 0.5
        past = [(lam[t] * 0, x0), *((p + lam[t + 1] - lam[t], v) for p, v in past)][:3]
        h = lam[t - 1] - lam[t]
        decay = (c.var[t - 1] / c.abar[t - 1]) ** 0.5 / (c.var[t] / c.abar[t]) ** 0.5
        moment = [1 - decay]  # int_0^h e^{-(h-s)} s^k ds
        for k in (1, 2):
            moment.append(h**k - k * moment[-1])
        y = (c.var[t - 1] / c.var[t]) ** 0.5 * y
        for i, (p, v) in enumerate(past):
            others = [q for j, (q, _) in enumerate(past) if j != i]
            scale = lam[t] * 0 + 1
            for q in others:
                scale = scale * (p - q)
            # int_0^h e^{-(h-s)} of the product of (s - q)
            weight = moment[len(others)]
            if others:
                weight = weight - sum(others) * moment[len(others) - 1]
            if len(others) == 2:
                weight = weight + others[0] * others[1] * moment[0]
            y = y + c.abar[t - 1] ** 0.5 * weight / scale * v
    return y


def order_run(y: Number, c: Betas, law: Any, k: int = 3, rounds: int = 3) -> Number:
    """2506.24042, Algorithm 1: u = x/sqrt(1-tau), du/dtau = -(1-tau)^{-3/2} s/2, K levels a step.

    The slopes' polynomial by Newton's divided differences, integrated by Simpson's rule. 1 - tau
    and tau are carried each, as abar and 1 - abar are.
    """
    for t in range(c.steps, 1, -1):
        width = c.abar[t - 1] - c.abar[t]
        abar = [c.abar[t] + width * i / (k - 1) for i in range(k)]
        tau = [c.var[t] - width * i / (k - 1) for i in range(k)]
        x = [y] * k
        for _ in range(rounds):
            rate = [
                -_score_at(law, a, v, z) / (2 * a**1.5)
                for a, v, z in zip(abar, tau, x, strict=True)
            ]
            table, span = list(rate), [-width * i / (k - 1) for i in range(k)]
            for depth in range(1, k):
                for i in range(k - 1, depth - 1, -1):
                    table[i] = (table[i] - table[i - 1]) / (span[i] - span[i - depth])
            u = y / c.abar[t] ** 0.5
            x = [a**0.5 * (u + _area(table, span, v)) for a, v in zip(abar, span, strict=True)]
        y = x[-1]
    return y


def _score_at(law: Any, abar: Number, var: Number, y: Number) -> Number:
    """The score at any noise level, whether one of the chain or not."""
    at = copy(law)
    at.betas = SimpleNamespace(abar=[abar], var=[var])
    return at.score(0, y)


def _area(table: list[Number], nodes: list[Number], end: Number) -> Number:
    """The integral of Newton's polynomial from 0 to ``end``, degree <= 3: Simpson is exact."""

    def at(v: Number) -> Number:
        value = table[-1]
        for coefficient, node in zip(table[-2::-1], nodes[-2::-1], strict=True):
            value = value * (v - node) + coefficient
        return value

    return end / 6 * (at(nodes[0]) + 4 * at(end / 2) + at(end))


def flow(sampler: str, y: Number, c: Betas, law: Any, log: Callable[[Number], Number]) -> Number:
    """Y_1 from Y_T = y, deterministic samplers."""
    if sampler == "dpmpp-2m":
        return dpmpp_2m_run(y, c, law, log)
    if sampler == "dpmpp-3m":
        return dpmpp_3m_run(y, c, law, log)
    if sampler == "ode-order":
        return order_run(y, c, law)
    for t in range(c.steps, 1, -1):
        y = DETERMINISTIC[sampler](y, t, c, law)
    return y


def langevin_kernel(
    x: np.ndarray, t: int, c: Betas, law: Any, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """x -> (mean, standard deviation) of x + h s + sqrt(2 h) Z at level t - 1, h = size var/2."""
    h = size * c.var[t - 1] / 2
    return x + h * law.score(t - 1, x), np.full(x.shape, math.sqrt(2 * h))


def gaussian_kernels(
    sampler: str, t: int, c: Betas, law: Any, eta: float = 1.0
) -> list[Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]]:
    """The stages of a stochastic update, each x -> (mean, standard deviation) of the next value."""
    b, root = c.beta[t], c.alpha[t] ** 0.5

    def ddpm(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (x + b * law.score(t, x)) / root, np.full(x.shape, math.sqrt(b) / root)

    def half(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, np.full(x.shape, math.sqrt(b / 2))

    def then(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (x + b * law.score(t, x)) / root, np.full(x.shape, math.sqrt(b / 2) / root)

    def covariance(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        spread = math.sqrt(b) * (1 + b / 2 * law.slope(t, x)) / root
        return (x + b * law.score(t, x)) / root, np.abs(spread)

    def ancestral(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sigma2 = eta**2 * c.var[t - 1] / c.var[t] * b
        s = law.score(t, x)
        x0 = (x + c.var[t] * s) / math.sqrt(c.abar[t])
        noise = -math.sqrt(c.var[t]) * s
        mean = math.sqrt(c.abar[t - 1]) * x0 + math.sqrt(c.var[t - 1] - sigma2) * noise
        return mean, np.full(x.shape, math.sqrt(sigma2))

    def settled(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return langevin_kernel(x, t, c, law, 0.3)

    return {
        "ddpm": [ddpm],
        "langevin": [settled, settled, settled],
        "ddpm-accelerated": [half, then],
        "ddpm-covariance": [covariance],
        "ddim": [ancestral],
    }[sampler]


def chapman_kolmogorov(
    sampler: str, c: Betas, law: Any, grid: np.ndarray, f: np.ndarray, eta: float = 1.0
) -> np.ndarray:
    """The density of Y_1 on ``grid`` from that of Y_T, by dense trapezoid sums on it."""
    h = grid[1] - grid[0]
    for t in range(c.steps, 1, -1):
        for kernel in gaussian_kernels(sampler, t, c, law, eta):
            used = np.flatnonzero(f > 1e-17 * f.max())
            mean, sd = kernel(grid[used])
            out = np.zeros_like(f)
            for i in range(0, len(used), 500):
                k = slice(i, i + 500)
                z = (grid[:, None] - mean[k]) / sd[k]
                out += np.exp(np.maximum(-0.5 * z * z, -745.0)) @ (
                    f[used[k]] * h / sd[k] / math.sqrt(2 * math.pi)
                )
            f = out
    return f


@dataclass
class _NoisedNormal:
    """The score of N(mean, variance), noised; of -y/variance where the mean is 0."""

    mean: Number
    variance: Number
    betas: Any = None

    def score(self, t: int, y: Number) -> Number:
        a, v = self.betas.abar[t], self.betas.var[t]
        return (a**0.5 * self.mean - y) / (a * self.variance + v)


def affine_law(
    sampler: str, c: Betas, mean: float, variance: float, exact: bool, eta: float = 0.0
) -> tuple[float, float, float, float]:
    """(mean, variance) of q_1 and of p_1 for the target N(mean, variance): scalar recursions.

    Each coefficient is worked out by hand from s_t(y) = (mu_t - y)/lam_t.
    """
    lam = [c.abar[t] * variance + c.var[t] for t in range(c.steps + 2)]
    mu = [c.abar[t] ** 0.5 * mean for t in range(c.steps + 2)]
    m, v = (mu[c.steps], lam[c.steps]) if exact else (lam[0] * 0, lam[0] * 0 + 1)
    if sampler == "dpmpp-3m":
        log = mp.log if isinstance(lam[0], mp.mpf) else math.log
        linear = SimpleNamespace(score=lambda t, y: -y / lam[t])
        affine = SimpleNamespace(score=lambda t, y: (mu[t] - y) / lam[t])
        k = dpmpp_3m_run(lam[0] * 0 + 1, c, linear, log)
        return k * m + dpmpp_3m_run(lam[0] * 0, c, affine, log), k * k * v, mu[1], lam[1]
    if sampler == "ode-order":
        linear, affine = _NoisedNormal(lam[0] * 0, variance), _NoisedNormal(mean, variance)
        k = order_run(lam[0] * 0 + 1, c, linear)
        return k * m + order_run(lam[0] * 0, c, affine), k * k * v, mu[1], lam[1]
    # (Y_t - mu_t) = k (Y_{t+1} - mu_{t+1}) + o
    memory: tuple[Number, Number, Number] | None = None  # Y_{t+1} = slope Y_T + offset, and h
    slope, offset = lam[0] * 0 + 1, lam[0] * 0
    for t in range(c.steps, 1, -1):
        b, a = c.beta[t], c.alpha[t]
        root = a**0.5
        k = shift = noise = lam[0] * 0
        if sampler == "ode":
            k = (1 - b / (2 * lam[t])) / root
            shift = b / (2 * lam[t]) * mu[t] / root
        elif sampler == "ddpm":
            k, shift = (1 - b / lam[t]) / root, b / lam[t] * mu[t] / root
            noise = b / a
        elif sampler == "ddpm-accelerated":
            k, shift = (1 - b / lam[t]) / root, b / lam[t] * mu[t] / root
            noise = (1 - b / lam[t]) ** 2 / a * b / 2 + b / (2 * a)
        elif sampler == "ddpm-covariance":
            k, shift = (1 - b / lam[t]) / root, b / lam[t] * mu[t] / root
            noise = b * (1 - b / (2 * lam[t])) ** 2 / a
        elif sampler == "langevin":
            # three times e -> (1 - h/lam) e + sqrt(2 h) Z with e = y - mu_{t-1}, h = 0.15 var
            h = c.var[t - 1] * 3 / 20
            f = 1 - h / lam[t - 1]
            k, shift, noise = f**3, (1 - f**3) * mu[t - 1], 2 * h * (1 + f**2 + f**4)
        elif sampler == "ode-taylor":
            # H = -1/lam, H s = (y - mu)/lam^2, no third derivative
            g = b / (2 * lam[t]) + b * b / (8 * lam[t] ** 2)
            k, shift = (1 - g) / root, g * mu[t] / root
        elif sampler == "ode-accelerated":
            bn, an = c.beta[t + 1], c.alpha[t + 1]
            # e = y - mu_t: s = -e/lam_t, s_{t+1}(y^-) = -sqrt(an) e (1 + bn/(2 lam_t))/lam_{t+1}
            g = -1 / lam[t] + an * (1 + bn / (2 * lam[t])) / lam[t + 1]
            k = (1 - b / (2 * lam[t]) + b * b / (4 * bn) * g) / root
            shift = mu[t] * (1 / root - k)
        elif sampler == "ddim":
            s2 = eta**2 * c.var[t - 1] / c.var[t] * b
            # y_{t-1} = y/root + (c.var/root - sqrt((var_{t-1} - s2) var_t)) s
            g = c.var[t] / root - ((c.var[t - 1] - s2) * c.var[t]) ** 0.5
            k, shift, noise = 1 / root - g / lam[t], g * mu[t] / lam[t], s2
        elif sampler == "heun":
            sig, sig1 = ((c.var[j] / c.abar[j]) ** 0.5 for j in (t, t - 1))
            # d(x - mean)/dsigma = sigma/(variance + sigma^2) (x - mean), x = y/sqrt(abar)
            q, q1 = sig / (variance + sig**2), sig1 / (variance + sig1**2)
            h = sig1 - sig
            factor = 1 + h / 2 * (q + q1 * (1 + h * q))
            k, shift = factor / root, mu[t - 1] * (1 - factor)
        elif sampler == "dpmpp-2m":
            # x0 = P y + R
            p = (1 - c.var[t] / lam[t]) / c.abar[t] ** 0.5
            r = c.var[t] * mu[t] / lam[t] / c.abar[t] ** 0.5
            x0 = (p * slope, p * offset + r)
            log = mp.log if isinstance(lam[0], mp.mpf) else math.log
            h = log(c.abar[t - 1] / c.var[t - 1]) / 2 - log(c.abar[t] / c.var[t]) / 2
            d = x0
            if memory is not None:
                w = h / (2 * memory[2])
                d = (x0[0] + w * (x0[0] - memory[0]), x0[1] + w * (x0[1] - memory[1]))
            ratio = (c.var[t - 1] / c.var[t]) ** 0.5
            gain = c.abar[t - 1] ** 0.5 - ratio * c.abar[t] ** 0.5
            memory = (*x0, h)
            slope, offset = ratio * slope + gain * d[0], ratio * offset + gain * d[1]
            continue
        else:
            raise ValueError(sampler)
        m, v = k * m + shift, k * k * v + noise
    if sampler == "dpmpp-2m":
        m, v = slope * m + offset, slope * slope * v
    return m, v, mu[1], lam[1]


def gaussian_distances(m: float, v: float, mp_: float, vp: float) -> dict[str, float]:
    """tv, kl(p||q), hellinger, w1, w2 between q = N(m, v) and p = N(mp_, vp), in mpmath."""
    with mp.workdps(30):
        m, v, mu, w = (mp.mpf(x) for x in (m, v, mp_, vp))
        sq, sp = mp.sqrt(v), mp.sqrt(w)
        a = (1 / v - 1 / w) / 2
        b = mu / w - m / v
        c = (m * m / v - mu * mu / w) / 2 + mp.log(sq / sp)
        if a == 0:
            roots = [] if b == 0 else [-c / b]
        else:
            disc = mp.sqrt(max(b * b - 4 * a * c, 0))
            roots = sorted([(-b - disc) / (2 * a), (-b + disc) / (2 * a)])
        gap = [mp.ncdf(x, m, sq) - mp.ncdf(x, mu, sp) for x in roots]
        ends = [mp.mpf(0), *gap, mp.mpf(0)]
        tv = sum(abs(y - x) for x, y in pairwise(ends)) / 2
        kl = mp.log(sq / sp) + (w + (mu - m) ** 2) / (2 * v) - mp.mpf(1) / 2
        affinity = mp.sqrt(2 * sq * sp / (v + w)) * mp.exp(-((m - mu) ** 2) / (4 * (v + w)))
        hell = mp.sqrt(1 - affinity)
        d, s = m - mu, abs(sq - sp)
        if s == 0:
            w1 = abs(d)
        else:
            w1 = s * mp.sqrt(2 / mp.pi) * mp.exp(-(d**2) / (2 * s * s)) + d * (
                1 - 2 * mp.ncdf(-d / s)
            )
        w2 = mp.sqrt(d**2 + s**2)
        names = ("tv", "kl", "hellinger", "w1", "w2")
        return {n: float(x) for n, x in zip(names, (tv, kl, hell, w1, w2), strict=True)}


def pushed_masses(x: np.ndarray, y: np.ndarray, mass: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Masses of the law of F(X) in the cells of ``edges`` (outer ones first and last).

    x ascend, y = F(x), ``mass`` (M-1,) the start law's mass between them, spread evenly over the
    images of each start cell: a piecewise linear F, whatever its folds.
    """
    low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
    first = np.searchsorted(edges, low, side="right")
    last = np.searchsorted(edges, high, side="right")
    out = np.bincount(first[first == last], mass[first == last], minlength=len(edges) + 1)
    crossing = np.flatnonzero(first != last)
    span = last[crossing] - first[crossing] + 1
    owner = np.repeat(crossing, span)
    begin = np.repeat(np.cumsum(span) - span, span)
    cell = first[owner] + np.arange(len(owner)) - begin
    padded = np.concatenate([[-np.inf], edges, [np.inf]])
    part = np.minimum(padded[cell + 1], high[owner]) - np.maximum(padded[cell], low[owner])
    share = part / (high[owner] - low[owner])
    return out + np.bincount(cell, mass[owner] * share, minlength=len(edges) + 1)
