"""From an experiment to the animation of its reverse chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dashboard.animation.layers import frame_times, key_levels, particles_of, score_field, view
from dashboard.animation.plane import PlaneLaw, plane_animation, readout
from dashboard.player import Animation
from dashboard.prose import prose
from diffusion_core import Experiment, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.front import law_of
from diffusion_core.laws.line.over_time import Snapshot
from diffusion_core.schedules import Array

phrase = prose("phrases/animation")
GRID = 481
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Progress = Callable[..., None]


@dataclass(frozen=True)
class Scene:
    """An animation, Y_1 (N, d), and TV(q_t, p_t) by t where that is known."""

    animation: Animation
    final: Array
    tv: Mapping[int, Distance] = field(default_factory=dict)
    refusal: str = ""


def scene(
    experiment: Experiment, particles: int, progress: Progress, law: PlaneLaw | None = None
) -> Scene:
    """The animation; Refused above two dimensions, and where particles leave all bounds.

    law: q_t of a run in the plane, where it is to be drawn.
    """
    dim = experiment.target.dim
    if dim > 2:
        raise Refused(phrase("a-picture-needs-one-or", dim=dim))
    if dim == 1:
        return line_scene(experiment, particles, progress)
    animation, final = plane_animation(experiment, particles, progress, law)
    return Scene(animation, final, law.tv if law else {}, law.refusal if law else "")


def line_scene(experiment: Experiment, particles: int, progress: Progress) -> Scene:
    """Particles, p_t and the exact q_t on the line; without q_t where its law is refused."""
    times = frame_times(experiment.steps)
    extent = view(experiment)
    grid = np.linspace(extent[0], extent[1], GRID)
    positions, follow, final = particles_of(experiment, particles, times, lambda s: progress(s / 2))
    snapshots: list[Snapshot] = []
    refusal = ""
    try:
        for snapshot in law_of(experiment, progress).over_time(grid, times):
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
        readouts=[readout(d) for d in tv],
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
    return Scene(animation, final, {s.t: s.tv for s in snapshots}, refusal)


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
