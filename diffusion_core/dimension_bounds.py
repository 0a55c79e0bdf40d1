"""The powers of d in the theorems: proven upper bounds on TV as functions of d and T.

They hold for every target that meets the assumptions (``assumptions.py``), up to a universal
constant that no paper gives: on a plot they are shapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from diffusion_core.samplers import SAMPLERS

# the terms C d^a (log T)^k T^{-r} of proven upper bounds on TV, as (a, k, r), by sampler and source
TERMS: dict[tuple[str, str], tuple[tuple[float, float, float], ...]] = {
    ("ode", "2306.09251"): ((2, 4, 1), (6, 6, 2)),
    ("ode", "2408.02320"): ((1, 0, 1),),
    ("ddpm", "2306.09251"): ((2, 3, 0.5),),
    ("ddpm", "2409.18959"): ((1, 3, 1),),
    ("ode-accelerated", "2403.03852"): ((6, 6, 2),),
    ("ddpm-accelerated", "2403.03852"): ((3, 4.5, 1),),
    ("ode-taylor", "2306.09251"): ((6, 6, 2),),
    ("ddpm-covariance", "2306.09251"): ((3, 4.5, 1),),
}


@dataclass(frozen=True)
class DimensionBound:
    """A proven upper bound on TV as a function of d and T, up to its unknown constant."""

    sampler: str
    source: str
    arxiv: str
    evidence: str
    formula: str
    terms: tuple[tuple[float, float, float], ...]

    def __call__(self, d: float, steps: float) -> float:
        return math.fsum(d**a * math.log(steps) ** k * steps**-r for a, k, r in self.terms)

    @property
    def steps_power(self) -> float:
        """The power of d at which T has to grow, without log factors, to keep the bound at rest."""
        return max(a / r for a, _, r in self.terms)


def dimension_bounds(sampler: str) -> tuple[DimensionBound, ...]:
    """The proven bounds of a sampler, the seed paper's first."""
    return tuple(
        DimensionBound(sampler, r.source, r.arxiv, r.evidence, r.formula, TERMS[sampler, r.arxiv])
        for r in SAMPLERS[sampler].rates
        if (sampler, r.arxiv) in TERMS
    )
