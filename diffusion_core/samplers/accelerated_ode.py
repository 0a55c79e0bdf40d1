"""The accelerated ODE sampler, equation (27) of the seed paper, with its exact w_t."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

import numpy as np

from diffusion_core.samplers.ode import FOLLOW
from diffusion_core.samplers.record import SEED, SHRINK, Part, Sampler, Term, rescale
from diffusion_core.samplers.update import Mark
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ode_taylor(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Array:
    """Y_{t-1} = ( Y_t + (beta_t/2) s - (beta_t^2/8) (grad tr H + H s) ) / sqrt(alpha_t) at Y_t.

    The accelerated ODE (27) of arXiv 2306.09251 with its exact w_t (``acceleration.w_t``).
    """
    half_beta, eighth = chain.beta[t] / 2, chain.beta[t] ** 2 / 8
    root_alpha, s = sqrt(chain.alpha[t]), score(t, y)
    curvature = score.trace_gradient(t, y) + np.einsum("nij,nj->ni", score.jacobian(t, y), s)
    moved = mark(y + half_beta * s, half_beta=half_beta)
    bent = mark(moved - eighth * curvature, eighth=eighth)
    return mark(bent / root_alpha, root_alpha=root_alpha)


ODE_TAYLOR = Sampler(
    name="ode-taylor",
    label="accelerated ODE",
    order=2,
    evaluations=1,
    stochastic=False,
    reference=f"{SEED}, equation (27), with its exact w_t",
    equation="(27)",
    derivatives="Jacobian of the score and its trace's gradient",
    stages=(ode_taylor,),
    latex=r"\begin{aligned}Y_{t-1}&=\frac{1}{\sqrt{\alpha_t}}\Big(Y_t"
    r"+\frac{\beta_t}{2}\,s\\&\quad-\frac{\beta_t^2}{8}\big(\nabla\operatorname{tr}H+H s\big)\Big),"
    r"\\s&=s_t(Y_t),\quad H=\nabla s_t(Y_t)\end{aligned}",
    terms=(
        SHRINK,
        Term(r"\frac{\beta_t}{2}\,s", "half", itemgetter("half_beta")),
        Term(r"\frac{\beta_t^2}{8}", "curvature", itemgetter("eighth")),
    ),
    parts=(
        FOLLOW,
        Part("bend by the curvature", "… − (β_t²/8)(∇tr H + H s) = {p1} − {eighth} · (…) = {p2}"),
        rescale(2),
    ),
)
