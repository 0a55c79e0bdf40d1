"""The forward chain: beta_t, alpha_t = 1 - beta_t and abar_t = prod_{k<=t} alpha_k, and its levels.

Index t = T+1 exists because the training-free accelerated ODE (arXiv 2403.03852) looks one step
past T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

BETA_MAX = 0.999
FORMULA = "the schedule's formula exceeds it"


@dataclass(frozen=True)
class NoiseLevel:
    """One marginal of the forward chain, X_t = sqrt(abar) X_0 + sqrt(var) W with var = 1 - abar.

    Both numbers are kept because 1 - abar loses its digits when abar is close to 1.
    """

    abar: float
    var: float

    @classmethod
    def of(cls, abar: float) -> NoiseLevel:
        return cls(abar, 1.0 - abar)


CLEAN = NoiseLevel(1.0, 0.0)


@dataclass(frozen=True, eq=False)
class Chain:
    """The forward chain of T steps: arrays over t = 0..T+1, with beta_0 = 0 and abar_0 = 1.

    ``var`` is 1 - abar, accumulated so that it keeps full relative precision.
    ``capped`` lists the t <= T whose beta was above 0.999 before it was capped, where ``cause``;
    ``capped_past`` says that of T+1 where it is true of T+1 alone.
    """

    beta: Array
    capped: tuple[int, ...] = ()
    cause: str = FORMULA
    capped_past: bool = False
    alpha: Array = field(init=False)
    abar: Array = field(init=False)
    var: Array = field(init=False)

    def __post_init__(self) -> None:
        log_abar = np.cumsum(np.log1p(-self.beta))
        object.__setattr__(self, "alpha", 1.0 - self.beta)
        object.__setattr__(self, "abar", np.exp(log_abar))
        object.__setattr__(self, "var", -np.expm1(log_abar))

    @property
    def steps(self) -> int:
        """T."""
        return len(self.beta) - 2

    def level(self, t: float) -> NoiseLevel:
        """At a whole t that of the chain; between two of them 1 - abar is linear in t."""
        low = math.floor(t)
        share = t - low
        if not share:
            return NoiseLevel(float(self.abar[low]), float(self.var[low]))
        ends = ((of[low], of[low + 1]) for of in (self.abar, self.var))
        abar, var = (float((1 - share) * a + share * b) for a, b in ends)
        return NoiseLevel(abar, var)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any result on this chain has to know."""
        if not self.capped and not self.capped_past:
            return ()
        n = len(self.capped)
        which = (
            f"t = T+1 = {self.steps + 1}, which the training-free accelerated ODE alone looks at"
        )
        if n:
            which = f"t = {self.capped[0]}"
        if n > 1:
            which = f"{n} steps, t = {self.capped[0]}..{self.capped[-1]}"
        return (f"beta_t capped at {BETA_MAX} at {which}, where {self.cause}",)
