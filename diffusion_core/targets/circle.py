"""The uniform law on a circle: a curve in the plane, without a density until noise is added."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import i0e, i1e, j0

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    MAX_WIDTH,
    MIN_WIDTH,
    Complex,
    Marginal,
    Target,
    check_points,
)
from diffusion_core.targets.forms import Ring
from diffusion_core.targets.support import Support

LARGE = 30.0  # from here on the series of A(k) in 1/k is exact to rounding


def _series(terms: int) -> Array:
    """a_1..a_terms of A(k) = 1 + sum_n a_n k^-n, from A' = 1 - A/k - A^2."""
    a = [1.0]
    for m in range(1, terms + 1):
        a.append(0.5 * ((m - 2) * a[-1] - sum(a[i] * a[m - i] for i in range(1, m))))
    return np.array(a[1:])


SERIES = _series(18)


@dataclass(frozen=True)
class Circle(Target):
    """X_0 uniform on |x - center| = radius in the plane.

    With rho = |x - sqrt(abar) center| and R = sqrt(abar) radius,
    p_t(x) = exp( -(rho^2 + R^2)/(2 var) ) I_0( R rho/var ) / (2 pi var).
    """

    radius: float = 1.0
    center: tuple[float, float] = (0.0, 0.0)
    kind: ClassVar[str] = "circle"

    def __post_init__(self) -> None:
        if not MIN_WIDTH <= self.radius <= MAX_WIDTH:
            raise InputError(
                f"target.radius: must be above 0, from {MIN_WIDTH:g} to {MAX_WIDTH:g}, "
                f"got {self.radius!r}"
            )
        if check_points("target.center", (self.center,), 1) != 2:
            raise InputError(f"target.center: needs 2 numbers, got {len(self.center)}")

    @property
    def dim(self) -> int:
        return 2

    @property
    def has_density(self) -> bool:
        return False

    @property
    def finest_scale(self) -> float:
        return 0.0

    @property
    def bounds(self) -> Array:
        center = np.array(self.center, dtype=float)
        return np.stack([center - self.radius, center + self.radius])

    @property
    def form(self) -> Ring:
        return Ring(np.array([self.radius], dtype=float), np.array(self.center, dtype=float))

    def marginal(self, level: NoiseLevel) -> Marginal:
        if not level.var > 0:
            raise InputError("target: a circle has no density; compare with p_1 instead")
        root = math.sqrt(level.abar)
        return NoisyCircle(root * self.radius, root * np.array(self.center), level.var)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        return self.from_uniform(rng.uniform(0, 1, (n, 1)))

    def from_uniform(self, u: Array) -> Array:
        angle = 2 * np.pi * u[:, 0]
        return self.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1) + self.center

    def characteristic(self, w: Array) -> Complex:
        """exp(i w.c) J_0(r |w|)."""
        centre = np.array(self.center, dtype=float)
        return np.exp(1j * (w @ centre)) * j0(self.radius * np.hypot(w[:, 0], w[:, 1]))

    def support(self) -> Support:
        return Support(math.hypot(*self.center) + self.radius, True)

    def first_moment(self) -> float:
        return math.hypot(self.radius, *self.center)


class NoisyCircle(Marginal):
    """Uniform on a circle of radius R, plus N(0, v I). With k = R rho/v and A = I_1/I_0 at k:

    s = (R A - rho)/v along the radius; tr H = -2/v + (R/v)^2 (1 - A^2).
    """

    dim = 2

    def __init__(self, radius: float, center: Array, var: float) -> None:
        self._r, self._c, self._v = radius, center, var

    def log_density(self, x: Array) -> Array:
        _, rho, k = self._polar(x)
        return (
            np.log(i0e(k)) - 0.5 * (rho - self._r) ** 2 / self._v - math.log(2 * math.pi * self._v)
        )

    def score(self, x: Array) -> Array:
        y, rho, k = self._polar(x)
        ratio, gap, _ = bessel_ratio(k)
        return y * self._across(rho, k, ratio, gap)[:, None]

    def jacobian(self, x: Array) -> Array:
        y, rho, k = self._polar(x)
        ratio, gap, slope = bessel_ratio(k)
        across = self._across(rho, k, ratio, gap)
        along = (self._r / self._v) ** 2 * slope - 1 / self._v
        unit = y / np.where(rho > 0, rho, 1.0)[:, None]
        outer = np.einsum("ni,nj->nij", unit, unit)
        return across[:, None, None] * np.eye(2) + (along - across)[:, None, None] * outer

    def trace_gradient(self, x: Array) -> Array:
        y, _, k = self._polar(x)
        ratio, _, slope = bessel_ratio(k)
        pull = self._r / self._v
        return y * (-2 * pull**4 * _over(ratio, k) * slope)[:, None]

    def _polar(self, x: Array) -> tuple[Array, Array, Array]:
        """y = x - center (N, 2), rho = |y| (N,) and k = R rho/v (N,)."""
        y = x - self._c
        rho = np.hypot(y[:, 0], y[:, 1])
        return y, rho, self._r * rho / self._v

    def _across(self, rho: Array, k: Array, ratio: Array, gap: Array) -> Array:
        """(radial score)/rho, the curvature along the circle: small where rho is close to R."""
        out = (self._r / self._v) ** 2 * _over(ratio, k) - 1 / self._v
        far = k > 1
        out[far] = -((rho[far] - self._r) + self._r * gap[far]) / (self._v * rho[far])
        return out


def bessel_ratio(k: Array) -> tuple[Array, Array, Array]:
    """A = I_1(k)/I_0(k), 1 - A and A' = 1 - A/k - A^2, each relatively accurate for k >= 0.

    For large k both 1 - A and A' cancel; the series in 1/k replaces them.
    """
    ratio = i1e(k) / i0e(k)
    gap = 1 - ratio
    slope = 1 - _over(ratio, k) - ratio * ratio
    large = k > LARGE
    inverse = 1 / k[large]
    order = np.arange(1, len(SERIES) + 1)
    gap[large] = -np.polynomial.polynomial.polyval(inverse, [0.0, *SERIES])
    slope[large] = -inverse * np.polynomial.polynomial.polyval(inverse, [0.0, *(order * SERIES)])
    ratio[large] = 1 - gap[large]
    return ratio, gap, slope


def _over(ratio: Array, k: Array) -> Array:
    """A(k)/k, which is 1/2 at 0."""
    return np.divide(ratio, k, out=np.full(k.shape, 0.5), where=k > 1e-100)
