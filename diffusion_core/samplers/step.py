"""Running an update: one step of any sampler, and the chain of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from diffusion_core.samplers.record import Sampler
from diffusion_core.samplers.update import Mark, Memory, Normal, Out, unmarked
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score

Draw = Callable[[tuple[int, ...]], Array]
Advance = Callable[..., tuple[Array, Any]]


def advance(
    sampler: Sampler,
    y: Array,
    t: int,
    chain: Chain,
    score: Score,
    normal: Draw,
    memory: Memory = None,
    mark: Mark = unmarked,
) -> tuple[Array, Memory]:
    """Y_{t-1} and what the sampler remembers, from Y_t = y (N, d).

    ``normal(shape)`` draws standard normals, one draw a stochastic stage.
    """
    if sampler.multistep is not None:
        out, memory = sampler.multistep(y, t, chain, score, mark, memory)
        return drawn(out, normal), memory
    for stage in sampler.stages:
        y = drawn(stage(y, t, chain, score, mark), normal)
    return y, None


def drawn(out: Out, normal: Draw) -> Array:
    """Where a stage goes, its own normals drawn where it asks for any."""
    return out.at(normal(out.mean.shape)) if isinstance(out, Normal) else out


def reverse_chain(
    sampler: Sampler,
    chain: Chain,
    score: Score,
    y: Array,
    normal: Draw,
    update: Advance = advance,
) -> Iterator[tuple[int, Array]]:
    """Yield (t, Y_t) for t = T, T-1, ..., 1 from Y_T = y of shape (N, d).

    update: ``advance``, or another way to make the same update.
    """
    yield chain.steps, y
    memory = None
    for t in range(chain.steps, 1, -1):
        y, memory = update(sampler, y, t, chain, score, normal, memory)
        yield t - 1, y
