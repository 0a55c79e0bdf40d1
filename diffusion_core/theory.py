"""What the theorems say, as data: setting, assumptions, statements and where each was published.

Rates are upper bounds up to a universal constant that no paper gives, so on a plot they are shapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from diffusion_core.samplers import SAMPLERS, Rate


@dataclass(frozen=True)
class Shape:
    """T -> (log T)^log_power T^{-power}, anchored so that it passes through one stated point."""

    rate: Rate
    with_logs: bool
    anchor_steps: int
    anchor_value: float

    def __call__(self, steps: float) -> float:
        k = self.rate.log_power if self.with_logs else 0.0
        ratio = (math.log(steps) / math.log(self.anchor_steps)) ** k
        return self.anchor_value * ratio * (steps / self.anchor_steps) ** -self.rate.power


@dataclass(frozen=True)
class Assumption:
    name: str
    statement: str


ASSUMPTIONS = (
    Assumption(
        "bounded support", "P(|X_0| <= T^{c_R}) = 1 for some constant c_R > 0, however large"
    ),
    Assumption(
        "schedule", "beta_t of the theory's schedule with c_0, c_1 large enough; c_1 >= 2 c_0"
    ),
    Assumption("score", "(1/T) sum_t E_{X ~ p_t} |s_hat_t(X) - s_t(X)|^2 <= eps_score^2"),
    Assumption(
        "Jacobian (deterministic samplers only)",
        "(1/T) sum_t E_{X ~ p_t} ||J_{s_hat_t}(X) - J_{s_t}(X)|| <= eps_Jacobi, spectral norm",
    ),
)


def rates(sampler: str) -> tuple[Rate, ...]:
    """The proven rates of a sampler, the seed paper's first; empty when this project lists none."""
    return SAMPLERS[sampler].rates
