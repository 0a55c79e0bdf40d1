"""Runs that the browser makes are those of Python: every sampler, target and error sent so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from dashboard.animation.layers import (
    MOST_STEPS,
    MOST_TERMS,
    followed_run,
    frame_times,
    run_of,
    view,
)
from dashboard.animation.line import scene
from dashboard.player import Animation, Run, pack
from dashboard.player.packing import BORDER, LIMIT
from diffusion_core import Experiment
from diffusion_core.laws.particles import final_points, simulate
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Karras, Linear
from diffusion_core.scores.errors import (
    SCORE_ERRORS,
    Empirical,
    FourierError,
    Learned,
    Scale,
    Shift,
    WaveError,
)
from diffusion_core.targets import PRESETS
from diffusion_core.targets.base import Target
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.targets.points import Points
from diffusion_core.targets.student_t import StudentT
from tests.dashboard.animation.playing import Played, play
from tests.dashboard.unpacking import unpack

PARTICLES = 60
STEPS = 14
KINDS = [*((name, 0.0) for name in SAMPLERS), ("ddim", 0.4), ("ddim", 1.0)]
SKEWED = GaussianMixture(
    (0.3, 0.5, 0.2),
    ((-1.5, 0.5), (0.4, 1.0), (1.2, -1.4)),
    (((0.2, 0.15), (0.15, 0.3)), ((0.09, 0.0), (0.0, 0.25)), ((0.4, -0.39), (-0.39, 0.4))),
)
SENT = {
    "line": Experiment().target,
    "skewed": SKEWED,
    "atoms on the line": Points(((-1.0,), (0.2,), (0.2,), (1.5,))),
    "atoms": Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.0),
    "blurred points": Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.2),
    "heavy tails": StudentT(5.0, (0.3,), 0.8),
    "heavy tails in the plane": StudentT(4.0, (0.3, -0.2), 0.8),
}
ERRORS = [
    *(Shift(0.3), Shift(0.3, "small-t"), Scale(0.4), Scale(0.4, "large-t"), Empirical(12, 5)),
]


def base(**changes: object) -> Experiment:
    return Experiment(schedule=Linear(), steps=STEPS, seed=3).with_(**changes)


def experiments() -> Iterator[tuple[str, Experiment]]:
    for name, eta in KINDS:
        run = base(sampler=name, eta=eta)
        for title, target in SENT.items():
            yield f"{name} {eta} {title}", run.with_(target=target)
        for error in ERRORS:
            for title in ("line", "skewed"):
                wrong = run.with_(target=SENT[title], score_error=error)
                yield f"{name} {eta} {title} {error}", wrong
        yield f"{name} {eta} exact start", run.with_(target=SKEWED, start="exact")
        yield f"{name} {eta} Karras", run.with_(schedule=Karras(), steps=150)


CASES = dict(experiments())


def run_for(experiment: Experiment) -> Run | None:
    return run_of(experiment, PARTICLES, frame_times(experiment.steps))


def packed(experiment: Experiment, run: Run) -> bytes:
    extent, times = view(experiment), frame_times(experiment.steps)
    line = experiment.target.dim == 1
    grid = np.linspace(*extent, 3) if line else None
    density = np.ones((len(times), 3)) if line else None
    return pack(Animation(run, times, extent, grid=grid, target_density=density))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    runs = {name: run_for(experiment) for name, experiment in CASES.items()}
    sent = {name: run for name, run in runs.items() if run is not None}
    assert sent.keys() == CASES.keys()
    blobs = [packed(CASES[name], run) for name, run in sent.items()]
    found = play(blobs, [run.shape for run in sent.values()], tmp_path_factory.mktemp("runs"))
    return dict(zip(sent, found, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_browser_makes_the_run_that_python_makes(name: str, played: dict[str, Played]) -> None:
    states = np.array([y for _, y in simulate(CASES[name], PARTICLES)])
    gap = np.abs(played[name].states - states) / np.maximum(1.0, np.abs(states))
    assert gap.max() < 1e-6


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n].target in (SENT["line"], SKEWED)])
def test_the_browser_takes_steps_apart_as_python_does(name: str, played: dict[str, Played]) -> None:
    experiment, found = CASES[name], played[name]
    times = frame_times(experiment.steps)
    positions, follow = followed_run(experiment, PARTICLES, times, lambda share: None)
    low, high = np.reshape(view(experiment), (-1, 2)).T
    codes = np.clip((2 * (positions - low) / (high - low) - 1) * BORDER, -LIMIT, LIMIT)
    assert_close(found.arrays["positions"], codes, BORDER)
    outside = ((positions < low) | (positions > high)).any(axis=2).sum(axis=1)
    assert found.outside == outside.tolist()
    if follow is None:
        assert len(times) < experiment.steps
        assert found.arrays.keys() == {"positions"}
        return
    assert_close(found.arrays["paths"], positions)
    assert_close(found.arrays["score"], follow.score)
    assert_close(found.arrays["parts"], follow.points)
    drawn = {name.removeprefix("vector:") for name in found.arrays if name.startswith("vector:")}
    assert drawn == set(follow.vectors)
    for name, vectors in follow.vectors.items():
        assert_close(found.arrays[f"vector:{name}"], vectors)


def assert_close(found: np.ndarray, truth: np.ndarray, size: float = 1.0) -> None:
    """Up to float32, in which the player keeps what it draws."""
    assert found.shape == truth.shape
    assert np.all(np.abs(found - truth) <= 1e-6 * np.maximum(size, np.abs(truth)))


def test_factors_and_words_of_a_run_are_those_of_followed_steps() -> None:
    for name, eta in KINDS:
        experiment = base(sampler=name, eta=eta)
        run = run_for(experiment)
        assert run is not None
        [(header, arrays)] = unpack(packed(experiment, run))[1]
        times = frame_times(STEPS)
        _, follow = followed_run(experiment, PARTICLES, times, lambda share: None)
        assert follow is not None
        assert header["follow"] == {
            "names": list(follow.names),
            "formulas": list(follow.formulas),
            "scalars": list(follow.scalars),
            "vectors": list(follow.vectors),
        }
        for factor, values in follow.scalars.items():
            np.testing.assert_array_equal(arrays[f"scalar:{factor}"], values.astype("f4"))


def test_what_has_no_such_form_is_sent_as_positions() -> None:
    sent = {type(target) for target in SENT.values()}
    for preset in PRESETS.values():
        if preset.target.dim <= 2:
            run = run_for(base(target=preset.target))
            assert (run is not None) == (type(preset.target) in sent)
    assert {type(preset.target) for preset in PRESETS.values()} > sent
    for error in (Learned(20, 4), WaveError(0.3), FourierError(0.5)):
        assert run_for(base(score_error=error)) is None
    for kind in SCORE_ERRORS.values():
        sample = kind()
        sends = any(isinstance(error, kind) for error in ERRORS)
        assert (run_for(base(score_error=sample)) is not None) == sends


def test_what_takes_longer_than_a_moment_is_sent_as_positions() -> None:
    assert run_of(base(), MOST_TERMS // (3 * (STEPS - 1)), []) is not None
    assert run_of(base(), MOST_TERMS // (3 * (STEPS - 1)) + 1, []) is None
    assert run_of(base(steps=MOST_STEPS), 1, []) is not None
    assert run_of(base(steps=MOST_STEPS + 1), 1, []) is None


@pytest.mark.parametrize(
    ("target", "most"), [(Experiment().target, 60_000), (PRESETS["ring-of-8"].target, 80_000)]
)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_move_of_a_slider_sends_little(target: Target, most: int, sampler: str) -> None:
    experiment = Experiment(target=target, sampler=sampler)
    made = scene(experiment, 2000, lambda share: None)
    np.testing.assert_array_equal(made.final, final_points(experiment, 2000))
    blob = pack(made.animation)
    assert len(blob) < most
    many = run_of(experiment, 10_000, frame_times(experiment.steps))
    assert len(pack(replace(made.animation, positions=many))) - len(blob) < 1000
