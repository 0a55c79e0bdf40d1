"""DPM-Solver++, multistep: the predicted data, extended by what the steps before predicted."""

from __future__ import annotations

from math import expm1, log, sqrt
from operator import itemgetter

from diffusion_core.samplers.record import Part, Sampler, Term
from diffusion_core.samplers.update import Mark, Memory
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def log_step(chain: Chain, t: int) -> float:
    """dl_t = lambda_{t-1} - lambda_t, lambda = log(sqrt(abar)/sqrt(1 - abar)), half the log-SNR."""
    return (log(chain.abar[t - 1] / chain.var[t - 1]) - log(chain.abar[t] / chain.var[t])) / 2


def dpmpp_2m(
    y: Array, t: int, chain: Chain, score: Score, mark: Mark, memory: Memory
) -> tuple[Array, Memory]:
    """DPM-Solver++(2M), a step of dl_t = lambda_{t-1} - lambda_t in half the log-SNR lambda:

    Y_{t-1} = sqrt((1 - abar_{t-1})/(1 - abar_t)) Y_t - sqrt(abar_{t-1}) (e^{-dl_t} - 1) D,
    D = x0_t + dl_t/(2 dl_{t+1}) (x0_t - x0_{t+1}); the first step uses D = x0_t.
    It remembers (x0_{t+1}, dl_{t+1}).  Lu et al., arXiv 2211.01095, Algorithm 2; their ratio r is
    dl_{t+1}/dl_t and their h is dl_t.
    """
    dl = log_step(chain, t)
    x0 = mark((y + chain.var[t] * score(t, y)) / sqrt(chain.abar[t]))
    half_ratio, d = 0.0, x0
    if memory is not None:
        x0_before, dl_before = memory
        half_ratio = dl / (2 * dl_before)
        d = x0 + half_ratio * (x0 - x0_before)
    d = mark(d, half_ratio=half_ratio)
    ratio, gain = sqrt(chain.var[t - 1] / chain.var[t]), -sqrt(chain.abar[t - 1]) * expm1(-dl)
    return mark(ratio * y + gain * d, ratio=ratio, gain=gain), (x0, dl)


RATIO = Term(r"\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}", "ratio", itemgetter("ratio"))
GAIN = Term(
    r"-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)", "exponential", itemgetter("gain")
)
PREDICT = Part("predict the data", "x̂_0 = (Y_t + (1 − ᾱ_t) s_t)/√ᾱ_t = {p1}")

DPMPP_2M = Sampler(
    name="dpmpp-2m",
    label="DPM-Solver++(2M)",
    order=2,
    evaluations=1,
    stochastic=False,
    reference="Lu, Zhou, Bao, Chen, Li, Zhu, arXiv 2211.01095",
    multistep=dpmpp_2m,
    latex=r"\begin{aligned}Y_{t-1}&=\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}\,Y_t\\"
    r"&\quad-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)\Big(\hat x_0^{(t)}\\"
    r"&\qquad+\frac{\Delta\lambda_t}{2\,\Delta\lambda_{t+1}}"
    r"\big(\hat x_0^{(t)}-\hat x_0^{(t+1)}\big)\Big),\\"
    r"\Delta\lambda_t&=\lambda_{t-1}-\lambda_t,\quad"
    r"\lambda_t=\log\frac{\sqrt{\bar\alpha_t}}{\sqrt{1-\bar\alpha_t}}\end{aligned}",
    terms=(
        RATIO,
        GAIN,
        Term(
            r"\frac{\Delta\lambda_t}{2\,\Delta\lambda_{t+1}}",
            "extrapolation",
            itemgetter("half_ratio"),
        ),
    ),
    parts=(
        PREDICT,
        Part("extrapolate it", "D = x̂_0 + {half_ratio} · (x̂_0 − the one before) = {p2}"),
        Part("move towards it", "{ratio} · {y} + {gain} · {p2} = {p3}"),
    ),
)
