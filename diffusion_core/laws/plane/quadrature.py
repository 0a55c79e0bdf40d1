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
FINE = 24  # points along a side where polynomials of different degrees are compared
KINKED = 48, 34  # and where one is integrated across a kink, finely and roughly
DROPPED = 2, 4  # degrees: the change without them says how fast the polynomial converges
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
        kept = [NODES - degrees for degrees in DROPPED]
        self.low, self.lower = (basis[:, :k] @ to_series[:k] for k in kept)

    def area(self, width: Array) -> Array:
        """Weights of the points of each cell, (M, m, m)."""
        return (width.prod(axis=1) / 4)[:, None, None] * np.outer(self.weights, self.weights)


AT_NODES, AT_FINE = Rule(NODES), Rule(FINE)
ACROSS, ROUGHLY = (Rule(count) for count in KINKED)


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
    w = AT_NODES.area(c.width)
    q, p = w * np.exp(c.log_q), w * np.exp(c.log_p)
    fine_q, fine_log_r = _densities(c, log_r, AT_FINE.full)
    tv, tv_error = _variation(c, log_r, q, fine_q)
    lower = [_densities(c, log_r, matrix) for matrix in (AT_FINE.low, AT_FINE.lower)]
    out = {}
    for name, of in (("kl", _divergence), ("hellinger", _affinity)):
        value = (q * of(log_r, np.exp(log_r))).sum(axis=(1, 2))
        check = fine_q * of(fine_log_r, np.exp(fine_log_r))
        off = _remainder(check, *(density * of(v, np.exp(v)) for density, v in lower))
        out[name], out[name + "_error"] = value, np.abs(value - check.sum(axis=(1, 2))) + off
    return Integrals(
        tv=tv,
        tv_error=tv_error,
        q=q.sum(axis=(1, 2)),
        p=p.sum(axis=(1, 2)),
        folded=(p * (c.sign < 0)).sum(axis=(1, 2)),
        unknown=(p * (c.log_q == UNKNOWN)).sum(axis=(1, 2)),
        **out,
    )


def _densities(c: Cells, log_r: Array, matrix: Array) -> tuple[Array, Array]:
    """q times the fine points' area, and log r, by polynomials of lower degrees."""
    q, r = carried(matrix, c.log_q), carried(matrix, log_r)
    return AT_FINE.area(c.width) * np.exp(np.minimum(q, TOP)), np.clip(r, -CLIP, CLIP)


def _remainder(full: Array, low: Array, lower: Array) -> Array:
    """What a cell's integral of a polynomial may lack, (M,).

    The series of an analytic function converges geometrically: as the change a without the last two
    degrees is to the change b without four, so is what lies beyond to a. Hence a min(1, a/b).
    """
    a, b = (np.abs(full - v).sum(axis=(1, 2)) for v in (low, lower))
    return np.asarray(a * np.minimum(1.0, a / np.maximum(b, 1e-300)))


def _divergence(log_r: Array, r: Array) -> Array:
    small = np.abs(log_r) < 1e-3
    return np.where(small, log_r**2 * (0.5 + log_r / 3), r * log_r - r + 1)


def _affinity(log_r: Array, r: Array) -> Array:
    return 0.5 * np.expm1(0.5 * log_r) ** 2


def _variation(c: Cells, log_r: Array, q: Array, fine_q: Array) -> tuple[Array, Array]:
    """int q (1 - r)_+ of every cell and its error: by polynomials for log r, in cells that hold a

    fold for u.
    """
    whole = (np.abs(c.sign.sum(axis=(1, 2))) == NODES**2)[:, None, None]
    values = np.where(whole, log_r, signed_share(log_r, c.sign))

    def part(v: Array, which: Index | slice = slice(None)) -> Array:
        return np.where(whole[which], -np.expm1(np.minimum(v, 0.0)), excess(v))

    def across(rule: Rule) -> Array:
        log_q = np.minimum(carried(rule.full, c.log_q[k]), TOP)
        weighted = rule.area(c.width[k]) * np.exp(log_q)
        return (weighted * part(carried(rule.full, values[k]), k)).sum(axis=(1, 2))

    fine = carried(AT_FINE.full, values)
    lower = (fine_q * part(carried(m, values)) for m in (AT_FINE.low, AT_FINE.lower))
    error = _remainder(fine_q * part(fine), *lower)
    tv = (q * part(values)).sum(axis=(1, 2))
    crossed = (fine > 0).any(axis=(1, 2)) & (fine < 0).any(axis=(1, 2))
    k = np.flatnonzero(crossed | ~whole[:, 0, 0])
    tv[k] = across(ACROSS)
    error[k] += np.abs(tv[k] - across(ROUGHLY))
    return tv, error


def resolve(of: Sampled, box: Array, pieces: int, tolerance: float, stop: Stop) -> dict[str, float]:
    """The summed integrals over ``box`` (2, 2) from cells refined for TV."""
    cells = sampled_cells(*tiles(box, pieces), of)
    return next(resolve_from(cells, of, tolerance, stop))[1]


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
            value = summed(found, whole)[metric]
            if metric == "tv":  # near 1 it is what is left of it that the cells decide
                value = max(min(value, 1 - value), value / 40)
            goal = tolerance * value + FLOOR
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


def tiles(box: Array, pieces: int) -> tuple[Array, Array]:
    """Lower corners and widths of pieces x pieces equal cells."""
    width = (box[1] - box[0]) / pieces
    corner = np.array(list(np.ndindex(pieces, pieces)), dtype=float)
    return box[0] + width * corner, np.tile(width, (len(corner), 1))
