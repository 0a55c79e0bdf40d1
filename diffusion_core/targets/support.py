"""How far a law of X_0 reaches: a radius that holds it, or nearly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri

from diffusion_core.schedules import Array

TAIL = 1e-16  # the mass that an unbounded law may have beyond its radius


@dataclass(frozen=True)
class Support:
    """|X_0| <= radius: surely where ``bounded``, else but for a mass of at most 1e-16."""

    radius: float
    bounded: bool

    def exponent(self, steps: int) -> float:
        """c_R with radius = T^{c_R}."""
        return math.log(self.radius) / math.log(steps) if self.radius > 0 else -math.inf


def gaussian_support(means: Array, deviation: Array) -> Support:
    """Of a mixture with means (K, d): |m_k| and the chi quantile times the deviation, the largest.

    deviation (K,): the largest of each component; 0 for an atom. Ignores directions.
    """
    reach = math.sqrt(float(chdtri(means.shape[1], TAIL)))
    radius = float((np.linalg.norm(means, axis=1) + reach * deviation).max())
    return Support(radius, not deviation.any())


def gaussian_mass_outside(weights: Array, means: Array, deviation: Array, radius: float) -> float:
    """An upper bound on P(|X_0| > radius); exact for atoms and for one round Gaussian at 0."""
    size = np.linalg.norm(means, axis=1)
    left = np.maximum(radius - size, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = chdtrc(means.shape[1], (left / deviation) ** 2)
    return float(weights @ np.where(deviation > 0, tail, (size > radius).astype(float)))
