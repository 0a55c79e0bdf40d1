"""Exact distances in the plane for any sampler whose law plane_transport or plane_transfer carries.

Deterministic: integrals over the start law in smooth coordinates. Stochastic: densities on grids of
rising resolution until two agree; what changed last is part of the error.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from diffusion_core.distances import KL_DOUBT, LOG_FLOOR, Distance
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws import plane_transfer as grid
from diffusion_core.laws.plane_coordinates import (
    LOST,
    Coordinates,
    detail,
    law_box,
    normal_log_density,
)
from diffusion_core.laws.plane_flow import Stop, flow
from diffusion_core.laws.plane_inverse import Inverse
from diffusion_core.laws.plane_transport import Sampled, resolve
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import Marginal

METRICS = ("tv", "kl", "hellinger")
TOLERANCE, SOUGHT = 2e-4, 3e-4  # relative: of transport and grids, of inverted maps
WIDTHS = (0.5, 0.25, 0.12, None, 0.0)  # of the details of the laws tried as coordinates
CLEAR = 0.01  # the doubt on a first glance with which coordinates are taken without trying others
FINEST = 1000.0  # the width of the law over its detail up to which its own plane has few cells
MOST_DENSITIES = 2000  # cells in that plane
SETTLED = 1e-3  # relative: an inverse that leaves more in doubt is not trusted
PROBED, PIECES = 10, 12  # cells along each axis, to choose coordinates and to begin with
BATCH = 8192  # points carried at once
FOLDED = 0.02  # the share of a distance that folds may hide
MOST_FINE = 12_000_000  # nodes on which q - p is summed
MOST_DIRECT = 4_000_000  # nodes at which p is worked out
TV_CAUTION = 3  # times the sum of the cells' errors, which partly cancel along kinks
FIXED = 2e-5  # relative: no error is stated below
SHARED = 1e-4  # relative: an error that grids of two resolutions may have in common
LOG_FAINT, LITTLE = 40.0, 1e-6  # log(p/q) where q is faint is at most this, if p is little
BULK, MESH = 5.5 / 8.4, 33  # of the start law's box, and points along it, that show where q is
MISSED = 0.02  # of the target: more that no start point reaches may have been overlooked
NOTHING = -46.0  # the logarithm of a density that no distance sees
FAINT = 1e-8  # a density below this share of its maximum is not known on a grid


def check_plane(metrics: Sequence[str]) -> None:
    """Refused for a distance that has no exact form here in the plane."""
    for m in metrics:
        if m not in METRICS:
            raise Refused(f"{m}: is exact on the line only; in the plane use the particles method")


def plane_distances(
    experiment: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop
) -> dict[str, Distance]:
    """Distances between the law of Y_1 and the target noised to ``level``, each with its error."""
    check_plane(metrics)
    if experiment.record.stochastic:
        return _from_grids(experiment, metrics, level, stop)
    return _from_transport(experiment, metrics, level, stop)


def _from_transport(
    e: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop
) -> dict[str, Distance]:
    sums = _from_inverse(e, metrics, level, stop)
    if sums is not None:
        return {m: _distance(m, sums) for m in metrics}
    target = e.target.marginal(level)
    tried = []
    for width in WIDTHS:
        coordinates = Coordinates(e.target, e.chain, e.exact_start, width, stop)
        of = _sampled(e, coordinates, target, stop)
        s = resolve(of, coordinates.box, PROBED, ("tv",), math.inf, stop)
        tried.append((s["tv_error"] + abs(s["q"] - 1) + abs(s["p"] - 1), coordinates, of))
        if tried[-1][0] <= CLEAR:
            break
    _, coordinates, of = min(tried, key=lambda one: one[0])
    sums = resolve(of, coordinates.box, PIECES, tuple(metrics), TOLERANCE, stop)
    return {m: _distance(m, sums) for m in metrics}


def inverts(e: Experiment, level: NoiseLevel) -> bool:
    """Whether the map of this run is inverted: one without memory, to a law without sharp edges."""
    box, fine = law_box(e.target, level), detail(e.target, level)
    smooth = e.target.finest_scale > 0 and float((box[1] - box[0]).max()) <= FINEST * fine
    return smooth and not e.record.multistep


def _from_inverse(
    e: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop
) -> dict[str, float] | None:
    """The integrals over the plane of Y_1; None where F^{-1} does not give all of its law.

    Density that is missed, as under folds, is what the mass of q lacks: it bounds what TV lacks.
    """
    if not inverts(e, level):
        return None
    target = e.target.marginal(level)

    def scale(t: int) -> float:
        return detail(e.target, e.chain.level(t))

    box = _both_laws(e, law_box(e.target, level), scale, stop)
    if (box[1] - box[0]).max() > FINEST * detail(e.target, level):
        return None
    inverse = Inverse(e.record, e.chain, e.score, scale, stop)
    last = e.chain.level(e.chain.steps)
    log_start = e.target.marginal(last).log_density if e.exact_start else normal_log_density

    def of(x: Array) -> tuple[Array, Array, Array]:
        log_p = np.maximum(target.log_density(x), LOST)
        parts = [inverse(x[k : k + BATCH]) for k in range(0, len(x), BATCH)]
        log_q = np.concatenate([log_start(part.z) - part.log_det for part in parts])
        found = np.concatenate([part.found for part in parts])
        missed = np.where(log_p < NOTHING, log_p, NOTHING)
        return np.where(found, np.maximum(log_q, LOST), missed), log_p, np.ones(len(x))

    s = resolve(of, box, PIECES, tuple(metrics), SOUGHT, stop, MOST_DENSITIES)
    doubt = {m: s[m + "_error"] / max(s[m], 1e-300) for m in metrics}
    missing = 10 * abs(s["q"] - 1) + 10 * abs(s["p"] - 1)
    unsettled = TV_CAUTION * max(doubt.values()) + missing / max(s["tv"], 1e-300)
    return s if math.isfinite(unsettled) and unsettled <= SETTLED else None


def _both_laws(e: Experiment, box: Array, scale: Callable[[int], float], stop: Stop) -> Array:
    """``box`` widened to hold the images of a coarse mesh over the bulk of the start law."""
    start = Coordinates(e.target, e.chain, e.exact_start, None, stop).box
    middle, half = start.mean(axis=0), BULK * (start[1] - start[0]) / 2
    axes = [np.linspace(m - h, m + h, MESH) for m, h in zip(middle, half, strict=True)]
    run = flow(e.record, e.chain, e.score, grid.points((axes[0], axes[1])), scale, stop)
    ((_, image),) = deque(run, maxlen=1)
    return np.stack(
        [np.minimum(box[0], image.y.min(axis=0)), np.maximum(box[1], image.y.max(axis=0))]
    )


def _sampled(e: Experiment, coordinates: Coordinates, target: Marginal, stop: Stop) -> Sampled:
    chain, record, score = e.chain, e.record, e.score

    def scale(t: int) -> float:
        return detail(e.target, chain.level(t))

    def batch(w: Array) -> tuple[Array, Array, Array]:
        z, log_q, log_det = coordinates(w)
        ((_, image),) = deque(flow(record, chain, score, z, scale, stop), maxlen=1)
        log_p = target.log_density(image.y) + image.log_det + log_det
        return log_q, np.maximum(log_p, LOST), image.sign

    def of(w: Array) -> tuple[Array, Array, Array]:
        parts = [batch(w[k : k + BATCH]) for k in range(0, len(w), BATCH)]
        a, b, c = (np.concatenate(v) for v in zip(*parts, strict=True))
        return a, b, c

    return of


def _distance(metric: str, s: dict[str, float]) -> Distance:
    """The distance from summed integrals; Refused where folds or lost mass decide it."""
    value, defect = s[metric], abs(s["q"] - 1)
    if s["folded"] > 0 and 2 * s["folded"] > FOLDED * s["tv"] and s["tv"] < 1 - FOLDED:
        raise Refused(
            f"{metric}: the map of this run folds the plane, {s['folded']:.2g} of the target lies "
            "under several sheets of it; use more steps, another sampler or the particles method"
        )
    missed = max(0.0, 1 - (s["p"] - 2 * s["folded"]))  # of the target, which then lies where q is 0
    if metric != "kl" and not missed <= MISSED:  # or where no node saw it
        raise Refused(
            f"{metric}: {missed:.2g} of the target was not met by the map of this run, too much to "
            "be sure of the distance; use more steps, another schedule or the particles method"
        )
    if metric == "tv":
        value = min(value, 1.0)
        error = TV_CAUTION * s["tv_error"] + defect + min(2 * s["folded"], 1 - value) + 1e-12
        error += missed
        return Distance(value, error + FIXED * min(value, 1 - value))
    if metric == "kl":
        covered = s["p"] - 2 * s["folded"]
        check_lost(max(0.0, s["q"] - covered - 1e-6), value)
        extra = 100 * s["folded"] + 10 * abs(covered - s["q"])
        return Distance(value, s["kl_error"] + defect + extra + FIXED * value + 1e-12)
    value += missed / 2
    extra = s["hellinger_error"] + defect + 2 * s["folded"] + missed + 1e-15
    root = math.sqrt(min(value, 1.0))
    return Distance(root, extra / max(2 * root, math.sqrt(extra)) + FIXED * root)


def check_lost(mass: float, kl: float) -> None:
    """Refused where that much of the target lies where the output's density is not known."""
    if LOG_FLOOR * mass > KL_DOUBT * kl + 1e-9:
        raise Refused(
            f"kl: {mass:.2g} of the target lies where the output's density is too small to be "
            "known; KL is very large there or infinite. Use tv or hellinger"
        )


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


