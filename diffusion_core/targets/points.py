"""Point clouds: atoms, or Gaussians of one common width on them."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import ndtri

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    MAX_WIDTH,
    MIN_WIDTH,
    Complex,
    Marginal,
    Target,
    check_points,
    in_parts,
)
from diffusion_core.targets.classes import check_labels, members
from diffusion_core.targets.forms import Gaussians
from diffusion_core.targets.line_mixture import GaussianMixture1D
from diffusion_core.targets.normal_mixture import NormalMixture
from diffusion_core.targets.support import Support, gaussian_mass_outside, gaussian_support

MAX_POINTS = 5000
Vector = tuple[float, ...]


@dataclass(frozen=True)
class Points(Target):
    """X_0 uniform on the given points plus N(0, bandwidth^2 I): atoms when bandwidth is 0.

    At most 5000 points of at most 256 dimensions within +-1e6; InputError for anything else.
    labels: the class of each point, where points have one.
    """

    points: tuple[Vector, ...]
    bandwidth: float = 0.0
    labels: tuple[str, ...] = field(default=(), metadata={"quiet": True})
    kind: ClassVar[str] = "points"

    def __post_init__(self) -> None:
        check_points("target.points", self.points, MAX_POINTS)
        check_labels(self.labels, len(self.points), "points")
        if not (self.bandwidth == 0 or MIN_WIDTH <= self.bandwidth <= MAX_WIDTH):
            raise InputError(
                f"target.bandwidth: must be 0 or between {MIN_WIDTH:g} and {MAX_WIDTH:g}, "
                f"got {self.bandwidth!r}"
            )

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

    @property
    def form(self) -> Gaussians:
        points, weights = self._distinct
        square = np.full((1, self.dim), self.bandwidth**2)
        return Gaussians(weights, points, square, np.eye(self.dim)[None])

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
        square = np.full((1, self.dim), self.bandwidth**2)
        if self.dim == 1:
            return GaussianMixture1D(weights, points[:, 0], np.repeat(square, len(points)), level)
        eye = np.eye(self.dim)[None]
        return NormalMixture(weights, points, eye * self.bandwidth**2, (square, eye), level)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        chosen = self._points[rng.integers(len(self._points), size=n)]
        return chosen + self.bandwidth * rng.standard_normal(chosen.shape)

    def from_uniform(self, u: Array) -> Array:
        chosen = self._points[(u[:, 0] * len(self._points)).astype(int)]
        return chosen + self.bandwidth * ndtri(u[:, 1:])

    @property
    def terms(self) -> int:
        return len(self.points)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.labels))

    def within(self, labels: Collection[str]) -> tuple[float, Target]:
        chosen = np.flatnonzero(members(self.labels, labels))
        points = tuple(self.points[k] for k in chosen)
        return len(points) / len(self.points), Points(points, self.bandwidth)

    def characteristic(self, w: Array) -> Complex:
        """exp(-h^2 |w|^2/2) times the mean of exp(i w.x_k), h the bandwidth."""
        points, weights = self._distinct

        def of(w: Array) -> Complex:
            damping = np.exp(-0.5 * self.bandwidth**2 * (w * w).sum(axis=1))
            waves: Complex = np.exp(1j * (w @ points.T), dtype=complex)
            return damping * (waves @ weights)

        return in_parts(of, w, len(points))

    def support(self) -> Support:
        return gaussian_support(self._points, np.array([self.bandwidth]))

    def mass_outside(self, radius: float) -> float:
        points, weights = self._distinct
        return gaussian_mass_outside(weights, points, np.full(len(points), self.bandwidth), radius)

    def first_moment(self) -> float:
        square = float((self._points**2).sum(axis=1).mean())
        return math.sqrt(square + self.dim * self.bandwidth**2)
