"""The two functions beside the score that the seed paper's accelerated samplers ask for.

Li, Wei, Chen, Chi, arXiv 2306.09251 (revision of February 2024; the version of June 2023 prints w_t
differently). Both are regressions on W, the noise in X_t = sqrt(abar_t) X_0 + sqrt(1-abar_t) W. The
moments of W given X_t = x are derivatives of log p_t, so with a closed-form score they are exact:
with H_t the Jacobian of s_t and v = 1 - abar_t,

E[W | x] = -sqrt(v) s_t,  Cov[W | x] = I + v H_t,  third cumulants -v^{3/2} (third derivatives).

With them the paper's updates (27b) and (33b) are ``samplers.ode_taylor`` and
``samplers.ddpm_covariance``, identically.
"""

from __future__ import annotations

import numpy as np

from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def w_t(t: int, x: Array, chain: Chain, score: Score) -> Array:
    """w_t(x), (N, d): the minimiser (26) of

    E | |W|^2 (W / sqrt(1-abar_t) + s_t(X_t)) + W W^T s_t(X_t) - w(X_t) |^2,

    in closed form w_t = (1-abar_t) (|s_t|^2 s_t - H_t s_t - grad tr H_t) - s_t. It enters

    Y_{t-1} = ( Y_t + (b/2 + b^2 / (8 (1-abar_t)) - (b^2/8) |s_t|^2) s_t
    + (b^2 / (8 (1-abar_t))) w_t ) / sqrt(alpha_t), b = 1 - alpha_t (27b).

    x: (N, d).  score: the exact one; with another score this is the same formula of that score.
    """
    s = score(t, x)
    bend = np.einsum("nij,nj->ni", score.jacobian(t, x), s) + score.trace_gradient(t, x)
    square = np.einsum("ni,ni->n", s, s)[:, None]
    return chain.var[t] * (square * s - bend) - s


def v_t(t: int, x: Array, z: Array, chain: Chain, score: Score) -> Array:
    """v_t(x, z), (N, d): the minimiser (32) of E | W W^T Z - v(X_t, Z) |^2, Z ~ N(0, I).

    In closed form V_t(x) z (``v_matrix``). It enters, b = 1 - alpha_t,

    Y_{t-1} = (Y_t + b s_t) / sqrt(alpha_t) + sqrt(1/alpha_t - 1) ( Z
    - (b / (2 (1-abar_t))) (Z + (1-abar_t) s_t s_t^T Z - v_t(Y_t, Z)) ) (33b).

    x, z: (N, d).  score: the exact one, as for ``w_t``.
    """
    return np.asarray(np.einsum("nij,nj->ni", v_matrix(t, x, chain, score), z))


def v_matrix(t: int, x: Array, chain: Chain, score: Score) -> Array:
    """V_t(x) = I + (1-abar_t) (H_t + s_t s_t^T), (N, d, d): v_t(x, z) = V_t(x) z."""
    s = score(t, x)
    outer = s[:, :, None] * s[:, None, :]
    return np.eye(x.shape[1]) + chain.var[t] * (score.jacobian(t, x) + outer)
