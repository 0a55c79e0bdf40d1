"""The characteristic function E exp(i w.X_0) of every target, and so of every p_t, in closed form.

chi_t(w) = E exp(i w.X_t) = chi_0(sqrt(abar) w) exp(-var |w|^2/2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, j0, kve

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import Target, unit_rows
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.targets.points import Points
from diffusion_core.targets.student_t import StudentT, gamma_rule

Complex = NDArray[np.complex128]
Clean = Callable[[Array], Complex]

FADED = 1e-18  # a Gaussian factor below makes chi_t zero


class Characteristic:
    """chi_0 and chi_t of one target; frequencies are (M, d), values complex (M,).

    InputError for a target whose characteristic function is not known here.
    """

    def __init__(self, target: Target) -> None:
        for kind, of in _CLEAN:
            if isinstance(target, kind):
                self._clean: Clean = of(target)
                return
        raise InputError(f"target: no characteristic function is known for kind {target.kind}")

    def clean(self, w: Array) -> Complex:
        """E exp(i w.X_0)."""
        return self._clean(np.asarray(w, dtype=float))

    def noised(self, level: NoiseLevel, w: Array) -> Complex:
        """E exp(i w.X_t)."""
        damping = np.exp(-0.5 * level.var * (w * w).sum(axis=1))
        kept = damping > FADED
        out = np.zeros(len(w), dtype=complex)
        if kept.any():
            out[kept] = damping[kept] * self.clean(math.sqrt(level.abar) * w[kept])
        return out


def _gaussian_mixture(target: GaussianMixture) -> Clean:
    """sum_k w_k exp(i w.m_k - w^T C_k w/2)."""
    means = np.array(target.means, dtype=float)
    covariances = np.array(target.covariances, dtype=float)
    weights = np.array(target.weights) / sum(target.weights)

    def of(w: Array) -> Complex:
        square = np.einsum("ni,kij,nj->nk", w, covariances, w, optimize=True)
        return np.exp(1j * (w @ means.T) - 0.5 * square) @ weights

    return _in_parts(of, covariances.size + len(means))


def _points(target: Points) -> Clean:
    """exp(-h^2 |w|^2/2) times the mean of exp(i w.x_k), h the bandwidth."""
    points, counts = np.unique(np.array(target.points, dtype=float), axis=0, return_counts=True)
    weights = counts / counts.sum()

    def of(w: Array) -> Complex:
        damping = np.exp(-0.5 * target.bandwidth**2 * (w * w).sum(axis=1))
        return damping * (np.exp(1j * (w @ points.T)) @ weights)

    return _in_parts(of, len(points))


def _boxes(target: Boxes) -> Clean:
    """sum_k w_k exp(i w.c_k) prod_j sin(w_j h_kj)/(w_j h_kj), c the centres, h the half sides."""
    lows, highs = np.array(target.lows, dtype=float), np.array(target.highs, dtype=float)
    centres, halves = (lows + highs) / 2, (highs - lows) / 2
    weights = np.array(target.weights) / sum(target.weights)

    def of(w: Array) -> Complex:
        factors = np.sinc(w[:, None, :] * halves / np.pi).prod(axis=2)
        return (np.exp(1j * (w @ centres.T)) * factors) @ weights

    return _in_parts(of, 2 * lows.size)


def _circle(target: Circle) -> Clean:
    """exp(i w.c) J_0(r |w|)."""
    centre = np.array(target.center, dtype=float)

    def of(w: Array) -> Complex:
        return np.exp(1j * (w @ centre)) * j0(target.radius * np.hypot(w[:, 0], w[:, 1]))

    return of


def _student_t(target: StudentT) -> Clean:
    """exp(i w.loc) 2 (z/2)^a K_a(z)/Gamma(a), z = scale sqrt(df) |w|, a = df/2.

    Where K_a overflows the scale mixture of Gaussians takes over, right to 1e-10.
    """
    a, loc = 0.5 * target.df, np.array(target.loc, dtype=float)
    g, weights = gamma_rule(a, target.dim)

    def of(w: Array) -> Complex:
        size = target.scale * np.sqrt((w * w).sum(axis=1))
        z = math.sqrt(target.df) * size
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            log_k = np.log(kve(a, z)) - z
            radial = np.exp(math.log(2) + a * np.log(z / 2) - gammaln(a) + log_k)
        lost = ~np.isfinite(log_k) & (z < 1e3)
        radial[lost] = np.exp(-0.5 * size[lost, None] ** 2 / g) @ weights
        radial[z == 0] = 1.0
        return np.exp(1j * (w @ loc)) * np.nan_to_num(radial)

    return of


def _in_parts(of: Clean, size: int) -> Clean:
    """The same function, in parts that stay small in memory."""

    def whole(w: Array) -> Complex:
        parts = [of(w[c]) for c in unit_rows(len(w), 2 * size)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=complex)

    return whole


_CLEAN: tuple[tuple[type[Target], Callable[[Any], Clean]], ...] = (
    (GaussianMixture, _gaussian_mixture),
    (Points, _points),
    (Boxes, _boxes),
    (Circle, _circle),
    (StudentT, _student_t),
)