def _from_grids(
    e: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop
) -> dict[str, Distance]:
    before: dict[str, Distance] = {}
    joined: dict[str, Distance] = {}
    for resolution in grid.RESOLUTIONS:
        try:
            ((_, density),) = deque(densities(e, resolution, stop), maxlen=1)
        except Refused:
            if joined:
                break  # two resolutions were compared, the third is out of reach
            raise
        found = grid_distances(density, e, metrics, level)
        if before:
            change = {m: abs(found[m].value - before[m].value) for m in metrics}
            joined = {m: Distance(d.value, d.error + change[m]) for m, d in found.items()}
            if all(c <= TOLERANCE * found[m].value + 1e-7 for m, c in change.items()):
                break
        before = found
    return joined


def grid_distances(
    density: grid.PlaneDensity, e: Experiment, metrics: Sequence[str], level: NoiseLevel
) -> dict[str, Distance]:
    """Distances on a grid that holds both laws and resolves both."""
    target, fine = e.target.marginal(level), detail(e.target, level)
    box = law_box(e.target, level)
    step = grid.grid_step(fine, grid.RESOLUTIONS[0]) if fine > 0 else 0.0
    room = max(1, math.floor(math.sqrt(MOST_DIRECT / _nodes(density, box))))
    factor = min(room, 8 if step == 0 else math.ceil(density.h / step))
    wide = density.upsampled(factor).covering(box)
    q = wide.values
    p = np.exp(target.log_density(grid.points(wide.axes))).reshape(q.shape)
    unsure = abs(wide.mass - 1) + abs(float(p.sum()) * wide.h**2 - 1)
    found = {}
    for m in metrics:
        of = {"tv": _variation, "kl": _divergence, "hellinger": _hellinger}[m]
        found[m] = of(q, p, wide.h, unsure)
    return found


