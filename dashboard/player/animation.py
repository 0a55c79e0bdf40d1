"""What one panel of the player shows, checked before it is sent to a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.player.checks import (
    check_density,
    check_finite,
    check_keys,
    check_raster,
    check_shape,
)
from dashboard.player.follow import Follow
from dashboard.player.run import Run

MAX_PARTICLES = 100_000
MAX_CELLS = 1024
MAX_ARROWS = 64
MAX_TITLE = 120
LAWS = ("target", "output")


@dataclass(frozen=True, eq=False)
class Animation:
    """F frames of N particles in dimension d = 1 or 2, played from frame 0 to the last.

    positions: (F, N, d), finite; or the run that makes them.
    times: (F,) the t of each frame, strictly monotone: T, ..., 1 for a reverse process (frame 0
        is the noise), 0, ..., T for a forward one (frame 0 is the data).
    extent: the visible range, (x0, x1) for d = 1 and (x0, x1, y0, y1) for d = 2.
    readouts: () or one short text per frame.
    grid: (G,) increasing, where the curves of d = 1 are evaluated; None for d = 2.
    target_density: p_t. d = 1: (F, G). d = 2: (K, rows, columns), K keyframes spread evenly over
        the frames, the first on frame 0, the last on the last (K = 1: one picture for all); entry
        [j, m, n] belongs to (linspace(x0, x1, columns)[n], linspace(y0, y1, rows)[m]).
    output_density: q_t. d = 1: (F, G). d = 2: a raster like target_density and, where both are
        given, of the same shape; its level lines are at the same densities as the target's.
    density_frames: () or, for rasters that are not spread evenly, the frame of each keyframe, from
        the first frame to the last.
    title: the panel's heading, such as the sampler; short.
    field: sqrt(1 - abar_t) s_t at ``field_points``, for K keyframes spread like the target's.
        d = 1: (K, A). d = 2: (K, rows, columns, 2).
    quantiles: d = 1: positions of the quantile levels of p_t ("target") and q_t ("output"),
        (F, Q) each, drawn over time.
    quantile_levels: (Q,) increasing, within 0..1.
    follow: what is known about the steps of the first particles.
    distance, distance_error: (F,) such as TV(q_t, p_t) and its error, for the curve of the
        distance so far; not negative. One axis, logarithmic, serves all panels.
    distance_name: what the distance is called.

    Raises ValueError, naming the field, where a shape does not fit or a number is not finite.
    """

    positions: np.ndarray | Run
    times: Sequence[int]
    extent: tuple[float, float] | tuple[float, float, float, float]
    readouts: Sequence[str] = ()
    grid: np.ndarray | None = None
    target_density: np.ndarray | None = None
    output_density: np.ndarray | None = None
    density_frames: Sequence[int] = ()
    title: str = ""
    field: np.ndarray | None = None
    quantiles: Mapping[str, np.ndarray] | None = None
    quantile_levels: Sequence[float] = ()
    follow: Follow | None = None
    distance: np.ndarray | None = None
    distance_error: np.ndarray | None = None
    distance_name: str = "TV(q_t, p_t)"

    def __post_init__(self) -> None:
        self._check_positions()
        self._check_times()
        self._check_extent()
        if self.dimension == 1:
            self._check_curves()
        else:
            self._check_maps()
        self._check_field()
        self._check_quantiles()
        self._check_distance()
        if isinstance(self.positions, Run):
            self._check_run()
        elif self.follow is not None:
            self.follow.check(self.positions)

    @property
    def frames(self) -> int:
        return self.positions.shape[0]

    @property
    def particles(self) -> int:
        return self.positions.shape[1]

    @property
    def dimension(self) -> int:
        return self.positions.shape[2]

    @property
    def direction(self) -> str:
        """ "forward" where t rises, else "reverse"."""
        return "forward" if self.times[-1] > self.times[0] else "reverse"

    def _check_positions(self) -> None:
        shape = np.shape(self.positions)
        if len(shape) != 3 or shape[2] not in (1, 2) or 0 in shape:
            raise ValueError(f"positions: shape (F, N, 1) or (F, N, 2) expected, not {shape}")
        if shape[1] > MAX_PARTICLES:
            raise ValueError(f"positions: at most {MAX_PARTICLES} particles, not {shape[1]}")
        if not isinstance(self.positions, Run):
            check_finite("positions", self.positions)

    def _check_run(self) -> None:
        if self.follow is not None:
            raise ValueError("follow: a run knows its own")
        if self.dimension == 1 and self.target_density is None and self.output_density is None:
            raise ValueError("target_density: needed with a run, for the density axis")

    def _check_times(self) -> None:
        if len(self.times) != self.frames:
            raise ValueError(f"times: {self.frames} expected, one per frame, not {len(self.times)}")
        steps = np.diff(np.asarray(self.times, dtype=float))
        if not (np.all(steps < 0) or np.all(steps > 0)):
            raise ValueError("times: must fall, or rise, from each frame to the next")
        if self.readouts and len(self.readouts) != self.frames:
            raise ValueError(f"readouts: none or {self.frames} expected, not {len(self.readouts)}")
        if len(self.title) > MAX_TITLE:
            raise ValueError(f"title: at most {MAX_TITLE} characters")

    def _check_extent(self) -> None:
        extent = np.asarray(self.extent, dtype=float)
        if extent.shape != (2 * self.dimension,):
            raise ValueError(f"extent: {2 * self.dimension} numbers expected, not {extent.size}")
        check_finite("extent", extent)
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
        check_finite("grid", self.grid)
        for name, curve in given.items():
            check_shape(name, curve, (self.frames, len(self.grid)))
            check_density(name, curve)

    def _check_maps(self) -> None:
        if self.grid is not None:
            raise ValueError("grid: for one dimension only")
        maps = {"target_density": self.target_density, "output_density": self.output_density}
        for name, density in maps.items():
            if density is not None:
                check_raster(name, density, self.frames, MAX_CELLS)
                if np.ndim(density) != 3:
                    raise ValueError(f"{name}: shape (K, rows, columns), not {np.shape(density)}")
                check_density(name, density)
        if self.target_density is not None and self.output_density is not None:
            check_shape("output_density", self.output_density, np.shape(self.target_density))
        if len(self.density_frames):
            count = max((len(d) for d in maps.values() if d is not None), default=0)
            check_keys("density_frames", self.density_frames, self.frames, count)

    def _check_field(self) -> None:
        if self.field is None:
            return
        shape = np.shape(self.field)
        if self.dimension == 2:
            check_raster("field", self.field, self.frames, MAX_ARROWS)
            if len(shape) != 4 or shape[3] != 2:
                raise ValueError(f"field: shape (K, rows, columns, 2) expected, not {shape}")
        elif len(shape) != 2 or not 1 <= shape[0] <= self.frames:
            raise ValueError(f"field: shape (K, A), 1 <= K <= {self.frames}, not {shape}")
        elif not 2 <= shape[1] <= MAX_ARROWS:
            raise ValueError(f"field: 2 to {MAX_ARROWS} arrows, not {shape[1]}")
        check_finite("field", self.field)

    def _check_quantiles(self) -> None:
        if not self.quantiles:
            return
        if self.dimension != 1:
            raise ValueError("quantiles: for one dimension only")
        levels = np.asarray(self.quantile_levels, dtype=float)
        if levels.ndim != 1 or levels.size == 0 or np.any(np.diff(levels) <= 0):
            raise ValueError("quantile_levels: increasing numbers expected")
        if not np.all((levels >= 0) & (levels <= 1)):
            raise ValueError("quantile_levels: within 0..1")
        for name, values in self.quantiles.items():
            if name not in LAWS:
                raise ValueError(f"quantiles: of {' and '.join(LAWS)}, not of {name!r}")
            check_shape(f"quantiles[{name!r}]", values, (self.frames, levels.size))

    def _check_distance(self) -> None:
        curves = {"distance": self.distance, "distance_error": self.distance_error}
        for name, values in curves.items():
            if values is not None:
                check_shape(name, values, (self.frames,))
                if np.min(values) < 0:
                    raise ValueError(f"{name}: not negative")
        if self.distance is None and self.distance_error is not None:
            raise ValueError("distance: needed where distance_error is given")


def field_points(extent: Sequence[float], rows: int, columns: int = 1) -> np.ndarray:
    """Where the arrows of ``Animation.field`` stand: the centres of equal cells of the extent.

    d = 1: (rows,) points, x0 + (k + 1/2)(x1 - x0)/rows. d = 2: (rows, columns, 2), entry [m, n] at
    x0 + (n + 1/2)(x1 - x0)/columns and y0 + (m + 1/2)(y1 - y0)/rows.
    """
    if len(extent) == 2:
        return _centres(extent[0], extent[1], rows)
    x = _centres(extent[0], extent[1], columns)
    y = _centres(extent[2], extent[3], rows)
    return np.stack(np.meshgrid(x, y), axis=-1)


def _centres(low: float, high: float, count: int) -> np.ndarray:
    return low + (np.arange(count) + 0.5) * (high - low) / count
