"""The standard normal on an interval, and a uniform law plus normal noise, to full precision.

An interval (b, b + delta) is short, long or far from 0. Short ones go by Gauss-Legendre quadrature
(every term positive), long ones by Mills ratios M(z) = P(N(0,1) > z)/phi(z), and the higher moments
far away by quadrature on the decay length 1/b: each form where it loses no digits.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, ndtr

from diffusion_core.schedules import Array
from diffusion_core.targets.base import LOG_TINY

SQRT_2PI = math.sqrt(2 * math.pi)
FAR = 5.0  # from here on the closed form of Var u cancels
DECAY = 38.0  # exp(-38) ends a tail
SHORT_RULE = np.polynomial.legendre.leggauss(8)
FAR_RULE = np.polynomial.legendre.leggauss(22)


def truncated_normal(b: Array, delta: Array, order: int) -> list[Array]:
    """u ~ N(0, 1) given b < u < b + delta, an interval whose middle is not negative.

    Returns P(b < u < b + delta) exp(max(b, 0)^2 / 2), then E u, 1 - Var u and kappa_3(u) for order
    1, 2 and 3: each relatively accurate, except where a moment passes through zero.
    """
    c = np.maximum(b + 0.5 * delta, 0.0)
    short = delta * np.maximum(c, 1.0) < 1
    cases = [(short, _short)]
    if order < 2:
        cases.append((~short, _long))
    else:
        far = ~short & (b > FAR)
        cases += [(far, _far), (~(short | far), _long)]
    out = [np.empty(b.shape) for _ in range(order + 1)]
    for where, form in cases:
        if where.any():
            for whole, part in zip(out, form(b[where], c[where], delta[where], order), strict=True):
                whole[where] = part
    return out


def _long(b: Array, c: Array, delta: Array, order: int) -> list[Array]:
    """Closed forms: E u = (phi(b) - phi(a))/P and so on, with phi(b) - phi(a) = phi(b) (1 - q)."""
    q = np.exp(np.maximum(-c * delta, LOG_TINY))
    out = [_long_mass(b, b + delta, q)]
    if order == 0:
        return out
    density = np.exp(np.maximum(-0.5 * np.minimum(b, 0.0) ** 2, LOG_TINY)) / (SQRT_2PI * out[0])
    mean = -density * np.expm1(np.maximum(-c * delta, LOG_TINY))
    out.append(mean)
    if order > 1:
        a = b + delta
        first = density * (b - a * q)
        out.append(mean * mean - first)
    if order > 2:
        second = density * ((b * b - 1) - (a * a - 1) * q)
        out.append(second - 3 * first * mean + 2 * mean * mean * mean)
    return out


def _long_mass(b: Array, a: Array, q: Array) -> Array:
    mass = np.empty(b.shape)
    inside = b < 0
    mass[inside] = ndtr(-b[inside]) - ndtr(-a[inside])
    out = ~inside
    root = math.sqrt(0.5)
    mass[out] = 0.5 * (erfcx(root * b[out]) - q[out] * erfcx(root * a[out]))
    return mass


def _short(b: Array, c: Array, delta: Array, order: int) -> list[Array]:
    """u = c + s, s on (-delta/2, delta/2) with density proportional to exp(-c s - s^2/2)."""
    half = 0.5 * delta
    total, *s = _tilted(c, np.zeros(c.shape), half, SHORT_RULE, order)
    above = np.where(b >= 0, half, c)  # c - max(b, 0)
    out = [np.exp(-above * (c - 0.5 * above)) * total / SQRT_2PI]
    if order > 0:
        out.append(c + s[0])
    if order > 1:
        out.append(1 - s[1])
    return out + s[2:]


def _far(b: Array, c: Array, delta: Array, order: int) -> list[Array]:
    """u = b + s with density proportional to exp(-b s - s^2/2), cut where it is below exp(-38)."""
    half = 0.5 * np.minimum(delta, DECAY / b)
    _, _, *s = _tilted(b, half, half, FAR_RULE, order)
    return [*_long(b, c, delta, 1), 1 - s[0], *s[1:]]


def _tilted(
    rate: Array, middle: Array, half: Array, rule: tuple[Array, Array], order: int
) -> list[Array]:
    """The integral of exp(-rate s - s^2/2) over middle +- half; mean, variance and kappa_3 of s."""
    nodes, weights = rule
    exponent = np.stack([middle * (rate + 0.5 * middle), (rate + middle) * half, 0.5 * half**2])
    values = np.vander(nodes, 3, increasing=True) @ exponent
    np.exp(np.negative(values, out=values), out=values)
    total, *m = (weights * nodes ** np.arange(order + 1)[:, None]) @ values
    m = [moment / total for moment in m]
    out = [half * total]
    if order > 0:
        out.append(middle + half * m[0])
    if order > 1:
        out.append(half**2 * (m[1] - m[0] ** 2))
    if order > 2:
        out.append(half**3 * (m[2] - 3 * m[1] * m[0] + 2 * m[0] ** 3))
    return out


def uniform_normal_mass(left: Array, right: Array, lo: Array, hi: Array, sigma: float) -> Array:
    """P(left < X <= right), X = Uniform(lo, hi) + N(0, sigma^2); broadcasts, ends may be inf."""
    spans = np.broadcast_arrays(left - hi, left - lo, right - hi, right - lo, right - left, hi - lo)
    ends = [span / sigma for span in spans]
    left_hi, _, _, right_lo, width, delta = ends
    reach = np.maximum(np.maximum(left_hi, -right_lo), 1.0)
    slim = width * reach < 1
    thin = ~slim & (delta * reach < 1)
    out = np.empty(width.shape)
    for where, form in ((slim, _mass_slim), (thin, _mass_thin), (~(slim | thin), _mass_wide)):
        out[where] = form(*(end[where] for end in ends))
    return np.maximum(out, 0.0)


def _mass_slim(
    left_hi: Array, left_lo: Array, right_hi: Array, right_lo: Array, width: Array, delta: Array
) -> Array:
    """A short interval: the density, integrated."""
    nodes, weights = SHORT_RULE
    step = width * (0.5 + 0.5 * nodes[:, None])
    b = np.maximum(left_hi + step, -(left_lo + step))
    (scaled,) = truncated_normal(b, np.broadcast_to(delta, b.shape), 0)
    density = scaled * np.exp(-0.5 * np.maximum(b, 0.0) ** 2)
    return width / delta * (0.5 * weights @ density)


def _mass_thin(
    left_hi: Array, left_lo: Array, right_hi: Array, right_lo: Array, width: Array, delta: Array
) -> Array:
    """A short box: normal masses, averaged over it."""
    nodes, weights = SHORT_RULE
    step = delta * (0.5 + 0.5 * nodes[:, None])
    below, above = left_hi + step, right_hi + step
    flip = below > 0
    below, above = np.where(flip, -above, below), np.where(flip, -below, above)
    return 0.5 * weights @ (ndtr(above) - ndtr(below))


def _mass_wide(
    left_hi: Array, left_lo: Array, right_hi: Array, right_lo: Array, width: Array, delta: Array
) -> Array:
    """The overlap of interval and box, corrected at the four ends by the integral of the tail."""
    overlap = np.maximum(np.minimum(np.minimum(width, delta), np.minimum(right_lo, -left_hi)), 0.0)
    tails = [_tail_integral(np.abs(v)) for v in (left_hi, left_lo, right_lo, right_hi)]
    return (overlap + (tails[0] - tails[1]) + (tails[2] - tails[3])) / delta


def _tail_integral(z: Array) -> Array:
    """int_z^inf P(N(0,1) > v) dv = phi(z) - z P(N(0,1) > z) for z >= 0, without cancellation."""
    out = np.zeros(z.shape)
    near, far = z < 20, (z >= 20) & (z < 39)
    v = z[near]
    out[near] = np.exp(-0.5 * v * v) * (1 / SQRT_2PI - 0.5 * v * erfcx(math.sqrt(0.5) * v))
    inverse = 1 / z[far] ** 2
    series = np.zeros(inverse.shape)
    for n in range(10, 0, -1):
        series = inverse * (1 - (2 * n + 1) * series)
    out[far] = np.exp(-0.5 * z[far] ** 2) * series / SQRT_2PI
    return out
