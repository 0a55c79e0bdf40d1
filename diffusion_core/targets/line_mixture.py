"""Gaussian mixtures on the line, noised: derivatives, interval masses, distribution function."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from diffusion_core.schedules import CLEAN, Array, NoiseLevel
from diffusion_core.targets.base import (
    LOG_TINY,
    Index,
    Marginal,
    climb,
    exponentiate,
    normal_interval_mass,
    normalise,
    unit_rows,
)

BLOCK = 16_384  # numbers in a (K, n) array: a few of them fit the cache
FAR = 1e5  # squared distance in deviations, and its rounding in log weights is 1e-10
FAINT = 1e-280  # a density below is found again relative to its largest term


class Posterior(NamedTuple):
    """log p(x) (n,), r_k (K, n), a reference score (n,), s_k minus it (K, n), and 1/v_k (K,)."""

    log_p: Array
    r: Array
    base: Array
    delta: Array
    inverse: Array

    @property
    def score(self) -> Array:
        return self.base + _mean(self.r, self.delta)

    @property
    def derivatives(self) -> tuple[Array, Array]:
        """H and H' (n,)."""
        c = self.delta - _mean(self.r, self.delta)
        h = _mean(self.r, c * c) - self.inverse @ self.r
        return h, _mean(self.r, c * (c * c - 3 * self.inverse[:, None]))


class Near:
    """Unnormalised posterior weights w (K, n) at x (n,), and what follows from them.

    log w_k p_k comes from whitened differences, affine in x: one matrix product with 1 and x.
    """

    def __init__(self, law: GaussianMixture1D, x: Array) -> None:
        self.features = np.empty((2, len(x)))
        self.features[0], self.features[1] = x, 1.0
        self._law, self.x = law, self.features[0]
        self._top: Array | float = 0.0
        w = self._log_weights()
        np.maximum(w, LOG_TINY, out=w)
        np.exp(w, out=w)
        self._sums = law.sums @ w
        self.faint = bool(np.minimum.reduce(self._sums[0], initial=1.0) < FAINT)
        if self.faint:
            w = self._log_weights()
            self._top = exponentiate(w)
            self._sums = law.sums @ w
        self._w = w

    def _log_weights(self) -> Array:
        z = self._law.white @ self.features
        np.multiply(z, z, out=z)
        return np.subtract(self._law.log_norm, z, out=z)

    @property
    def log_p(self) -> Array:
        return np.log(self._sums[0]) + self._top

    @property
    def score(self) -> Array:
        total, pull, stiffness = self._sums
        s: Array = self.x * stiffness
        np.subtract(pull, s, out=s)
        return np.divide(s, total, out=s)

    @cached_property
    def derivatives(self) -> tuple[Array, Array]:
        """H and H' (n,)."""
        law, total = self._law, self._sums[0]
        if law.shift is None:
            c: Array = law.pulls @ self.features
            c -= self.score
        else:  # without the common -x/v of one variance, which cancels
            c = law.shift[:, None] - (law.shift @ self._w) / total
        weighted = self._w * c
        second = weighted * c
        c *= c
        if law.shift is None:
            c -= law.stiffness
        c *= weighted
        h = second.sum(axis=0)
        h -= self._sums[2]
        return h / total, c.sum(axis=0) / total


class _Last(threading.local):
    """What a thread asked last: samplers ask for a score's derivatives at the same points."""

    law: object = None
    near: Near


LAST = _Last()


