"""What every picture is made of besides densities: its times and view, the score field, steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from dashboard.player import Follow, Run, field_points
from dashboard.player.run import cost_of
from dashboard.prose.library import spoken
from diffusion_core import Experiment
from diffusion_core.laws.particles import amplification, simulate, start_points
from diffusion_core.laws.traced import Step, trace
from diffusion_core.samplers.program import NotRecorded, asks_between, program_of
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.scores.closed_form import ClosedForm, closed_form
from diffusion_core.scores.exact import plain_score, score_detail

FRAMES = 101  # the player interpolates; more cannot be told apart in six seconds
SIGHT = 3.2  # the view holds the noise up to here
FOLLOWED = 100
KEYFRAMES = 25
ARROWS = {1: 33, 2: 17}  # a side
# of a run that the browser makes: nanoseconds that its score takes there; updates, whose
# coefficients are sent; by how much rounding may grow, which is 1e-13 at most; and bytes of a score
# that need not be fewer than those of positions
MOST_COST, MOST_STEPS, MOST_GROWTH, LITTLE = 2.5e9, 1000, 1e6, 30_000

Progress = Callable[[float], None]


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


def key_levels(experiment: Experiment, times: Sequence[int]) -> list[NoiseLevel]:
    """The noise at keyframes spread evenly over the frames; between frames log abar is linear."""
    keys = np.linspace(0, len(times) - 1, min(KEYFRAMES, len(times)))
    log_abar = np.log(experiment.chain.abar[list(times)])
    between = np.interp(keys, np.arange(len(times)), log_abar)
    return [NoiseLevel(float(np.exp(a)), float(-np.expm1(a))) for a in between]


def score_field(
    experiment: Experiment, levels: Sequence[NoiseLevel], extent: Sequence[float]
) -> Array:
    """sqrt(1 - abar_t) s_t on a regular grid, (K, A) on the line, (K, A, A, 2) in the plane.

    The score is the sampler's; one that is wrong is known at whole t only, and the nearest counts.
    """
    dim = experiment.target.dim
    side = ARROWS[dim]
    points = field_points(extent, side, side)
    flat = points.reshape(-1, dim)
    if experiment.score_error is None:
        scores = [experiment.target.marginal(level).score(flat) for level in levels]
    else:
        score, log_abar = experiment.score, np.log(experiment.chain.abar[1:-1])
        near = [1 + int(np.abs(log_abar - np.log(level.abar)).argmin()) for level in levels]
        scores = [score(t, flat) for t in near]
    noise = [sqrt(level.var) for level in levels]
    return np.array([n * s.reshape(points.shape) for n, s in zip(noise, scores, strict=True)])


def run_of(experiment: Experiment, particles: int, times: Sequence[int]) -> Run | None:
    """What the browser needs to make the run; None where it cannot, or positions are less."""
    run = recorded(experiment, particles, times)
    if run is None or not _is_light(run, experiment.record.nfe(experiment.steps)):
        return None
    return None if is_chaotic(experiment) else run


def recorded(
    experiment: Experiment, particles: int, times: Sequence[int], parts: bool = True
) -> Run | None:
    """A run in numbers, however long it takes; None where there are none.

    parts: with those of its steps, where no t is left out.
    """
    dim, sampler, steps = experiment.target.dim, experiment.record, experiment.steps
    score = None if sampler.own or steps > MOST_STEPS else score_of(experiment)
    if score is None:
        return None
    shown = min(particles, FOLLOWED) if parts and len(times) == steps else 0
    try:
        program = program_of(sampler, experiment.chain, dim, parts=shown > 0)
    except NotRecorded:
        return None
    if experiment.score_error is not None and asks_between(program):
        return None  # an error of the score is sent for the chain's t only
    rng = np.random.default_rng(experiment.seed)
    start = start_points(experiment, particles, rng) if experiment.exact_start else None
    return Run(sampler, program, score, particles, len(times), shown, rng, start)


def score_of(experiment: Experiment) -> ClosedForm | None:
    """The score that the sampler asks for, where it has a closed form."""
    score = experiment.score
    return closed_form(score if experiment.record.derivatives else plain_score(score))


def _is_light(run: Run, evaluations: int) -> bool:
    """Whether the run is made in a moment, and its score no more to send than its positions."""
    positions = 2 * run.frames * run.particles * run.score.dim  # int16; deflated a little less
    few = 8 * run.score.size <= max(LITTLE, positions)
    return few and cost_of(run.score) * run.particles * evaluations <= MOST_COST


def is_chaotic(experiment: Experiment) -> bool:
    """Whether the browser's own rounding would move particles: where short waves fold the line."""
    score, t = experiment.score, range(1, experiment.steps + 1)
    if all(np.isinf(score_detail(score, k)) for k in t):
        return False
    return not amplification(experiment, FOLLOWED) <= MOST_GROWTH


def particles_of(
    experiment: Experiment, particles: int, times: Sequence[int], progress: Progress
) -> tuple[Array | Run, Follow | None, Array]:
    """The run, or its positions at the given t and parts as ``followed_run`` has them; and Y_1."""
    run = run_of(experiment, particles, times)
    if run is None:
        positions, follow = followed_run(experiment, particles, times, progress)
        return positions, follow, positions[-1].copy()
    for t, final in simulate(experiment, particles):  # noqa: B007
        progress(1 - t / experiment.steps)
    return run, None, final


def followed_run(
    experiment: Experiment, particles: int, times: Sequence[int], progress: Progress
) -> tuple[Array, Follow | None]:
    """Positions (F, N, d) at the given t; the parts of every step where no t is left out."""
    if len(times) < experiment.steps:
        return _frames(experiment, particles, times, progress), None
    positions = np.empty((len(times), particles, experiment.target.dim))
    steps: list[Step] = []
    for i, step in enumerate(trace(experiment, particles, min(particles, FOLLOWED))):
        progress(i / len(times))
        positions[i] = step.y
        steps.append(step)
    return positions, _follow(experiment, steps)


def _frames(
    experiment: Experiment, particles: int, times: Sequence[int], progress: Progress
) -> Array:
    wanted = {t: i for i, t in enumerate(times)}
    out = np.empty((len(times), particles, experiment.target.dim))
    for t, y in simulate(experiment, particles):
        progress(1 - t / experiment.steps)
        if t in wanted:
            out[wanted[t]] = y
    return out


def _follow(experiment: Experiment, steps: Sequence[Step]) -> Follow:
    parts = experiment.record.parts
    moves = steps[:-1]
    ends = np.array([step.ends for step in moves])
    noise = {
        f"z{k + 1}" if k else "z": np.array([step.noise[k] for step in moves])
        for k in range(len(moves[0].noise))
    }
    scalars = {name: np.array([step.factors[name] for step in moves]) for name in moves[0].factors}
    return Follow(
        score=np.array([step.score for step in steps]),
        names=[spoken(part.name) for part in parts],
        points=np.moveaxis(ends, 1, 2),
        formulas=[spoken(part.formula) for part in parts],
        scalars=scalars,
        vectors=noise,
    )
