"""Targets whose d coordinates are independent copies of one law on the line.

Every update moves each coordinate by itself, so q_1 is a product as well. From the exact laws of
one coordinate: KL is d times the KL of one, Hellinger is exact by H_d^2 = 1 - (1 - H_1^2)^d, and
TV lies between bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from diffusion_core.distances.mass_partition import MassPair
from diffusion_core.distances.of_masses import METRICS, Distance, kullback_leibler
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.line.law import marginal_bounds, never
from diffusion_core.studies.dimension import check_dimension

Stop = Callable[[], None]


@dataclass(frozen=True)
class Coordinate:
    """The distances of one coordinate; KL is None where it is refused, for the reason given.

    ``likelier`` is the mass that p_1 and q_1 give to where p_1 is the larger: a test that counts
    how many coordinates fall there tells the two products apart.
    """

    tv: Distance
    kl: Distance | None
    hellinger: Distance
    likelier: tuple[float, float]
    refusal: str = ""


@dataclass(frozen=True)
class ProductGrowth:
    """KL and Hellinger by dimension, and what TV is at least and at most."""

    dims: tuple[int, ...]
    kl: tuple[Distance, ...]
    hellinger: tuple[Distance, ...]
    tv_low: tuple[float, ...]
    tv_high: tuple[float, ...]
    refusal: str = ""


def coordinate(experiment: Experiment, stop: Stop = never) -> Coordinate:
    """The laws of one coordinate compared; Refused where the target is not on the line."""
    if experiment.target.dim != 1:
        raise Refused(
            "product: needs a law on the line, copied for every coordinate; this target has "
            f"{experiment.target.dim} dimensions"
        )
    level, target = experiment.chain.level(1), experiment.target
    bounds = marginal_bounds(target, level)
    return _compare(OnLine(experiment, stop).pair(target.marginal(level), bounds))


def _compare(pair: MassPair) -> Coordinate:
    kl, refusal = None, ""
    try:
        kl = kullback_leibler(pair)
    except Refused as reason:
        refusal = str(reason)
    more = pair.p > pair.q
    masses = float(pair.p[more].sum()), float(pair.q[more].sum())
    return Coordinate(METRICS["tv"](pair), kl, METRICS["hellinger"](pair), masses, refusal)


def product_growth(one: Coordinate, dims: Sequence[int]) -> ProductGrowth:
    """The distances of d independent copies.

    H = Hellinger. TV >= H^2, >= the TV of one coordinate, >= what counting likelier coordinates
    sees; TV <= H sqrt(2 - H^2), <= sqrt(KL/2) (Pinsker), <= sqrt(1 - e^{-KL}) (Bretagnolle and
    Huber), <= d times the TV of one coordinate. Errors widen the bounds.
    """
    d = np.array([check_dimension("d", n) for n in dims], dtype=float)
    h2, error = one.hellinger.value**2, 2 * one.hellinger.value * one.hellinger.error
    together = np.sqrt(-np.expm1(d * math.log1p(-min(h2, 1 - 1e-16))))
    least = np.sqrt(-np.expm1(d * math.log1p(-min(max(h2 - error, 0.0), 1 - 1e-16))))
    most = np.sqrt(-np.expm1(d * math.log1p(-min(h2 + error, 1 - 1e-16))))
    seen = np.array([_counting(one, int(n)) for n in dims])
    low = np.maximum.reduce([least**2, np.full(len(d), one.tv.value - one.tv.error), seen])
    highs = [most * np.sqrt(2 - most**2), d * (one.tv.value + one.tv.error)]
    kl: tuple[Distance, ...] = ()
    if one.kl is not None:
        kl = tuple(Distance(float(n * one.kl.value), float(n * one.kl.error)) for n in d)
        total = d * (one.kl.value + one.kl.error)
        highs += [np.sqrt(0.5 * total), np.sqrt(-np.expm1(-total))]
    return ProductGrowth(
        tuple(dims),
        kl,
        tuple(
            Distance(float(v), float(max(b - v, v - a)))
            for v, a, b in zip(together, least, most, strict=True)
        ),
        tuple(np.clip(low, 0.0, 1.0).tolist()),
        tuple(np.minimum(np.minimum.reduce(highs), 1.0).tolist()),
        one.refusal,
    )


def _counting(one: Coordinate, d: int) -> float:
    """TV of Binomial(d, a) and Binomial(d, b), less what the masses' errors may account for.

    a > b are the masses that p_1 and q_1 give to where p_1 is the larger; by data processing the
    products are at least as far apart. The binomials' likelihoods cross once.
    """
    slack = one.tv.error
    a, b = one.likelier[0] - slack, one.likelier[1] + slack
    if a <= b:
        return 0.0
    a, b = min(a, 1 - 1e-15), max(b, 1e-300)
    gain, loss = math.log(a / b), math.log1p(-b) - math.log1p(-a)
    k = math.floor(d * loss / (gain + loss))
    return max(0.0, float(bdtr(k, d, b) - bdtr(k, d, a)))
