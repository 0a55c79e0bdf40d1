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
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.polynomial import legendre

from diffusion_core.schedules import Array, Index

NODES = 8  # Gauss nodes along each side of a cell
FINE, ROUGH = 24, 17  # points along a side when the polynomial is integrated across a kink
DROPPED = 2  # degrees: the change without them is the polynomial's error
MOST_CELLS = 6000
ROUNDS = 24
BLOCK = 400  # cells whose fine points are held at once
CLIP = 300.0  # on log r
KINK = math.sqrt(0.5)  # u where r = 1
FLOOR = 1e-9
TOP = 12.0  # a polynomial's log density beyond, or outside the nodes, is an artefact

Sampled = Callable[[Array], tuple[Array, Array, Array]]
Stop = Callable[[], None]


@dataclass(frozen=True)
class Integrals:
    """Per cell or summed: the three integrals, their errors, and the masses of q and p met.

    ``folded`` is the mass int r phi where det DF < 0.
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
    fine_log_r = np.clip(fine_log_r, -CLIP, CLIP)
    fine_r = np.exp(fine_log_r)
    out = {}
    for name, of in (("kl", _divergence), ("hellinger", _affinity)):
        value = (q * of(log_r, np.exp(log_r))).sum(axis=(1, 2))
        check = (fine_q * of(fine_log_r, fine_r)).sum(axis=(1, 2))
        out[name], out[name + "_error"] = value, np.abs(value - check)
    return Integrals(
        tv=tv,
        tv_error=tv_error,
        q=q.sum(axis=(1, 2)),
        p=p.sum(axis=(1, 2)),
        folded=(p * (c.sign < 0)).sum(axis=(1, 2)),
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


def resolve(
    of: Sampled,
    box: Array,
    pieces: int,
    metrics: tuple[str, ...],
    tolerance: float,
    stop: Stop,
    most: int = MOST_CELLS,
) -> dict[str, float]:
    """The summed integrals over ``box`` (2, 2), cells split until each metric's error is at most

    ``tolerance`` of it, or until there are ``most`` cells; the errors say which.
    """
    cells = sampled_cells(*tiles(box, pieces), of)
    return resolve_from(cells, of, metrics, tolerance, stop, most)


def resolve_from(
    cells: Cells,
    of: Sampled,
    metrics: tuple[str, ...],
    tolerance: float,
    stop: Stop,
    most: int = MOST_CELLS,
    whole: bool = True,
) -> dict[str, float]:
    """The same from given cells on; unless they are the ``whole`` start law, r is 0 beside them."""
    found = integrate(cells)
    for _ in range(ROUNDS):
        stop()
        sums = summed(found, whole)
        share = np.zeros(len(cells.low))
        for m in metrics:
            part = getattr(found, m + "_error") / (tolerance * sums[m] + FLOOR)
            share = np.maximum(share, part)
        which = np.flatnonzero(share > 0.5 / len(share))
        if share.sum() <= 1 or len(share) + 3 * len(which) > most:
            break
        rest = np.setdiff1d(np.arange(len(share)), which)
        half = cells.width[which] / 2
        low = np.concatenate([cells.low[which] + half * corner for corner in np.ndindex(2, 2)])
        fresh = sampled_cells(low, np.tile(half, (4, 1)), of)
        cells = joined([picked(cells, rest), fresh])
        found = joined([picked(found, rest), integrate(fresh)])
    return summed(found, whole)


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
