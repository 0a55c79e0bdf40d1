"""The sampler of the probability-flow ODE, equation (23) of the seed paper."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.record import SEED, SHRINK, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ode(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Array:
    """Y_{t-1} = (Y_t + (beta_t/2) s_t(Y_t)) / sqrt(alpha_t).  arXiv 2306.09251, (23)."""
    half_beta, root_alpha = chain.beta[t] / 2, sqrt(chain.alpha[t])
    moved = mark(y + half_beta * score(t, y), half_beta=half_beta)
    return mark(moved / root_alpha, root_alpha=root_alpha)


HALF = Term(r"\frac{1-\alpha_t}{2}\,s_t(Y_t)", "half", itemgetter("half_beta"))
FOLLOW = Part("follow the score", "Y_t + (β_t/2) s_t = {y} + {half_beta} · {s} = {p1}")

ODE = Sampler(
    name="ode",
    label="ODE (probability flow)",
    order=1,
    evaluations=1,
    stochastic=False,
    reference=f"{SEED}, equation (23)",
    equation="(23)",
    stages=(ode,),
    latex=r"Y_{t-1}=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)\Big)",
    terms=(SHRINK, HALF),
    parts=(FOLLOW, rescale(1)),
)
