"""Particles: independent runs of the reverse chain, for every target, sampler and dimension.

Limits, checked before any work: 1,000,000 particles, 20,000,000 coordinates N d, and 50,000,000
entries N d^2 for samplers that use the score's Jacobian; 75,000,000 numbers in a trajectory and the
states held beside it. With them no run needs more than 1 GB of memory.

An update is made for ``BLOCK`` numbers at a time, so that its arrays stay in the processor's cache,
by ``THREADS`` threads; the normals are drawn in one order, so the threads change no result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain as joined
from typing import Any

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.samplers import Sampler, reverse_chain
from diffusion_core.samplers.step import Draw, advance, drawn
from diffusion_core.samplers.update import Memory, Out, unmarked
from diffusion_core.schedules import CLEAN, Array, Chain, NoiseLevel
from diffusion_core.scores.exact import Score
from diffusion_core.scores.own import OwnScore
from diffusion_core.strict_json import shown
from diffusion_core.targets.base import unit_rows

MAX_PARTICLES = 1_000_000
MAX_COORDINATES = 20_000_000
MAX_JACOBIAN = 50_000_000
MAX_TRAJECTORY = 75_000_000
BESIDE = 3  # arrays as large as Y_t that an update holds
BLOCK = 8_192  # numbers N d, or N d^2, in an array of one update: a dozen of them fit the cache
LEAST_BLOCK = 64  # particles, for matrix products worth a call
THREADS = 2
AHEAD = 4  # blocks whose update is made before their normals are drawn; fewer need no threads
DRAW = 4_000_000  # numbers in the largest intermediate array of a draw, N d^2
MOVED = 1e-12  # relative, of a run that shows what becomes of rounding
FAR = 1e80  # its cube, over any variance, still is a number


def check_particles(experiment: Experiment, n: int, least: int = 1) -> int:
    """n itself, or InputError with the range that this experiment allows."""
    dim = experiment.target.dim
    most = min(MAX_PARTICLES, MAX_COORDINATES // dim)
    if experiment.record.derivatives:
        most = min(most, MAX_JACOBIAN // dim**2)
    if isinstance(n, bool) or not isinstance(n, int) or not least <= n <= most:
        raise InputError(f"particles: between {least} and {most} here, got {shown(n)}")
    return n


def check_trajectory(experiment: Experiment, n: int, times: int | None = None) -> int:
    """n itself, or InputError when all of Y_T..Y_1, or so many ``times``, would not fit."""
    count = experiment.steps if times is None else times
    dim = experiment.target.dim
    most = MAX_TRAJECTORY // ((count + BESIDE) * dim)
    if check_particles(experiment, n) > most:
        raise InputError(
            f"particles: a whole trajectory of this T holds at most {most}, got {n}: use fewer "
            "particles or a smaller T"
        )
    return n


def marginal_points(
    experiment: Experiment, n: int, level: NoiseLevel, rng: np.random.Generator
) -> Array:
    """n independent draws of X_t, shape (n, d), in parts that stay small in memory."""
    part = max(1, DRAW // experiment.target.dim**2)
    sizes = [min(part, n - done) for done in range(0, n, part)]
    return np.concatenate([experiment.target.sample_marginal(k, level, rng) for k in sizes])


def start_points(experiment: Experiment, n: int, rng: np.random.Generator) -> Array:
    """Y_T, shape (n, d): N(0, I), or p_T when the experiment starts exactly."""
    if experiment.exact_start:
        chain = experiment.chain
        return marginal_points(experiment, n, chain.level(chain.steps), rng)
    return rng.standard_normal((n, experiment.target.dim))


def simulate(
    experiment: Experiment, n: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[int, Array]]:
    """(t, Y_t) for t = T..1, Y_t of shape (n, d), drawn from the experiment's seed or from ``rng``.

    Refused when particles run away beyond FAR.
    """
    check_particles(experiment, n)
    rng = np.random.default_rng(experiment.seed) if rng is None else rng
    chain, start = experiment.chain, start_points(experiment, n, rng)
    # what a reader hands over is called by one thread at a time
    own = experiment.record.own or isinstance(experiment.score_error, OwnScore)
    with ThreadPoolExecutor(1 if own else THREADS) as threads:
        run = reverse_chain(
            experiment.record,
            chain,
            experiment.score,
            start,
            rng.standard_normal,
            partial(_in_blocks, threads),
        )
        del start  # or it is held beside every Y_t
        for t, y in run:
            if not max(-y.min(), y.max()) < FAR:
                raise Refused(
                    f"at t = {t} particles are beyond {FAR:g}: the schedule's steps are too large "
                    "for this sampler; use more steps or a smaller beta"
                )
            yield t, y


def amplification(experiment: Experiment, n: int) -> float:
    """By how much the run magnifies rounding, in n of its particles: the largest of

    |Y'_t - Y_t| / (MOVED max(1, |Y_t|)), where Y' has the same normals and every Y'_t is moved by
    MOVED max(1, |Y'_t|); infinite where they run away. A machine that rounds otherwise by a
    relative e is off by about e times that.
    """
    rng = np.random.default_rng(experiment.seed)
    start = np.tile(start_points(experiment, n, rng), (2, 1))

    def normal(shape: tuple[int, ...]) -> Array:
        return np.tile(rng.standard_normal((n, *shape[1:])), (2, 1))

    def moved(*of: Any) -> tuple[Array, Memory]:
        y, memory = advance(*of)
        y = y.copy()
        y[n:] += MOVED * np.maximum(1.0, np.abs(y[n:]))
        return y, memory

    run = reverse_chain(experiment.record, experiment.chain, experiment.score, start, normal, moved)
    grown = 0.0
    for _, y in run:
        if not np.abs(y).max() < FAR:
            return np.inf
        gap = np.abs(y[n:] - y[:n]) / np.maximum(1.0, np.abs(y[:n]))
        grown = max(grown, float(gap.max()) / MOVED)
    return grown


def _in_blocks(
    threads: ThreadPoolExecutor,
    sampler: Sampler,
    y: Array,
    t: int,
    chain: Chain,
    score: Score,
    normal: Draw,
    memory: Memory,
) -> tuple[Array, Memory]:
    """``samplers.advance``, block by block of particles, with the same Z in the same order.

    memory: of every block, in their order.
    """
    dim = y.shape[1]
    rows = max(LEAST_BLOCK, BLOCK // (dim**2 if sampler.derivatives else dim))
    blocks = list(unit_rows(len(y), 1, rows))

    def each(make: Callable[..., Any], *of: Sequence[Any]) -> Iterator[Any]:
        """``make`` of every block in turn, at most AHEAD of them before they are asked for."""
        if len(blocks) < AHEAD:
            return map(make, *of)
        parts = (tuple(a[i : i + AHEAD] for a in of) for i in range(0, len(blocks), AHEAD))
        return joined.from_iterable(threads.map(make, *part) for part in parts)

    out = np.empty_like(y)
    if (multistep := sampler.multistep) is not None:

        def remembering(b: slice, before: Memory) -> tuple[Out, Memory]:
            return multistep(y[b], t, chain, score, unmarked, before)

        kept = []
        befores = memory or (None,) * len(blocks)
        for b, (law, after) in zip(blocks, each(remembering, blocks, befores), strict=True):
            out[b] = drawn(law, normal)
            kept.append(after)
        return out, tuple(kept)
    for stage in sampler.stages:
        laws = each(lambda b, stage=stage, y=y: stage(y[b], t, chain, score, unmarked), blocks)
        for b, law in zip(blocks, laws, strict=True):
            out[b] = drawn(law, normal)
        y, out = out, np.empty_like(y)
    return y, None


def trajectory(experiment: Experiment, n: int, stop: Callable[[], None] = lambda: None) -> Array:
    """All of Y_T..Y_1, shape (T, n, d), t descending."""
    check_trajectory(experiment, n)
    out = np.empty((experiment.steps, n, experiment.target.dim))
    for t, y in simulate(experiment, n):
        stop()
        out[experiment.steps - t] = y
    return out


def final_points(experiment: Experiment, n: int, stop: Callable[[], None] = lambda: None) -> Array:
    """Y_1, shape (n, d)."""
    last = np.empty((0, experiment.target.dim))
    for _, last in simulate(experiment, n):  # noqa: B007
        stop()
    return last


def perfect_points(experiment: Experiment, n: int, rng: np.random.Generator, data: bool) -> Array:
    """What a perfect sampler would return: draws of p_1, or of the data law p_0."""
    level = CLEAN if data else experiment.chain.level(1)
    return marginal_points(experiment, n, level, rng)
