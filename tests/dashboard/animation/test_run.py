"""Runs that the browser makes are those of Python: every sampler, target and error sent so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from dashboard.animation.layers import (
    MOST_COST,
    MOST_GROWTH,
    MOST_STEPS,
    followed_run,
    frame_times,
    run_of,
    view,
)
from dashboard.animation.line import scene
from dashboard.player import Animation, Run, pack
from dashboard.player.packing import BORDER, LIMIT
from dashboard.player.run import COST
from diffusion_core import Experiment
from diffusion_core.laws.particles import amplification, final_points, simulate
from diffusion_core.samplers import ODE_ORDER, Corrector
from diffusion_core.samplers.ode_order import ORDERS
from diffusion_core.samplers.program import asks_between
from diffusion_core.schedules import Karras, Linear
from diffusion_core.scores.closed_form import closed_form
from diffusion_core.scores.errors import (
    SCORE_ERRORS,
    Empirical,
    FourierError,
    Learned,
    Scale,
    Shift,
    WaveError,
)
from diffusion_core.scores.guided import Guided
from diffusion_core.scores.own import own_score
from diffusion_core.targets import PRESETS
from diffusion_core.targets.base import Target
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.targets.points import Points
from diffusion_core.targets.student_t import StudentT
from tests.dashboard.animation.playing import Played, play
from tests.dashboard.unpacking import unpack
from tests.recorded import RECORDED

PARTICLES = 60
STEPS = 14
CALM_STEPS = 60  # where no sampler folds at the waves below
KINDS = [*((name, 0.0) for name in RECORDED), ("ddim", 0.4), ("ddim", 1.0)]
SKEWED = GaussianMixture(
    (0.3, 0.5, 0.2),
    ((-1.5, 0.5), (0.4, 1.0), (1.2, -1.4)),
    (((0.2, 0.15), (0.15, 0.3)), ((0.09, 0.0), (0.0, 0.25)), ((0.4, -0.39), (-0.39, 0.4))),
)

LABELLED = Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.2, ("a", "b", "a"))

TARGETS = {
    "line": Experiment().target,
    "skewed": SKEWED,
    "atoms on the line": Points(((-1.0,), (0.2,), (0.2,), (1.5,))),
    "atoms": Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.0),
    "blurred points": Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.2),
    "heavy tails": StudentT(5.0, (0.3,), 0.8),
    "heavy tails in the plane": StudentT(4.0, (0.3, -0.2), 0.8),
    "boxes": Boxes((0.5, 0.3, 0.2), ((-2.0,), (0.1,), (0.4,)), ((-1.0,), (0.4,), (1.9,))),
    "boxes in the plane": Boxes(
        (0.4, 0.4, 0.2),
        ((-1.5, 0.0), (-0.5, 0.0), (1.0, -1.0)),
        ((-0.5, 1.0), (0.2, 2.0), (1.01, 0.5)),
    ),
    "thin and light boxes": Boxes(
        (1e-6, 0.5, 0.499999), ((-3.0,), (0.0,), (1.0,)), ((-2.9,), (0.001,), (1.5,))
    ),
    "a picture": Boxes(
        (1 / 40,) * 40,
        tuple((0.4 * i - 2, 0.4 * j - 2) for i in range(10) for j in range(10) if (i * j) % 5 < 2)[
            :40
        ],
        tuple(
            (0.4 * i - 1.6, 0.4 * j - 1.6) for i in range(10) for j in range(10) if (i * j) % 5 < 2
        )[:40],
    ),
    "circle": Circle(1.5, (0.4, -0.2)),
    **{name: preset.target for name, preset in PRESETS.items()},
}
EVERY_ERROR = ("line", "skewed", "boxes", "circle")
GUIDED = {"line": Guided("1+3", 4.0), "skewed": Guided("2", 2.5), "labels": Guided("a", 3.0)}
ERRORS = [
    *(Shift(0.3), Shift(0.3, "small-t"), Scale(0.4), Scale(0.4, "large-t"), Empirical(12, 5)),
    *(WaveError(0.1, 3.0, 0.4), FourierError(0.3, 1.5), FourierError(0.2, 2.0, 1, "large-t")),
    *(Learned(40, 8), Learned(60, 5, extra="regressed"), Learned(60, 5, extra="regressed-only")),
]


def base(**changes: object) -> Experiment:
    return Experiment(schedule=Linear(), steps=STEPS, seed=3).with_(**changes)


def experiments() -> Iterator[tuple[str, Experiment]]:
    for name, eta in KINDS:
        run = base(sampler=name, eta=eta)
        for title, target in TARGETS.items():
            yield f"{name} {eta} {title}", run.with_(target=target)
        exact = name == ODE_ORDER  # a wrong score is sent as positions there
        for error in () if exact else ERRORS:
            steps = CALM_STEPS if isinstance(error, WaveError | FourierError) else STEPS
            for title in EVERY_ERROR:
                wrong = run.with_(target=TARGETS[title], score_error=error, steps=steps)
                yield f"{name} {eta} {title} {error}", wrong
        for title, error in () if exact else GUIDED.items():
            target = LABELLED if title == "labels" else TARGETS[title]
            guided = run.with_(target=target, score_error=error, steps=CALM_STEPS)
            yield f"{name} {eta} guided {title}", guided
        yield f"{name} {eta} exact start", run.with_(target=SKEWED, start="exact")
        yield f"{name} {eta} Karras", run.with_(schedule=Karras(), steps=150)
    for order in ORDERS:
        run = base(sampler=ODE_ORDER, order=order)
        for title in ("line", "skewed", "boxes", "circle"):
            yield f"order {order} {title}", run.with_(target=TARGETS[title])
    for name in ("ode", "ddpm-accelerated"):
        for title in ("line", "ring-of-8"):
            after = base(sampler=name, target=TARGETS[title], corrector=Corrector(3, 0.2))
            yield f"{name} corrected {title}", after


CASES = dict(experiments())


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_a_wrong_score_between_the_chain_s_levels_is_sent_as_positions(error: object) -> None:
    wrong = base(sampler=ODE_ORDER, target=TARGETS["line"], score_error=error)
    assert run_for(wrong) is None
    plain = run_for(wrong.with_(sampler=ODE_ORDER, order=2))
    assert plain is None or not asks_between(plain.program)


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


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n].target in (TARGETS["line"], SKEWED)])
def test_the_browser_takes_steps_apart_as_python_does(name: str, played: dict[str, Played]) -> None:
    experiment, found = CASES[name], played[name]
    times = frame_times(experiment.steps)
    positions, follow = followed_run(experiment, PARTICLES, times, lambda *share: None)
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
        _, follow = followed_run(experiment, PARTICLES, times, lambda *share: None)
        assert follow is not None
        assert header["follow"] == {
            "names": list(follow.names),
            "formulas": list(follow.formulas),
            "scalars": list(follow.scalars),
            "vectors": list(follow.vectors),
        }
        for factor, values in follow.scalars.items():
            np.testing.assert_array_equal(arrays[f"scalar:{factor}"], values.astype("f4"))


def test_a_score_of_a_readers_own_is_sent_as_positions() -> None:
    assert run_for(base(score_error=own_score(lambda t, x: -x))) is None


@pytest.mark.parametrize("kind", SCORE_ERRORS)
def test_the_usual_error_of_every_kind_is_made_in_the_browser(kind: str) -> None:
    assert any(isinstance(error, SCORE_ERRORS[kind]) for error in (*ERRORS, *GUIDED.values()))
    experiment = Experiment(score_error=SCORE_ERRORS[kind]())
    assert run_of(experiment, 2000, frame_times(experiment.steps)) is not None


def test_a_run_that_magnifies_rounding_is_sent_as_positions() -> None:
    calm = base(score_error=WaveError(0.1, 3.0))
    folded = calm.with_(sampler="ode-taylor", score_error=WaveError(0.3, 10.0))
    assert amplification(calm, 100) < MOST_GROWTH < amplification(folded, 100)
    assert run_for(calm) is not None
    assert run_for(folded) is None


def test_what_takes_longer_than_a_moment_is_sent_as_positions() -> None:
    most = int(MOST_COST / (COST["gaussians"] * 3 * (STEPS - 1)))
    assert run_of(base(), most, []) is not None
    assert run_of(base(), most + 1, []) is None
    assert run_of(base(steps=MOST_STEPS), 1, []) is not None
    assert run_of(base(steps=MOST_STEPS + 1), 1, []) is None


def test_a_score_of_more_bytes_than_positions_is_not_sent() -> None:
    experiment = Experiment(score_error=Learned(1000, 64))
    times = frame_times(experiment.steps)
    score = closed_form(experiment.score)
    assert score is not None
    few = 8 * score.size // (2 * len(times))
    assert run_of(experiment, few, times) is None
    assert run_of(experiment, few + 1, times) is not None


@pytest.mark.parametrize(
    ("target", "most"), [(Experiment().target, 60_000), (PRESETS["ring-of-8"].target, 80_000)]
)
@pytest.mark.parametrize("sampler", RECORDED)
def test_a_move_of_a_slider_sends_little(target: Target, most: int, sampler: str) -> None:
    experiment = Experiment(target=target, sampler=sampler)
    made = scene(experiment, 2000, lambda *share: None)
    np.testing.assert_array_equal(made.final, final_points(experiment, 2000))
    blob = pack(made.animation)
    assert len(blob) < most
    many = run_of(experiment, 10_000, frame_times(experiment.steps))
    assert len(pack(replace(made.animation, positions=many))) - len(blob) < 1000
