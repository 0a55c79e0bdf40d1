"""The training-free accelerated ODE sampler of Li, Huang, Efimov, Wei, Chi and Chen."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.ode import HALF
from diffusion_core.samplers.record import SHRINK, TRAINING_FREE, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ode_accelerated(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Array:
    """Y_t^- = sqrt(alpha_{t+1}) (Y_t - (beta_{t+1}/2) s_t(Y_t)), then

    Y_{t-1} = ( Y_t + (beta_t/2) s_t(Y_t)
    + beta_t^2 / (4 beta_{t+1}) (s_t(Y_t) - sqrt(alpha_{t+1}) s_{t+1}(Y_t^-)) ) / sqrt(alpha_t).

    Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852.
    """
    half_beta, root_alpha = chain.beta[t] / 2, sqrt(chain.alpha[t])
    half_next, root_next = chain.beta[t + 1] / 2, sqrt(chain.alpha[t + 1])
    weight = chain.beta[t] ** 2 / (4 * chain.beta[t + 1])
    s = score(t, y)
    back = mark(
        root_next * (y - half_next * s), half_beta_next=half_next, root_alpha_next=root_next
    )
    moved = mark(y + half_beta * s, half_beta=half_beta)
    corrected = mark(moved + weight * (s - root_next * score(t + 1, back)), weight=weight)
    return mark(corrected / root_alpha, root_alpha=root_alpha)


ODE_ACCELERATED = Sampler(
    name="ode-accelerated",
    label="training-free accelerated ODE",
    order=2,
    evaluations=2,
    stochastic=False,
    reference=TRAINING_FREE,
    stages=(ode_accelerated,),
    latex=r"\begin{aligned}Y_t^-&=\sqrt{\alpha_{t+1}}\Big(Y_t-\frac{1-\alpha_{t+1}}{2}"
    r"\,s_t(Y_t)\Big)\\Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t+\frac{1-\alpha_t}{2}\,s_t(Y_t)\\"
    r"&\quad+\frac{(1-\alpha_t)^2}{4(1-\alpha_{t+1})}\big(s_t(Y_t)\\"
    r"&\qquad-\sqrt{\alpha_{t+1}}\,s_{t+1}(Y_t^-)\big)\Big)\end{aligned}",
    terms=(
        SHRINK,
        HALF,
        Term(r"Y_t^-", "look", itemgetter("root_alpha_next")),
        Term(r"\frac{(1-\alpha_t)^2}{4(1-\alpha_{t+1})}", "correction", itemgetter("weight")),
    ),
    parts=(
        Part(
            "look back to t + 1",
            "Y⁻ = √α_[t+1] (Y_t − (β_[t+1]/2) s_t) = {root_alpha_next} · "
            "({y} − {half_beta_next} · {s}) = {p1}",
        ),
        Part("follow the score", "Y_t + (β_t/2) s_t = {y} + {half_beta} · {s} = {p2}"),
        Part(
            "correct by the second evaluation",
            "… + {weight} · (s_t(Y_t) − √α_[t+1] s_[t+1](Y⁻)) = {p3}",
        ),
        rescale(3),
    ),
)
