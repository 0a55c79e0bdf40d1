"""Small pictures of the laws, from their closed-form p_t at a little noise.

On the line: an SVG path of the density, or stems where the law is atoms. In the plane: a map of
SIDE x SIDE pixels.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import numpy as np

from dashboard.prose.library import spoken
from diffusion_core import PRESETS
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets import GaussianMixture, Points, Target

REACH = 3.2  # pictures show [-REACH, REACH] on every axis
WIDTH, HEIGHT, TOP = 96, 44, 3  # of a picture on the line, in its own units
SIDE = 48
LINE_NOISE, PLANE_NOISE = NoiseLevel.of(1 - 0.03**2), NoiseLevel.of(1 - 0.07**2)
LINE_TOP, PLANE_TOP = 1.3, 0.6  # the most density shown, or all beside a spike would be flat
GAMMA = 0.6  # of the maps: faint parts stay visible


@cache
def thumbnails(dim: int) -> tuple[dict[str, Any], ...]:
    """Name, label, description and picture of every preset of this dimension."""
    return tuple(
        {
            "name": preset.name,
            "label": spoken(preset.label),
            "about": spoken(preset.description),
            **(line_picture(preset.target) if dim == 1 else plane_picture(preset.target)),
        }
        for preset in PRESETS.values()
        if preset.target.dim == dim
    )


def line_picture(target: Target) -> dict[str, Any]:
    """{"stems": path} of atoms, else {"curve": path} from the left end to the right one."""
    atoms = atoms_of(target)
    if atoms is not None:
        return {"stems": _stems(*atoms)}
    return {"curve": _curve(line_density(target))}


def line_density(target: Target) -> Array:
    """p_t / top at WIDTH + 1 points, where the picture's top is the peak or at most LINE_TOP."""
    x = np.linspace(-REACH, REACH, WIDTH + 1)[:, None]
    p = np.exp(target.marginal(LINE_NOISE).log_density(x))
    return np.minimum(p / min(p.max(), LINE_TOP), 1.0)


def atoms_of(target: Target) -> tuple[Array, Array] | None:
    """Places (K,) and weights (K,) of a law on the line that is atoms."""
    if isinstance(target, Points) and target.bandwidth == 0:
        places, counts = np.unique(np.array(target.points)[:, 0], return_counts=True)
        return places, counts / counts.sum()
    if isinstance(target, GaussianMixture) and not np.any(target.covariances):
        return np.array(target.means)[:, 0], np.array(target.weights)
    return None


def plane_picture(target: Target) -> dict[str, Any]:
    return {"map": base64.b64encode(plane_map(target).tobytes()).decode()}


def plane_map(target: Target) -> np.ndarray:
    """uint8, (SIDE, SIDE): a power of p_t at the centres of the pixels, the top row first."""
    centres = REACH * ((2 * np.arange(SIDE) + 1) / SIDE - 1)
    points = np.stack(np.meshgrid(centres, centres[::-1]), axis=-1).reshape(-1, 2)
    log_p = target.marginal(PLANE_NOISE).log_density(points)
    p = np.exp(log_p)
    share = np.minimum(p / min(p.max(), PLANE_TOP), 1.0) ** GAMMA
    return np.rint(255 * share).astype(np.uint8).reshape(SIDE, SIDE)


def _curve(share: Array) -> str:
    """A path from left to right, at most as many points as it needs to look the same."""
    y = np.round(HEIGHT - (HEIGHT - TOP) * share, 1)
    bends = [i for i in range(1, WIDTH) if abs(y[i - 1] - 2 * y[i] + y[i + 1]) > 0.05]
    kept = [0, *bends, WIDTH]
    return "M" + "L".join(f"{i} {y[i]:g}" for i in kept)


def _stems(places: Array, weights: Array) -> str:
    x = np.round((places / REACH + 1) * WIDTH / 2, 1)
    y = np.round(HEIGHT - (HEIGHT - 2 * TOP) * weights / weights.max(), 1)
    return "".join(f"M{a:g} {HEIGHT}V{b:g}" for a, b in zip(x, y, strict=True))