class GaussianMixture1D(Marginal):
    """sum_k w_k N(root m_k, abar c_k + var), root = sqrt(abar), laid out (K, n).

    s = sum r_k s_k, H = sum r_k ((s_k - s)^2 - 1/v_k) and
    H' = sum r_k (s_k - s) ((s_k - s)^2 - 3/v_k), r_k the posterior weights. From FAR deviations on,
    the log weights and s_k are differences to the dominant component j, written without
    cancellation: s_k - s_j = (root (m_k - m_j) + abar (c_k - c_j) (x - root m_j)/v_j)/v_k.
    """

    dim = 1

    def __init__(
        self, weights: Array, means: Array, variances: Array, level: NoiseLevel = CLEAN
    ) -> None:
        self._raw, self._level = (means, variances), level
        self.weights, self.means = weights, math.sqrt(level.abar) * means
        self.variances = level.abar * variances + level.var
        self._inverse = 1 / self.variances
        self.log_norm = (np.log(weights) + 0.5 * np.log(self._inverse / (2 * math.pi)))[:, None]
        self.white = np.empty((len(means), 2))
        np.sqrt(0.5 * self._inverse, out=self.white[:, 0])
        np.multiply(self.white[:, 0], -self.means, out=self.white[:, 1])
        self.sums = np.empty((3, len(means)))
        self.sums[0], self.sums[2] = 1.0, self._inverse
        np.multiply(self.means, self._inverse, out=self.sums[1])

    @cached_property
    def stiffness(self) -> Array:
        """3/v_k, (K, 1)."""
        return 3 * self._inverse[:, None]

    @cached_property
    def pulls(self) -> Array:
        """s_k = pulls_k . (x, 1)."""
        return np.stack([-self._inverse, self.sums[1]], axis=1)

    @cached_property
    def shift(self) -> Array | None:
        """Of one variance: s_k less what all have in common, (K,)."""
        if (self.variances != self.variances[0]).any():
            return None
        return (self.means - self.weights @ self.means) * self._inverse

    @cached_property
    def _std(self) -> Array:
        return np.sqrt(self.variances)

    def log_density(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.log_p)

    def score(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.score)[:, None]

    def jacobian(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.derivatives[0])[:, None, None]

    def trace_gradient(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.derivatives[1])[:, None]

    def _blocks(self, x: Array, of: Callable[[Near | Posterior], Array]) -> Array:
        size = max(256, BLOCK // len(self.means))
        if len(x) <= size:
            return self._block(x[:, 0], of)
        return np.concatenate([self._block(x[i : i + size, 0], of) for i in range(0, len(x), size)])

    def _block(self, x: Array, of: Callable[[Near | Posterior], Array]) -> Array:
        near = self._near(x)
        out = of(near).copy()
        if near.faint:
            far = np.flatnonzero(near.log_p < self.log_norm.max() - 0.5 * FAR)
            out[far] = of(self._careful(x[far]))
        return out

    def _near(self, x: Array) -> Near:
        if LAST.law is self and len(x) == len(LAST.near.x) and (x == LAST.near.x).all():
            return LAST.near
        LAST.law, LAST.near = self, Near(self, x)
        return LAST.near

    def _careful(self, x: Array) -> Posterior:
        (m, c), v, root = self._raw, self.variances[:, None], math.sqrt(self._level.abar)

        def relative(rows: Index, j: Index) -> tuple[Array, Array]:
            z = x[rows] - self.means[j]
            g = z / self.variances[j]
            shift = root * (m[:, None] - m[j])
            delta = (shift + self._level.abar * (c[:, None] - c[j]) * g) / v
            ratio = 0.5 * ((z - shift) * delta + shift * g)
            ratio += self.log_norm - log_norm[j]
            return ratio, delta

        log_norm = self.log_norm[:, 0]
        j = (self.log_norm - (self.white[:, :1] * x + self.white[:, 1:]) ** 2).argmax(axis=0)
        r, delta = climb(relative, j)
        z = x - self.means[j]
        log_p = normalise(r) + log_norm[j] - 0.5 * z * z / self.variances[j]
        return Posterior(log_p, r, -z / self.variances[j], delta, self._inverse)

    def interval_mass(self, edges: Array) -> Array:
        parts = [
            self.weights @ normal_interval_mass(edges[c.start : c.stop + 1], self.means, self._std)
            for c in unit_rows(len(edges) - 1, 8 * len(self.means))
        ]
        return np.concatenate(parts)

    def cdf(self, x: Array) -> Array:
        parts = [
            self.weights @ ndtr((x[c] - self.means[:, None]) / self._std[:, None])
            for c in unit_rows(len(x), 8 * len(self.means))
        ]
        return np.concatenate(parts)


def _mean(r: Array, values: Array) -> Array:
    """sum_k r_k values_k over (K, n), (n,)."""
    return np.einsum("kn,kn->n", r, values)
