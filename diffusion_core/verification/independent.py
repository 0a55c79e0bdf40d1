"""The same mathematics a second time, from the formulas: nothing here uses what it is to check.

Only NumPy's arithmetic and SciPy's normal distribution function are shared with the core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtr

from diffusion_core.schedules import Array

Law = tuple[Sequence[float], Sequence[float], Sequence[float]]  # weights, means, deviations
WIDE, FINE = 9.0, 40_000
SMALL = 1e-3  # the step of differences, in units of the finest detail


def theory_betas(steps: int, c0: float, c1: float) -> list[float]:
    """beta_0 = 0, beta_1..beta_{T+1} of arXiv 2306.09251, one after another."""
    rate = c1 * math.log(steps) / steps
    first = steps**-c0
    rest = [rate * min(first * (1 + rate) ** t, 1.0) for t in range(2, steps + 2)]
    return [0.0, first, *rest]


def linear_betas(steps: int, low: float, high: float) -> list[float]:
    """beta_t = (low + (high - low) u) / T at u = (t - 1)/(T - 1), the last one twice."""
    raw = [(low + (high - low) * (t - 1) / (steps - 1)) / steps for t in range(1, steps + 1)]
    return [0.0, *raw, raw[-1]]


def products(beta: Sequence[float]) -> list[float]:
    """abar_0..abar_{T+1}."""
    out = [1.0]
    for b in beta[1:]:
        out.append(out[-1] * (1 - b))
    return out


class NoisedMixture:
    """p_t of sum_k w_k N(m_k, sd_k^2) on the line."""

    def __init__(self, law: Law, abar: float) -> None:
        w, m, sd = (np.array(v, dtype=float)[:, None] for v in law)
        self.w, self.m = w, math.sqrt(abar) * m
        self.v = abar * sd**2 + 1 - abar

    def score(self, y: Array) -> Array:
        u = y - self.m
        log_w = np.log(self.w / np.sqrt(self.v)) - u * u / (2 * self.v)
        r = np.exp(log_w - log_w.max(axis=0))
        return -(r * u / self.v).sum(axis=0) / r.sum(axis=0)

    def below(self, y: Array) -> Array:
        return (self.w * ndtr((y - self.m) / np.sqrt(self.v))).sum(axis=0)


def reverse(sampler: str, y: Array, beta: Sequence[float], law: Law) -> Array:
    """Y_1 from Y_T = y by the update as its paper prints it."""
    abar = products(beta)
    s = [NoisedMixture(law, a).score for a in abar]
    for t in range(len(beta) - 2, 1, -1):
        b, ahead, root = beta[t], beta[t + 1], math.sqrt(1 - beta[t])
        now = s[t](y)
        if sampler == "ode":
            y = (y + b / 2 * now) / root
        elif sampler == "ode-accelerated":
            back = math.sqrt(1 - ahead) * (y - ahead / 2 * now)
            change = now - math.sqrt(1 - ahead) * s[t + 1](back)
            y = (y + b / 2 * now + b * b / (4 * ahead) * change) / root
        else:  # DDIM, Song et al. (12)
            data = (y + (1 - abar[t]) * now) / math.sqrt(abar[t])
            noise = -math.sqrt(1 - abar[t]) * now
            y = math.sqrt(abar[t - 1]) * data + math.sqrt(1 - abar[t - 1]) * noise
    return y


def cells(sampler: str, beta: Sequence[float], law: Law, count: int) -> tuple[Array, Array]:
    """Masses of q_1 and p_1 in the images of ``count`` cells, q_1's from N(0, 1).

    For maps that increase: the ODE's always does, since no slope of s_t is below -1/beta_t.
    """
    x = np.linspace(-WIDE, WIDE, count + 1)
    y = reverse(sampler, x, beta, law)
    return np.diff(ndtr(x)), np.diff(NoisedMixture(law, 1 - beta[1]).below(y))


def variation(sampler: str, beta: Sequence[float], law: Law) -> float:
    """TV(q_1, p_1) = (1/2) sum |q - p| over cells of N(0, 1) carried through the whole map."""
    q, p = cells(sampler, beta, law, FINE)
    return 0.5 * float(np.abs(q - p).sum())


def product_variation(one: tuple[Array, Array], other: tuple[Array, Array]) -> float:
    """TV between two product laws in the plane from their factors' masses, by a double sum.

    What the factors lack of 1 lies outside the cells, where one law has it and the other has not.
    """
    (q1, p1), (q2, p2) = one, other
    outside = 2 - q1.sum() * q2.sum() - p1.sum() * p2.sum()
    rows = zip(q1, p1, strict=True)
    return 0.5 * float(outside + sum(np.abs(a * q2 - b * p2).sum() for a, b in rows))


def start_variation(abar: float, law: Law) -> float:
    """TV(p_T, N(0, 1)) by a sum over cells."""
    x = np.linspace(-WIDE, WIDE, FINE + 1)
    return 0.5 * float(np.abs(np.diff(ndtr(x)) - np.diff(NoisedMixture(law, abar).below(x))).sum())


def affine(sampler: str, beta: Sequence[float], mean: float, variance: float) -> tuple[float, ...]:
    """Mean and variance of q_1 and of p_1 for the target N(mean, variance), from N(0, 1)."""
    abar = products(beta)
    m, v = 0.0, 1.0
    for t in range(len(beta) - 2, 1, -1):
        b, a = beta[t], 1 - beta[t]
        centre, spread = math.sqrt(abar[t]) * mean, abar[t] * variance + 1 - abar[t]
        half = b if sampler.startswith("ddpm") else b / 2
        k = 1 - half / spread  # y + half s_t(y) = centre + k (y - centre)
        noise = {"ode": 0.0, "ddpm": b, "ddpm-accelerated": b / 2}[sampler]
        before = b / 2 if sampler == "ddpm-accelerated" else 0.0
        m = (centre + k * (m - centre)) / math.sqrt(a)
        v = (k * k * (v + before) + noise) / a
    return m, v, math.sqrt(abar[1]) * mean, abar[1] * variance + 1 - abar[1]


def normal_variation(m: float, v: float, mu: float, w: float) -> float:
    """TV between N(m, v) and N(mu, w) by a sum over cells."""
    reach = WIDE * math.sqrt(max(v, w))
    x = np.linspace(min(m, mu) - reach, max(m, mu) + reach, FINE)
    q, p = ndtr((x - m) / math.sqrt(v)), ndtr((x - mu) / math.sqrt(w))
    return 0.5 * float(np.abs(np.diff(q) - np.diff(p)).sum())


def slope(of: Callable[[Array], Array], x: Array, h: float) -> Array:
    """The derivative of ``of`` along every axis by differences of fourth order, on a new last axis.

    of: (N, d) to (N, ...); the result has the shape (N, ..., d).
    """
    columns = []
    for axis in np.eye(x.shape[1]):
        near = of(x + h * axis) - of(x - h * axis)
        far = of(x + 2 * h * axis) - of(x - 2 * h * axis)
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)
