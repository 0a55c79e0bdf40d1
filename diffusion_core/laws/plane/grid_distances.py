"""Exact distances in the plane for stochastic samplers: densities on grids of rising resolution

until two agree; what changed last is part of the error.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from diffusion_core.distances.of_masses import LOG_FLOOR, Distance
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.plane import density_grid as grid
from diffusion_core.laws.plane.coordinates import detail, law_box, normal_log_density
from diffusion_core.laws.plane.jacobian_flow import Stop
from diffusion_core.laws.plane.summed import Outcomes, attempted, check_lost, doubted
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import Marginal

TOLERANCE = 2e-4  # relative, between two grids
MOST_FINE = 12_000_000  # nodes on which q - p is summed
MOST_DIRECT = 4_000_000  # nodes at which p is worked out
SHARED = 1e-4  # relative: an error that grids of two resolutions may have in common
LOG_FAINT, LITTLE = 40.0, 1e-6  # the least bound on log(p/q) where q is faint; if p is little
RIM = 10.0  # times the faintest density that is known: where log(p/q) is looked at
FRAME_RULE = np.polynomial.legendre.leggauss(24)
FAINT = 1e-8  # a density below this share of its maximum is not known on a grid


def densities(e: Experiment, resolution: grid.Resolution, stop: Stop) -> grid.PlaneRun:
    """(t, density of Y_t), t = T..1, of a stochastic sampler."""
    chain, target = e.chain, e.target

    def feature(t: int) -> float:
        return detail(target, chain.level(t))

    transfer = grid.PlaneTransfer(e.record, chain, e.score, feature, resolution, stop)
    last = chain.level(chain.steps)
    if not e.exact_start:
        box = (resolution.window + 2) * np.array([[-1.0] * 2, [1.0] * 2])
        return transfer.run(grid.sampled_density(normal_log_density, box, 1.0, resolution))
    of, box = target.marginal(last).log_density, law_box(target, last)
    return transfer.run(grid.sampled_density(of, box, feature(chain.steps), resolution))


def from_grids(e: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop) -> Outcomes:
    """Distances between the law of Y_1 and the target noised to ``level``."""
    before: Outcomes = {}
    joined: Outcomes = {}
    settled: set[str] = set()
    for resolution in grid.RESOLUTIONS:
        try:
            ((_, density),) = deque(densities(e, resolution, stop), maxlen=1)
        except Refused:
            if joined:
                break  # two resolutions were compared, the third is out of reach
            raise
        # a metric that has settled stays as it is, whatever others are asked for
        found = grid_outcomes(density, e, [m for m in metrics if m not in settled], level)
        if before:
            for m, fine in found.items():
                joined[m] = doubted(fine, before[m])
                if _settled(joined[m], fine):
                    settled.add(m)
            if len(settled) == len(set(metrics)):
                break
        before = found
    return {m: joined[m] for m in metrics}


def _settled(joined: Distance | Refused, fine: Distance | Refused) -> bool:
    if isinstance(joined, Refused) or isinstance(fine, Refused):
        return isinstance(fine, Refused)
    return joined.error - fine.error <= TOLERANCE * fine.value + 1e-7


def grid_variation(density: grid.PlaneDensity, e: Experiment, level: NoiseLevel) -> Distance:
    """TV on a grid that holds both laws and resolves both."""
    found = grid_outcomes(density, e, ("tv",), level)["tv"]
    if isinstance(found, Refused):
        raise found
    return found


def grid_outcomes(
    density: grid.PlaneDensity, e: Experiment, metrics: Sequence[str], level: NoiseLevel
) -> Outcomes:
    """Distances on a grid that holds both laws and resolves both, or why one is refused."""
    target, fine = e.target.marginal(level), detail(e.target, level)
    box = law_box(e.target, level)
    whole = _nodes(density, box) <= MOST_DIRECT
    if not whole:  # what of p lies off the grid of q, where q is 0, needs no nodes of that grid
        box = _box(density)
    step = grid.grid_step(fine, grid.RESOLUTIONS[0]) if fine > 0 else 0.0
    room = max(1, math.floor(math.sqrt(MOST_DIRECT / _nodes(density, box))))
    factor = min(room, 8 if step == 0 else math.ceil(density.h / step))
    wide = density.upsampled(factor).covering(box)
    q = wide.values
    p = np.exp(target.log_density(grid.points(wide.axes))).reshape(q.shape)
    beyond = 0.0 if whole else mass_around(target, _box(wide), law_box(e.target, level))
    unsure = abs(wide.mass - 1) + abs(float(p.sum()) * wide.h**2 + beyond - 1)
    of = {"tv": _variation, "kl": _divergence, "hellinger": _hellinger}
    return {m: attempted(of[m], q, p, wide.h, unsure, beyond) for m in metrics}


def _box(density: grid.PlaneDensity) -> Array:
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
            p = np.exp(target.log_density(grid.points((x, y)))).reshape(len(nodes), -1)
            total += float(weights @ p @ weights) * float(size.prod()) / 4
        half = 2 * half
    return total


def _nodes(density: grid.PlaneDensity, box: Array) -> float:
    high = density.low + density.h * np.array(density.values.shape)
    span = np.maximum(high, box[1]) - np.minimum(density.low, box[0])
    return float((span / density.h).prod())


def _variation(q: Array, p: Array, h: float, unsure: float, beyond: float) -> Distance:
    """(1/2) int |q - p| on finer and finer grids, the last change being the error.

    ``beyond`` of p lies off the grid, where there is no q.
    """
    gap = q - p
    sums = [0.5 * float(np.abs(gap[::k, ::k]).sum()) * (k * h) ** 2 for k in (2, 1)]
    factor = 2
    while gap.size * factor**2 <= MOST_FINE and factor <= 8:
        sums.append(0.5 * float(np.abs(grid.refined(gap, factor)).sum()) * (h / factor) ** 2)
        factor *= 2
    error = abs(sums[-1] - sums[-2]) + unsure
    value = min(sums[-1] + beyond / 2, 1.0)
    return Distance(value, error + SHARED * value + 1e-9)


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
