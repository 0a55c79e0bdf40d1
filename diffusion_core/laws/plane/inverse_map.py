"""The density of a deterministic sampler's output at given points of the plane: its map inverted.

log q_1(x) = log phi(F^{-1} x) - log det DF, with F undone update by update: from Y_{t-1}, Newton's
rule on dual numbers finds Y_t. q_1 is smooth where the output is, however F tears the plane apart,
so few cells hold it. Where F folds, or Newton's rule fails, density is missed and never invented:
the sum of what was found then falls short of 1 by no less than the error of TV.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.laws.plane.jacobian_flow import TINY, DualScore, Stop
from diffusion_core.samplers import Sampler, advance
from diffusion_core.schedules import Array, Chain, Index, Mask
from diffusion_core.scores.exact import Score

ROUNDS = 60
LEAST_SHARE = 1e-4  # of a step of Newton's rule: one that brings nothing closer is shortened
CLOSE = 1e-6  # of the finest detail: the last step of Newton's rule
LEAP = 3.0  # of |y| and the finest detail: no step is longer
HISTORY = 4  # slopes that predict the next


@dataclass(frozen=True)
class Preimage:
    """F^{-1} of N points: z (N, 2), log det DF there, and where there is one with det > 0."""

    z: Array
    log_det: Array
    found: Mask


class Inverse:
    """Undoes the updates of a sampler that keeps no memory."""

    def __init__(
        self,
        sampler: Sampler,
        chain: Chain,
        score: Score,
        scale: Callable[[int], float],
        stop: Stop,
    ) -> None:
        self._sampler, self._chain, self._stop, self._scale = sampler, chain, stop, scale
        self._score = DualScore(score, scale)

    def __call__(self, x: Array, at: int = 1) -> Preimage:
        """Y_T that moves to Y_t = x (N, 2), t = ``at``; rows not found keep their last position."""
        chain, alive = self._chain, np.arange(len(x))
        z, log_det, y = x.copy(), np.zeros(len(x)), x
        past: list[tuple[float, Array]] = []
        for t in range(at + 1, chain.steps + 1):
            self._stop()
            root = math.sqrt(chain.abar[t]), math.sqrt(chain.abar[t - 1])
            sigma = [math.sqrt(chain.var[s] / chain.abar[s]) for s in (t, t - 1)]
            middle = math.log(sigma[0] * sigma[1]) / 2
            step = (sigma[0] - sigma[1]) * extrapolated(past, middle, len(y))
            before, log_step, kept = self.undone(y, root[0] * (y / root[1] + step), t)
            alive, before, y = alive[kept], before[kept], y[kept]
            slope = (before / root[0] - y / root[1]) / (sigma[0] - sigma[1])
            past = [(s, v[kept]) for s, v in past[1 - HISTORY :]] + [(middle, slope)]
            log_det[alive] += log_step[kept]
            z[alive], y = before, before
        found = np.zeros(len(x), dtype=bool)
        found[alive] = True
        return Preimage(z, log_det, found)

    def undone(self, after: Array, guess: Array, t: int) -> tuple[Array, Array, Mask]:
        """Y_t for Y_{t-1} = ``after`` (N, 2), log det, and where both are found."""
        y, log_det = guess.copy(), np.full(len(guess), -np.inf)
        step, share = np.zeros((len(guess), 2)), np.ones(len(guess))  # y + share step is tried
        least = np.full(len(guess), np.inf)
        rows: Index = np.arange(len(guess))
        scale = self._scale(t)
        for _ in range(ROUNDS):
            tried = y[rows] + share[rows, None] * step[rows]
            image, j, det = self._update(tried, t)
            gap = after[rows] - image
            size = np.hypot(gap[:, 0], gap[:, 1])
            better = (det > 1e-12) & (size < least[rows])  # false for nan
            share[rows] = np.where(better, 1.0, share[rows] / 4)
            kept = rows[better]
            y[kept], least[kept] = tried[better], size[better]
            step[kept] = _limited(_newton(j, det, gap)[better], scale, y[kept])
            done = np.hypot(step[kept, 0], step[kept, 1]) <= CLOSE * scale
            log_det[kept[done]] = np.log(det[better][done])
            y[kept[done]] += step[kept[done]]
            open_rows = np.isneginf(log_det[rows]) & (share[rows] >= LEAST_SHARE)
            rows = rows[open_rows & np.isfinite(least[rows])]
            if not len(rows):
                break
        return y, log_det, np.isfinite(log_det)

    def _update(self, y: Array, t: int) -> tuple[Array, Array, Array]:
        """A_t(y), its derivative along each axis (2, N, 2), and the determinant."""
        n = len(y)
        dual = np.concatenate([y, y]).astype(complex)
        dual.imag = TINY * np.repeat(np.eye(2), n, axis=0)
        image, _ = advance(self._sampler, dual, t, self._chain, self._score, np.zeros)  # type: ignore[arg-type]
        j = image.imag.reshape(2, n, 2) / TINY
        return image[:n].real, j, j[0, :, 0] * j[1, :, 1] - j[0, :, 1] * j[1, :, 0]


def _newton(j: Array, det: Array, gap: Array) -> Array:
    """J^{-1} gap, (N, 2), from the derivatives along each axis j (2, N, 2)."""
    safe = np.where(np.abs(det) > 1e-300, det, 1.0)
    first = (j[1, :, 1] * gap[:, 0] - j[1, :, 0] * gap[:, 1]) / safe
    second = (j[0, :, 0] * gap[:, 1] - j[0, :, 1] * gap[:, 0]) / safe
    return np.stack([first, second], axis=1)


def _limited(step: Array, scale: float, y: Array) -> Array:
    """The steps, none longer than LEAP times the detail and |y|."""
    size = np.hypot(step[:, 0], step[:, 1])
    most = LEAP * (scale + np.hypot(y[:, 0], y[:, 1]))
    return np.asarray(step * np.minimum(1.0, most / np.maximum(size, 1e-300))[:, None])


def extrapolated(past: list[tuple[float, Array]], at: float, n: int) -> Array:
    """The polynomial through the past slopes, at ``at``; zero where there are none."""
    out = np.zeros((n, 2))
    for k, (s, v) in enumerate(past):
        factor = 1.0
        for i, (other, _) in enumerate(past):
            if i != k:
                factor *= (at - other) / (s - other)
        out += factor * v
    return out
