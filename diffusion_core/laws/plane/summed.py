"""Summed integrals over a deterministic sampler's law in the plane as distances with errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from diffusion_core.distances.of_masses import KL_DOUBT, LOG_FLOOR, Distance
from diffusion_core.errors import Refused

FOLDED = 0.02  # the share of a distance that folds may hide
TV_CAUTION = 3  # times the sum of the cells' errors, which partly cancel along kinks
DOUBLED = 1e-4  # more than the whole of the target by so much was met twice, not misjudged
LOG_CAUTION = 3  # times KL: the mean log(p/q) where the target is met twice
LITTLE = 1e-6  # less of the target than this may be misjudged rather than out of reach
LOG_TAIL = 40.0  # log(p/q) beyond the start points that are looked at, which q leaves 1e-15
LOG_FAR = 200.0  # log(p/q) where start points more than 8 and up to 20 deviations out decide
FIXED = 1e-4  # relative: no error is stated below; maps differentiated by differences need it

Outcomes = dict[str, Distance | Refused]
Answer = TypeVar("Answer")


def attempted(of: Callable[..., Distance], *given: object) -> Distance | Refused:
    """The distance, or why there is none: the other distances of a run may still be known."""
    try:
        return of(*given)
    except Refused as refusal:
        return refusal


def answered(found: Mapping[str, Answer | Refused]) -> dict[str, Answer]:
    """All of them, Refused when any is."""
    out = {}
    for name, one in found.items():
        if isinstance(one, Refused):
            raise one
        out[name] = one
    return out


def missed(s: dict[str, float]) -> float:
    """The mass of the target that no point of the start law moves to, or that no node saw."""
    return max(0.0, 1 - (s["p"] - 2 * s["folded"]))


def overlooked(s: dict[str, float]) -> float:
    """The part of that to which start points not looked at closely enough may move."""
    lost = missed(s)
    return min(lost, s.get("unseen", lost))


def _doubled(s: dict[str, float]) -> float:
    """The mass of the target met more than once: two folds across each other keep det > 0."""
    more = s["p"] - 1
    return more if more > DOUBLED else 0.0


def distance(metric: str, s: dict[str, float]) -> Distance:
    """The distance from summed integrals; Refused where folds or lost mass decide it.

    s["unseen"] is the mass of the start law that may move to what was ``missed``: min(p, q) there
    adds up to no more than either mass, and sqrt(p q) to the root of their product. The same holds
    where q is "unknown", with the mass that q lacks.
    """
    value, defect = s[metric], abs(s["q"] - 1)
    if s["folded"] > 0 and 2 * s["folded"] > FOLDED * s["tv"] and s["tv"] < 1 - FOLDED:
        raise Refused(
            f"{metric}: the map of this run folds the plane, {s['folded']:.2g} of the target lies "
            "under several sheets of it; use more steps, another sampler or the particles method"
        )
    lost = missed(s)
    unseen = overlooked(s)
    twice = max(2 * s["folded"], _doubled(s))
    if metric == "tv":
        value = min(value, 1.0)
        error = TV_CAUTION * s["tv_error"] + defect + min(twice, 1 - value) + 1e-12
        return Distance(value, error + unseen + FIXED * min(value, 1 - value))
    if metric == "kl":
        covered = s["p"] - 2 * s["folded"]
        short = max(0.0, s["q"] - covered - LITTLE)
        check_lost(short + s["unknown"], value)
        most = LOG_TAIL if covered < s["q"] else 10.0
        most = max(most, LOG_CAUTION * value if _doubled(s) else 0.0, LOG_FAR if short else 0.0)
        extra = 100 * s["folded"] + most * abs(covered - s["q"]) + LOG_FLOOR * s["unknown"]
        return Distance(value, s["kl_error"] + defect + extra + FIXED * value + 1e-12)
    value += lost / 2
    extra = s["hellinger_error"] + defect + twice + math.sqrt(unseen * lost) + 1e-15
    extra += math.sqrt(defect * s["unknown"])
    root = math.sqrt(min(value, 1.0))
    return Distance(root, extra / max(2 * root, math.sqrt(extra)) + FIXED * root)


def check_lost(mass: float, kl: float) -> None:
    """Refused where that much of the target lies where the output's density is not known."""
    if LOG_FLOOR * mass > KL_DOUBT * kl + 1e-9:
        raise Refused(
            f"kl: {mass:.2g} of the target lies where the output's density is too small to be "
            "known; KL is very large there or infinite. Use tv or hellinger"
        )
