"""Which start points a deterministic sampler moves to where the target is.

Few steps can throw nearly all of the start law past the target, so that cells of any fixed size
miss the start points that do meet it. Squares that hold some are found by their corners: F is
continuous, so a square whose image does not meet the target's box has no corner image on either
side of it. TV, KL and Hellinger need these squares only; p/q is 0 on all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.laws.plane.jacobian_flow import Stop
from diffusion_core.schedules import Array, Mask

SIDE = 5  # points along each side of a square
SPREAD = 0.5  # of the target's box: images of neighbouring points are no further apart in the end
MARGIN = 0.5  # of an image's own size, by which it is taken to be larger than its corners say
NEGLIGIBLE = 1e-9  # mass of the start law in squares that are not told apart any more
MOST_SQUARES = 3000
ROUNDS = 60

Images = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Reaching:
    """low, width (M, 2) of the squares; ``unseen``: the start law's mass in those too coarse."""

    low: Array
    width: Array
    unseen: float


def reaching(images: Images, low: Array, width: Array, goal: Array, stop: Stop) -> Reaching:
    """The squares, out of those given and split as needed, whose images meet ``goal`` (2, 2).

    ``images(z)`` = F(z) (N, 2) and the log density of the start law (N,).
    """
    kept: list[tuple[Array, Array]] = []
    unseen = 0.0
    for _ in range(ROUNDS):
        stop()
        meets, coarse, mass = _looked_at(images, low, width, goal)
        light = coarse & (mass < NEGLIGIBLE / max(len(low), 1))
        unseen += float(mass[light].sum())
        fine = meets & (~coarse | light)
        kept.append((low[fine], width[fine]))
        low, width, mass = (v[coarse & ~light] for v in (low, width, mass))
        if not len(low) or 4 * len(low) + sum(len(part) for part, _ in kept) > MOST_SQUARES:
            break
        low = np.concatenate([low + width / 2 * corner for corner in np.ndindex(2, 2)])
        width = np.tile(width / 2, (4, 1))
    unseen += float(mass.sum()) if len(low) else 0.0
    kept.append((low, width))
    lows, widths = (np.concatenate(v) for v in zip(*kept, strict=True))
    return Reaching(lows, widths, unseen)


def _looked_at(images: Images, low: Array, width: Array, goal: Array) -> tuple[Mask, Mask, Array]:
    """Whether each square meets the goal, whether it is too coarse to tell, and its mass there."""
    s = np.linspace(0, 1, SIDE)
    lattice = np.stack(np.meshgrid(s, s, indexing="ij"), axis=-1)
    z = low[:, None, None] + width[:, None, None] * lattice
    y, log_phi = images(z.reshape(-1, 2))
    y, phi = y.reshape(z.shape), np.exp(log_phi).reshape(z.shape[:3])
    corners = np.stack([y[:, i : i + SIDE - 1, j : j + SIDE - 1] for i, j in np.ndindex(2, 2)])
    first, last = corners.min(axis=0), corners.max(axis=0)
    room = MARGIN * (last - first)
    meets = ((first - room <= goal[1]) & (last + room >= goal[0])).all(axis=-1)
    wide = meets & ((last - first) > SPREAD * (goal[1] - goal[0])).any(axis=-1)
    share = meets.mean(axis=(1, 2))
    mass = phi.max(axis=(1, 2)) * width.prod(axis=1) * share
    return meets.any(axis=(1, 2)), wide.any(axis=(1, 2)), mass
