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
    Index,
    Marginal,
    climb,
    normal_interval_mass,
    normalise,
    unit_rows,
)

BLOCK = 16_384  # numbers in a (K, n) array: a few of them fit the cache
FAR = 1e5  # squared distance in deviations, and its rounding in log weights is 1e-10


class Posterior(NamedTuple):
    """log p(x) (n,), r_k (K, n), a reference score (n,) or 0, and s_k minus it (K, n)."""

    log_p: Array
    r: Array
    base: Array | float
    delta: Array


class _Last(threading.local):
    """What a thread asked last: samplers ask for a score's derivatives at the same points."""

    law: object = None
    x: Array
    near: Posterior


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
        self._root, self._abar, self._raw = math.sqrt(level.abar), level.abar, (means, variances)
        self.weights, self.means = weights, self._root * means
        self.variances = level.abar * variances + level.var
        self._log_norm = np.log(weights / np.sqrt(2 * np.pi * self.variances))
        inverse = 1 / self.variances
        self._columns = np.array([self.means, inverse, -0.5 * inverse, self._log_norm])[:, :, None]
        self._far = float(self._log_norm.max()) - 0.5 * FAR

    @cached_property
    def _one_variance(self) -> bool:
        _, variances = self._raw
        return bool((variances == variances[0]).all())

    @cached_property
    def _std(self) -> Array:
        return np.sqrt(self.variances)

    @property
    def _shift(self) -> Array:
        means, _ = self._raw
        return (self._root * (means - self.weights @ means) / self.variances)[:, None]

    def log_density(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.log_p)

    def score(self, x: Array) -> Array:
        return self._blocks(x, lambda p: p.base + _mean(p.r, p.delta))[:, None]

    def jacobian(self, x: Array) -> Array:
        def of(p: Posterior) -> Array:
            centred = p.delta - _mean(p.r, p.delta)
            return _mean(p.r, centred * centred) - (1 / self.variances) @ p.r

        return self._blocks(x, of, centre=True)[:, None, None]

    def trace_gradient(self, x: Array) -> Array:
        def of(p: Posterior) -> Array:
            centred = p.delta - _mean(p.r, p.delta)
            third = centred * centred
            if not self._one_variance:
                third -= 3 / self.variances[:, None]
            return _mean(p.r, centred * third)

        return self._blocks(x, of, centre=True)[:, None]

    def _blocks(self, x: Array, of: Callable[[Posterior], Array], centre: bool = False) -> Array:
        size = max(256, BLOCK // len(self.means))
        out = np.empty(len(x))
        for i in range(0, len(x), size):
            flat = x[i : i + size, 0]
            part = out[i : i + size]
            near = self._near(flat)
            part[:] = of(self._uncommon(near) if centre and self._one_variance else near)
            if near.log_p.min() < self._far:
                far = np.flatnonzero(near.log_p < self._far)
                part[far] = of(self._careful(flat[far]))
        return out

    def _log_weights(self, x: Array) -> tuple[Array, Array]:
        """log w_k + log p_k(x) and the score of each component, (K, n)."""
        delta = self._columns[0] - x
        log_w = delta * delta
        log_w *= self._columns[2]
        log_w += self._columns[3]
        delta *= self._columns[1]
        return log_w, delta

    def _near(self, x: Array) -> Posterior:
        if LAST.law is self and np.array_equal(x, LAST.x):
            return LAST.near
        r, delta = self._log_weights(x)
        near = Posterior(normalise(r), r, 0.0, delta)
        LAST.law, LAST.x, LAST.near = self, x.copy(), near
        return near

    def _uncommon(self, p: Posterior) -> Posterior:
        """Without the common -x/v of one variance, which cancels later."""
        return p._replace(delta=self._shift)

    def _careful(self, x: Array) -> Posterior:
        (m, c), v = self._raw, self.variances[:, None]

        def relative(rows: Index, j: Index) -> tuple[Array, Array]:
            z = x[rows] - self.means[j]
            g = z / self.variances[j]
            shift = self._root * (m[:, None] - m[j])
            delta = (shift + self._abar * (c[:, None] - c[j]) * g) / v
            ratio = 0.5 * ((z - shift) * delta + shift * g)
            ratio += self._log_norm[:, None] - self._log_norm[j]
            return ratio, delta

        j = self._log_weights(x)[0].argmax(axis=0)
        r, delta = climb(relative, j)
        z = x - self.means[j]
        log_p = normalise(r) + self._log_norm[j] - 0.5 * z * z / self.variances[j]
        return Posterior(log_p, r, -z / self.variances[j], delta)

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
    """sum_k r_k values_k over (K, n); the same values for every point may be (K, 1)."""
    if values.shape[1] == 1:
        return values[:, 0] @ r
    return np.einsum("kn,kn->n", r, values)
