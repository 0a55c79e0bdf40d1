"""Sliced Wasserstein distances from particles: means over directions of distances on the line.

SW_p^p(q, p) = E_u W_p^p(u.Y, u.X), u uniform on the unit sphere (Bonneel, Rabin, Peyre and Pfister
2015). On each of 128 directions W_p between particles and draws of the target is exact, by sorting,
so it takes tens of thousands of particles. The noise falls like N^{-1/2} in every dimension (SW_2:
where tails are light), that of optimal assignments like N^{-1/d}. SW_2 <= W_2 / sqrt(d).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from diffusion_core.schedules import Array

SLICED = {"sw1": 1, "sw2": 2}
DIRECTIONS = 128
FRAME = 8  # of them belong together, at most
MOST, COORDINATES = 50_000, 4_000_000  # particles that enter, and N d
COPIES, DRAWN = 4, 8_000_000  # draws of the target a particle, and coordinates of all, at most
FLOORS = 6


def sliced(
    power: int,
    points: Array,
    perfect: Callable[[int, np.random.Generator], Array],
    rng: np.random.Generator,
) -> tuple[float, float, float, int]:
    """SW_p between particles and the target: value, standard error, noise floor, particles used.

    The standard error joins three parts of the spread of SW_p^p over seeds: the particles' and the
    draws' first order, by the Kantorovich potentials averaged over directions; their second order,
    which is all there is between equal laws, by the spread of the floors; and the directions.
    """
    dim = points.shape[1]
    points = points[: min(MOST, COORDINATES // dim)]
    n = len(points)
    copies = max(1, min(COPIES, DRAWN // (n * dim)))
    frames = directions(dim, rng)
    known = perfect(copies * n, rng)
    floors = np.zeros(FLOORS)
    apart, potential = np.zeros(len(frames)), np.zeros(n)
    fresh = [perfect(n, rng) for _ in range(FLOORS)]
    for i, frame in enumerate(frames):
        references = _projected(known, frame).reshape(len(frame), n, copies)
        for x, reference in zip(frame @ points.T, references, strict=True):
            cost, phi = line_cost(x, reference, power)
            apart[i] += cost / len(frame)
            potential += phi / frames[:, :, 0].size
        for k, draw in enumerate(fresh):
            rows = zip(_projected(draw, frame), references, strict=True)
            floors[k] += sum(_cost(x, reference, power) for x, reference in rows)
    floors /= frames[:, :, 0].size
    mean = float(apart.mean())
    first = potential.var() * (1 + 1 / copies) / n
    turned = apart.var(ddof=1) / len(frames) if len(frames) > 1 else 0.0
    spread = math.sqrt(first + floors.var(ddof=1) + turned)
    value = mean ** (1 / power)
    error = spread / (power * value ** (power - 1)) if value > 0 else 0.0
    return value, error, float((floors ** (1 / power)).mean()), n


def directions(dim: int, rng: np.random.Generator) -> Array:
    """Uniform directions in frames, (frames, at most 8, d); one on the line.

    In the plane evenly spaced angles turned at random, else frames of orthonormal directions: the
    mean over a frame of either kind varies less than that over as many independent directions.
    """
    if dim == 1:
        return np.ones((1, 1, 1))
    if dim == 2:
        turn = np.arange(DIRECTIONS).reshape(FRAME, -1).T + rng.random()
        angle = np.pi * turn / DIRECTIONS
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    size = min(dim, FRAME)
    gaussian = rng.standard_normal((DIRECTIONS // size, dim, size))
    return np.linalg.qr(gaussian)[0].transpose(0, 2, 1)


def line_cost(x: Array, reference: Array, power: int) -> tuple[float, Array]:
    """W_p^p on the line between n points and n k sorted ones (n, k), and its potential at x.

    The potential's slope is d|x - T(x)|^p / dx, T the monotone map; it is centred.
    """
    order = np.argsort(x)
    sorted_x = x[order]
    gap = sorted_x[:, None] - reference
    slope = (power * np.sign(gap) * np.abs(gap) ** (power - 1)).mean(axis=1)
    risen = np.cumsum(0.5 * (slope[1:] + slope[:-1]) * np.diff(sorted_x))
    phi = np.empty(len(x))
    phi[order] = np.concatenate([[0.0], risen])
    return float((np.abs(gap) ** power).mean()), phi - phi.mean()


def _projected(points: Array, frame: Array) -> Array:
    """Coordinates of points along directions, (directions, N), each sorted."""
    along = frame @ points.T
    along.sort(axis=1)
    return along


def _cost(sorted_x: Array, reference: Array, power: int) -> float:
    return float((np.abs(sorted_x[:, None] - reference) ** power).mean())
