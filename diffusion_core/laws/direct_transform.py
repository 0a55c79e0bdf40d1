"""The image of point masses under normal noise on the line, by its Fourier transform, directly.

At the frequencies q_k = k q_1 up to the band's end, k = B a + b, masses w_j at m_j with variances
s^2 + d_j have the transform

    e^{-s^2 q_k^2/2} sum_l (-q_k^2/2)^l / l! sum_j w_j d_j^l e^{-i q_{Ba} m_j} e^{-i q_b m_j}:

a product of matrices of some 2 sqrt(K) powers a mass for K frequencies, exact for every noise,
however narrow. On the grids of most laws on the line that is cheaper than to spread the masses as
Gaussians; on large grids it is not.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from diffusion_core.laws.density_grid import (
    BEYOND,
    TAPER,
    Density,
    Limited,
    Resolution,
    grid_shape,
)
from diffusion_core.schedules import Array

MARGIN = 12.0  # steps beyond, in which the soft end of a band rings
MOST = 1_000_000  # masses times frequencies times terms: above, Gaussians are cheaper
MOST_TERMS = 8  # of the series in s^2; with more, every mass has its own factor
ROUNDING = 1e-15


def image_directly(
    mean: Array, own: Array, weight: Array, scale: float, res: Resolution
) -> Limited | None:
    """sum_j w_j N(.; m_j, s_j^2) on the grid that resolves ``scale``, cut at the band's end.

    mean, weight (N,); own (N,) or (1,): s. None where that is too large a product.
    """
    h = res.step(scale)
    reach = res.band * float(own.max()) + MARGIN * h
    low = float(mean.min()) - reach
    (n,) = grid_shape(np.array([(float(mean.max()) + reach - low) / h + 2]))
    ends = math.ceil(n / (2 * res.oversampled)) + 1
    if len(mean) * ends * (1 if len(own) == 1 else MOST_TERMS) > MOST:
        return None
    q, ratio, taper = _band(n, ends, res.oversampled)
    spectrum = _transform((mean - low) / h, np.square(own / h), weight, q)
    noise = float(own.min())
    free = scale <= noise  # it ends by itself
    if not free:
        spectrum *= taper
    size = np.abs(spectrum)
    size *= 1 / size[0]
    last = float(ratio[1] * (np.flatnonzero(size > res.tail)[-1] + 1))
    cut = size[math.ceil(TAPER[0] / ratio[1]) :]
    rim = res.tail if free else max(res.tail, float(cut.max()))
    values = np.fft.irfft(spectrum * (1 / h), n)
    return Limited(Density(np.array([low]), h, values), rim, scale / last)


@lru_cache(maxsize=64)
def _band(n: int, ends: int, oversampled: float) -> tuple[Array, Array, Array]:
    """Frequencies a step up to the band's end, their share of it, and how softly it is cut."""
    q = np.arange(ends, dtype=np.float64) * (2 * math.pi / n)
    ratio = q * (oversampled / math.pi)
    taper: Array = ndtr((TAPER[0] - ratio) / TAPER[1])
    return q, ratio, taper


def _transform(m: Array, variance: Array, weight: Array, q: Array) -> Array:
    """f^(q_k) of masses at m (N,) with their variances, (N,) or (1,): (K,)."""
    columns = math.ceil(math.sqrt(len(q)))
    rows = math.ceil(len(q) / columns)
    turn = np.multiply.outer(np.array([-q[1], -columns * q[1]]), m)
    z = np.empty(turn.shape, dtype=complex)
    np.cos(turn, out=z.real)
    np.sin(turn, out=z.imag)
    fine, coarse = _powers(np.ones(1), z[0], columns), _powers(weight, z[1], rows)
    half = -0.5 * q * q
    middle = 0.5 * float(variance.min() + variance.max())
    excess = variance - middle
    terms = _terms(float(excess.max() * -half[-1]))
    if terms > MOST_TERMS:
        waves = (coarse[:, None] * fine).reshape(-1, len(m))[: len(q)]
        fall = np.multiply.outer(half, variance)
        np.maximum(fall, -10 * BEYOND, out=fall)
        waves *= np.exp(fall, out=fall)
        return np.asarray(waves.sum(axis=1))
    parts = [coarse]
    for k in range(1, terms):
        parts.append(parts[-1] * (excess / k))
    across = fine.T
    total = (parts[-1] @ across).ravel()[: len(q)]
    for part in parts[-2::-1]:
        total = total * half + (part @ across).ravel()[: len(q)]
    return np.asarray(total * np.exp(middle * half))


def _terms(most: float) -> int:
    """How many terms of the series of exp(x), |x| <= ``most``, leave out less than a rounding."""
    count, last = 1, most
    while last > ROUNDING and count <= MOST_TERMS:
        count += 1
        last *= most / count
    return count


def _powers(first: Array, z: Array, count: int) -> Array:
    """first z^k, (count, N)."""
    out = np.empty((count, len(z)), dtype=complex)
    out[0] = first
    known, step = 1, z  # z to the number of rows that are known
    while known < count:
        more = min(known, count - known)
        np.multiply(out[:more], step, out=out[known : known + more])
        known += more
        step = step * step
    return out
