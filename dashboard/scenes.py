"""From an experiment to the animation of its reverse chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.layers import followed_run, key_levels, score_field
from dashboard.player import Animation
from dashboard.text.numbers import with_error
from diffusion_core import Experiment, Refused
from diffusion_core.distances import Distance
from diffusion_core.laws.evolution import Snapshot, evolution
from diffusion_core.schedules import Array, NoiseLevel

FRAMES = 101  # the player interpolates; more cannot be told apart in six seconds
CELLS = 96
GRID = 481
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SIGHT = 3.2  # the view holds the noise up to here

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Scene:
    """An animation, and TV(q_t, p_t) for each of its t where that is known."""

    animation: Animation
    tv: tuple[Distance, ...] = ()
    refusal: str = ""


def frame_times(steps: int) -> list[int]:
    """t = T..1, or evenly spread ones of them where T is large."""
    count = min(steps, FRAMES)
    return [int(t) for t in np.unique(np.rint(np.linspace(1, steps, count)))[::-1]]


def view(experiment: Experiment) -> tuple[float, ...]:
    """(low, high) of each axis: the noise, and the data but for the thinnest tails."""
    points = experiment.target.sample(2000, np.random.default_rng(0))
    low, high = np.quantile(points, [0.002, 0.998], axis=0)
    margin = 0.12 * (high - low) + 0.1
    low, high = np.minimum(low - margin, -SIGHT), np.maximum(high + margin, SIGHT)
    if experiment.target.dim == 2:
        low, high = np.full(2, low.min()), np.full(2, high.max())
    return tuple(float(edge) for pair in zip(low, high, strict=True) for edge in pair)


def scene(experiment: Experiment, particles: int, progress: Progress) -> Scene:
    """The animation; Refused above two dimensions, and where particles leave all bounds."""
    dim = experiment.target.dim
    if dim > 2:
        raise Refused(f"A picture needs one or two dimensions, and this target has {dim}")
    return (line_scene if dim == 1 else plane_scene)(experiment, particles, progress)


def line_scene(experiment: Experiment, particles: int, progress: Progress) -> Scene:
    """Particles, p_t and the exact q_t on the line; without q_t where its law is refused."""
    times = frame_times(experiment.steps)
    extent = view(experiment)
    grid = np.linspace(extent[0], extent[1], GRID)
    positions, follow = followed_run(experiment, particles, times, lambda s: progress(s / 2))
    snapshots: list[Snapshot] = []
    refusal = ""
    try:
        for snapshot in evolution(experiment, grid, times):
            progress(1 - snapshot.t / experiment.steps / 2)
            snapshots.append(snapshot)
    except Refused as reason:
        snapshots = []
        refusal = str(reason)
    tv = tuple(s.tv for s in snapshots)
    animation = Animation(
        positions,
        times,
        (extent[0], extent[1]),
        readouts=[f"TV(q_t, p_t) = {with_error(d.value, d.error)}" for d in tv],
        grid=grid,
        target_density=_target_curves(experiment, grid, times, snapshots),
        output_density=_output_curves(snapshots) if snapshots else None,
        title=experiment.record.label,
        field=score_field(experiment, key_levels(experiment, times), extent),
        quantiles=_quantiles(snapshots) if snapshots else None,
        quantile_levels=QUANTILES if snapshots else (),
        follow=follow,
        distance=np.array([d.value for d in tv]) if tv else None,
        distance_error=np.array([d.error for d in tv]) if tv else None,
    )
    return Scene(animation, tv, refusal)


def _quantiles(snapshots: Sequence[Snapshot]) -> dict[str, Array]:
    output, target = zip(*(s.quantiles(QUANTILES) for s in snapshots), strict=True)
    return {"target": np.array(target), "output": np.array(output)}


def _output_curves(snapshots: Sequence[Snapshot]) -> Array:
    # differences of a cumulated mass may be negative by rounding
    return np.array([np.maximum(s.output, 0.0) for s in snapshots])


def _target_curves(
    experiment: Experiment, grid: Array, times: Sequence[int], snapshots: Sequence[Snapshot]
) -> Array:
    if snapshots:
        return np.array([s.target for s in snapshots])
    chain, target = experiment.chain, experiment.target
    points = grid[:, None]
    return np.exp([target.marginal(chain.level(t)).log_density(points) for t in times])


def plane_scene(experiment: Experiment, particles: int, progress: Progress) -> Scene:
    """Particles over the heat map of p_t, with the score field."""
    times = frame_times(experiment.steps)
    x0, x1, y0, y1 = view(experiment)
    positions, follow = followed_run(experiment, particles, times, progress)
    levels = key_levels(experiment, times)
    animation = Animation(
        positions,
        times,
        (x0, x1, y0, y1),
        target_density=density_maps(experiment, levels, (x0, x1, y0, y1)),
        title=experiment.record.label,
        field=score_field(experiment, levels, (x0, x1, y0, y1)),
        follow=follow,
    )
    return Scene(animation)


def density_maps(
    experiment: Experiment, levels: Sequence[NoiseLevel], extent: Sequence[float]
) -> Array:
    """p_t on a CELLS x CELLS raster at each noise level, (K, rows, columns)."""
    x = np.linspace(extent[0], extent[1], CELLS)
    y = np.linspace(extent[2], extent[3], CELLS)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    log_p = [experiment.target.marginal(level).log_density(points) for level in levels]
    return np.exp(log_p).reshape(len(levels), CELLS, CELLS)