def _nodes(density: grid.PlaneDensity, box: Array) -> float:
    high = density.low + density.h * np.array(density.values.shape)
    span = np.maximum(high, box[1]) - np.minimum(density.low, box[0])
    return float((span / density.h).prod())


def _variation(q: Array, p: Array, h: float, unsure: float) -> Distance:
    """(1/2) int |q - p| on finer and finer grids, the last change being the error."""
    gap = q - p
    sums = [0.5 * float(np.abs(gap[::k, ::k]).sum()) * (k * h) ** 2 for k in (2, 1)]
    factor = 2
    while gap.size * factor**2 <= MOST_FINE and factor <= 8:
        sums.append(0.5 * float(np.abs(grid.refined(gap, factor)).sum()) * (h / factor) ** 2)
        factor *= 2
    error = abs(sums[-1] - sums[-2]) + unsure
    value = min(sums[-1], 1.0)
    return Distance(value, error + SHARED * value + 1e-9)


def _divergence(q: Array, p: Array, h: float, unsure: float) -> Distance:
    known = q > FAINT * q.max()
    ratio = p[known] / q[known]
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(ratio > 0, ratio * np.log(ratio), 0.0)
    value = float((q[known] * (log - ratio + 1)).sum()) * h**2
    lost = float(p[~known].sum()) * h**2
    size = LOG_FAINT if lost < LITTLE else LOG_FLOOR
    check_lost(lost * size / LOG_FLOOR, value)
    return Distance(value, size * lost + 10 * unsure + 1e-9)


def _hellinger(q: Array, p: Array, h: float, unsure: float) -> Distance:
    value = 0.5 * float(((np.sqrt(np.maximum(q, 0)) - np.sqrt(p)) ** 2).sum()) * h**2
    error = unsure + 1e-8
    root = math.sqrt(value)
    return Distance(min(root, 1.0), error / max(2 * root, math.sqrt(error)))
