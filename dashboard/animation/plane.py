"""The reverse chain in the plane: particles over heat maps of p_t and of the exact q_t."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dashboard.animation.layers import (
    KEYFRAMES,
    frame_times,
    key_levels,
    particles_of,
    score_field,
    view,
)
from dashboard.player import Animation
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from diffusion_core import Experiment, Measurement, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.front import law_of
from diffusion_core.measure import measurement
from diffusion_core.schedules import Array, NoiseLevel

phrase = prose("phrases/animation")
CELLS = 96
_NONE = np.empty((0, CELLS, CELLS), dtype=np.float32)

Progress = Callable[..., None]


@dataclass(frozen=True, eq=False)
class PlaneLaw:
    """p_t and q_t on rasters (K, rows, columns), and TV(q_t, p_t), at the t of K keyframes.

    ``measured`` is TV(q_1, p_1) where that is the exact distance already. ``refusal`` says why
    there is none of it.
    """

    target: np.ndarray = field(default_factory=lambda: _NONE)
    output: np.ndarray = field(default_factory=lambda: _NONE)
    tv: Mapping[int, Distance] = field(default_factory=dict)
    measured: Measurement | None = None
    refusal: str = ""

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return self.target.nbytes + self.output.nbytes + 1000


def key_frames(frames: int) -> list[int]:
    """The frames at which q_t is drawn: the first, the last, and others evenly between."""
    return [int(k) for k in np.unique(np.rint(np.linspace(0, frames - 1, KEYFRAMES)))]


def plane_law(experiment: Experiment, progress: Progress) -> PlaneLaw:
    """The exact law at the keyframes, or why it is refused.

    progress: without a share, since the last pictures, where a map is torn most, take the longest.
    """
    frames, begun = frame_times(experiment.steps), time.perf_counter()
    times = [frames[k] for k in key_frames(len(frames))]
    maps, tv, measured = [], {}, None
    try:
        for found in law_of(experiment, progress).over_time(axes(view(experiment)), times):
            progress()
            maps.append((found.target.T, found.output.T))
            tv[found.t] = found.tv
            if found.measured:
                took = time.perf_counter() - begun
                answer = measurement(experiment, "tv", "exact", found.tv, took)
                measured = None if isinstance(answer, Refused) else answer
    except Refused as reason:
        return PlaneLaw(refusal=str(reason))
    target, output = (np.array(m, dtype=np.float32) for m in zip(*maps, strict=True))
    return PlaneLaw(target, output, tv, measured)


def axes(extent: Sequence[float]) -> tuple[Array, Array]:
    """Where the rasters have their columns and their rows."""
    return np.linspace(extent[0], extent[1], CELLS), np.linspace(extent[2], extent[3], CELLS)


def plane_animation(
    experiment: Experiment, particles: int, progress: Progress, law: PlaneLaw | None
) -> tuple[Animation, Array]:
    """Particles over the heat map of p_t, with the score field; with q_t where its law is given.

    The second is Y_1, (N, d).
    """
    times = frame_times(experiment.steps)
    x0, x1, y0, y1 = view(experiment)
    positions, follow, final = particles_of(experiment, particles, times, progress)
    levels = key_levels(experiment, times)
    exact = law if law is not None and law.tv else None
    value, error, said = _on_the_way(times, exact.tv) if exact else (None, None, [])
    animation = Animation(
        positions,
        times,
        (x0, x1, y0, y1),
        readouts=said,
        target_density=(
            exact.target if exact else density_maps(experiment, levels, (x0, x1, y0, y1))
        ),
        output_density=exact.output if exact else None,
        density_frames=key_frames(len(times)) if exact else (),
        title=experiment.record.label,
        field=score_field(experiment, levels, (x0, x1, y0, y1)),
        follow=follow,
        distance=value,
        distance_error=error,
    )
    return animation, final


def density_maps(
    experiment: Experiment, levels: Sequence[NoiseLevel], extent: Sequence[float]
) -> Array:
    """p_t on a CELLS x CELLS raster at each noise level, (K, rows, columns).

    What is finer than a cell is seen through it: as much noise is added as makes it a cell wide, or
    its level lines would be beads.
    """
    x, y = axes(extent)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    target, cell = experiment.target, x[1] - x[0]
    maps = []
    for level in levels:
        lacking = max(0.0, cell**2 - level.abar * target.finest_scale**2 - level.var)
        seen = NoiseLevel(level.abar, level.var + lacking)
        maps.append(np.exp(target.marginal(seen).log_density(points)))
    return np.reshape(maps, (len(levels), CELLS, CELLS))


def _on_the_way(times: Sequence[int], tv: Mapping[int, Distance]) -> tuple[Array, Array, list[str]]:
    """TV(q_t, p_t), its error and what is said of it, for every frame; straight between keys."""
    keys = np.array(list(tv))
    at = -np.array(times, dtype=float)
    value = np.interp(at, -keys, [d.value for d in tv.values()])
    error = np.interp(at, -keys, [d.error for d in tv.values()])
    said = []
    for t, between in zip(times, value, strict=True):
        if t in tv:
            said.append(readout(tv[t]))
        else:
            before, after = keys[keys > t].min(), keys[keys < t].max()
            said.append(
                phrase("tv-q-t-p-t", between=rounded(between, 2), before=before, after=after)
            )
    return value, error, said


def readout(tv: Distance) -> str:
    """What the player says about a distance that is known."""
    return f"TV(q_t, p_t) = {with_error(tv.value, tv.error)}"
