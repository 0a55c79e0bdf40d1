"""The multivariate Student-t law, as the scale mixture of Gaussians that defines it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import (
    betainc,
    betaincinv,
    gammaincinv,
    gammaln,
    kve,
    loggamma,
    ndtri,
    stdtrit,
)

from diffusion_core.schedules import Array, NoiseLevel, check_range
from diffusion_core.targets.base import (
    Complex,
    Marginal,
    Target,
    check_points,
    log_sum_exp,
    softmax,
    unit_rows,
)
from diffusion_core.targets.forms import Gaussians
from diffusion_core.targets.line_mixture import GaussianMixture1D
from diffusion_core.targets.support import TAIL, Support

TAIL_MASS = 1e-10
LOG_MASS_FLOOR, LOG_DENSITY_FLOOR = math.log(1e-15), math.log(1e-44)  # of what is left out
LOG_ALIAS = math.log(1e-13)  # error of the trapezoid rule


@dataclass(frozen=True)
class StudentT(Target):
    """X_0 = loc + scale Z/sqrt(G), Z ~ N(0, I), G ~ Gamma(df/2, rate df/2).

    Its density is proportional to (1 + |x - loc|^2/(df scale^2))^{-(df + d)/2}.

    p_t is the trapezoid rule in log g for E_G N(x; sqrt(abar) loc, (abar scale^2/G + var) I). The
    integrand is analytic in |Im log g| < pi/2, so the rule converges geometrically: the density is
    right to a relative 1e-10 wherever it is above 1e-30 in units of scale; beyond, its tail is the
    Gaussian of the widest component.
    """

    df: float
    loc: tuple[float, ...]
    scale: float = 1.0
    kind: ClassVar[str] = "student_t"

    def __post_init__(self) -> None:
        check_range("target.df", self.df, 0.5, 1000.0)
        check_points("target.loc", (self.loc,), 1)
        check_range("target.scale", self.scale, 1e-6, 1e6)

    @property
    def dim(self) -> int:
        return len(self.loc)

    @property
    def has_density(self) -> bool:
        return True

    @property
    def finest_scale(self) -> float:
        """The width of the peak: -1/H at loc is this, squared."""
        return self.scale * math.sqrt(self.df / (self.df + self.dim))

    @property
    def bounds(self) -> Array:
        """Holds all but at most 1e-10 of the mass: about scale 1e10^{1/df} wide for small df."""
        reach = self.scale * -stdtrit(self.df, 0.5 * TAIL_MASS / self.dim)
        return np.array(self.loc, dtype=float) + np.array([[-reach], [reach]])

    @property
    def form(self) -> Gaussians:
        g, weights = self._rule
        means = np.tile(np.array(self.loc, dtype=float), (len(g), 1))
        variances = np.repeat(self.scale**2 / g[:, None], self.dim, axis=1)
        return Gaussians(weights, means, variances, np.eye(self.dim)[None])

    @cached_property
    def _rule(self) -> tuple[Array, Array]:
        return gamma_rule(0.5 * self.df, self.dim)

    def marginal(self, level: NoiseLevel) -> Marginal:
        g, weights = self._rule
        loc, variances = np.array(self.loc, dtype=float), self.scale**2 / g
        if self.dim == 1:
            return GaussianMixture1D(weights, np.full(len(g), loc[0]), variances, level)
        return RadialMixture(weights, loc, variances, level)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        g = rng.gamma(0.5 * self.df, 2 / self.df, size=(n, 1))
        return self.loc + self.scale * rng.standard_normal((n, self.dim)) / np.sqrt(g)

    def from_uniform(self, u: Array) -> Array:
        g = gammaincinv(0.5 * self.df, u[:, 0]) / (0.5 * self.df)
        return self.loc + self.scale * ndtri(u[:, 1:]) / np.sqrt(g)[:, None]

    def characteristic(self, w: Array) -> Complex:
        """exp(i w.loc) 2 (z/2)^a K_a(z)/Gamma(a), z = scale sqrt(df) |w|, a = df/2.

        Where K_a overflows the scale mixture of Gaussians takes over, right to 1e-10.
        """
        a, (g, weights) = 0.5 * self.df, self._rule
        size = self.scale * np.sqrt((w * w).sum(axis=1))
        z = math.sqrt(self.df) * size
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            log_k = np.log(kve(a, z)) - z
            radial = np.exp(math.log(2) + a * np.log(z / 2) - gammaln(a) + log_k)
        lost = ~np.isfinite(log_k) & (z < 1e3)
        radial[lost] = np.exp(-0.5 * size[lost, None] ** 2 / g) @ weights
        radial[z == 0] = 1.0
        return np.exp(1j * (w @ np.array(self.loc, dtype=float))) * np.nan_to_num(radial)

    def support(self) -> Support:
        """|loc| and the quantile of |X_0 - loc|: an upper bound that ignores directions."""
        x = float(betaincinv(0.5 * self.df, 0.5 * self.dim, TAIL))
        reach = self.scale * math.sqrt(self.df * (1 / x - 1))
        return Support(float(np.linalg.norm(self.loc)) + reach, False)

    def mass_outside(self, radius: float) -> float:
        r = max(radius - float(np.linalg.norm(self.loc)), 0.0) / self.scale
        return float(betainc(0.5 * self.df, 0.5 * self.dim, self.df / (self.df + r * r)))

    def first_moment(self) -> float:
        """|loc| + scale E|t_d|, with E|t_d| in closed form for df > 1."""
        d, df = self.dim, self.df
        if df <= 1:
            return math.inf
        log_mean = gammaln((d + 1) / 2) - gammaln(d / 2) + gammaln((df - 1) / 2) - gammaln(df / 2)
        mean = math.sqrt(df) * math.exp(float(log_mean))
        return float(np.linalg.norm(self.loc)) + self.scale * mean


def gamma_rule(shape: float, dim: int) -> tuple[Array, Array]:
    """Nodes g and weights of the trapezoid rule in y = log g for G ~ Gamma(shape, rate shape).

    Its step h makes the aliasing error |Gamma(a + 2 pi i/h)|/Gamma(a), a = shape + dim/2, 1e-13;
    its ends are where neither the weight nor weight g^{dim/2}, the density at that radius, counts.
    """
    a = shape + 0.5 * dim
    omega = np.linspace(1.0, 40.0 + 8.0 * math.sqrt(a), 4000)
    alias = loggamma(a + 1j * omega).real - gammaln(a)
    h = 2 * math.pi / omega[np.flatnonzero(alias < LOG_ALIAS)[0]]

    def log_weight(y: Array) -> Array:
        return shape * (math.log(shape) + y - np.exp(y)) - gammaln(shape)

    y = h * np.arange(math.floor(-400 / h), math.ceil(8 / h))
    log_w = log_weight(y)
    matters = log_w + 0.5 * dim * y > LOG_DENSITY_FLOOR
    kept = matters | (log_w > LOG_MASS_FLOOR)
    w = np.exp(log_w[kept])
    return np.exp(y[kept]), w / w.sum()


class RadialMixture(Marginal):
    """sum_k w_k N(m, v_k I), v_k = abar c_k + var, m = sqrt(abar) loc.

    With q_k = 1/v_k, kappa_j its cumulants under the posterior weights, and y = x - m:
    s = -kappa_1 y, H = -kappa_1 I + kappa_2 y y^T, grad tr H = ((d + 2) kappa_2 - |y|^2 kappa_3) y.

    The smallest q, of the widest component, is taken out: q_k - q = abar (c - c_k) q_k q keeps its
    digits where the noise makes all q_k nearly equal and |y|^2 magnifies what is left.
    """

    def __init__(self, weights: Array, loc: Array, variances: Array, level: NoiseLevel) -> None:
        self.dim = len(loc)
        self._m = math.sqrt(level.abar) * loc
        v = level.abar * variances + level.var
        widest = variances.argmax()
        self._least = 1 / v[widest]
        self._q = level.abar * (variances[widest] - variances) / v * self._least
        self._log_w = np.log(weights) - 0.5 * self.dim * np.log(2 * np.pi * v)

    def log_density(self, x: Array) -> Array:
        return np.concatenate(
            [log_sum_exp(w) - 0.5 * (y * y).sum(axis=1) * self._least for y, w in self._pieces(x)]
        )

    def score(self, x: Array) -> Array:
        return np.concatenate(
            [-y * (self._least + softmax(w) @ self._q)[:, None] for y, w in self._pieces(x)]
        )

    def jacobian(self, x: Array) -> Array:
        def of(y: Array, log_w: Array) -> Array:
            mean, var, _ = self._cumulants(log_w)
            outer = np.einsum("n,ni,nj->nij", var, y, y)
            return outer - (self._least + mean)[:, None, None] * np.eye(self.dim)

        return np.concatenate([of(y, log_w) for y, log_w in self._pieces(x)])

    def trace_gradient(self, x: Array) -> Array:
        def of(y: Array, log_w: Array) -> Array:
            _, var, third = self._cumulants(log_w)
            return y * ((self.dim + 2) * var - (y * y).sum(axis=1) * third)[:, None]

        return np.concatenate([of(y, log_w) for y, log_w in self._pieces(x)])

    def _pieces(self, x: Array) -> Iterator[tuple[Array, Array]]:
        """Chunks of y (n, d) with the log weights of the components there (n, K), one at a time."""
        for cut in unit_rows(len(x), 4 * len(self._q) + self.dim**2):
            y = x[cut] - self._m
            yield y, self._log_w - 0.5 * (y * y).sum(axis=1)[:, None] * self._q

    def _cumulants(self, log_w: Array) -> tuple[Array, Array, Array]:
        r = softmax(log_w)
        mean = r @ self._q
        centred = self._q - mean[:, None]
        return mean, (r * centred**2).sum(axis=1), (r * centred**3).sum(axis=1)
