"""Heun's rule along the noise level."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.record import Part, Sampler, Term
from diffusion_core.samplers.update import Mark
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def heun(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Array:
    """Heun's rule for du/dsigma = eps, u = y/sqrt(abar), sigma^2 = 1/abar - 1.

    Karras et al., arXiv 2206.00364, Algorithm 1.
    """
    sigma, sigma_ahead = (sqrt(chain.var[k] / chain.abar[k]) for k in (t, t - 1))
    step, signal = sigma_ahead - sigma, sqrt(chain.abar[t - 1])
    u = y / sqrt(chain.abar[t])
    slope = -sqrt(chain.var[t]) * score(t, y)
    predicted = mark(signal * (u + step * slope), sigma=sigma, sigma_ahead=sigma_ahead, step=step)
    slope_ahead = -sqrt(chain.var[t - 1]) * score(t - 1, predicted)
    half = 0.5
    return mark(signal * (u + half * step * (slope + slope_ahead)), half=half)


HEUN = Sampler(
    name="heun",
    label="Heun",
    order=2,
    evaluations=2,
    stochastic=False,
    reference="Karras, Aittala, Aila, Laine, arXiv 2206.00364",
    stages=(heun,),
    latex=r"\begin{aligned}u_{t-1}&=u_t+\frac{\sigma_{t-1}-\sigma_t}{2}\big(\hat\epsilon_t(u_t)\\"
    r"&\quad+\hat\epsilon_{t-1}(u_t+(\sigma_{t-1}-\sigma_t)\,\hat\epsilon_t)\big),\\"
    r"u&=\frac{Y}{\sqrt{\bar\alpha}},\quad\sigma^2=\frac{1}{\bar\alpha}-1\end{aligned}",
    terms=(
        Term(r"\sigma_{t-1}-\sigma_t", "sigma-step", itemgetter("step")),
        Term(r"\tfrac12\big(\hat\epsilon_t+\hat\epsilon_{t-1}\big)", "average", itemgetter("half")),
    ),
    parts=(
        Part("Euler step", "from σ = {sigma} to {sigma_ahead} along ε̂(Y_t): {p1}"),
        Part("average with the slope there", "half of ε̂(Y_t), half of ε̂ at {p1}: {p2}"),
    ),
)
