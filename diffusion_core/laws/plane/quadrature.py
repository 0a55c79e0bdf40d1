"""Distances of a deterministic sampler's output from a target in the plane, without its density.

Y_1 = F(Y_T) with Y_T ~ phi. In start coordinates, with r(z) = p(F(z)) |det DF(z)|/phi(z), that is
p/q seen from z,
TV = int phi (1 - r)_+ dz, KL(p||q) = int phi (r log r - r + 1) dz,
Hellinger^2 = (1/2) int phi (1 - sqrt r)^2 dz:
integrals over the bulk of phi, whatever F does to distances. log phi and log(r phi) are smooth, so
they are sampled at Gauss nodes of square cells that split where a polynomial through the nodes does
not yet serve; the kink of (1 - r)_+ then costs polynomial evaluations only, no further F.

Where det DF < 0, F folds. Let N(y) count the start points of y: the formula for TV misses between
0 and int (N - 1) p dy = 2 int_{det DF < 0} r phi dz, so that bounds what folds can hide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.polynomial import legendre

from diffusion_core.schedules import Array, Index

NODES = 8  # Gauss nodes along each side of a cell
FINE, ROUGH = 24, 17  # points along a side when the polynomial is integrated across a kink
DROPPED = 2  # degrees: the change without them is the polynomial's error
ORDER = ("tv", "hellinger", "kl")  # in which cells are split for the metrics
MOST_CELLS = 6000
LEAST_ROOM = 4  # cells are split while there is room for a quarter of those that should be
ROUNDS = 24
BLOCK = 400  # cells whose fine points are held at once
CLIP = 300.0  # on log r
KINK = math.sqrt(0.5)  # u where r = 1
FLOOR = 1e-9
UNKNOWN = -46.0  # log q where it is not known: a density that no distance but KL sees
TOP = 12.0  # a polynomial's log density beyond, or outside the nodes, is an artefact

Sampled = Callable[[Array], tuple[Array, Array, Array]]
Stop = Callable[[], None]


@dataclass(frozen=True)
class Integrals:
    """Per cell or summed: the three integrals, their errors, and the masses of q and p met.

    ``folded`` is the mass int r phi where det DF < 0, ``unknown`` that where log q is UNKNOWN.
    """

    tv: Array
    kl: Array
    hellinger: Array
    tv_error: Array
    kl_error: Array
    hellinger_error: Array
    q: Array
    p: Array
    folded: Array
    unknown: Array

    def total(self) -> dict[str, float]:
        return {f.name: float(getattr(self, f.name).sum()) for f in fields(self)}


@dataclass(frozen=True)
class Cells:
    """low and width (M, 2); log phi, log(r phi) and the sign of det DF at the nodes (M, n, n)."""

    low: Array
    width: Array
    log_q: Array
    log_p: Array
    sign: Array


T = TypeVar("T", Cells, Integrals)


def picked(of: T, which: Index | slice) -> T:
    """The same rows of every array field."""
    return type(of)(*(getattr(of, f.name)[which] for f in fields(of)))


def joined(parts: list[T]) -> T:
    """The arrays of all parts, field by field, end to end."""
    columns = [f.name for f in fields(parts[0])]
    return type(parts[0])(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns))


class Rule:
    """Gauss points on [-1, 1] and the matrices that carry values at the n nodes there."""

    def __init__(self, count: int) -> None:
        x, self.weights = legendre.leggauss(count)
        nodes, _ = legendre.leggauss(NODES)
        to_series = np.linalg.inv(legendre.legvander(nodes, NODES - 1))
        basis = legendre.legvander(x, NODES - 1)
        self.full = basis @ to_series
        kept = NODES - DROPPED
        self.low = basis[:, :kept] @ to_series[:kept]

    def area(self, width: Array) -> Array:
        """Weights of the points of each cell, (M, m, m)."""
        return (width.prod(axis=1) / 4)[:, None, None] * np.outer(self.weights, self.weights)


AT_NODES, AT_FINE, AT_ROUGH = Rule(NODES), Rule(FINE), Rule(ROUGH)


def carried(matrix: Array, values: Array) -> Array:
    """Values at a tensor grid's nodes, carried along both axes by one matrix."""
    return matrix @ values @ matrix.T


