"""Particles: independent runs of the reverse chain, for every target, sampler and dimension."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.samplers import reverse_chain
from diffusion_core.schedules import Array
from diffusion_core.scores import ExactScore

MAX_PARTICLES = 1_000_000
MAX_TRAJECTORY = 100_000_000  # numbers kept by a whole trajectory


def check_particles(n: int) -> int:
    if not 1 <= n <= MAX_PARTICLES:
        raise InputError(f"particles: between 1 and {MAX_PARTICLES}, got {n}")
    return n


def start_points(experiment: Experiment, n: int, rng: np.random.Generator) -> Array:
    """Y_T, shape (n, d): N(0, I), or p_T when the experiment starts exactly."""
    if experiment.exact_start:
        chain = experiment.chain
        return experiment.target.sample_marginal(n, chain.level(chain.steps), rng)
    return rng.standard_normal((n, experiment.target.dim))


def simulate(
    experiment: Experiment, n: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[int, Array]]:
    """(t, Y_t) for t = T..1, Y_t of shape (n, d), from the experiment's seed unless ``rng`` is given."""
    check_particles(n)
    rng = np.random.default_rng(experiment.seed) if rng is None else rng
    chain = experiment.chain
    score = ExactScore(experiment.target, chain)
    y = start_points(experiment, n, rng)
    for t, y in reverse_chain(experiment.record, chain, score, y, rng.standard_normal):
        if not np.abs(y).max() < 1e150:
            raise Refused(
                f"at t = {t} particles are beyond 1e150: the schedule's steps are too large for this "
                "sampler; use more steps or a smaller beta"
            )
        yield t, y


def trajectory(experiment: Experiment, n: int, stop: Callable[[], None] = lambda: None) -> Array:
    """All of Y_T..Y_1, shape (T, n, d), t descending."""
    size = experiment.steps * n * experiment.target.dim
    if size > MAX_TRAJECTORY:
        most = MAX_TRAJECTORY // (experiment.steps * experiment.target.dim)
        raise InputError(f"particles: a whole trajectory of this T holds at most {most}, got {n}")
    out = np.empty((experiment.steps, n, experiment.target.dim))
    for t, y in simulate(experiment, n):
        stop()
        out[experiment.steps - t] = y
    return out


def final_points(experiment: Experiment, n: int, stop: Callable[[], None] = lambda: None) -> Array:
    """Y_1, shape (n, d)."""
    y = np.empty((0, experiment.target.dim))
    for _, y in simulate(experiment, n):
        stop()
    return y


def perfect_points(experiment: Experiment, n: int, rng: np.random.Generator, data: bool) -> Array:
    """What a perfect sampler would return: draws of p_1, or of the data law p_0."""
    if data:
        return experiment.target.sample(n, rng)
    return experiment.target.sample_marginal(n, experiment.chain.level(1), rng)


def bin_count(n: int) -> int:
    """Cells for a histogram estimate from n particles, about n^{2/5}, a power of two."""
    return 1 << max(2, min(12, round(0.4 * math.log2(n))))
