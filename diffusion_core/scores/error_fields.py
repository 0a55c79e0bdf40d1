"""Vector fields g that an error of a score is made of, their norms E |g(X_t)|^2 in closed form.

The norms come from characteristic functions: E sin(a.X + b) sin(c.X + d) is half the real part of
exp(i (b - d)) chi(a - c) - exp(i (b + d)) chi(a + c).
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import Target

TERMS = 4096  # of the Fourier series of |cos|
SMALLEST = 6.2  # exp(-s^2/2) below 5e-9


class Field(Protocol):
    """g: points (N, d) to (N, d), with J_g (N, d, d) and grad tr J_g (N, d).

    detail: the length over which g changes. constant: g itself, (d,), where it is a constant.
    sines: v (K, d), w (K, d) and b (K,) with g = sum_k v_k sin(w_k.x + b_k).
    """

    detail: float
    constant: Array | None
    sines: tuple[Array, Array, Array]

    def __call__(self, x: Array) -> Array: ...

    def jacobian(self, x: Array) -> Array: ...

    def trace_gradient(self, x: Array) -> Array: ...

    def square_norm(self, level: NoiseLevel) -> float:
        """E |g(X_t)|^2."""
        ...

    def mean_jacobian(self, level: NoiseLevel) -> tuple[float, float] | None:
        """E |J_g(X_t)| (spectral norm) and its error, None where it has no closed form."""
        ...


class Constant:
    """g = (1, ..., 1)/sqrt(d)."""

    detail = math.inf

    def __init__(self, dim: int) -> None:
        u = np.full(dim, 1 / math.sqrt(dim))
        self.constant: Array | None = u
        self.sines = u[None], np.zeros((1, dim)), np.array([math.pi / 2])

    def __call__(self, x: Array) -> Array:
        return np.full(x.shape, 1 / math.sqrt(x.shape[1]))

    def jacobian(self, x: Array) -> Array:
        return np.zeros((*x.shape, x.shape[1]))

    def trace_gradient(self, x: Array) -> Array:
        return np.zeros(x.shape)

    def square_norm(self, level: NoiseLevel) -> float:
        return 1.0

    def mean_jacobian(self, level: NoiseLevel) -> tuple[float, float] | None:
        return 0.0, 0.0


class Wave:
    """g = u sin(w u.x + b): J_g = w cos(w u.x + b) u u^T, grad tr J_g = -w^2 sin(w u.x + b) u."""

    constant: Array | None = None

    def __init__(self, target: Target, frequency: float, phase: float) -> None:
        self._target, self._w, self._b = target, frequency, phase
        self._u = np.full(target.dim, 1 / math.sqrt(target.dim))
        self.detail = 1 / frequency
        self.sines = self._u[None], frequency * self._u[None], np.array([phase])

    def _angle(self, x: Array) -> Array:
        return self._w * (x @ self._u) + self._b

    def __call__(self, x: Array) -> Array:
        return np.sin(self._angle(x))[:, None] * self._u

    def jacobian(self, x: Array) -> Array:
        slope = self._w * np.cos(self._angle(x))
        return slope[:, None, None] * np.outer(self._u, self._u)

    def trace_gradient(self, x: Array) -> Array:
        return -(self._w**2) * self(x)

    def square_norm(self, level: NoiseLevel) -> float:
        """E sin^2 = (1 - Re(exp(2ib) chi_t(2w)))/2, chi_t = exp(-2 var w^2) chi_0(2 root w)."""
        clean = self._target.characteristic(2 * self._w * math.sqrt(level.abar) * self._u[None])[0]
        exponent = -2 * level.var * self._w**2
        rest = 1 - (np.exp(2j * self._b) * clean).real
        return float(-math.expm1(exponent) + math.exp(exponent) * rest) / 2

    def mean_jacobian(self, level: NoiseLevel) -> tuple[float, float] | None:
        """w E |cos|, |cos a| = 2/pi + (4/pi) sum_m (-1)^{m+1} cos(2 m a)/(4 m^2 - 1)."""
        smooth = self._w * math.sqrt(level.var + level.abar * self._target.finest_scale**2)
        terms = min(TERMS, math.ceil(SMALLEST / (2 * smooth)) + 1)
        m = np.arange(1, terms + 1)
        chi = self._target.noised_characteristic(level, 2 * self._w * m[:, None] * self._u)
        signs = np.where(m % 2 == 1, 1.0, -1.0) / (4 * m**2 - 1.0)
        mean = 2 / math.pi + 4 / math.pi * float(signs @ (np.exp(2j * m * self._b) * chi).real)
        left = math.exp(-0.5 * min(2 * terms * smooth, 40.0) ** 2) / (math.pi * terms)
        return self._w * mean, self._w * (left + 1e-15)


class Fourier:
    """g = sum_k v_k sin(w_k.x + b_k).

    J_g = sum_k v_k w_k^T cos(w_k.x + b_k), grad tr J_g = -sum_k (v_k.w_k) w_k sin(w_k.x + b_k).

    directions v, waves w: (K, d); phases b: (K,).
    """

    constant: Array | None = None

    def __init__(self, target: Target, directions: Array, waves: Array, phases: Array) -> None:
        self._target, self._v, self._w, self._b = target, directions, waves, phases
        self.sines = directions, waves, phases
        self.detail = 1 / float(np.linalg.norm(waves, axis=1).max())
        i, j = np.triu_indices(len(phases))
        weight = np.where(i == j, 0.5, 1.0) * (directions[i] * directions[j]).sum(axis=1)
        self._sum = (waves[i] + waves[j], phases[i] + phases[j], weight)
        self._gap = (waves[i] - waves[j], phases[i] - phases[j], weight)

    def __call__(self, x: Array) -> Array:
        return np.sin(x @ self._w.T + self._b) @ self._v

    def jacobian(self, x: Array) -> Array:
        cos = np.cos(x @ self._w.T + self._b)
        outer = self._v[:, :, None] * self._w[:, None, :]
        return np.tensordot(cos, outer, axes=(1, 0))

    def trace_gradient(self, x: Array) -> Array:
        along = (self._v * self._w).sum(axis=1)[:, None] * self._w
        return -np.sin(x @ self._w.T + self._b) @ along

    def square_norm(self, level: NoiseLevel) -> float:
        def total(waves: Array, phases: Array, weight: Array) -> float:
            chi = self._target.noised_characteristic(level, waves)
            return float(weight @ (np.exp(1j * phases) * chi).real)

        return total(*self._gap) - total(*self._sum)

    def mean_jacobian(self, level: NoiseLevel) -> tuple[float, float] | None:
        return None
