"""What is animated is what the core computes."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.animation.layers import (
    FRAMES,
    KEYFRAMES,
    followed_run,
    frame_times,
    key_levels,
    view,
)
from dashboard.animation.line import scene
from dashboard.animation.plane import CELLS, density_maps
from diffusion_core import PRESETS, SAMPLERS, Experiment, Refused, measure
from diffusion_core.laws.particles import final_points, simulate
from diffusion_core.schedules import Linear
from diffusion_core.targets import Points

LINE = Experiment(preset="three-modes", steps=40)
PLANE = Experiment(target=PRESETS["two-moons"].target, preset="two-moons", steps=30, seed=3)


def quiet(share: float | None = None) -> None:
    assert share is None or -1e-9 <= share <= 1 + 1e-9


@pytest.mark.parametrize("steps", [2, 3, 50, FRAMES - 1, FRAMES, FRAMES + 1, 1000, 8192])
def test_frames_run_from_the_start_to_the_end(steps: int) -> None:
    times = frame_times(steps)
    assert (times[0], times[-1]) == (steps, 1)
    assert len(times) == min(steps, FRAMES)
    gaps = -np.diff(times)
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize("experiment", [LINE.with_(sampler="ddpm", seed=9), PLANE])
def test_particles_are_those_of_the_core(experiment: Experiment) -> None:
    times = [experiment.steps, 17, 1]
    frames, _ = followed_run(experiment, 50, times, quiet)
    by_time = dict(simulate(experiment, 50))
    for t, points in zip(times, frames, strict=True):
        assert np.array_equal(points, by_time[t])
    assert np.array_equal(frames[-1], final_points(experiment, 50))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_last_distance_on_the_line_is_the_measured_one(sampler: str) -> None:
    experiment = LINE.with_(sampler=sampler)
    shown, truth = scene(experiment, 20, quiet).tv[1], measure(experiment)
    assert abs(shown.value - truth.value) <= shown.error + truth.error
    assert shown.error < 0.05 * shown.value


def test_the_line_shows_both_densities_with_their_mass() -> None:
    made = scene(LINE, 20, quiet)
    moving = made.animation
    assert made.refusal == ""
    assert list(made.tv) == list(moving.times)
    assert len(moving.readouts) == len(moving.times)
    assert moving.grid is not None
    cell = moving.grid[1] - moving.grid[0]
    for density in (moving.target_density, moving.output_density):
        mass = density.sum(axis=1) * cell
        assert mass[-1] == pytest.approx(1, abs=0.01)
        assert mass.min() > 0.93  # the rest lies outside the view
        assert mass.max() < 1.001


@pytest.mark.parametrize("name", [n for n, p in PRESETS.items() if p.target.dim == 1])
def test_every_line_preset_has_a_scene_with_few_steps(name: str) -> None:
    for sampler in ("ode", "ddpm", "dpmpp-2m"):
        experiment = Experiment(PRESETS[name].target, sampler=sampler, steps=5)
        assert scene(experiment, 20, quiet).animation.frames == 5


def test_heat_maps_are_the_density() -> None:
    times = frame_times(PLANE.steps)
    extent = (-3.0, 3.0, -3.0, 3.0)
    maps = density_maps(PLANE, key_levels(PLANE, times), extent)
    assert maps.shape == (KEYFRAMES, CELLS, CELLS)
    axis = np.linspace(-3, 3, CELLS)
    rows, columns = [0, 10, 60, 95], [5, 40, 41, 90]
    points = np.column_stack([axis[columns], axis[rows]])
    for which, t in ((0, times[0]), (-1, times[-1])):
        density = np.exp(PLANE.target.marginal(PLANE.chain.level(t)).log_density(points))
        assert maps[which][rows, columns] == pytest.approx(density, rel=1e-9, abs=1e-300)


def test_the_view_holds_noise_and_data() -> None:
    x0, x1, y0, y1 = view(PLANE)
    assert (x0, x1) == (y0, y1)
    assert x0 <= -3.2
    assert x1 >= 3.2
    far = Experiment(target=Points(((50.0,), (60.0,)), 0.1))
    low, high = view(far)
    assert low <= -3.2
    assert 60 < high < 70


def test_progress_runs_up() -> None:
    seen: list[float] = []
    scene(PLANE, 20, seen.append)
    assert seen == sorted(seen)
    assert seen[0] < 0.1
    assert seen[-1] > 0.9


def test_no_picture_above_two_dimensions() -> None:
    experiment = Experiment(target=Points(((0.0, 1.0, 2.0),), 0.5), steps=3)
    with pytest.raises(Refused, match="3"):
        scene(experiment, 20, quiet)


def test_particles_that_run_away_are_refused() -> None:
    experiment = PLANE.with_(schedule=Linear(900.0, 1000.0), steps=600)
    with pytest.raises(Refused, match="use more steps"):
        scene(experiment, 20, quiet)
