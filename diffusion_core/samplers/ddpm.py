"""DDPM with the theory's coefficients, equation (30) of the seed paper."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.record import SEED, SHRINK, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark, Normal
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ddpm(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Normal:
    """Y_{t-1} = (Y_t + beta_t s_t(Y_t) + sqrt(beta_t) Z_t) / sqrt(alpha_t).

    arXiv 2306.09251, (30): variance beta_t/alpha_t given Y_t. Ho, Jain and Abbeel's (2006.11239)
    has beta_t or (1-abar_{t-1})/(1-abar_t) beta_t; with the second it is DDIM with eta = 1.
    """
    beta, root_beta, root_alpha = chain.beta[t], sqrt(chain.beta[t]), sqrt(chain.alpha[t])
    moved = mark(y + beta * score(t, y), beta=beta)
    shaken = mark(Normal(moved, root_beta), root_beta=root_beta)
    return mark(shaken / root_alpha, root_alpha=root_alpha)


FULL = Term(r"(1-\alpha_t)\,s_t(Y_t)", "full", itemgetter("beta"))
NOISE = Term(r"\sqrt{1-\alpha_t}\,Z_t", "noise", itemgetter("root_beta"))
FOLLOW = Part("follow the score", "Y_t + β_t s_t = {y} + {beta} · {s} = {p1}")

DDPM = Sampler(
    name="ddpm",
    label="DDPM",
    order=1,
    evaluations=1,
    stochastic=True,
    reference=f"{SEED}, equation (30)",
    equation="(30)",
    stages=(ddpm,),
    latex=r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+(1-\alpha_t)\,s_t(Y_t)\\"
    r"&\quad+\sqrt{1-\alpha_t}\,Z_t\Big)\end{aligned}",
    terms=(SHRINK, FULL, NOISE),
    parts=(
        FOLLOW,
        Part("add noise", "… + √β_t Z_t = {p1} + {root_beta} · {z} = {p2}"),
        rescale(2),
    ),
)
