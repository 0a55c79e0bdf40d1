"""Distances between the law q of a sampler's output and a target p, each with its own error.

TV = (1/2) int |q - p|; KL = KL(p || q) = int p log(p/q), the data first as in the DDPM theorems;
Hellinger = ( (1/2) int (sqrt q - sqrt p)^2 )^{1/2}, in [0, 1]; W1 = int |Q - P|;
W2^2 = int_0^1 (Q^{-1} - P^{-1})^2 du.
On a partition the first three are lower bounds that rise to the truth when cells are split.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.laws.partition import MassPair, ambiguity
from diffusion_core.schedules import Array

ROUNDING = 2e-14
LOST = 1e-14  # masses below are rounding where a law is carried on a grid


@dataclass(frozen=True)
class Distance:
    """A distance and the most that it may be wrong by."""

    value: float
    error: float


def total_variation(pair: MassPair) -> Distance:
    """(1/2) sum |q_i - p_i|; cells where q - p may change sign make the error."""
    value = 0.5 * float(np.abs(pair.q - pair.p).sum())
    error = float(ambiguity(pair).sum()) + pair.law_error + ROUNDING
    return Distance(min(value, 1.0), error)


def kullback_leibler(pair: MassPair) -> Distance:
    """KL(p || q) = sum p_i log(p_i/q_i), in nats; Refused where p has mass and q hardly any."""
    return _by_refinement(pair, _kl_sum, _kl_lost(pair))


def _kl_sum(pair: MassPair) -> float:
    p, q = pair.p, np.maximum(pair.q, 1e-300)
    some = p > 0
    # p log(p/q) - p + q is never negative cell by cell, so small divergences keep their digits
    terms = p[some] * np.log(p[some] / q[some]) - p[some] + q[some]
    return float(terms.sum() + q[~some].sum())


def _kl_lost(pair: MassPair) -> float:
    """What cells of q that are lost in rounding may add."""
    lost = (pair.q < LOST) & (pair.p > pair.q) if pair.law_error > 0 else pair.q <= 0
    mass = float(pair.p[lost].sum())
    if mass > 1e-8:
        raise Refused(
            f"kl: {mass:.2g} of the target lies where the output's density is too small to be "
            "known; KL is very large there or infinite. Use tv, hellinger, w1 or w2"
        )
    return 700.0 * mass


def hellinger(pair: MassPair) -> Distance:
    """( (1/2) sum (sqrt q_i - sqrt p_i)^2 )^{1/2}."""
    return _by_refinement(
        pair, _hellinger, math.sqrt(pair.law_error) if pair.law_error > 1e-10 else 0.0, power=2
    )


def _hellinger(pair: MassPair) -> float:
    return math.sqrt(0.5 * float(((np.sqrt(pair.q) - np.sqrt(pair.p)) ** 2).sum()))


def wasserstein_1(pair: MassPair) -> Distance:
    """int |Q - P| with both laws spread evenly within cells."""
    return _by_refinement(pair, _w1, pair.law_error * _width(pair))


def _w1(pair: MassPair) -> float:
    d = np.cumsum(pair.q - pair.p)[:-1]
    a, b = d[:-1], d[1:]
    crossing = a * b < 0
    size = np.abs(a) + np.abs(b)
    mean = np.where(crossing, 0.5 * (a * a + b * b) / np.where(size > 0, size, 1.0), 0.5 * size)
    return float((mean * np.diff(pair.edges)).sum())


def wasserstein_2(pair: MassPair) -> Distance:
    """( int_0^1 (Q^{-1}(u) - P^{-1}(u))^2 du )^{1/2} with both laws spread evenly within cells."""
    return _by_refinement(pair, _w2, math.sqrt(pair.law_error) * _width(pair), power=2)


def _w2(pair: MassPair) -> float:
    levels_q, levels_p = _levels(pair.q), _levels(pair.p)
    u = np.unique(np.concatenate([levels_q, levels_p]))
    middle = 0.5 * (u[:-1] + u[1:])
    start = _quantile(pair.edges, levels_q, middle, u[:-1]) - _quantile(
        pair.edges, levels_p, middle, u[:-1]
    )
    end = _quantile(pair.edges, levels_q, middle, u[1:]) - _quantile(
        pair.edges, levels_p, middle, u[1:]
    )
    return math.sqrt(float(((start**2 + start * end + end**2) / 3 * np.diff(u)).sum()))


def _levels(mass: Array) -> Array:
    """The distribution function at the edges; the outer cells' mass sits at the outer edges."""
    total = np.cumsum(mass)[:-1]
    return np.minimum(total, 1.0)


def _quantile(edges: Array, levels: Array, cell_of: Array, u: Array) -> Array:
    """Q^{-1}(u), linear in the cell that holds the level ``cell_of``."""
    k = np.searchsorted(levels, cell_of)
    inside = (k > 0) & (k < len(levels))
    j = np.clip(k, 1, len(levels) - 1)
    span = levels[j] - levels[j - 1]
    share = np.where(inside, (u - levels[j - 1]) / np.where(span > 0, span, 1.0), 0.0)
    value = edges[j - 1] + share * (edges[j] - edges[j - 1])
    return np.where(k == 0, edges[0], np.where(k >= len(levels), edges[-1], value))


def _width(pair: MassPair) -> float:
    return float(pair.edges[-1] - pair.edges[0])


def _by_refinement(
    pair: MassPair, of: Callable[[MassPair], float], extra: float, power: int = 1
) -> Distance:
    """Extrapolated from all cells and half the cells: value^power converges like 1/cells^2.

    The last change before extrapolation is the error.
    """
    fine, coarse = of(pair), of(pair.coarsened())
    value = max(fine**power + (fine**power - coarse**power) / 3, 0.0) ** (1 / power)
    return Distance(value, abs(fine - coarse) + extra + ROUNDING)


METRICS: dict[str, Callable[[MassPair], Distance]] = {
    "tv": total_variation,
    "kl": kullback_leibler,
    "hellinger": hellinger,
    "w1": wasserstein_1,
    "w2": wasserstein_2,
}
METRIC_LABELS = {
    "tv": "total variation",
    "kl": "KL(p‖q), nats",
    "hellinger": "Hellinger",
    "w1": "Wasserstein-1",
    "w2": "Wasserstein-2",
}


def check_metric(name: str) -> str:
    if name not in METRICS:
        raise InputError(f"metric: one of {', '.join(METRICS)}, got {name!r}")
    return name
