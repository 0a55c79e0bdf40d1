"""Mixtures of uniform laws on axis-aligned boxes: histograms, checkerboards, the cube.

Given X_t = x and the box of X_0, the noise is u = (x - sqrt(abar) X_0)/sigma, sigma = sqrt(var):
on each axis a standard normal truncated to an interval (b, a). So p_t and its derivatives are
cumulants of truncated normals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    MIN_WIDTH,
    Complex,
    Marginal,
    Target,
    check_points,
    check_weights,
    in_parts,
    mixture_weights,
    normalise,
    searched,
    unit_rows,
)
from diffusion_core.targets.forms import Uniforms
from diffusion_core.targets.grid_boxes import GridMarginal, is_grid
from diffusion_core.targets.support import Support
from diffusion_core.targets.truncated_normal import truncated_normal, uniform_normal_mass

MAX_BOXES = 4096
Vector = tuple[float, ...]


@dataclass(frozen=True)
class Boxes(Target):
    """X_0 ~ sum_k w_k Uniform( prod_i (low_ki, high_ki) ); they may touch and overlap.

    InputError for more than 4096 boxes or 256 dimensions, numbers beyond +-1e6, weights that are
    not positive or do not sum to 1, and for any side shorter than 1e-9.
    """

    weights: Vector
    lows: tuple[Vector, ...]
    highs: tuple[Vector, ...]
    kind: ClassVar[str] = "boxes"

    def __post_init__(self) -> None:
        check_weights(self.weights, MAX_BOXES)
        k, dims = len(self.weights), set()
        for name, rows in (("lows", self.lows), ("highs", self.highs)):
            dims.add(check_points(f"target.{name}", rows, MAX_BOXES))
            if len(rows) != k:
                raise InputError(f"target.{name}: needs {k} rows, one a weight, got {len(rows)}")
        if len(dims) != 1:
            raise InputError("target.highs: needs the dimension of target.lows")
        if not (self._highs - self._lows >= MIN_WIDTH).all():
            raise InputError(
                f"target.highs: every number must be above the same one of target.lows, "
                f"by {MIN_WIDTH:g} at least"
            )

    @property
    def dim(self) -> int:
        return len(self.lows[0])

    @property
    def has_density(self) -> bool:
        return True

    @property
    def finest_scale(self) -> float:
        return 0.0

    @property
    def bounds(self) -> Array:
        return np.stack([self._lows.min(axis=0), self._highs.max(axis=0)])

    @cached_property
    def _weights(self) -> Array:
        return mixture_weights(self.weights, len(self.weights))

    @cached_property
    def _lows(self) -> Array:
        return np.array(self.lows, dtype=float)

    @cached_property
    def _highs(self) -> Array:
        return np.array(self.highs, dtype=float)

    @cached_property
    def _is_grid(self) -> bool:
        return is_grid(self._lows, self._highs)

    def marginal(self, level: NoiseLevel) -> Marginal:
        if level.var == 0:
            return BoxesDensity(self._weights, self._lows, self._highs)
        root, sigma = math.sqrt(level.abar), math.sqrt(level.var)
        parts = (self._weights, root * self._lows, root * self._highs, sigma)
        return GridMarginal(BoxesMarginal, *parts) if self._is_grid else BoxesMarginal(*parts)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        k = rng.choice(len(self._weights), size=n, p=self._weights)
        return rng.uniform(self._lows[k], self._highs[k])

    def from_uniform(self, u: Array) -> Array:
        k = searched(self._weights, u[:, 0])
        return self._lows[k] + (self._highs[k] - self._lows[k]) * u[:, 1:]

    @property
    def form(self) -> Uniforms:
        return Uniforms(self._weights, self._lows, self._highs)

    @property
    def terms(self) -> int:
        return len(self.weights)

    def characteristic(self, w: Array) -> Complex:
        """sum_k w_k exp(i w.c_k) prod_j sin(w_j h_kj)/(w_j h_kj), c centres, h half sides."""
        centres, halves = (self._lows + self._highs) / 2, (self._highs - self._lows) / 2

        def of(w: Array) -> Complex:
            waves: Complex = np.exp(1j * (w @ centres.T), dtype=complex)
            return (waves * np.sinc(w[:, None, :] * halves / np.pi).prod(axis=2)) @ self._weights

        return in_parts(of, w, 2 * halves.size)

    def support(self) -> Support:
        far = np.maximum(np.abs(self._lows), np.abs(self._highs))
        return Support(float(np.linalg.norm(far, axis=1).max()), True)

    def first_moment(self) -> float:
        a, b = self._lows, self._highs
        return math.sqrt(float(self._weights @ (a * a + a * b + b * b).sum(axis=1)) / 3)


class BoxesDensity(Marginal):
    """The law of X_0 itself: constant on each box, low <= x < high."""

    def __init__(self, weights: Array, lows: Array, highs: Array) -> None:
        self.dim = lows.shape[1]
        self._w, self._lo, self._hi = weights, lows, highs
        self._height = weights / np.prod(highs - lows, axis=1)

    def log_density(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            inside = (self._lo <= c[:, None, :]) & (c[:, None, :] < self._hi)
            p = inside.all(axis=2) @ self._height
            return np.log(p, out=np.full(len(p), -np.inf), where=p > 0)

        return np.concatenate([of(x[c]) for c in unit_rows(len(x), 2 * self._lo.size)])

    def score(self, x: Array) -> Array:
        raise InputError(
            "target: uniform boxes have no score without noise; compare with p_1 instead"
        )

    jacobian = trace_gradient = score

    def interval_mass(self, edges: Array) -> Array:
        return self._mass(edges[:-1], edges[1:])

    def cdf(self, x: Array) -> Array:
        return self._mass(np.full(len(x), -np.inf), x)

    def _mass(self, left: Array, right: Array) -> Array:
        def of(c: slice) -> Array:
            covered = np.minimum(right[c], self._hi) - np.maximum(left[c], self._lo)
            return self._w @ (np.maximum(covered, 0.0) / (self._hi - self._lo))

        return np.concatenate([of(c) for c in unit_rows(len(left), 2 * len(self._w))])


class BoxesMarginal(Marginal):
    """sum_k w_k Uniform(box_k) * N(0, sigma^2 I), with E, Var and kappa_3 those of the noise u:

    s = -E u / sigma, H = -(I - Cov u)/sigma^2, d_i tr H = -sum_j kappa_3(u_i, u_j, u_j)/sigma^3.
    """

    def __init__(self, weights: Array, lows: Array, highs: Array, sigma: float) -> None:
        self.dim = lows.shape[1]
        self._w, self._lo, self._hi, self._sigma = weights, lows, highs, sigma
        self._axes = [_Axis(lows[:, i], highs[:, i], sigma) for i in range(self.dim)]
        self._log_height = np.log(weights) - np.log(highs - lows).sum(axis=1)

    def log_density(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            log_w, excess, _ = self._noise(c, 0)
            return normalise(log_w) - excess

        return self._chunks(x, of)

    def score(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            r, _, moments = self._noise(c, 1)
            normalise(r)
            return np.stack([(r * mean).sum(axis=0) for (mean,) in moments], axis=1)

        return self._chunks(x, of) / -self._sigma

    def jacobian(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            r, _, moments = self._noise(c, 2)
            normalise(r)
            centred = [_centre(r, m[0]) for m in moments]
            h = np.einsum("kn,ikn,jkn->nij", r, centred, centred, optimize=True)
            for i, m in enumerate(moments):
                h[:, i, i] -= (r * m[1]).sum(axis=0)
            return h

        return self._chunks(x, of) / self._sigma**2

    def trace_gradient(self, x: Array) -> Array:
        def of(c: Array) -> Array:
            r, _, moments = self._noise(c, 3)
            normalise(r)
            centred = [_centre(r, m[0]) for m in moments]
            spread = sum(e * e - m[1] for e, m in zip(centred, moments, strict=True))
            third = [m[2] + e * (spread - 2 * m[1]) for e, m in zip(centred, moments, strict=True)]
            return np.stack([(r * t).sum(axis=0) for t in third], axis=1)

        return self._chunks(x, of) / -(self._sigma**3)

    def interval_mass(self, edges: Array) -> Array:
        """Relative error below 1e-9 while the mass is above 1e-250; end edges may be infinite."""
        return self._mass(edges[:-1], edges[1:])

    def cdf(self, x: Array) -> Array:
        return self._mass(np.full(len(x), -np.inf), x)

    def _mass(self, left: Array, right: Array) -> Array:
        lo, hi = self._lo, self._hi
        cuts = [
            self._w @ uniform_normal_mass(left[c], right[c], lo, hi, self._sigma)
            for c in unit_rows(len(left), 8 * len(self._w))
        ]
        return np.concatenate(cuts)

    def _noise(self, x: Array, order: int) -> tuple[Array, Array, list[list[Array]]]:
        """log p(x, box k) + excess (K, N); excess (N,); and for each axis E u, then 1 - Var u and
        kappa_3(u) as ``order`` asks, (K, N) each."""
        log_w = np.repeat(self._log_height[:, None], len(x), axis=1)
        excess = np.zeros(len(x))
        moments = []
        for i, axis in enumerate(self._axes):
            y, log_mass, *u = axis.noise(np.ascontiguousarray(x[:, i]), order)
            log_w += log_mass[axis.index]
            excess += 0.5 * y * y
            moments.append([m[axis.index] for m in u])
        return log_w, excess, moments

    def _chunks(self, x: Array, of: Callable[[Array], Array]) -> Array:
        size = 150 * self._lo.size + self.dim**2
        return np.concatenate([of(x[c]) for c in unit_rows(len(x), size)])


class _Axis:
    """One axis of all boxes; equal intervals are evaluated once, box k uses number index[k]."""

    def __init__(self, lows: Array, highs: Array, sigma: float) -> None:
        rows, index = np.unique(np.stack([lows, highs], axis=1), axis=0, return_inverse=True)
        self.index = index.reshape(-1)
        self._lo, self._hi, self._sigma = rows[:, :1], rows[:, 1:], sigma
        self._delta = (self._hi - self._lo) / sigma
        self._hull = float(lows.min()), float(highs.max())

    def noise(self, x: Array, order: int) -> list[Array]:
        """y, the distance from x to the hull over sigma (N,); log P(b < u < a) + y^2/2, whose
        differences stay exact however far x is; then moments of u as ``order`` asks, (U, N)."""
        right, left = (x - self._hi) / self._sigma, (self._lo - x) / self._sigma
        b = np.maximum(right, left)
        after, before = x - self._hull[1], self._hull[0] - x
        y = np.maximum(np.maximum(after, before), 0.0) / self._sigma
        gap = np.maximum(b, 0.0)
        for far, step in (
            (after > 0, self._hull[1] - self._hi),
            (before > 0, self._lo - self._hull[0]),
        ):
            if far.any():
                gap[:, far] = step / self._sigma
        mass, *u = truncated_normal(b, np.broadcast_to(self._delta, b.shape), order)
        sign = np.where(right >= left, 1.0, -1.0)
        u = [m if i == 1 else m * sign for i, m in enumerate(u)]
        return [y, np.log(mass) - gap * (y + 0.5 * gap), *u]


def _centre(r: Array, mean: Array) -> Array:
    """mean_k - sum_k r_k mean_k, exactly 0 among equal means: far away they dwarf their spread."""
    near = mean - np.take_along_axis(mean, r.argmax(axis=0)[None], axis=0)
    return near - (r * near).sum(axis=0)
