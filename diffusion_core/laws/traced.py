"""Particles whose every update is taken apart: where each is after each part of the formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diffusion_core.experiment import Experiment
from diffusion_core.laws.particles import check_particles, start_points
from diffusion_core.samplers.parts import Marks
from diffusion_core.samplers.record import Factors
from diffusion_core.samplers.step import advance
from diffusion_core.samplers.update import Memory
from diffusion_core.schedules import Array


@dataclass(frozen=True, eq=False)
class Step:
    """Y_t (n, d); for the first m particles the score there (m, d), and for t > 1 where each part
    of the update to t - 1 ends, (S, m, d), the normals it drew, (m, d) each, and its factors."""

    t: int
    y: Array
    score: Array
    ends: Array | None
    noise: tuple[Array, ...]
    factors: Factors


def trace(experiment: Experiment, particles: int, followed: int) -> Iterator[Step]:
    """The run of ``laws.particles.simulate``, the same particles from the same seed, in parts."""
    check_particles(experiment, particles)
    rng = np.random.default_rng(experiment.seed)
    chain, sampler, score = experiment.chain, experiment.record, experiment.score
    y = start_points(experiment, particles, rng)
    memory: Memory = None
    for t in range(chain.steps, 1, -1):
        marks = Marks()

        def normal(shape: tuple[int, ...], marks: Marks = marks) -> Array:
            z = rng.standard_normal(shape)
            marks.drawn(z)
            return z

        after, memory = advance(sampler, y, t, chain, score, normal, memory, marks)
        ends = np.stack([end[:followed] for end in marks.ends])
        noise = tuple(z[:followed] for z in marks.noise)
        yield Step(t, y, score(t, y[:followed]), ends, noise, marks.factors)
        y = after
    yield Step(1, y, score(1, y[:followed]), None, (), {})
