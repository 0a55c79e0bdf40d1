"""Gaussian mixtures with full covariances."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import ndtri

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, Index, NoiseLevel
from diffusion_core.targets.base import (
    MAX_WIDTH,
    MIN_WIDTH,
    Complex,
    Marginal,
    Target,
    check_points,
    check_weights,
    in_parts,
    mixture_weights,
    searched,
    unit_rows,
)
from diffusion_core.targets.classes import check_labels, members
from diffusion_core.targets.forms import Gaussians
from diffusion_core.targets.line_mixture import GaussianMixture1D
from diffusion_core.targets.normal_mixture import NormalMixture
from diffusion_core.targets.points import MAX_POINTS, Points
from diffusion_core.targets.support import Support, gaussian_mass_outside, gaussian_support

__all__ = ["MAX_COMPONENTS", "MAX_POINTS", "GaussianMixture", "GaussianMixture1D", "Points"]

MAX_COMPONENTS = 500
MAX_NUMBERS = 2_000_000
Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True)
class GaussianMixture(Target):
    """X_0 ~ sum_k w_k N(m_k, C_k); then p_t = sum_k w_k N(sqrt(abar) m_k, abar C_k + var I).

    Covariances may be singular (an atom is the zero matrix). InputError for more than 500
    components or 256 dimensions, for covariances of more than 2,000,000 numbers, beyond 1e12, not
    symmetric or not positive semidefinite. A law narrower than 1e-9 counts as without density.
    labels: the class of each component; without them each is a class by itself, "1", "2", ...
    """

    weights: Vector
    means: tuple[Vector, ...]
    covariances: tuple[Matrix, ...]
    labels: tuple[str, ...] = field(default=(), metadata={"quiet": True})
    kind: ClassVar[str] = "gaussian_mixture"

    def __post_init__(self) -> None:
        check_weights(self.weights, MAX_COMPONENTS)
        dim = check_points("target.means", self.means, MAX_COMPONENTS)
        k = len(self.weights)
        if len(self.means) != k or len(self.covariances) != k:
            raise InputError(
                f"target.weights: {k} weights need {k} means and {k} covariances, "
                f"got {len(self.means)} and {len(self.covariances)}"
            )
        if k * dim * dim > MAX_NUMBERS:
            raise InputError(
                f"target.covariances: at most {MAX_NUMBERS:,} numbers in all, got {k * dim * dim:,}"
            )
        for c in self.covariances:
            if len(c) != dim or any(len(row) != dim for row in c):
                raise InputError(f"target.covariances: every matrix must be {dim} x {dim}")
        check_labels(self.labels, k, "components")
        self._check_covariances()

    def _check_covariances(self) -> None:
        cov = self._covariances
        if not (np.abs(cov) <= MAX_WIDTH**2).all():
            raise InputError("target.covariances: every number must be between -1e12 and 1e12")
        size = np.abs(cov).max(axis=(1, 2))
        if (np.abs(cov - cov.transpose(0, 2, 1)).max(axis=(1, 2)) > 1e-9 * size).any():
            raise InputError("target.covariances: every matrix must be symmetric, to 1e-9 of it")
        if (np.linalg.eigvalsh(cov)[:, 0] < -1e-9 * size).any():
            raise InputError("target.covariances: every matrix must be positive semidefinite")

    @property
    def dim(self) -> int:
        return len(self.means[0])

    @property
    def has_density(self) -> bool:
        return self.finest_scale > 0

    @property
    def finest_scale(self) -> float:
        narrowest = math.sqrt(self.spectrum[0].min())
        return narrowest if narrowest >= MIN_WIDTH else 0.0

    @cached_property
    def bounds(self) -> Array:
        reach = 8.3 * np.sqrt(np.einsum("kii->ki", self._covariances))
        return np.stack([(self._means - reach).min(axis=0), (self._means + reach).max(axis=0)])

    @property
    def form(self) -> Gaussians:
        return Gaussians(self._weights, self._means, *self._shapes[1])

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
        values, _ = self.spectrum
        if level.var == 0 and not self.has_density:
            raise InputError(
                "target: this law has no density without noise; compare with p_1 instead"
            )
        if self.dim == 1:
            return GaussianMixture1D(self._weights, self._means[:, 0], values[:, 0], level)
        return NormalMixture(self._weights, self._means, *self._shapes, level)

    @cached_property
    def _shapes(self) -> tuple[Array, tuple[Array, Array]]:
        """Covariances and spectrum, one row when all are equal; singular ones exactly so."""
        values, vectors = self.spectrum
        cov = self._covariances.copy()
        flat = (values == 0).any(axis=1)
        cov[flat] = np.einsum("kij,kj,klj->kil", vectors[flat], values[flat], vectors[flat])
        one = slice(1 if (cov == cov[0]).all() else None)
        return cov[one], (values[one], vectors[one])

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        k = rng.choice(len(self._weights), size=n, p=self._weights)
        values, vectors = self.spectrum
        z = rng.standard_normal((n, self.dim)) * np.sqrt(values[k])
        for rows in unit_rows(n, self.dim**2):
            z[rows] = np.einsum("nij,nj->ni", vectors[k[rows]], z[rows])
        return self._means[k] + z

    def from_uniform(self, u: Array) -> Array:
        k = searched(self._weights, u[:, 0])
        values, vectors = self.spectrum
        z = ndtri(u[:, 1:]) * np.sqrt(values[k])
        return self._means[k] + np.einsum("nij,nj->ni", vectors[k], z)

    @property
    def terms(self) -> int:
        return len(self.weights)

    @cached_property
    def _classes(self) -> tuple[str, ...]:
        return self.labels or tuple(str(k) for k in range(1, len(self.weights) + 1))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._classes))

    def of_class(self, labels: Collection[str]) -> Index:
        """Which components have one of these labels, from 0."""
        return np.flatnonzero(members(self._classes, labels))

    def within(self, labels: Collection[str]) -> tuple[float, Target]:
        chosen = self.of_class(labels)
        share = float(self._weights[chosen].sum())
        weights = tuple((self._weights[chosen] / share).tolist())
        means, covariances = zip(
            *((self.means[k], self.covariances[k]) for k in chosen), strict=True
        )
        return share, GaussianMixture(weights, means, covariances)

    @property
    def absolutely_continuous(self) -> bool:
        return bool((self.spectrum[0] > 0).all())

    def characteristic(self, w: Array) -> Complex:
        """sum_k w_k exp(i w.m_k - w^T C_k w/2)."""

        def of(w: Array) -> Complex:
            square = np.einsum("ni,kij,nj->nk", w, self._covariances, w, optimize=True)
            return np.exp(1j * (w @ self._means.T) - 0.5 * square) @ self._weights

        return in_parts(of, w, self._covariances.size + len(self.means))

    @cached_property
    def _deviations(self) -> Array:
        return np.sqrt(self.spectrum[0].max(axis=1))

    def support(self) -> Support:
        return gaussian_support(self._means, self._deviations)

    def mass_outside(self, radius: float) -> float:
        return gaussian_mass_outside(self._weights, self._means, self._deviations, radius)

    def first_moment(self) -> float:
        squares = (self._means**2).sum(axis=1) + self.spectrum[0].sum(axis=1)
        return math.sqrt(float(self._weights @ squares))
