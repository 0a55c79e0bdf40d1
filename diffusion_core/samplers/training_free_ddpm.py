"""The training-free accelerated DDPM of Li, Huang, Efimov, Wei, Chi and Chen."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.record import SHRINK, TRAINING_FREE, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark, Normal
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def shake(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Normal:
    """Y_t^+ = Y_t + sqrt(beta_t/2) Z_t.  arXiv 2403.03852."""
    root_half_beta = sqrt(chain.beta[t] / 2)
    return mark(Normal(y, root_half_beta), root_half_beta=root_half_beta)


def move(y_plus: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Normal:
    """Y_{t-1} = (Y_t^+ + beta_t s_t(Y_t^+) + sqrt(beta_t/2) Z_t^+) / sqrt(alpha_t).

    Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852.
    """
    beta, root_half_beta, root_alpha = chain.beta[t], sqrt(chain.beta[t] / 2), sqrt(chain.alpha[t])
    moved = mark(y_plus + beta * score(t, y_plus), beta=beta)
    shaken = mark(Normal(moved, root_half_beta), root_half_beta=root_half_beta)
    return mark(shaken / root_alpha, root_alpha=root_alpha)


DDPM_ACCELERATED = Sampler(
    name="ddpm-accelerated",
    label="training-free accelerated DDPM",
    order=1,
    evaluations=1,
    stochastic=True,
    reference=TRAINING_FREE,
    stages=(shake, move),
    latex=r"\begin{aligned}Y_t^+&=Y_t+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t\\"
    r"Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t^++(1-\alpha_t)\,s_t(Y_t^+)\\"
    r"&\quad+\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t^+\Big)\end{aligned}",
    terms=(
        Term(r"\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t", "first-noise", itemgetter("root_half_beta")),
        SHRINK,
        Term(r"(1-\alpha_t)\,s_t(Y_t^+)", "full", itemgetter("beta")),
        Term(r"\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t^+", "second-noise", itemgetter("root_half_beta")),
    ),
    parts=(
        Part("half of the noise", "Y⁺ = Y_t + √(β_t/2) Z_t = {y} + {root_half_beta} · {z} = {p1}"),
        Part("follow the score there", "Y⁺ + β_t s_t(Y⁺) = {p1} + {beta} · s_t(Y⁺) = {p2}"),
        Part("the other half", "… + √(β_t/2) Z⁺_t = {p2} + {root_half_beta} · {z2} = {p3}"),
        rescale(3),
    ),
)
