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

from diffusion_core.distances.mass_partition import (
    COARSE_TOLERANCE,
    LOST,
    MassPair,
    ambiguity,
    mean_modulus,
    relative_entropy,
)
from diffusion_core.errors import InputError, Refused
from diffusion_core.schedules import Array

ROUNDING = 2e-14
LOG_FLOOR = 700.0  # log(p/q) where q is lost is at most this, q being above 1e-304
KL_DOUBT = 0.02  # the share of KL that may come from where q is lost


@dataclass(frozen=True)
class Distance:
    """A distance and the most that it may be wrong by."""

    value: float
    error: float


def total_variation(pair: MassPair) -> Distance:
    """(1/2) sum |q_i - p_i|; cells where q - p may change sign make the error."""
    value, coarse = _tv(pair), _tv(pair.coarsened())
    error = float(ambiguity(pair).sum()) + value - coarse + pair.law_error + _cut(pair) + ROUNDING
    return Distance(min(value, 1.0), error)


def _tv(pair: MassPair) -> float:
    return 0.5 * float(np.abs(pair.q - pair.p).sum())


def kullback_leibler(pair: MassPair) -> Distance:
    """KL(p || q) = sum p_i log(p_i/q_i), in nats; Refused where p has mass and q hardly any."""
    mass = float(pair.p[pair.lost & (pair.p > pair.q)].sum())
    # mass misplaced by e changes KL by about e E_p[p/q]
    ratio = np.minimum(pair.p / np.maximum(pair.q, 1e-300), 1e3)
    tail = LOG_FLOOR * (mass + _cut(pair))
    found = _by_refinement(pair, _kl, tail + pair.law_error * float(pair.p @ ratio))
    if LOG_FLOOR * mass > KL_DOUBT * found.value + 1e-9:
        raise Refused(
            f"kl: {mass:.2g} of the target lies where the output's density is too small to be "
            "known; KL is very large there or infinite. Use tv, hellinger, w1 or w2"
        )
    return found


def _kl(pair: MassPair) -> float:
    return float(relative_entropy(pair.q, pair.p).sum())


def hellinger(pair: MassPair) -> Distance:
    """( (1/2) sum (sqrt q_i - sqrt p_i)^2 )^{1/2}."""
    unsure = pair.law_error + _cut(pair)
    lost = math.sqrt(unsure) if unsure > 1e-10 else 0.0
    return _by_refinement(pair, _hellinger, lost, power=2)


def _hellinger(pair: MassPair) -> float:
    return math.sqrt(0.5 * float(((np.sqrt(pair.q) - np.sqrt(pair.p)) ** 2).sum()))


def wasserstein_1(pair: MassPair) -> Distance:
    """int |Q - P| with both laws spread evenly within cells."""
    return _by_refinement(pair, _w1, pair.displacement[0] + _lost_length(pair))


def _w1(pair: MassPair) -> float:
    d = np.cumsum(pair.q - pair.p)[:-1]
    return float((mean_modulus(d[:-1], d[1:]) * np.diff(pair.edges)).sum())


def wasserstein_2(pair: MassPair) -> Distance:
    """( int_0^1 (Q^{-1}(u) - P^{-1}(u))^2 du )^{1/2} with both laws spread evenly within cells."""
    found = _by_refinement(pair, _w2, pair.displacement[1], power=2)
    # a mass that rounding moves across a gap counts by the gap squared
    lost = _lost_length(pair) * _width(pair)
    rounding = lost / max(math.sqrt(lost), 2 * found.value, 1e-300)
    return Distance(found.value, found.error + rounding)


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
    """The length that holds both laws but for rounding."""
    below = np.cumsum(np.maximum(pair.q, pair.p))
    first, last = np.searchsorted(below, [LOST, below[-1] - LOST])
    edges = pair.edges
    return float(edges[min(last, len(edges) - 1)] - edges[max(min(first, len(edges)) - 1, 0)])


def _lost_length(pair: MassPair) -> float:
    """The mass that rounding or cut tails leave out, times the length over which it counts."""
    rounding = 1e-16 * math.sqrt(len(pair.q))
    return (rounding + 4 * _cut(pair)) * _width(pair)


def _cut(pair: MassPair) -> float:
    """The target's mass beyond where its tails are cut: heavy ones at 1e-10."""
    return max(0.0, 1.0 - float(pair.p.sum()) - 1e-13)


def _by_refinement(
    pair: MassPair, of: Callable[[MassPair], float], extra: float, power: int = 1
) -> Distance:
    """Extrapolated from all cells and half the cells: value^power converges like 1/cells^2.

    The error is the last change before extrapolation and what ``resolve`` leaves unsettled.
    """
    fine, coarse = of(pair), of(pair.coarsened())
    value = max(fine**power + (fine**power - coarse**power) / 3, 0.0) ** (1 / power)
    return Distance(value, abs(fine - coarse) + COARSE_TOLERANCE * value + extra + ROUNDING)


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
    """The name itself, or InputError with the names that exist."""
    if name not in METRICS:
        raise InputError(f"metric: one of {', '.join(METRICS)}, got {name!r}")
    return name
