"""The noise levels of a chain as points on the log-SNR axis: where it begins and ends, and between.

A variance-preserving chain is its T values of lambda_t = log(abar_t/(1 - abar_t)), which fall from
t = 1 to t = T. The *ends* lambda_1 and lambda_T say how much noise is left at the end and how much
there is at the start; the *grid* says how the other T - 2 points are spread between them. Only
grids on the same ends answer the same question: lambda_1 fixes p_1, which the output is compared
with, and the noisier p_1 is, the easier it is to hit.

A grid is bent by a density: points are taken as before, but weighted by a function of the place on
the axis that is piecewise linear between five knots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import expit

from diffusion_core.errors import InputError
from diffusion_core.experiment import Experiment
from diffusion_core.schedules import SCHEDULES, Array, Chain, Custom, check_range
from diffusion_core.studies.forward import log_snr

NAMED = tuple(kind for kind in SCHEDULES if kind != "custom")
FARTHEST = 25.0  # of log-SNR either way: abar within 1e-11 of 0 and 1
NARROWEST = 1.0  # ends are at least so far apart
KNOTS = np.linspace(0.0, 1.0, 5)
STRAIGHT = (0.0,) * len(KNOTS)
MOST_BEND = 6.0  # the density at a knot is between 2^-6 and 2^6 times what it was
DIGITS, MOST_DIGITS = 6, 15


@dataclass(frozen=True)
class Ends:
    """lambda_1, the log-SNR of the least noise (t = 1), and lambda_T, that of the most (t = T)."""

    high: float = 5.0
    low: float = -9.0

    def __post_init__(self) -> None:
        check_range("ends.high", self.high, -FARTHEST + NARROWEST, FARTHEST)
        check_range("ends.low", self.low, -FARTHEST, self.high - NARROWEST)


def on_ends(chain: Chain, ends: Ends) -> Array:
    """The chain's own lambda_1..lambda_T, stretched linearly onto the given ends, (T,)."""
    points = np.clip(log_snr(chain, np.arange(1, chain.steps + 1)), -700.0, None)
    place = (points - points[0]) / (points[-1] - points[0])
    return ends.high + place * (ends.low - ends.high)


def named_grids(ends: Ends, steps: int) -> dict[str, Array]:
    """Every named schedule with its usual parameters, stretched onto the ends."""
    makers: dict[str, Any] = {kind: SCHEDULES[kind] for kind in NAMED}
    return {kind: on_ends(maker().chain(steps), ends) for kind, maker in makers.items()}


def bent(points: Array, bend: Sequence[float]) -> Array:
    """The grid (T,) with its density of points multiplied by g; ends stay, straight is unchanged.

    g is piecewise linear in log-SNR; at five knots, evenly from lambda_1 to lambda_T, it is
    2^bend.
    """
    check_bend(bend)
    base = (points - points[0]) / (points[-1] - points[0])
    rank = np.linspace(0.0, 1.0, len(points))
    nodes = np.union1d(base, KNOTS)
    share = np.diff(np.interp(nodes, base, rank))
    g = np.interp(nodes, KNOTS, np.exp2(np.asarray(bend, dtype=float)))
    total = np.concatenate([[0.0], np.cumsum(share * (g[:-1] + g[1:]) / 2)])
    wanted = rank[1:-1] * total[-1]
    k = np.clip(np.searchsorted(total, wanted, side="right") - 1, 0, len(share) - 1)
    rest = (wanted - total[k]) / share[k]
    part = 2 * rest / (g[k] + np.sqrt(g[k] ** 2 + 2 * (g[k + 1] - g[k]) * rest))
    place = nodes[k] + part * np.diff(nodes)[k]
    inner = points[0] + place * (points[-1] - points[0])
    return np.concatenate([points[:1], inner, points[-1:]])


def check_bend(bend: Sequence[float]) -> None:
    """InputError unless there is one bend a knot, each within MOST_BEND."""
    if len(bend) != len(KNOTS):
        raise InputError(f"bend: needs {len(KNOTS)} numbers, got {len(bend)}")
    for value in bend:
        check_range("bend", value, -MOST_BEND, MOST_BEND)


def custom_schedule(points: Array) -> Custom:
    """abar = 1/(1 + e^{-lambda}), with as few digits as keep it falling: 6 of abar or of 1 - abar.

    Whichever of the two is smaller has 6 significant digits, so beta_t keeps them as well.
    """
    abar, var = expit(points), expit(-points)
    for digits in range(DIGITS, MOST_DIGITS + 1, 3):
        values = [_rounded(a, b, digits) for a, b in zip(abar, var, strict=True)]
        if all(a > b > 0 for a, b in pairwise((1.0, *values))):
            return Custom(tuple(values))
    raise InputError(
        "schedule: the curve is so flat somewhere that ᾱ does not fall in double precision"
    )


def _rounded(abar: float, var: float, digits: int) -> float:
    places = digits - 1 - math.floor(math.log10(min(abar, var)))
    return float(f"{abar:.{places}f}")


def on_grid(experiment: Experiment, points: Array) -> Experiment:
    """The experiment on the custom schedule of these points, T being their number."""
    return experiment.with_(schedule=custom_schedule(points), steps=len(points))


def own_runs(experiment: Experiment, steps: int) -> dict[str, Experiment]:
    """The experiment on every named schedule as it is, with ends of its own."""
    makers: dict[str, Any] = {kind: SCHEDULES[kind] for kind in NAMED}
    return {kind: experiment.with_(schedule=m(), steps=steps) for kind, m in makers.items()}
