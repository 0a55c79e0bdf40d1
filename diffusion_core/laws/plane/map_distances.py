"""Exact distances in the plane for deterministic samplers: integrals over the plane of the output

where the map is inverted, else over the start law in smooth coordinates.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from diffusion_core.distances.of_masses import LOG_FLOOR
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import points
from diffusion_core.laws.plane.coordinates import (
    LOST,
    Coordinates,
    detail,
    normal_log_density,
)
from diffusion_core.laws.plane.inverse_map import Inverse
from diffusion_core.laws.plane.jacobian_flow import Stop, flow
from diffusion_core.laws.plane.quadrature import (
    AT_FINE,
    AT_NODES,
    UNKNOWN,
    Cells,
    Sampled,
    carried,
    integrate,
    resolve_from,
    sampled_cells,
    summed,
    tiles,
)
from diffusion_core.laws.plane.reach import reaching
from diffusion_core.laws.plane.summed import (
    TV_CAUTION,
    Outcomes,
    attempted,
    distance,
    missed,
    overlooked,
)
from diffusion_core.laws.reference import Reference
from diffusion_core.schedules import Array
from diffusion_core.scores.exact import score_detail
from diffusion_core.scores.guided import Guided
from diffusion_core.targets.base import Marginal

TOLERANCE, SOUGHT = 2e-4, 3e-4  # relative: of transport, of inverted maps
WIDTHS = (0.5, 0.25, 0.12, None, 0.0)  # of the details of the laws tried as coordinates
CLEAR = 0.01  # the doubt on a first glance with which coordinates are taken without trying others
FAIR = 0.1  # the doubt from which further coordinates are tried only while they halve it
FINEST = 1000.0  # the width of the law over its detail up to which its own plane has few cells
MOST_DENSITIES = 2000  # cells in that plane
SETTLED = 1e-3  # relative: an inverse that leaves more in doubt is not trusted
PROBED, PIECES = 10, 8  # cells along each axis to begin with: in the start law, in the output
BATCH = 8192  # points carried at once
BULK, MESH = 5.5 / 8.4, 33  # of the start law's box, and points along it, that show where q is
OVERLOOKED = 1e-4  # of TV: more of the target missed is looked for
REACHED = 16  # squares along each axis in which that begins
HIDDEN = 1e-3  # less of the target than this may lie between the nodes of squares that meet it
MOST_PIECES = 50  # cells along an axis to begin with where the score's error has waves
TOO_FINE = (
    "score_error: the waves of this error are too short for the exact law in the plane; use longer "
    "ones, a stochastic sampler or the particles method"
)


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


def from_maps(e: Experiment, metrics: Sequence[str], law: Reference, stop: Stop) -> Outcomes:
    """Distances between the law of Y_1 and ``law``.

    Every metric goes its own way: what it comes out as does not depend on the others asked for.
    """
    inverted = _from_inverse(e, law, stop)
    transported = cache(lambda: _from_transport(e, law, stop))
    reached = cache(lambda: _from_reaching(e, law, stop))
    out: Outcomes = {}
    for m in metrics:
        sums = inverted(m) if inverted is not None else None
        if sums is None or not _settles(m, sums):
            sums = transported()(m)
            if missed(sums) > OVERLOOKED * sums["tv"]:
                sums = min(reached()(m), sums, key=overlooked)
        out[m] = attempted(distance, m, sums)
    return out


def _from_transport(e: Experiment, law: Reference, stop: Stop) -> Stages:
    """Over the start law, in the coordinates that suit it best at first glance."""
    target = law.marginal
    best = math.inf
    for width in WIDTHS:
        coordinates = Coordinates(e.target, e.chain, e.exact_start, width, stop)
        pieces = _pieces(e, coordinates.box, coordinates.detail)
        if pieces > MOST_PIECES:
            continue
        stop()
        at = _sampled(e, coordinates, target, stop)
        first = sampled_cells(*tiles(coordinates.box, max(PROBED, pieces)), at)
        s = summed(integrate(first))
        doubt = s["tv_error"] + abs(s["q"] - 1) + abs(s["p"] - 1)
        enough = best <= FAIR and doubt > best / 2
        if doubt < best:
            best, cells, of = doubt, first, at
        if best <= CLEAR or enough:
            break
    if best == math.inf:
        raise Refused(TOO_FINE)
    return Stages(resolve_from(cells, of, TOLERANCE, stop))


def _from_reaching(e: Experiment, law: Reference, stop: Stop) -> Stages:
    """Over those start points only that move to where the target is, however few they are."""
    coordinates = Coordinates(e.target, e.chain, e.exact_start, None, stop)
    scale = finest(e)

    def images(z: Array) -> tuple[Array, Array]:
        parts = np.array_split(z, math.ceil(len(z) / BATCH))
        ends = [deque(flow(e.record, e.chain, e.score, v, scale, stop), 1)[0][1] for v in parts]
        return np.concatenate([image.y for image in ends]), coordinates(z)[1]

    first = tiles(coordinates.box, REACHED)
    squares = reaching(images, *first, law.box, stop)
    of = _sampled(e, coordinates, law.marginal, stop)
    cells = sampled_cells(squares.low, squares.width, of)
    between = hidden(cells)

    def unseen(sums: dict[str, float]) -> float:
        return squares.unseen + (between if sums["p"] < HIDDEN else 0.0)

    run = resolve_from(cells, of, TOLERANCE, stop, whole=False)
    return Stages((m, sums | {"unseen": unseen(sums)}) for m, sums in run)


def hidden(cells: Cells) -> float:
    """The mass of q in cells where polynomials say that p peaks between the nodes."""
    q = AT_NODES.area(cells.width) * np.exp(cells.log_q)
    peaks = carried(AT_FINE.full, cells.log_p).max(axis=(1, 2)) > UNKNOWN
    return float(q[peaks].sum())


def finest(e: Experiment) -> Callable[[int], float]:
    """t -> the scale of the finest detail of p_t and of the score that is used there."""

    def scale(t: int) -> float:
        return min(detail(e.target, e.chain.level(t)), score_detail(e.score, t))

    return scale


def _pieces(e: Experiment, box: Array, width: float) -> int:
    """Cells along an axis of ``box``, none longer than a wave of the score's error as seen there.

    Lengths in p_t look shorter by ``width``, the detail of the law over the box, over that of p_t.
    """
    least = math.inf
    for t in range(1, e.steps + 1):
        own = score_detail(e.score, t)
        least = min(least, own * min(1.0, width / detail(e.target, e.chain.level(t))))
    return math.ceil(float((box[1] - box[0]).max()) / (2 * math.pi * least))


def inverts(e: Experiment, law: Reference) -> bool:
    """Whether the map of this run is inverted: one without memory, to a law without sharp edges,

    by a score that follows a forward chain: a guided one tears the plane into parts so far apart
    that cells of the output see little of them, and the start law is integrated over at once.
    """
    smooth = e.target.finest_scale > 0 and float(np.ptp(law.box, axis=0).max()) <= FINEST * law.fine
    follows = not isinstance(e.score_error, Guided)
    return smooth and follows and not e.record.multistep


def _from_inverse(e: Experiment, law: Reference, stop: Stop) -> Stages | None:
    """The integrals over the plane of Y_1; None where its law is too wide for that.

    Density that is missed, as under folds, is what the mass of q lacks: it bounds what TV lacks.
    The mass of p there is summed as "unknown".
    """
    if not inverts(e, law):
        return None
    target, scale = law.marginal, finest(e)
    box = _both_laws(e, law.box, scale, stop)
    if (box[1] - box[0]).max() > FINEST * law.fine:
        return None
    pieces = _pieces(e, box, law.fine)
    if pieces**2 > MOST_DENSITIES:
        return None
    inverse = Inverse(e.record, e.chain, e.score, scale, stop)
    last = e.chain.level(e.chain.steps)
    log_start = e.target.marginal(last).log_density if e.exact_start else normal_log_density

    def of(x: Array) -> tuple[Array, Array, Array]:
        log_p = np.maximum(target.log_density(x), LOST)
        parts = [inverse(x[k : k + BATCH]) for k in range(0, len(x), BATCH)]
        log_q = np.concatenate([log_start(part.z) - part.log_det for part in parts])
        found = np.concatenate([part.found for part in parts])
        missed = np.where(log_p < UNKNOWN, log_p, UNKNOWN)
        return np.where(found, np.maximum(log_q, LOST), missed), log_p, np.ones(len(x))

    cells = sampled_cells(*tiles(box, max(PIECES, pieces)), of)
    return Stages(resolve_from(cells, of, SOUGHT, stop, MOST_DENSITIES))


def _settles(metric: str, s: dict[str, float]) -> bool:
    """Whether an inverted map gives all of its law that a metric needs."""
    doubt = s[metric + "_error"] / max(s[metric], 1e-300)
    missing = 10 * abs(s["q"] - 1) + 10 * abs(s["p"] - 1)
    unsettled = TV_CAUTION * doubt + missing / max(s["tv"], 1e-300)
    if metric == "kl":
        unsettled += LOG_FLOOR * s["unknown"] / max(s["kl"], 1e-300)
    return math.isfinite(unsettled) and unsettled <= SETTLED


def _both_laws(e: Experiment, box: Array, scale: Callable[[int], float], stop: Stop) -> Array:
    """``box`` widened to hold the images of a coarse mesh over the bulk of the start law."""
    start = Coordinates(e.target, e.chain, e.exact_start, None, stop).box
    middle, half = start.mean(axis=0), BULK * (start[1] - start[0]) / 2
    axes = [np.linspace(m - h, m + h, MESH) for m, h in zip(middle, half, strict=True)]
    run = flow(e.record, e.chain, e.score, points((axes[0], axes[1])), scale, stop)
    ((_, image),) = deque(run, maxlen=1)
    return np.stack(
        [np.minimum(box[0], image.y.min(axis=0)), np.maximum(box[1], image.y.max(axis=0))]
    )


def _sampled(e: Experiment, coordinates: Coordinates, target: Marginal, stop: Stop) -> Sampled:
    chain, record, score, scale = e.chain, e.record, e.score, finest(e)

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
