"""Exact distances in the plane for stochastic samplers: densities on grids, finer where need be.

A run on one grid states what it left out. Where that is too much for a distance, or a distance
looks at fainter tails than a coarse grid knows, the run is repeated on a finer one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from diffusion_core.distances.of_masses import LOG_FLOOR, Distance
from diffusion_core.distances.on_grid import half_modulus
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density, Resolution, points, refined
from diffusion_core.laws.noisy_steps import (
    Stop,
    final_density,
)
from diffusion_core.laws.plane.summed import Outcomes, attempted, check_lost
from diffusion_core.laws.reference import Reference
from diffusion_core.schedules import Array
from diffusion_core.targets.base import Marginal
from diffusion_core.targets.separable import density_at_nodes

RESOLUTIONS = tuple(Resolution(band, oversampled=1.5) for band in (5.1, 6.5, 7.5))
LEAST_BAND = {"tv": 5.1, "kl": 6.5, "hellinger": 6.5}  # these two look at faint tails
TOLERANCE = 1e-3  # relative: with a larger error, a finer grid
MOST_DIRECT = 4_000_000  # nodes at which p is worked out
FEW, MANY = 400_000, 2_800_000  # nodes that are made nine for one at once, or where four do not do
SHARED = 1e-4  # relative: no error is stated below, since p and q share a grid
LOG_FAINT, LITTLE = 40.0, 1e-6  # the least bound on log(p/q) where q is faint; if p is little
RIM = 10.0  # times the faintest density that is known: where log(p/q) is looked at
FRAME_RULE = np.polynomial.legendre.leggauss(24)
FAINT = 1e-8  # a density below this share of its maximum is not known on a grid


def from_grids(e: Experiment, metrics: Sequence[str], law: Reference, stop: Stop) -> Outcomes:
    """Distances between the law of Y_1 and ``law``."""
    found: Outcomes = {}
    for resolution in RESOLUTIONS:
        # a metric that has settled stays as it is, whatever others are asked for
        asked = [m for m in metrics if resolution.band >= LEAST_BAND[m] and not _settled(found, m)]
        if not asked:
            continue
        try:
            density, unresolved = final_density(e, resolution, stop)
        except Refused as refusal:
            if not found:
                raise
            for m in asked:
                found.setdefault(m, refusal)
            break
        found |= grid_outcomes(density, law, asked, unresolved)
    return {m: found[m] for m in metrics}


def _settled(found: Outcomes, metric: str) -> bool:
    known = found.get(metric)
    return settles(known) if isinstance(known, Distance) else known is not None


def settles(found: Distance) -> bool:
    """Whether a distance needs no finer grid."""
    return found.error <= TOLERANCE * found.value + 1e-9


def grid_variation(density: Density, law: Reference, doubt: float) -> Distance:
    """TV on a grid that holds both laws and resolves both."""
    found = grid_outcomes(density, law, ("tv",), doubt)["tv"]
    if isinstance(found, Refused):
        raise found
    return found


def grid_outcomes(
    density: Density, law: Reference, metrics: Sequence[str], unresolved: float
) -> Outcomes:
    """Distances on a grid that holds both laws and resolves both, or why one is refused.

    unresolved: the largest part of a density that the grids left out.
    """
    target, fine, box = law.marginal, law.fine, law.box
    whole = _nodes(density, box) <= MOST_DIRECT
    if not whole:  # what of p lies off the grid of q, where q is 0, needs no nodes of that grid
        box = _box(density)
    step = RESOLUTIONS[0].step(fine)
    room = max(1, math.floor(math.sqrt(MOST_DIRECT / _nodes(density, box))))
    factor = min(room, 8 if step == 0 else math.ceil(density.h / step - 1e-9))
    wide = density.upsampled(factor).covering(box)
    q = wide.values
    p = density_at_nodes(target, (wide.axes[0], wide.axes[1]))
    beyond = 0.0 if whole else mass_around(target, _box(wide), law.box)
    unsure = abs(wide.mass - 1) + abs(float(p.sum()) * wide.h**2 + beyond - 1) + unresolved
    of = {"tv": _variation, "kl": _divergence, "hellinger": _hellinger}
    return {m: attempted(of[m], q, p, wide.h, unsure, beyond) for m in metrics}


def _box(density: Density) -> Array:
    """The cells around all nodes, (2, 2)."""
    low = density.low - density.h / 2
    return np.stack([low, low + density.h * np.array(density.values.shape)])


def mass_around(target: Marginal, inner: Array, outer: Array) -> float:
    """P(X outside ``inner``), X in the box ``outer``; both (2, 2).

    Frames of twice the width of the one before, so that a heavy tail, which changes over its
    distance, is as smooth in each: Gauss rules on their eight rectangles.
    """
    nodes, weights = FRAME_RULE
    middle, half = inner.mean(axis=0), (inner[1] - inner[0]) / 2
    far = np.abs(outer - middle).max(axis=0)
    total = 0.0
    while (half < far).any():
        cuts = middle + half * np.array([-2.0, -1.0, 1.0, 2.0])[:, None]
        for i, j in np.ndindex(3, 3):
            if (i, j) == (1, 1):
                continue
            low, size = cuts[[i, j], [0, 1]], np.diff(cuts, axis=0)[[i, j], [0, 1]]
            x, y = (low[k] + size[k] * (nodes + 1) / 2 for k in range(2))
            p = np.exp(target.log_density(points((x, y)))).reshape(len(nodes), -1)
            total += float(weights @ p @ weights) * float(size.prod()) / 4
        half = 2 * half
    return total


def _nodes(density: Density, box: Array) -> float:
    high = density.low + density.h * np.array(density.values.shape)
    span = np.maximum(high, box[1]) - np.minimum(density.low, box[0])
    return float((span / density.h).prod())


def _variation(q: Array, p: Array, h: float, unsure: float, beyond: float) -> Distance:
    """(1/2) int |q - p|; ``beyond`` of p lies off the grid, where there is no q."""
    gap = q - p
    for finer in (3,) if q.size <= FEW else (2, 3):
        size, error = half_modulus(refined(gap, finer), h / finer)
        if error <= TOLERANCE / 2 * size or q.size > MANY:
            break
    value = min(size + beyond / 2, 1.0)
    return Distance(value, error + unsure + SHARED * value + 1e-9)


def _divergence(q: Array, p: Array, h: float, unsure: float, beyond: float) -> Distance:
    """int q (r log r - r + 1), r = p/q, where q is known; the rest of p is in the error."""
    known = q > FAINT * q.max()
    ratio = p[known] / q[known]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(ratio > 0, ratio * np.log(ratio), 0.0)
    value = float((q[known] * (log - ratio + 1)).sum()) * h**2
    lost = float(p[~known].sum()) * h**2 + beyond
    size = _faintest(q, p) if lost < LITTLE else LOG_FLOOR
    check_lost(lost * size / LOG_FLOOR, value)
    return Distance(value, size * lost + 10 * unsure + SHARED * value + 1e-9)


def _faintest(q: Array, p: Array) -> float:
    """How large log(p/q) is taken to be where q is not known.

    Both logarithms fall like the square of a distance. At the rim of what is known log(q/q_max) is
    -16 to -18; where ``LITTLE`` of p is left, and matters, no more than twice as far out, four
    times the largest log(p/q) met there is an upper bound.
    """
    rim = (q > FAINT * q.max()) & (q < RIM * FAINT * q.max()) & (p > 0)
    most = float(np.log(p[rim] / q[rim]).max(initial=0.0))
    return min(LOG_FLOOR, max(LOG_FAINT, 4 * most))


def _hellinger(q: Array, p: Array, h: float, unsure: float, beyond: float) -> Distance:
    value = 0.5 * float(((np.sqrt(np.maximum(q, 0)) - np.sqrt(p)) ** 2).sum()) * h**2
    value += beyond / 2
    error = unsure + 1e-8
    root = math.sqrt(value)
    error = error / max(2 * root, math.sqrt(error)) + SHARED * root
    return Distance(min(root, 1.0), error)
