"""Refusals that name the field."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_finite(name: str, values: Any) -> None:
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name}: every number must be finite")


def check_density(name: str, values: Any) -> None:
    check_finite(name, values)
    if np.min(values) < 0:
        raise ValueError(f"{name}: a density is not negative")


def check_shape(name: str, values: Any, expected: tuple[int, ...]) -> None:
    if np.shape(values) != expected:
        raise ValueError(f"{name}: shape {expected} expected, not {np.shape(values)}")
    check_finite(name, values)


def check_keys(name: str, keys: Any, frames: int, count: int) -> None:
    """The frame of each keyframe: rising, the first and the last frame among them."""
    if len(keys) != count:
        raise ValueError(f"{name}: {count} expected, one for each keyframe, not {len(keys)}")
    if np.any(np.diff(keys) <= 0) or keys[0] != 0 or keys[-1] != frames - 1:
        raise ValueError(f"{name}: rising from 0 to {frames - 1} expected")


def check_raster(name: str, values: Any, frames: int, most: int) -> None:
    """K keyframes of a raster, (K, rows, columns), followed by whatever else."""
    shape = np.shape(values)
    if len(shape) < 3 or not 1 <= shape[0] <= frames:
        raise ValueError(f"{name}: shape (K, rows, columns), 1 <= K <= {frames}, not {shape}")
    if min(shape[1:3]) < 2 or max(shape[1:3]) > most:
        raise ValueError(f"{name}: 2 to {most} rows and columns, not {shape[1:3]}")
    check_finite(name, values)
