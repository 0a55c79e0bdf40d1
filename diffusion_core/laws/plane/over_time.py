"""The exact law q_t of Y_t beside p_t at every t in the plane: heat maps and their difference.

The same propagation as for Y_1, read off on the way. A deterministic sampler carries a mesh of
start points; p_t is known everywhere and log(q_t/p_t) at the images, so a point of the picture gets
p_t times the ratio interpolated in the triangle it lies in, and where F folds, the sum over all
triangles that hold it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import points
from diffusion_core.laws.noisy_steps import densities
from diffusion_core.laws.plane import grid_distances
from diffusion_core.laws.plane.coordinates import Coordinates, normal_log_density
from diffusion_core.laws.plane.grid_distances import RESOLUTIONS
from diffusion_core.laws.plane.inverse_map import Inverse
from diffusion_core.laws.plane.jacobian_flow import Image, Stop, flow
from diffusion_core.laws.plane.map_distances import finest, inverts
from diffusion_core.laws.reference import noised
from diffusion_core.schedules import Array, Index
from diffusion_core.targets.base import Marginal

MESH = 241  # start points along an axis, an odd number
REACH = 5.6 / 8.4  # of the start law's box that the mesh covers: all but 1e-7 of a normal law
FIXED_NODES = 1e-3  # relative: a fixed mesh promises no more
FAINTEST = 1e-30
WORTH_INVERTING = 1e-3  # relative difference of mass beyond which a picture is made point by point
INVERTED = 10  # pictures at the end, where F is torn most, that may be made so
PIXELS = 4_000_000  # pairs of a triangle and a point looked at together


@dataclass(frozen=True, eq=False)
class PlaneSnapshot:
    """The densities of q_t and p_t at the nodes of a picture, (X, Y), and TV(q_t, p_t).

    ``measured``: whether this TV, at t = 1, is what ``plane_distances`` would come to, at its cost.
    """

    t: int
    output: Array
    target: Array
    tv: Distance
    measured: bool = False


def plane_evolution(
    experiment: Experiment, x: Array, y: Array, times: Sequence[int], stop: Stop
) -> Iterator[PlaneSnapshot]:
    """A snapshot for each t of ``times`` on the equally spaced nodes x (X,), y (Y,).

    Refused where the exact law is, except that folds are drawn: see ``laws.plane``.
    """
    run = _stochastic if experiment.record.stochastic else _deterministic
    yield from run(experiment, (x, y), set(times), stop)


def _picture(marginal: Marginal, axes: tuple[Array, Array]) -> Array:
    log_p = marginal.log_density(points(axes))
    return np.exp(log_p).reshape(len(axes[0]), len(axes[1]))


def _stochastic(
    e: Experiment, axes: tuple[Array, Array], wanted: set[int], stop: Stop
) -> Iterator[PlaneSnapshot]:
    resolution = RESOLUTIONS[0]
    for t, density, unresolved in densities(e, resolution, stop):
        if t not in wanted:
            continue
        level = e.chain.level(t)
        tv = grid_distances.grid_variation(density, noised(e.target, level), unresolved)
        measured = t == 1 and grid_distances.settles(tv)
        if not measured:
            tv = Distance(tv.value, tv.error + FIXED_NODES * tv.value)
        target = _picture(e.target.marginal(level), axes)
        yield PlaneSnapshot(t, np.maximum(density.on(axes), 0.0), target, tv, measured)


def _deterministic(
    e: Experiment, axes: tuple[Array, Array], wanted: set[int], stop: Stop
) -> Iterator[PlaneSnapshot]:
    coordinates = Coordinates(e.target, e.chain, e.exact_start, None, stop)
    middle = coordinates.box.mean(axis=0)
    box = middle + (coordinates.box - middle) * (1.0 if e.exact_start else REACH)
    x, y = (np.linspace(lo, hi, MESH) for lo, hi in box.T)
    z = points((x, y))
    cell = float(((box[1] - box[0]) / (MESH - 1)).prod())
    _, log_phi, _ = coordinates(z)

    scale = finest(e)
    inverse, late = None, set(sorted(wanted)[:INVERTED])
    if not e.exact_start and inverts(e, noised(e.target, e.chain.level(1))):
        inverse = Inverse(e.record, e.chain, e.score, scale, stop)
    run = flow(e.record, e.chain, e.score, z, scale, stop)
    for t, image in run:
        if t not in wanted:
            continue
        marginal = e.target.marginal(e.chain.level(t))
        log_ratio = log_phi - image.log_det - marginal.log_density(image.y)
        target = _picture(marginal, axes)
        output = _rasterised(image, log_ratio, log_phi - image.log_det, axes, target)
        tv = _mesh_tv(log_phi, log_ratio, image, cell)
        if inverse is not None and t in late and image.sign.min() > 0 and _off(output, target):
            output = _inverted(inverse, t, axes, output, target)
        yield PlaneSnapshot(t, output, target, tv)


def _off(output: Array, target: Array) -> bool:
    """Whether a picture of p_t's bulk holds visibly less, or more, of q_t."""
    return abs(float(output.sum() / target.sum()) - 1) > WORTH_INVERTING


