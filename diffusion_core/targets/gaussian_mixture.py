"""Gaussian mixtures with full covariances, and point clouds (Gaussians of one common width)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    LOG_TINY,
    Marginal,
    MixtureMarginal,
    Target,
    check_points,
    check_weights,
    log_sum_exp,
    mixture_weights,
    normal_interval_mass,
    softmax,
    unit_rows,
)

MAX_COMPONENTS = 500
MAX_POINTS = 5000
Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True)
class GaussianMixture(Target):
    """X_0 ~ sum_k w_k N(m_k, C_k); then p_t = sum_k w_k N(sqrt(abar) m_k, abar C_k + var I).

    Covariances may be singular (an atom is the zero matrix). InputError for anything else wrong.
    """

    weights: Vector
    means: tuple[Vector, ...]
    covariances: tuple[Matrix, ...]
    kind: ClassVar[str] = "gaussian_mixture"

    def __post_init__(self) -> None:
        check_weights(self.weights, MAX_COMPONENTS)
        dim = check_points("target.means", self.means, MAX_COMPONENTS)
        k = len(self.weights)
        if len(self.means) != k or len(self.covariances) != k:
            raise InputError(
                f"target: {k} weights need {k} means and {k} covariances, "
                f"got {len(self.means)} and {len(self.covariances)}"
            )
        for c in self.covariances:
            if len(c) != dim or any(len(row) != dim for row in c):
                raise InputError(f"target.covariances: every matrix must be {dim} x {dim}")
        cov = np.array(self.covariances, dtype=float)
        if not np.isfinite(cov).all() or np.abs(cov).max() > 1e12:
            raise InputError("target.covariances: every number must be finite and at most 1e12")
        size = np.abs(cov).max(axis=(1, 2), initial=0.0)
        if (np.abs(cov - cov.transpose(0, 2, 1)).max(axis=(1, 2)) > 1e-9 * size).any():
            raise InputError("target.covariances: every matrix must be symmetric")
        if (np.linalg.eigvalsh(cov)[:, 0] < -1e-9 * size).any():
            raise InputError("target.covariances: every matrix must be positive semidefinite")

    @property
    def dim(self) -> int:
        return len(self.means[0])

    @property
    def has_density(self) -> bool:
        return bool((self.spectrum[0] > 0).all())

    @property
    def finest_scale(self) -> float:
        return math.sqrt(self.spectrum[0].min())

    @property
    def bounds(self) -> Array:
        reach = 8.3 * np.sqrt(np.einsum("kii->ki", self._covariances))
        return np.stack([(self._means - reach).min(axis=0), (self._means + reach).max(axis=0)])

    @cached_property
    def _weights(self) -> Array:
        return mixture_weights(self.weights, len(self.weights))

    @cached_property
    def _means(self) -> Array:
        return np.array(self.means, dtype=float)

    @cached_property
    def _covariances(self) -> Array:
        return np.array(self.covariances, dtype=float)

    @cached_property
    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues (K, d), rounding below zero removed, and eigenvectors (K, d, d)."""
        values, vectors = np.linalg.eigh(self._covariances)
        tiny = 1e-12 * np.abs(values).max(axis=1, keepdims=True)
        return np.where(values > tiny, values, 0.0), vectors

    def marginal(self, level: NoiseLevel) -> Marginal:
        values, vectors = self.spectrum
        variances = level.abar * values + level.var
        if not (variances > 0).all():
            raise InputError(
                "target: this law has no density without noise; compare with p_1 instead"
            )
        means = math.sqrt(level.abar) * self._means
        if self.dim == 1:
            return GaussianMixture1D(self._weights, means[:, 0], variances[:, 0])
        return GaussianMixtureND(self._weights, means, variances, vectors)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        k = rng.choice(len(self._weights), size=n, p=self._weights)
        values, vectors = self.spectrum
        z = rng.standard_normal((n, self.dim)) * np.sqrt(values[k])
        return self._means[k] + np.einsum("nij,nj->ni", vectors[k], z)


