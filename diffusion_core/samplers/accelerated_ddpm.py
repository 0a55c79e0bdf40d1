"""The accelerated DDPM, equation (33) of the seed paper, with its exact v_t."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

import numpy as np

from diffusion_core.samplers.ddpm import FOLLOW
from diffusion_core.samplers.record import SEED, SHRINK, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark, Normal
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ddpm_covariance(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Normal:
    """Y_{t-1} = ( Y_t + beta_t s + sqrt(beta_t) (I + (beta_t/2) H) Z_t ) / sqrt(alpha_t) at Y_t.

    The accelerated DDPM (33) of arXiv 2306.09251 with its exact v_t (``acceleration.v_t``).
    """
    beta, root_beta, root_alpha = chain.beta[t], sqrt(chain.beta[t]), sqrt(chain.alpha[t])
    half_beta = beta / 2
    moved = mark(y + beta * score(t, y), beta=beta)
    shape = np.eye(y.shape[1]) + half_beta * score.jacobian(t, y)
    shaken = mark(Normal(moved, root_beta * shape), root_beta=root_beta, half_beta=half_beta)
    return mark(shaken / root_alpha, root_alpha=root_alpha)


DDPM_COVARIANCE = Sampler(
    name="ddpm-covariance",
    label="accelerated DDPM",
    order=2,
    evaluations=1,
    stochastic=True,
    reference=f"{SEED}, equation (33), with its exact v_t",
    equation="(33)",
    derivatives="Jacobian of the score",
    stages=(ddpm_covariance,),
    latex=r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\beta_t\,s\\"
    r"&\quad+\sqrt{\beta_t}\big(I+\tfrac{\beta_t}{2}H\big)Z_t\Big),\\"
    r"s&=s_t(Y_t),\quad H=\nabla s_t(Y_t)\end{aligned}",
    terms=(
        SHRINK,
        Term(r"\beta_t\,s", "full", itemgetter("beta")),
        Term(r"\sqrt{\beta_t}", "noise", itemgetter("root_beta")),
        Term(r"\tfrac{\beta_t}{2}H", "covariance", itemgetter("half_beta")),
    ),
    parts=(
        FOLLOW,
        Part("add shaped noise", "… + √β_t (I + (β_t/2) H) Z_t = {p1} + {root_beta} · (…) = {p2}"),
        rescale(2),
    ),
)
