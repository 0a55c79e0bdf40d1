"""Fritsch and Butland's monotone cubic between given points, bit for bit SciPy's.

``scipy.interpolate`` also loads ``optimize``, ``sparse``, ``spatial`` and ``linalg``: a fifth of a
second and 30 MB for every process that draws a picture.
"""

from __future__ import annotations

import numpy as np

from diffusion_core.schedules import Array


def monotone_cubic(x: Array, y: Array, at: Array) -> Array:
    """The curve through (x_k, y_k), monotone wherever the y_k are, at the points ``at``.

    x (K,) increases, K >= 2; y (K,). The slope d_k at x_k is the harmonic mean of the secants m_k
    beside it, 1/d_k = (w_1/m_{k-1} + w_2/m_k)/(w_1 + w_2) with w_1 = 2 h_k + h_{k-1} and
    w_2 = h_k + 2 h_{k-1}, or 0 where these differ in sign (F. N. Fritsch and J. Butland, SIAM J.
    Sci. Comput. 5, 1984, as in ``scipy.interpolate.PchipInterpolator``); beyond the ends the last
    cubics go on.
    """
    h = np.diff(x)
    m = np.diff(y) / h
    d = _slopes(h, m)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(h) - 1)
    bend = (d[:-1] + d[1:] - 2 * m) / h
    s = at - x[k]
    square = s * s
    linear = y[k] + d[k] * s
    return linear + ((m - d[:-1]) / h - bend)[k] * square + (bend / h)[k] * (square * s)


def _slopes(h: Array, m: Array) -> Array:
    if len(h) == 1:
        return np.repeat(m, 2)
    turns = (np.sign(m[1:]) != np.sign(m[:-1])) | (m[1:] == 0) | (m[:-1] == 0)
    before, after = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = (before / m[:-1] + after / m[1:]) / (before + after)
        inner = np.where(turns, 0.0, 1 / inverse)
    return np.concatenate([[_end(*h[:2], *m[:2])], inner, [_end(*h[:-3:-1], *m[:-3:-1])]])


def _end(h: float, next_h: float, m: float, next_m: float) -> float:
    """The slope at an end: of the parabola through three points, as far as it keeps the shape."""
    d = ((2 * h + next_h) * m - h * next_m) / (h + next_h)
    if np.sign(d) != np.sign(m):
        return 0.0
    if np.sign(m) != np.sign(next_m) and abs(d) > 3 * abs(m):
        return 3 * m
    return float(d)
