"""One update taken apart: where a particle is after each part of the formula, and by what factors.

For looking at a step, not for running one: the update itself says where its parts end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffusion_core.samplers.record import Factors, Sampler
from diffusion_core.samplers.step import advance
from diffusion_core.samplers.update import Memory, Normal
from diffusion_core.schedules import Array, Chain

REMEMBERED = 4  # updates, more than any multistep sampler here looks back to


class Marks:
    """Collects where the parts of one update end, and the factors that it names.

    A part that ends in a normal law ends where the stage's draw takes it.
    """

    def __init__(self) -> None:
        self.ends: list[Array] = []
        self.factors: dict[str, float] = {}
        self.noise: list[Array] = []
        self._open: list[tuple[int, Normal]] = []

    def __call__(self, value: Any, **factors: float) -> Any:
        self.factors |= {name: float(factor) for name, factor in factors.items()}
        if isinstance(value, Normal):
            self._open.append((len(self.ends), value))
            self.ends.append(value.mean)
        else:
            self.ends.append(value)
        return value

    def drawn(self, z: Array) -> None:
        """The normals of the stage that has just ended."""
        self.noise.append(z)
        for place, law in self._open:
            self.ends[place] = law.at(z)
        self._open = []


class _NoScore:
    """Zero everywhere: the factors of an update do not depend on it."""

    def __call__(self, t: float, x: Array) -> Array:
        return np.zeros_like(x)

    def jacobian(self, t: float, x: Array) -> Array:
        return np.zeros((*x.shape, x.shape[1]))

    def trace_gradient(self, t: float, x: Array) -> Array:
        return np.zeros_like(x)


def factors(sampler: Sampler, chain: Chain, t: int) -> Factors:
    """The factors of the update from t to t - 1, by the names that its parts give them."""
    y, marks = np.zeros((1, 1)), Marks()
    memory: Memory = None
    for s in range(min(chain.steps, t + REMEMBERED), t - 1, -1):
        marks = Marks()
        y, memory = advance(sampler, y, s, chain, _NoScore(), np.zeros, memory, marks)
    return marks.factors
