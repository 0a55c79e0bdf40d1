"""The heat maps of p_t, q_t and their difference are the engine's, at the right t."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st

from dashboard.animation.layers import KEYFRAMES, frame_times, view
from dashboard.animation.line import scene
from dashboard.animation.plane import axes, density_maps, key_frames, plane_law
from dashboard.compute import cached
from dashboard.player import pack
from dashboard.player.packing import ZERO
from diffusion_core import PRESETS, Experiment, Refused, measure
from diffusion_core.laws import front, noisy_steps
from diffusion_core.laws.plane import grid_distances, over_time
from diffusion_core.laws.plane import law as distances
from diffusion_core.laws.plane.over_time import plane_evolution
from diffusion_core.schedules import Linear, NoiseLevel
from tests.dashboard.unpacking import unpack

RING = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=12)
RUNS = {
    "deterministic": RING,
    "stochastic": RING.with_(sampler="ddpm"),
    "exact start": RING.with_(start="exact"),
    "one Gaussian": Experiment(target=PRESETS["correlated-gaussian"].target, steps=12),
}


def quiet(share: float | None = None) -> None:
    assert share is None or 0 <= share <= 1


@pytest.mark.parametrize("frames", [2, 3, 24, 25, 26, 100, 101])
def test_keyframes_begin_and_end_the_run(frames: int) -> None:
    keys = key_frames(frames)
    assert (keys[0], keys[-1]) == (0, frames - 1)
    assert len(keys) == min(frames, KEYFRAMES)
    gaps = np.diff(keys)
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_both_maps_hold_their_mass(run: Experiment) -> None:
    law = plane_law(run, quiet)
    assert law.refusal == ""
    assert list(law.tv) == frame_times(run.steps)
    x, y = axes(view(run))
    cell = (x[1] - x[0]) * (y[1] - y[0])
    for maps in (law.target, law.output):
        mass = maps.sum(axis=(1, 2)) * cell
        assert mass.max() < 1.02
    # the noise leaves the view a little, and twelve steps leave some mass far out
    assert law.target.sum(axis=(1, 2)).min() * cell > 0.93
    assert law.output[0].sum() * cell == pytest.approx(1, abs=0.07)


@pytest.mark.parametrize("name", ["stochastic", "deterministic"])
def test_the_last_distance_in_the_plane_is_that_of_the_measured_law(name: str) -> None:
    law, truth = plane_law(RUNS[name], quiet), measure(RUNS[name])
    tv = law.tv[1]
    assert abs(tv.value - truth.value) <= tv.error + truth.error
    assert tv.error < 0.05 * tv.value
    if name == "stochastic":  # the same grid: the same number
        assert law.measured is not None
        assert (tv.value, tv.error) == (truth.value, truth.error)
    else:
        assert law.measured is None


def test_one_propagation_gives_the_heat_map_and_the_exact_distance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs, grids, maps = [RUNS["stochastic"], RUNS["deterministic"]], [], []
    for module in (over_time, noisy_steps):  # as each of them calls it
        real = noisy_steps.densities

        def counted(e, resolution, *rest, real=real):
            grids.append(resolution)
            return real(e, resolution, *rest)

        monkeypatch.setattr(module, "densities", counted)
    carried = distances.from_maps
    monkeypatch.setattr(distances, "from_maps", lambda *of: maps.append(of) or carried(*of))
    st.cache_resource.clear()
    assert cached.find_laws(runs, st.empty())
    for run in runs:
        cached.distances(run, ("tv", "kl", "hellinger"), "exact", 0, st.empty())
    assert len(maps) == 1
    assert len(grids) == len(set(grids))
    assert grid_distances.RESOLUTIONS[0] in grids


def test_a_run_that_starts_exactly_starts_without_a_difference() -> None:
    little = RING.with_(schedule=Linear(0.1, 1.0), steps=4)  # p_T is far from the noise
    exact, noise = (plane_law(little.with_(start=s), quiet) for s in ("exact", "noise"))
    peak = float(exact.target[0].max())
    assert np.max(np.abs(exact.output[0] - exact.target[0])) < 2e-3 * peak
    assert np.max(np.abs(noise.output[0] - noise.target[0])) > 0.1 * peak
    assert exact.tv[4].value < 1e-6 < noise.tv[4].value


def test_the_player_is_sent_the_engines_difference() -> None:
    law = plane_law(RING, quiet)
    made = scene(RING, 30, quiet, law).animation
    [(header, arrays)] = unpack(pack(made))[1]
    x, y = axes(view(RING))
    [found] = plane_evolution(RING, x, y, [4], lambda: None)
    key = frame_times(RING.steps).index(4)
    share = (found.output - found.target).T / found.target.max()  # rows are y
    top = header["difference_top"]
    code = arrays["difference"][key].astype(float) - ZERO
    assert np.max(np.abs(code * top / (255 - ZERO) - share)) <= 0.6 * top / (255 - ZERO)
    assert np.abs(arrays["difference"].astype(float) - ZERO).max() == 255 - ZERO
    assert header["density_frames"] == list(range(12))
    assert made.distance is not None
    assert made.distance[key] == found.tv.value


def test_what_is_finer_than_the_raster_is_seen_through_its_cells() -> None:
    extent, fine = (-3.2, 3.2, -3.2, 3.2), NoiseLevel(1 - 1e-4, 1e-4)
    x, y = axes(extent)
    ring, moons = (Experiment(target=PRESETS[name].target) for name in ("ring", "two-moons"))
    shares = density_maps(ring, [fine], extent)[0]
    shares /= shares.max()
    radius, angle = np.hypot(x, y[:, None]), np.arctan2(y[:, None], x)
    on_it = np.abs(radius - 1.8) < (x[1] - x[0]) / 2
    assert shares[on_it].min() > 0.8  # an unbroken band
    assert len(np.unique(np.floor(angle[on_it] * 20))) > 100
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    wide = NoiseLevel(0.99, 0.01)
    p = np.exp(moons.target.marginal(wide).log_density(points)).reshape(96, 96)
    np.testing.assert_array_equal(density_maps(moons, [wide], extent)[0], p)


def test_rows_of_the_map_are_y() -> None:
    tilted = RUNS["one Gaussian"].with_(steps=3)
    law = plane_law(tilted, quiet)
    x, y = axes(view(tilted))
    p = tilted.target.marginal(tilted.chain.level(1))
    density = np.exp(p.log_density(np.array([[x[30], y[60]]])))[0]
    assert law.target[-1][60, 30] == pytest.approx(density, rel=1e-5)


def test_between_keyframes_the_readout_says_so() -> None:
    run = RING.with_(steps=60, sampler="ddpm")
    law = plane_law(run, quiet)
    made = scene(run, 20, quiet, law).animation
    exactly = [i for i, text in enumerate(made.readouts) if "±" in text]
    assert exactly == key_frames(60)
    assert "≈" in made.readouts[1]
    assert "between t = 60 and 58" in made.readouts[1]


def test_a_refused_law_leaves_the_map_of_p(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> Iterator[None]:
        raise Refused("the law is too fine")
        yield

    monkeypatch.setattr(front, "plane_evolution", refuse)
    law = plane_law(RING, quiet)
    assert law.refusal == "the law is too fine"
    made = scene(RING, 20, quiet, law)
    assert made.refusal == law.refusal
    assert made.tv == {}
    assert made.animation.output_density is None
    assert made.animation.target_density is not None


def test_panels_share_one_scale_of_the_difference() -> None:
    pair = [RING, RING.with_(sampler="ddpm")]
    cached.find_laws(pair, st.empty())
    assert cached.laws_known([e.with_(seed=5) for e in pair])
    blob = cached.animation(pair, ["A", "B"], 30, st.empty(), laws=True).blob
    (a, first), (b, second) = unpack(blob)[1]
    assert a["difference_top"] == b["difference_top"]
    reach = [np.abs(p["difference"].astype(float) - ZERO).max() for p in (first, second)]
    assert max(reach) == 255 - ZERO
    assert min(reach) < 255 - ZERO


@pytest.mark.parametrize("preset", ["two-moons", "ring-of-8"])
def test_a_move_with_the_maps_of_both_laws_sends_little(preset: str) -> None:
    run = Experiment(target=PRESETS[preset].target)
    blob = pack(scene(run, 2000, quiet, plane_law(run, quiet)).animation)
    [(_, arrays)] = unpack(blob)[1]
    maps = sum(arrays[name].nbytes for name in ("target", "difference"))
    assert maps == 2 * KEYFRAMES * 96 * 96
    assert len(blob) < 120_000
