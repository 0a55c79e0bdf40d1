"""The corners of all limits, each run by test_limits in a process of its own that may take 1 GB.

python memory_corners.py NAME LIMIT prints "answered" or the sentence of a refusal, then the bytes
that were in use at most.
"""

from __future__ import annotations

import math
import re
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from diffusion_core import Experiment, InputError, Refused, measure
from diffusion_core.__main__ import main as command_line
from diffusion_core.distances.from_particles import GROUP_SIZE, GROUPS
from diffusion_core.laws.line.over_time import evolution
from diffusion_core.laws.particles import (
    BESIDE,
    MAX_COORDINATES,
    MAX_JACOBIAN,
    MAX_PARTICLES,
    MAX_TRAJECTORY,
    final_points,
    trajectory,
)
from diffusion_core.laws.plane.over_time import plane_evolution
from diffusion_core.schedules import MAX_STEPS, SCHEDULES
from diffusion_core.scores.errors import FourierError, WaveError
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.learned import Empirical, Learned, noise_loss
from diffusion_core.studies.budget import budget
from diffusion_core.studies.forward import forward_paths
from diffusion_core.studies.memorisation import nearest_training
from diffusion_core.targets.base import MAX_DIM
from diffusion_core.targets.boxes import MAX_BOXES, Boxes
from diffusion_core.targets.gaussian_mixture import MAX_COMPONENTS, MAX_NUMBERS, GaussianMixture
from diffusion_core.targets.points import MAX_POINTS, Points
from diffusion_core.targets.student_t import StudentT

WIDEST = math.isqrt(MAX_NUMBERS // MAX_COMPONENTS)  # the dimension of as many covariances
RNG = np.random.default_rng(0)
LONG_STEPS = replace(Experiment(), schedule=SCHEDULES["linear-ddpm"]())


def rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, values.tolist()))


def gaussians(count: int, dim: int, width: float = 0.5) -> GaussianMixture:
    """Gaussians of different covariances, the costly case."""
    scale = width * (1 + np.arange(count) / count)
    covariances = tuple(rows(s * s * np.eye(dim)) for s in scale)
    means = rows(RNG.standard_normal((count, dim)))
    return GaussianMixture((1 / count,) * count, means, covariances)


def points(dim: int, bandwidth: float = 0.0) -> Points:
    return Points(rows(RNG.standard_normal((MAX_POINTS, dim))), bandwidth)


def boxes(dim: int) -> Boxes:
    low = RNG.standard_normal((MAX_BOXES, dim))
    weights = (1 / MAX_BOXES,) * MAX_BOXES
    return Boxes(weights, rows(low), rows(low + 0.1 + RNG.random(low.shape)))


