"""How an update is written: stages that return a point or a normal law.

A stage is written as its paper prints it, with beta_t = 1 - alpha_t, s_t the score and H_t its
Jacobian. A deterministic stage returns where Y_t goes; a stochastic one returns the normal law of
where it goes given Y_t, mean and spread. The particles draw from it, the exact laws integrate it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score

Memory = tuple[Any, ...] | None


@dataclass(frozen=True)
class Normal:
    """N(mean, S S^T) for each of N points: mean (N, d), the spread S a number or (N, d, d)."""

    mean: Array
    spread: Any

    def __truediv__(self, by: float) -> Normal:
        return Normal(self.mean / by, self.spread / by)

    @property
    def deviation(self) -> Array:
        """|S| on the line, (N,)."""
        along = self.spread if np.ndim(self.spread) == 0 else self.spread[:, 0, 0]
        return np.abs(np.broadcast_to(along, len(self.mean)))

    def at(self, z: Array) -> Array:
        """mean + S z for standard normal z (N, d)."""
        if np.ndim(self.spread) == 0:
            return self.mean + self.spread * z
        return self.mean + np.einsum("nij,nj->ni", self.spread, z)


Out = Array | Normal


class Mark(Protocol):
    """Told what each part of an update ends in, and by which factors; returns what it is given."""

    def __call__(self, value: Any, **factors: float) -> Any: ...


def unmarked(value: Any, **factors: float) -> Any:
    """For running an update: nobody looks at its parts."""
    return value


Stage = Callable[[Array, int, Chain, Score, Mark], Out]
Multistep = Callable[[Array, int, Chain, Score, Mark, Memory], tuple[Out, Memory]]


def kernel(stage: Stage, y: Array, t: int, chain: Chain, score: Score) -> Normal:
    """The law of where a stochastic stage goes from each y (N, d)."""
    out = stage(y, t, chain, score, unmarked)
    return out if isinstance(out, Normal) else Normal(out, 0.0)
