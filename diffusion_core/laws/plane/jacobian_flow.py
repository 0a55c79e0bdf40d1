"""A deterministic sampler's map Y_T -> Y_t in the plane, with the determinant of its derivative.

The derivative comes from the updates themselves, run on dual numbers: y + delta i v, where delta is
so small that products of two imaginary parts vanish against rounding. Every update is affine in y
and in the scores it asks for, so complex arithmetic carries y exactly as it always is and
delta DF v beside it. After each update v is the basis again: the determinant is the product
of well-conditioned factors, kept as a logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffusion_core.samplers import Sampler, advance
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import ExactScore, Score, plain_score
from diffusion_core.scores.guided import GuidedScore

FAR = 1e100  # positions beyond are held there and count as mass at infinity
TINY = 2.0**-300  # delta
STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))  # a derivative, to fourth order
STEP = 3e-3  # its step, in units of the finest detail of p_t

Stop = Callable[[], None]
Dual = Any  # complex arrays (2 N, 2): N points moving along one direction, then along another


@dataclass(frozen=True)
class Image:
    """Where N start points are: y (N, 2), log |det DF| (N,) and the sign of det DF (N,)."""

    y: Array
    log_det: Array
    sign: Array


class DualScore:
    """A score on dual numbers; it moves by its own Jacobian, H by a difference formula."""

    def __init__(self, score: Score, scale: Callable[[int], float]) -> None:
        self._score, self._scale = score, scale

    def __call__(self, t: float, y: Dual) -> Dual:
        x = np.ascontiguousarray(y[: len(y) // 2].real)
        own = plain_score(self._score)
        if isinstance(own, ExactScore | GuidedScore):
            s, h = own.score_and_jacobian(t, x)
        else:
            s, h = own(t, x), own.jacobian(t, x)
        return _dual(s, [h[:, :, k] for k in range(2)], y)

    def jacobian(self, t: float, y: Dual) -> Dual:
        return self._differenced(self._score.jacobian, t, y)

    def trace_gradient(self, t: float, y: Dual) -> Dual:
        return self._differenced(self._score.trace_gradient, t, y)

    def _differenced(self, of: Callable[[float, Array], Array], t: float, y: Dual) -> Dual:
        x = np.ascontiguousarray(y[: len(y) // 2].real)
        step = np.eye(2) * STEP * self._scale(math.ceil(t))
        moved = [
            sum(w * of(t, x + k * step[axis]) for k, w in STENCIL) / step[axis, axis]
            for axis in range(2)
        ]
        return _dual(of(t, x), moved, y)


def _dual(value: Array, partial: list[Array], y: Dual) -> Dual:
    """value + i sum_k partial_k (Im y)_k for both directions."""
    out = np.empty((2 * len(value), *value.shape[1:]), dtype=complex)
    extra = (1,) * (value.ndim - 1)
    v = y.imag.reshape(2, len(value), 2)
    for direction, half in zip(v, (out[: len(value)], out[len(value) :]), strict=True):
        half.real = value
        half.imag = sum(p * direction[:, k].reshape(-1, *extra) for k, p in enumerate(partial))
    return out


def flow(
    sampler: Sampler,
    chain: Chain,
    score: Score,
    x: Array,
    scale: Callable[[int], float],
    stop: Stop,
) -> Iterator[tuple[int, Image]]:
    """(t, image of the start points x (N, 2) at t), t = T..1, positions held within +-1e100.

    ``scale(t)`` is the size of the finest detail of p_t.
    """
    n, dual_score = len(x), DualScore(score, scale)
    y = np.concatenate([x, x]).astype(complex)
    log_det, sign, memory = np.zeros(n), np.ones(n), None
    yield chain.steps, Image(x, log_det, sign)
    for t in range(chain.steps, 1, -1):
        stop()
        y.imag = TINY * np.repeat(np.eye(2), n, axis=0)
        y, memory = advance(sampler, y, t, chain, dual_score, np.zeros, memory)  # type: ignore[arg-type]
        j = y.imag.reshape(2, n, 2) / TINY  # j[k] is the derivative along the k-th direction
        det = j[0, :, 0] * j[1, :, 1] - j[0, :, 1] * j[1, :, 0]
        log_det = log_det + np.log(np.maximum(np.abs(det), 1e-300))
        sign = np.where(det < 0, -sign, sign)
        y.real = np.clip(y.real, -FAR, FAR)
        if memory is not None:
            memory = tuple(_rebased(m, j, det) if np.iscomplexobj(m) else m for m in memory)
        yield t - 1, Image(y[:n].real.copy(), log_det, sign)


def _rebased(kept: Dual, j: Array, det: Array) -> Dual:
    """The derivative of what a multistep update keeps, with respect to the new position."""
    n = len(det)
    v = kept.imag.reshape(2, n, 2)
    det = np.where(np.abs(det) < 1e-300, 1e-300, det)[:, None]
    # columns of V J^{-1}, J the matrix whose columns are j[0] and j[1]
    first = (v[0] * j[1][:, 1:] - v[1] * j[0][:, 1:]) / det
    second = (v[1] * j[0][:, :1] - v[0] * j[1][:, :1]) / det
    return kept.real + 1j * np.concatenate([first, second])
