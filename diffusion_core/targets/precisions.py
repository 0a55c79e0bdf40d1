"""Differences of inverse covariances that keep their digits."""

from __future__ import annotations

import numpy as np

from diffusion_core.schedules import Array, NoiseLevel

MAGNIFIED = 100  # rounding of P_k - P_j by way of C_k - C_j over that of plain subtraction


def precision_gaps(c: Array, p: Array, det: Array, level: NoiseLevel, j: int) -> Array:
    """P_k - P_j, (K, d, d), from C_k - C_j, so that close or mirrored covariances keep digits.

    c, p, det: C_k, (K, d, d), the inverses P_k of S_k = abar C_k + var I, and det S_k, (K,).
    Plainly subtracted where ill-conditioned, unlike covariances would magnify the rounding.
    """
    gap = level.abar * (c - c[j])
    size, step = np.abs(p).max(axis=(1, 2)), np.abs(gap).max(axis=(1, 2))
    exact = two_by_two_gap(c, level, det, j) if c.shape[1] == 2 else -p @ gap @ p[j]
    close = size * size[j] * step <= MAGNIFIED * (size + size[j])
    return np.where(close[:, None, None], exact, p - p[j])


def two_by_two_gap(c: Array, level: NoiseLevel, det: Array, j: int) -> Array:
    """S_k^{-1} - S_j^{-1}, (K, 2, 2), by adjugates; det_k of S_k = abar C_k + var I.

    Differences and sums are of the entries of C_k, which are not rounded: those of mirror images
    cancel down to the last digit.
    """
    s = level.abar * c + level.var * np.eye(2)
    gap, off = level.abar * (c - c[j]), level.abar * (c[:, 0, 1] + c[j, 0, 1])
    more = gap[:, 0, 0] * s[:, 1, 1] + s[j, 0, 0] * gap[:, 1, 1] - gap[:, 0, 1] * off
    inner = (gap * det[j] - s[j] * more[:, None, None]) / (det * det[j])[:, None, None]
    out = -inner
    out[:, 0, 0], out[:, 1, 1] = inner[:, 1, 1], inner[:, 0, 0]
    return out
