"""The axes that panels share: what can be compared by eye is drawn on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from dashboard.player.animation import Animation

HEADROOM = 1.05  # of the density axis above the highest curve
NOISE_SHARE = 8.0  # the density axis is at most this many times the peak of the noise
DECADES = 6  # of the distance axis, at most


@dataclass(frozen=True)
class Axes:
    """extent: of all panels of one dimension; density: the top of the density axis, d = 1;
    distance: decades of the distance axis, as exponents of ten, for panels of every dimension;
    difference: the largest |q_t - p_t| of d = 2, as a share of the maximum of p_t at that t."""

    extent: tuple[float, ...]
    density: float
    distance: tuple[int, int]
    difference: float


def shared_axes(panels: Sequence[Animation]) -> dict[int, Axes]:
    """The axes of each dimension."""
    distance = _distance_axis(panels)
    axes = {}
    for d in {panel.dimension for panel in panels}:
        same = [panel for panel in panels if panel.dimension == d]
        extents = np.array([panel.extent for panel in same], dtype=float)
        edges = np.where(np.arange(2 * d) % 2 == 0, extents.min(axis=0), extents.max(axis=0))
        extent = tuple(float(edge) for edge in edges)
        density = _density_axis(same, extent) if d == 1 else 0.0
        axes[d] = Axes(extent, density, distance, _largest_difference(same) if d == 2 else 0.0)
    return axes


def peaks(density: np.ndarray) -> np.ndarray:
    """The maximum of each keyframe of a map, (K, 1, 1), or 1 where there is nothing."""
    highest = np.max(density, axis=(1, 2), keepdims=True)
    return np.where(highest > 0, highest, 1.0)


def difference(animation: Animation) -> np.ndarray | None:
    """(q_t - p_t) / max p_t at each keyframe of d = 2, where both are given."""
    target, output = animation.target_density, animation.output_density
    if target is None or output is None:
        return None
    return (np.asarray(output, dtype=float) - target) / peaks(target)


def _largest_difference(panels: Sequence[Animation]) -> float:
    found = [d for d in map(difference, panels) if d is not None]
    return max((float(np.max(np.abs(d))) for d in found), default=0.0)


def _density_axis(panels: Sequence[Animation], extent: tuple[float, ...]) -> float:
    """The top of the density axis, one for all frames and panels.

    The highest p_t and the final q_t fit, unless the noise would then be lower than 1/NOISE_SHARE
    of the axis: a sharp density is cut off at the top, and the player says so, for the sake of the
    frames around the noise.
    """
    peaks = [_peaks(panel, extent) for panel in panels]
    noise = max(noise for noise, _ in peaks)
    highest = max(highest for _, highest in peaks)
    top = min(HEADROOM * highest, NOISE_SHARE * noise) if noise > 0 else HEADROOM * highest
    return top if top > 0 else 1.0


def _peaks(animation: Animation, extent: tuple[float, ...]) -> tuple[float, float]:
    """The peak at the noise, and the highest of all that has to fit."""
    curves = []
    if animation.target_density is not None:
        curves.append(np.max(animation.target_density, axis=1))
    if animation.output_density is not None:
        curves.append(np.max(animation.output_density, axis=1)[[0, -1]])
    if not curves:
        curves.append(_histogram_peaks(animation, extent))
    noise = 0 if animation.direction == "reverse" else -1
    return (
        float(max(curve[noise] for curve in curves)),
        float(max(np.max(curve) for curve in curves)),
    )


def _histogram_peaks(animation: Animation, extent: tuple[float, ...]) -> np.ndarray:
    """The peaks of the first and the last histogram, shape (2,)."""
    low, high = extent
    width = (high - low) / 40
    assert isinstance(animation.positions, np.ndarray)
    ends = (animation.positions[0, :, 0], animation.positions[-1, :, 0])
    counts = [np.histogram(points, bins=40, range=(low, high))[0].max() for points in ends]
    return np.array(counts) / (animation.particles * width)


def _distance_axis(panels: Sequence[Animation]) -> tuple[int, int]:
    """Whole decades: up to the largest distance, down to one below the smallest panel's largest.

    Smaller values, such as those of the first steps, lie below the axis; the last fit.
    """
    given = [panel.distance for panel in panels if panel.distance is not None]
    largest = [float(np.max(values)) for values in given if np.max(values) > 0]
    last = [float(values[-1]) for values in given if values[-1] > 0]
    if not largest:
        return (-1, 0)
    top = ceil(log10(max(largest)) - 1e-9)
    bottom = floor(log10(min(0.1 * min(largest), *last)) + 1e-9)
    return (max(bottom, top - DECADES), top)
