"""What is drawn, as a target, and a target as what the pad shows. Numbers stay short for links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffusion_core.targets import Boxes

REACH = 3.0  # the pads show [-REACH, REACH] on every axis
COLUMNS = 64
TOP = 100  # heights of columns are whole numbers from 0 to TOP
SHOWN_PEAK = 90  # height of the peak of a law that was not drawn here
WEIGHT_UNITS = 100_000  # weights are multiples of 1e-5 and sum to exactly 1
POINT_DIGITS = 2
MAX_DRAWN = 500


def edges() -> np.ndarray:
    """The edges of the columns, (COLUMNS + 1,): binary fractions, hence exact."""
    return np.linspace(-REACH, REACH, COLUMNS + 1)


def boxes_of(heights: Any) -> Boxes | None:
    """The histogram with these heights; None where nothing is drawn or the heights are not ours."""
    if not _are_heights(heights) or not any(heights):
        return None
    columns = [i for i, height in enumerate(heights) if height]
    cuts = edges().tolist()
    return Boxes(
        shares([heights[i] for i in columns]),
        tuple((cuts[i],) for i in columns),
        tuple((cuts[i + 1],) for i in columns),
    )


def _are_heights(heights: Any) -> bool:
    return (
        isinstance(heights, list)
        and len(heights) == COLUMNS
        and all(type(h) is int and 0 <= h <= TOP for h in heights)
    )


def shares(parts: Sequence[int]) -> tuple[float, ...]:
    """parts / sum(parts) in whole units of 1e-5, by largest remainders, at least one unit each."""
    exact = np.array(parts) * (WEIGHT_UNITS / sum(parts))
    units = np.maximum(np.floor(exact), 1.0)
    missing = WEIGHT_UNITS - int(units.sum())
    order = np.argsort(units - exact, kind="stable")
    units[order[:missing]] += 1
    return tuple(int(u) / WEIGHT_UNITS for u in units)


def heights_of(boxes: Boxes | None) -> list[int]:
    """The heights that show a law on the line: the mass in each column, its peak at SHOWN_PEAK."""
    if boxes is None or boxes.dim != 1:
        return [0] * COLUMNS
    lows, highs = np.array(boxes.lows), np.array(boxes.highs)
    cuts = edges()
    overlap = np.minimum(cuts[1:], highs) - np.maximum(cuts[:-1], lows)  # (K, COLUMNS)
    mass = (np.array(boxes.weights)[:, None] * np.maximum(overlap, 0) / (highs - lows)).sum(axis=0)
    peak = mass.max()
    if not peak > 0:
        return [0] * COLUMNS
    heights = np.rint(mass * (SHOWN_PEAK / peak))
    return [int(h) for h in np.where(mass > 1e-9, np.maximum(heights, 1), 0)]


def points_of(rows: Any) -> tuple[tuple[float, float], ...] | None:
    """The points drawn, to 2 decimals; None where there are none, too many or wrong ones."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_DRAWN:
        return None
    if not all(
        isinstance(row, list) and len(row) == 2 and all(map(_is_place, row)) for row in rows
    ):
        return None
    return tuple((_short(x), _short(y)) for x, y in rows)


def _is_place(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= 1e6


def _short(value: float) -> float:
    return round(float(value), POINT_DIGITS) + 0.0  # never -0.0
