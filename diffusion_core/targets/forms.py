"""Laws of X_0 in numbers: what a machine that knows no target needs for their scores."""

from __future__ import annotations

from typing import NamedTuple

from diffusion_core.schedules import Array


class Gaussians(NamedTuple):
    """sum_k w_k N(m_k, V_k diag(c_k) V_k^T): weights w (K,), means m (K, d), variances c (K, d) and

    axes V (K, d, d), orthogonal; one row of c or V stands for all where they are equal.
    """

    weights: Array
    means: Array
    variances: Array
    axes: Array


class Uniforms(NamedTuple):
    """sum_k w_k Uniform( prod_i (low_ki, high_ki) ): weights w (K,), lows and highs (K, d)."""

    weights: Array
    lows: Array
    highs: Array


class Ring(NamedTuple):
    """Uniform on |x - center| = radius in the plane: radius (1,), center (2,)."""

    radius: Array
    center: Array


Form = Gaussians | Uniforms | Ring