def _inverted(
    inverse: Inverse, t: int, axes: tuple[Array, Array], output: Array, target: Array
) -> Array:
    """q_t at the nodes from F^{-1}; the mesh's ``output`` where there is no single one."""
    found = [
        inverse(part, t) for part in np.array_split(points(axes), math.ceil(target.size / 8192))
    ]
    log_q = np.concatenate([normal_log_density(f.z) - f.log_det for f in found])
    whole = np.concatenate([f.found for f in found])
    return np.where(whole, np.exp(np.clip(log_q, -700.0, 700.0)), output.ravel()).reshape(
        output.shape
    )


def _mesh_tv(log_phi: Array, log_ratio: Array, image: Image, cell: float) -> Distance:
    """TV = int phi (1 - p/q)_+ by the trapezoid rule; the change from half the mesh is its error.

    Folds add at most twice the mass of p under turned triangles.
    """
    phi = np.exp(log_phi)
    part = (phi * -np.expm1(-np.clip(log_ratio, 0.0, 700.0))).reshape(MESH, MESH)
    value, rough = part.sum() * cell, part[::2, ::2].sum() * 4 * cell
    folded = float((phi * np.exp(np.minimum(-log_ratio, 60.0)))[image.sign < 0].sum() * cell)
    error = abs(value - rough) + FIXED_NODES * value + abs(float(phi.sum()) * cell - 1)
    return Distance(min(float(value), 1.0), float(error) + min(2 * folded, 1.0) + 1e-12)


def _triangles() -> Index:
    """Corners of the two triangles of every cell of the mesh, (2 (n - 1)^2, 3)."""
    i = np.arange(MESH * MESH).reshape(MESH, MESH)
    a, b, c, d = (v.ravel() for v in (i[:-1, :-1], i[1:, :-1], i[:-1, 1:], i[1:, 1:]))
    return np.concatenate([np.stack([a, b, d], axis=1), np.stack([a, d, c], axis=1)])


def _rasterised(
    image: Image, log_ratio: Array, log_q: Array, axes: tuple[Array, Array], target: Array
) -> Array:
    """q_t at the nodes of the picture, (X, Y): a sum over the triangles that hold each."""
    low = np.array([axes[0][0], axes[1][0]])
    step = np.array([axes[0][1] - axes[0][0], axes[1][1] - axes[1][0]])
    shape = np.array([len(axes[0]), len(axes[1])])
    corners = _triangles()
    v = np.clip((image.y - low) / step, -1e6, 1e6)[corners]  # in steps of the picture, (M, 3, 2)
    first = np.maximum(np.ceil(v.min(axis=1)), 0).astype(np.intp)
    last = np.minimum(np.floor(v.max(axis=1)), shape - 1).astype(np.intp)
    span = np.maximum(last - first + 1, 0)
    count = span.prod(axis=1)
    some = np.flatnonzero(count)
    out, log_p = np.zeros(int(shape.prod())), np.log(np.maximum(target, FAINTEST))
    total = np.cumsum(count[some])
    for block in range(int(total[-1]) // PIXELS + 1 if len(total) else 0):
        part = some[(total > block * PIXELS) & (total <= (block + 1) * PIXELS)]
        values = np.clip(log_ratio[corners[part]], -700.0, 700.0), log_q[corners[part]].max(axis=1)
        _add(out, v[part], values, (first[part], span[part]), log_p)
    return out.reshape(tuple(shape))


def _add(
    out: Array,
    v: Array,
    values: tuple[Array, Array],
    boxes: tuple[Index, Index],
    log_p: Array,
) -> None:
    """Add p times the ratio interpolated linearly in its logarithm, point by point of each box.

    values: log(q/p) at the corners (M, 3), and the largest log q there (M,), which is not exceeded.
    """
    ratio, top = values
    first, span = boxes
    count = span.prod(axis=1)
    which = np.repeat(np.arange(len(v)), count)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    i = first[which, 0] + rank // span[which, 1]
    j = first[which, 1] + rank % span[which, 1]
    a, b, c = v[:, 0], v[:, 1] - v[:, 0], v[:, 2] - v[:, 0]
    det = b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0]
    det = np.where(np.abs(det) < 1e-300, 1e-300, det)
    # corners a half-step of rounding apart share an edge: a point on it belongs to one of them
    px, py = i + 3e-10 - a[which, 0], j + 7e-10 - a[which, 1]
    s = (px * c[which, 1] - py * c[which, 0]) / det[which]
    r = (py * b[which, 0] - px * b[which, 1]) / det[which]
    inside = (s >= 0) & (r >= 0) & (s + r < 1)
    k, s, r = which[inside], s[inside], r[inside]
    at = i[inside] * log_p.shape[1] + j[inside]
    log = ratio[k, 0] * (1 - s - r) + ratio[k, 1] * s + ratio[k, 2] * r + log_p.ravel()[at]
    out += np.bincount(at, np.exp(np.minimum(log, top[k])), minlength=len(out))