def sampled_cells(low: Array, width: Array, of: Sampled) -> Cells:
    """Cells with ``of(z)`` = log phi, log(r phi), sign at their nodes."""
    nodes = (legendre.leggauss(NODES)[0] + 1) / 2
    x, y = (low[:, k, None] + width[:, k, None] * nodes for k in range(2))
    shape = (len(low), NODES, NODES)
    z = np.stack([np.broadcast_to(x[:, :, None], shape), np.broadcast_to(y[:, None, :], shape)], -1)
    return Cells(low, width, *(v.reshape(shape) for v in of(z.reshape(-1, 2))))


def integrate(cells: Cells) -> Integrals:
    """The integrals of every cell, block by block."""
    blocks = [picked(cells, slice(k, k + BLOCK)) for k in range(0, len(cells.low), BLOCK)]
    return joined([_integrate(b) for b in blocks])


def signed_share(log_r: Array, sign: Array) -> Array:
    """u = +-r/sqrt(1 + r^2), smooth through folds and bounded however large r is."""
    return sign / np.sqrt(1 + np.exp(-2 * np.clip(log_r, -CLIP, CLIP)))


def excess(u: Array) -> Array:
    """(1 - r)_+ as a function of u."""
    size = np.minimum(np.abs(u), KINK)
    return 1 - size / np.sqrt(1 - size * size)


def _integrate(c: Cells) -> Integrals:
    log_r = np.clip(c.log_p - c.log_q, -CLIP, CLIP)
    u = signed_share(log_r, c.sign)
    w = AT_NODES.area(c.width)
    q, p = w * np.exp(c.log_q), w * np.exp(c.log_p)
    fine_q, fine_u, fine_log_r = (carried(AT_FINE.full, v) for v in (c.log_q, u, log_r))
    fine_q = AT_FINE.area(c.width) * np.exp(np.minimum(fine_q, TOP))
    tv, tv_error = _variation(c, u, q, fine_q, fine_u, fine_log_r)
    low_q, low_log_r = (carried(AT_FINE.low, v) for v in (c.log_q, log_r))
    low_q = AT_FINE.area(c.width) * np.exp(np.minimum(low_q, TOP))
    fine_log_r, low_log_r = (np.clip(v, -CLIP, CLIP) for v in (fine_log_r, low_log_r))
    out = {}
    for name, of in (("kl", _divergence), ("hellinger", _affinity)):
        value = (q * of(log_r, np.exp(log_r))).sum(axis=(1, 2))
        check = fine_q * of(fine_log_r, np.exp(fine_log_r))
        low = low_q * of(low_log_r, np.exp(low_log_r))
        error = np.abs(value - check.sum(axis=(1, 2))) + np.abs(check - low).sum(axis=(1, 2))
        out[name], out[name + "_error"] = value, error
    return Integrals(
        tv=tv,
        tv_error=tv_error,
        q=q.sum(axis=(1, 2)),
        p=p.sum(axis=(1, 2)),
        folded=(p * (c.sign < 0)).sum(axis=(1, 2)),
        unknown=(p * (c.log_q == UNKNOWN)).sum(axis=(1, 2)),
        **out,
    )


def _divergence(log_r: Array, r: Array) -> Array:
    small = np.abs(log_r) < 1e-3
    return np.where(small, log_r**2 * (0.5 + log_r / 3), r * log_r - r + 1)


def _affinity(log_r: Array, r: Array) -> Array:
    return 0.5 * np.expm1(0.5 * log_r) ** 2


def _variation(
    c: Cells, u: Array, q: Array, fine_q: Array, fine_u: Array, fine_log_r: Array
) -> tuple[Array, Array]:
    h = excess(fine_u)
    fine = (fine_q * h).sum(axis=(1, 2))
    low = excess(carried(AT_FINE.low, u))
    error = (fine_q * np.abs(h - low)).sum(axis=(1, 2))
    one_sign = np.abs(c.sign.sum(axis=(1, 2))) == NODES**2
    other = excess(signed_share(fine_log_r, np.ones(())))
    error += np.where(one_sign, (fine_q * np.abs(h - other)).sum(axis=(1, 2)), 0.0)
    kink = ((fine_u > KINK).any(axis=(1, 2)) & (fine_u < KINK).any(axis=(1, 2))) | ~one_sign
    smooth = (q * excess(u)).sum(axis=(1, 2))
    k = np.flatnonzero(kink)
    rough_q = AT_ROUGH.area(c.width[k]) * np.exp(
        np.minimum(carried(AT_ROUGH.full, c.log_q[k]), TOP)
    )
    rough = (rough_q * excess(carried(AT_ROUGH.full, u[k]))).sum(axis=(1, 2))
    error[k] += np.abs(fine[k] - rough)
    return np.where(kink, fine, smooth), error