def most(dim: int) -> int:
    return min(MAX_PARTICLES, MAX_COORDINATES // dim)


def moved(sampler: str, dim: int, steps: int = 2) -> None:
    """As many particles as there may be."""
    e = Experiment(target=gaussians(1, dim), sampler=sampler, steps=steps)
    final_points(e, MAX_JACOBIAN // dim**2 if e.record.derivatives else most(dim))


def wrong_jacobian() -> None:
    e = Experiment(target=gaussians(1, 40), sampler="ode-taylor", steps=2)
    final_points(e.with_(score_error=FourierError()), MAX_JACOBIAN // 40**2)


def whole_trajectory(dim: int, steps: int) -> None:
    e = Experiment(target=gaussians(1, dim), sampler="ddpm-accelerated", steps=steps)
    trajectory(e, min(most(dim), MAX_TRAJECTORY // ((steps + BESIDE) * dim)))


def saved_trajectory(steps: int, particles: int) -> None:
    """The command line's, too large or as large as it may be."""
    with tempfile.TemporaryDirectory() as name:
        run, out = Path(name) / "run.json", Path(name) / "out.npz"
        run.write_text(Experiment(steps=steps).to_json())
        given = ["sample", str(run), "--particles", str(particles), "--trajectory", "--out"]
        if command_line([*given, str(out)]):
            raise Refused("refused in one line on stderr")


def paths() -> None:
    forward_paths(Experiment(target=gaussians(1, 2), steps=MAX_STEPS), MAX_PARTICLES)


def from_particles(metric: str, dim: int, count: int) -> None:
    e = Experiment(target=gaussians(1, dim), sampler="ddpm", steps=2)
    measure(e, metric, "particles", count)


def every_noise_level(target: object, steps: int) -> None:
    e = Experiment(target=target, steps=steps)  # type: ignore[arg-type]
    score = ExactScore(e.target, e.chain)
    for t in range(steps, 0, -1):
        score(t, np.zeros((1, e.target.dim)))


def derivatives(target: object, particles: int) -> None:
    final_points(Experiment(target=target, sampler="ode-taylor", steps=2), particles)  # type: ignore[arg-type]


def learned() -> None:
    """The widest model's Jacobian, and the exact score's loss on the largest training set."""
    e = Experiment(target=gaussians(1, MAX_DIM), steps=2)
    e = e.with_(score_error=Learned(samples=500, features=400))
    e.score.jacobian(2, np.zeros((2, MAX_DIM)))
    e = Experiment(target=gaussians(1, 64), steps=2)
    x0 = e.target.sample(5000, RNG)
    noise_loss(ExactScore(e.target, e.chain), 2, x0, e.chain.level(2))


def memorised() -> None:
    e = Experiment(target=gaussians(1, MAX_DIM), steps=2)
    nearest_training(e.with_(score_error=Empirical(samples=5000)), 100)


def student_in_the_plane(df: float, sampler: str, metric: str) -> None:
    target = StudentT(df=df, loc=(0.0, 0.0))
    measure(LONG_STEPS.with_(target=target, sampler=sampler, steps=8), metric)


def student_pictures(sampler: str) -> None:
    e = LONG_STEPS.with_(target=StudentT(df=2.5, loc=(0.0, 0.0)), sampler=sampler, steps=4)
    x = np.linspace(-4, 4, 128)
    for _ in plane_evolution(e, x, x, [1, 2, 3, 4], lambda: None):
        pass


def student_account() -> None:
    target = StudentT(df=2.5, loc=(0.0, 0.0))
    budget(LONG_STEPS.with_(target=target, sampler="ddpm", steps=3))


def student_particles() -> None:
    e = Experiment(target=StudentT(df=0.5, loc=(0.0, 0.0)), sampler="ode", steps=2)
    final_points(e, 400_000)


def wave_on_the_line(frequency: float, sampler: str) -> None:
    error = WaveError(size=1.0, frequency=frequency)
    measure(Experiment(sampler=sampler, steps=2, score_error=error))


def folds(steps: int) -> None:
    """A map that folds as often as there are points."""
    at = tuple((v,) for v in np.linspace(-3, 3, 400))
    e = Experiment(target=Points(at, 1e-4), sampler="ode-taylor", steps=steps)
    for _ in evolution(e, np.linspace(-4, 4, 801), [1]):
        pass
    measure(e)


CORNERS: dict[str, Callable[[], None]] = {
    "coordinates, ODE": lambda: moved("ode-accelerated", 20),
    "coordinates, memory": lambda: moved("dpmpp-2m", MAX_DIM, 3),
    "Jacobians, ODE": lambda: moved("ode-taylor", 40),
    "Jacobians of a wrong score": wrong_jacobian,
    "trajectory, few steps": lambda: whole_trajectory(20, 5),
    "trajectory, too long": lambda: saved_trajectory(MAX_STEPS, MAX_PARTICLES),
    "trajectory, saved": lambda: saved_trajectory(72, MAX_PARTICLES),
    "paths, too many": paths,
    "particles, TV in the plane": lambda: from_particles("tv", 2, MAX_PARTICLES),
    "particles, W2 by assignment": lambda: from_particles("w2", MAX_DIM, GROUPS * GROUP_SIZE),
    "points on the line, every t": lambda: every_noise_level(points(1, 0.1), MAX_STEPS),
    "points in the plane, every t": lambda: every_noise_level(points(2), MAX_STEPS // 2),
    "points in space, some t": lambda: every_noise_level(points(MAX_DIM), 25),
    "boxes in the plane, some t": lambda: every_noise_level(boxes(2), 200),
    "Gaussians in the plane, every t": lambda: every_noise_level(
        gaussians(MAX_COMPONENTS, 2), MAX_STEPS
    ),
    "points, derivatives": lambda: derivatives(points(MAX_DIM), 3),
    "boxes, derivatives": lambda: derivatives(boxes(60), 2),
    "Gaussians, derivatives": lambda: derivatives(gaussians(MAX_COMPONENTS, WIDEST), 20),
    "learned": learned,
    "memorised": memorised,
    "heavy tails, TV": lambda: student_in_the_plane(2.5, "ddpm-accelerated", "tv"),
    "heavy tails, Hellinger": lambda: student_in_the_plane(4.0, "ddpm", "hellinger"),
    "heavy tails, pictures": lambda: student_pictures("ddpm-accelerated"),
    "heavy tails, account": student_account,
    "heavy tails, particles": student_particles,
    "waves on the line, DDPM": lambda: wave_on_the_line(1000.0, "ddpm"),
    "waves on the line, ODE": lambda: wave_on_the_line(300.0, "ode"),
    "folds": lambda: folds(5),
}


def peak() -> int:
    """Bytes of memory in use at most so far, by this program alone.

    On Linux ru_maxrss begins with what the process that started it had used.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [kilobytes] = re.findall(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
        return 1024 * int(kilobytes)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(name: str, limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        CORNERS[name]()
        print("answered")
    except (InputError, Refused) as refusal:
        print(refusal)
    print(peak())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
