"""Whatever a reader asks for is answered, or refused in a sentence, within 1 GB of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.laws.particles import MAX_TRAJECTORY, trajectory
from diffusion_core.scores.exact import Remembered, Room, numbers
from diffusion_core.studies.forward import forward_paths
from tests.core.memory_corners import CORNERS

HERE = Path(__file__).parent
GIGABYTE = 1_000_000_000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
REFUSED = {  # in a sentence that begins so; all other corners are answered
    "heavy tails, account": "the exact law needs a grid of 1.5e+10 points, above the limit of",
    "waves on the line, ODE": "score_error: this error of the score has too fine a detail",
    "trajectory, too long": "refused",
    "paths, too many": "particles: a whole trajectory of this T holds at most 4575",
}


@pytest.mark.parametrize("name", CORNERS)
def test_a_corner_of_the_limits_takes_less_than_a_gigabyte(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "memory_corners.py"), name, str(GIGABYTE)],
        cwd=HERE.parents[1],
        env=os.environ | ONE_THREAD | {"PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said, peak = done.stdout.splitlines()
    assert int(peak) < GIGABYTE
    assert said.startswith(REFUSED.get(name, "answered"))


def test_a_trajectory_and_what_is_held_beside_it_fit_its_limit() -> None:
    e = Experiment(steps=1000)
    assert trajectory(e.with_(steps=4), 10).shape == (4, 10, 1)
    with pytest.raises(InputError, match=r"at most 74775, got 75000: use fewer .* smaller T"):
        trajectory(e, MAX_TRAJECTORY // 1000)
    with pytest.raises(InputError, match="at most 74701, got 75000"):
        forward_paths(e, MAX_TRAJECTORY // 1000)


def test_what_was_made_first_is_remembered_and_the_last_two() -> None:
    kept: Remembered[str] = Remembered(Room(5))
    for t, size in ((9, 2), (8, 3), (7, 1), (6, 1), (5, 1)):
        assert kept.put(t, f"p_{t}", size) == f"p_{t}"
    assert [kept.get(t) for t in (9, 8, 7, 6, 5)] == ["p_9", "p_8", None, "p_6", "p_5"]


def test_scores_share_one_room_and_the_oldest_forget() -> None:
    room = Room(10)
    first, second, gone = (Remembered[str](room) for _ in range(3))
    first.put(1, "a", 4)
    gone.put(1, "b", 6)
    second.put(1, "c", 4)
    assert first.get(1) is None
    assert gone.get(1) == "b"
    del gone
    first.put(1, "d", 6)
    assert (first.get(1), second.get(1)) == ("d", "c")


@pytest.mark.parametrize(
    ("preset", "least"), [("two-moons", 20 * 20), ("checkerboard", 4 * 8), ("atoms-2d", 12)]
)
def test_a_marginal_is_counted_with_all_its_arrays(preset: str, least: int) -> None:
    e = Experiment(target=PRESETS[preset].target)
    assert numbers(e.target.marginal(e.chain.level(3))) >= least