def resolve(of: Sampled, box: Array, pieces: int, tolerance: float, stop: Stop) -> dict[str, float]:
    """The summed integrals over ``box`` (2, 2) from cells refined for TV."""
    cells = sampled_cells(*tiles(box, pieces), of)
    return Stages(resolve_from(cells, of, tolerance, stop))("tv")


class Stages:
    """Sums over refined cells, one set for each metric: ``stages(metric)``.

    Cells serve TV first, then are split on for Hellinger, then for KL, as far as is asked: what a
    metric gets does not depend on which others are asked for.
    """

    def __init__(self, run: Iterator[tuple[str, dict[str, float]]]) -> None:
        self._run = run
        self._known: dict[str, dict[str, float]] = {}

    def __call__(self, metric: str) -> dict[str, float]:
        while metric not in self._known:
            name, sums = next(self._run)
            self._known[name] = sums
        return self._known[metric]


def resolve_from(
    cells: Cells,
    of: Sampled,
    tolerance: float,
    stop: Stop,
    most: int = MOST_CELLS,
    whole: bool = True,
) -> Iterator[tuple[str, dict[str, float]]]:
    """(metric, summed integrals), cells split until that metric's error is ``tolerance`` of it,

    or until there are ``most`` cells, half as many again for each further metric; the errors say
    which. Unless the cells are the ``whole`` start law, r is 0 beside them.
    """
    found = integrate(cells)
    for k, metric in enumerate(ORDER):
        for _ in range(ROUNDS):
            stop()
            goal = tolerance * summed(found, whole)[metric] + FLOOR
            share = getattr(found, metric + "_error") / goal
            which = np.flatnonzero(share > 0.5 / len(share))
            room = (round(most * (1 + k / 2)) - len(share)) // 3
            if share.sum() <= 1 or LEAST_ROOM * room < len(which):
                break
            which = np.sort(which[np.argsort(-share[which], kind="stable")[:room]])
            rest = np.setdiff1d(np.arange(len(share)), which)
            fresh = sampled_cells(*halved(cells, which), of)
            parts = _warned(picked(found, which), integrate(fresh))
            cells = joined([picked(cells, rest), fresh])
            found = joined([picked(found, rest), parts])
        yield metric, summed(found, whole)


def _warned(wholes: Integrals, quarters: Integrals) -> Integrals:
    """The quarters, with errors of no less than a quarter of the change where splitting changed

    an integral by more than its error said: nodes that missed what lies between them may again.
    """
    errors = {}
    for m in ORDER:
        parts, error = getattr(quarters, m).reshape(4, -1), getattr(wholes, m + "_error")
        change = np.abs(parts.sum(axis=0) - getattr(wholes, m))
        least = np.where(change > error, change / 4, 0.0)
        errors[m + "_error"] = np.maximum(getattr(quarters, m + "_error"), np.tile(least, 4))
    return replace(quarters, **errors)


def halved(cells: Cells, which: Index) -> tuple[Array, Array]:
    """Lower corners and widths of the four quarters of some cells, quarter by quarter."""
    half = cells.width[which] / 2
    low = np.concatenate([cells.low[which] + half * corner for corner in np.ndindex(2, 2)])
    return low, np.tile(half, (4, 1))


def summed(found: Integrals, whole: bool = True) -> dict[str, float]:
    """All cells together, and r = 0 beside them unless they are the whole start law."""
    sums = found.total()
    beside = 0.0 if whole else max(0.0, 1 - sums["q"])
    shares = {"tv": 1.0, "kl": 1.0, "hellinger": 0.5, "q": 1.0}
    return {name: v + shares.get(name, 0.0) * beside for name, v in sums.items()}


def hidden(cells: Cells) -> float:
    """The mass of q in cells where polynomials say that p peaks between the nodes."""
    q = AT_NODES.area(cells.width) * np.exp(cells.log_q)
    peaks = carried(AT_FINE.full, cells.log_p).max(axis=(1, 2)) > UNKNOWN
    return float(q[peaks].sum())


def tiles(box: Array, pieces: int) -> tuple[Array, Array]:
    """Lower corners and widths of pieces x pieces equal cells."""
    width = (box[1] - box[0]) / pieces
    corner = np.array(list(np.ndindex(pieces, pieces)), dtype=float)
    return box[0] + width * corner, np.tile(width, (len(corner), 1))
