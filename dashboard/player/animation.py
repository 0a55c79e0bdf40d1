"""What the player shows, checked before it is sent to a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_PARTICLES = 100_000
MAX_CELLS = 1024


@dataclass(frozen=True, eq=False)
class Animation:
    """F frames of N particles in dimension d = 1 or 2; frame 0 is the noise, the last the output.

    positions: (F, N, d), finite.
    times: (F,) the t of each frame, strictly decreasing, such as T, T - 1, ..., 1.
    extent: the visible range, (x0, x1) for d = 1 and (x0, x1, y0, y1) for d = 2.
    readouts: () or one short text per frame.
    grid: (G,) increasing, where the curves of d = 1 are evaluated; None for d = 2.
    target_density: p_t. d = 1: (F, G). d = 2: (K, rows, columns), K keyframes spread evenly over
        the frames, the first on frame 0, the last on the last (K = 1: one picture for all); entry
        [j, m, n] belongs to (linspace(x0, x1, columns)[n], linspace(y0, y1, rows)[m]).
    output_density: q_t on the grid, (F, G), for d = 1 only.

    Raises ValueError, naming the field, where a shape does not fit or a number is not finite.
    """

    positions: np.ndarray
    times: Sequence[int]
    extent: tuple[float, float] | tuple[float, float, float, float]
    readouts: Sequence[str] = ()
    grid: np.ndarray | None = None
    target_density: np.ndarray | None = None
    output_density: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._check_positions()
        self._check_times()
        self._check_extent()
        if self.dimension == 1:
            self._check_curves()
        else:
            self._check_map()

    @property
    def frames(self) -> int:
        return self.positions.shape[0]

    @property
    def particles(self) -> int:
        return self.positions.shape[1]

    @property
    def dimension(self) -> int:
        return self.positions.shape[2]

    def _check_positions(self) -> None:
        shape = np.shape(self.positions)
        if len(shape) != 3 or shape[2] not in (1, 2) or 0 in shape:
            raise ValueError(f"positions: shape (F, N, 1) or (F, N, 2) expected, not {shape}")
        if shape[1] > MAX_PARTICLES:
            raise ValueError(f"positions: at most {MAX_PARTICLES} particles, not {shape[1]}")
        _check_finite("positions", self.positions)

    def _check_times(self) -> None:
        if len(self.times) != self.frames:
            raise ValueError(f"times: {self.frames} expected, one per frame, not {len(self.times)}")
        if any(b >= a for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("times: must decrease from frame to frame")
        if self.readouts and len(self.readouts) != self.frames:
            raise ValueError(f"readouts: none or {self.frames} expected, not {len(self.readouts)}")

    def _check_extent(self) -> None:
        extent = np.asarray(self.extent, dtype=float)
        if extent.shape != (2 * self.dimension,):
            raise ValueError(f"extent: {2 * self.dimension} numbers expected, not {extent.size}")
        _check_finite("extent", extent)
        if np.any(extent[1::2] <= extent[::2]):
            raise ValueError("extent: each range must rise, (low, high)")

    def _check_curves(self) -> None:
        curves = {"target_density": self.target_density, "output_density": self.output_density}
        given = {name: curve for name, curve in curves.items() if curve is not None}
        if self.grid is None:
            if given:
                raise ValueError(f"grid: needed where {' or '.join(given)} is given")
            return
        if np.ndim(self.grid) != 1 or len(self.grid) < 2 or np.any(np.diff(self.grid) <= 0):
            raise ValueError("grid: at least two increasing numbers expected")
        _check_finite("grid", self.grid)
        for name, curve in given.items():
            if np.shape(curve) != (self.frames, len(self.grid)):
                expected = (self.frames, len(self.grid))
                raise ValueError(f"{name}: shape {expected} expected, not {np.shape(curve)}")
            _check_density(name, curve)

    def _check_map(self) -> None:
        if self.grid is not None or self.output_density is not None:
            raise ValueError("grid, output_density: for one dimension only")
        if self.target_density is None:
            return
        shape = np.shape(self.target_density)
        if len(shape) != 3 or not 1 <= shape[0] <= self.frames:
            raise ValueError(
                f"target_density: shape (K, rows, columns), 1 <= K <= {self.frames}, not {shape}"
            )
        if min(shape[1:]) < 2 or max(shape[1:]) > MAX_CELLS:
            raise ValueError(f"target_density: 2 to {MAX_CELLS} rows and columns, not {shape[1:]}")
        _check_density("target_density", self.target_density)


def _check_finite(name: str, values: np.ndarray) -> None:
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name}: every number must be finite")


def _check_density(name: str, values: np.ndarray) -> None:
    _check_finite(name, values)
    if np.min(values) < 0:
        raise ValueError(f"{name}: a density is not negative")