class GaussianMixtureND(MixtureMarginal):
    """sum_k w_k N(m_k, U_k diag(v_k) U_k^T)."""

    def __init__(self, weights: Array, means: Array, variances: Array, vectors: Array) -> None:
        self.n_components, self.dim = means.shape
        self._means, self._v, self._u = means, variances, vectors
        self._log_norm = np.log(weights) - 0.5 * np.log(2 * np.pi * variances).sum(axis=1)
        self._precision = np.einsum("kij,kj,klj->kil", vectors, 1 / variances, vectors)

    def components(self, x: Array, order: int) -> tuple[Array, ...]:
        centred = x[:, None, :] - self._means
        white = np.einsum("kij,nki->nkj", self._u, centred)
        scaled = white / self._v
        log_w = self._log_norm - 0.5 * np.einsum("nkd,nkd->nk", white, scaled)
        if order == 0:
            return (log_w,)
        s = -np.einsum("kij,nkj->nki", self._u, scaled)
        return (log_w, s, -self._precision[None], np.zeros((1, *self._means.shape)))[: order + 1]


class GaussianMixture1D(Marginal):
    """sum_k w_k N(m_k, v_k) on the line, laid out (K, N)."""

    dim = 1

    def __init__(self, weights: Array, means: Array, variances: Array) -> None:
        self.weights, self.means, self.variances = weights, means, variances
        self._std = np.sqrt(variances)
        self._log_norm = np.log(weights) - 0.5 * np.log(2 * np.pi * variances)
        self._one_variance = bool((variances == variances[0]).all())

    def _posterior(self, x: Array) -> tuple[Array, Array, Array]:
        """log p(x) (N,), r_k (K, N) and s_k (K, N) for x of shape (N,)."""
        scaled = (x - self.means[:, None]) / self._std[:, None]
        log_w = self._log_norm[:, None] - 0.5 * scaled * scaled
        top = log_w.max(axis=0)
        r = np.exp(np.maximum(log_w - top, LOG_TINY))
        total = r.sum(axis=0)
        return top + np.log(total), r / total, -scaled / self._std[:, None]

    def _blocks(self, x: Array, of) -> Array:  # type: ignore[no-untyped-def]
        flat = x[:, 0]
        if flat.size * len(self.means) <= 500_000:
            return of(flat)
        return np.concatenate([of(flat[c]) for c in unit_rows(flat.size, 8 * len(self.means))])

    def log_density(self, x: Array) -> Array:
        return self._blocks(x, lambda c: self._posterior(c)[0])

    def score(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            _, r, s = self._posterior(c)
            return np.einsum("kn,kn->n", r, s)

        return self._blocks(x, of)[:, None]

    def jacobian(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            _, r, s = self._posterior(c)
            return self._hessian(r, s, self._centre(r, s))

        return self._blocks(x, of)[:, None, None]

    def trace_gradient(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            _, r, s = self._posterior(c)
            centred = self._centre(r, s)
            mean = np.einsum("kn,kn->n", r, s)
            h = -1 / self.variances[:, None]
            f = h + centred * (s + mean)
            grad = np.einsum("kn,kn->n", r, centred * f + 2 * h * s)
            return grad - 2 * self._hessian(r, s, centred) * mean

        return self._blocks(x, of)[:, None]

    def _hessian(self, r: Array, s: Array, centred: Array) -> Array:
        return np.einsum("kn,kn->n", r, centred * centred) - (1 / self.variances) @ r

    def _centre(self, r: Array, s: Array) -> Array:
        """s_k - s; with one common variance the common part -x/v cancels before it is rounded."""
        if not self._one_variance:
            return s - np.einsum("kn,kn->n", r, s)
        shift = (self.means - self.means.mean()) / self.variances
        return shift[:, None] - shift @ r

    def interval_mass(self, edges: Array) -> Array:
        parts = [
            self.weights @ normal_interval_mass(edges[c.start : c.stop + 1], self.means, self._std)
            for c in unit_rows(len(edges) - 1, 8 * len(self.means))
        ]
        return np.concatenate(parts)

    def cdf(self, x: Array) -> Array:
        return np.concatenate(
            [
                self.weights @ ndtr((x[c] - self.means[:, None]) / self._std[:, None])
                for c in unit_rows(len(x), 8 * len(self.means))
            ]
        )


@dataclass(frozen=True)
class Points(Target):
    """X_0 uniform on the given points plus N(0, bandwidth^2 I): atoms when bandwidth is 0."""

    points: tuple[Vector, ...]
    bandwidth: float = 0.0
    kind: ClassVar[str] = "points"

    def __post_init__(self) -> None:
        check_points("target.points", self.points, MAX_POINTS)
        if not (math.isfinite(self.bandwidth) and 0 <= self.bandwidth <= 1e6):
            raise InputError(f"target.bandwidth: must be between 0 and 1e6, got {self.bandwidth!r}")

    @property
    def dim(self) -> int:
        return len(self.points[0])

    @property
    def has_density(self) -> bool:
        return self.bandwidth > 0

    @property
    def finest_scale(self) -> float:
        return self.bandwidth

    @property
    def bounds(self) -> Array:
        reach = 8.3 * self.bandwidth
        return np.stack([self._points.min(axis=0) - reach, self._points.max(axis=0) + reach])

    @cached_property
    def _points(self) -> Array:
        return np.array(self.points, dtype=float)

    @cached_property
    def _distinct(self) -> tuple[Array, Array]:
        """Distinct points (K, d) and their weights (K,): repeated rows of data cost nothing."""
        values, counts = np.unique(self._points, axis=0, return_counts=True)
        return values, counts / len(self._points)

    def marginal(self, level: NoiseLevel) -> Marginal:
        variance = level.abar * self.bandwidth**2 + level.var
        if not variance > 0:
            raise InputError("target: points without a bandwidth have no density; compare with p_1")
        points, weights = self._distinct
        means = math.sqrt(level.abar) * points
        if self.dim == 1:
            return GaussianMixture1D(weights, means[:, 0], np.full(len(means), variance))
        return Kernels(weights, means, variance)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        chosen = self._points[rng.integers(len(self._points), size=n)]
        return chosen + self.bandwidth * rng.standard_normal(chosen.shape)


class Kernels(Marginal):
    """sum_k w_k N(m_k, v I) with one v, by matrix products: s = (E_r m - x)/v, H = Cov_r(m)/v^2 - I/v."""

    def __init__(self, weights: Array, means: Array, variance: float) -> None:
        self.dim = means.shape[1]
        self._origin = weights @ means
        self._m, self._v = means - self._origin, variance
        self._log_w = np.log(weights) - 0.5 * (self._m**2).sum(axis=1) / variance
        self._log_norm = -0.5 * self.dim * math.log(2 * math.pi * variance)

    def _chunks(self, x: Array, of) -> Array:  # type: ignore[no-untyped-def]
        y = x - self._origin
        return np.concatenate([of(y[c]) for c in unit_rows(len(x), len(self._m))])

    def _log_weights(self, y: Array) -> Array:
        return (y / self._v) @ self._m.T + self._log_w

    def log_density(self, x: Array) -> Array:
        def of(y: Array) -> Array:
            return log_sum_exp(self._log_weights(y)) - 0.5 * (y**2).sum(axis=1) / self._v

        return self._chunks(x, of) + self._log_norm

    def score(self, x: Array) -> Array:
        return self._chunks(x, lambda y: (softmax(self._log_weights(y)) @ self._m - y) / self._v)

    def jacobian(self, x: Array) -> Array:
        def of(y: Array) -> Array:
            centred, r = self._centred(y)
            cov = np.einsum("nk,nki,nkj->nij", r, centred, centred)
            return cov / self._v**2 - np.eye(self.dim) / self._v

        return self._small_chunks(x, of)

    def trace_gradient(self, x: Array) -> Array:
        def of(y: Array) -> Array:
            centred, r = self._centred(y)
            return np.einsum("nk,nkd,nki,nki->nd", r, centred, centred, centred) / self._v**3

        return self._small_chunks(x, of)

    def _centred(self, y: Array) -> tuple[Array, Array]:
        r = softmax(self._log_weights(y))
        return self._m - (r @ self._m)[:, None, :], r

    def _small_chunks(self, x: Array, of) -> Array:  # type: ignore[no-untyped-def]
        y = x - self._origin
        return np.concatenate([of(y[c]) for c in unit_rows(len(x), len(self._m) * self.dim)])
