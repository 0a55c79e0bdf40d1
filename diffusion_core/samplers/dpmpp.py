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


def dpmpp_3m(
    y: Array, t: int, chain: Chain, score: Score, mark: Mark, memory: Memory
) -> tuple[Array, Memory]:
    """DPM-Solver++(3M): the exact step of the flow for a predicted data quadratic in lambda,

    Y_{t-1} = sqrt((1 - abar_{t-1})/(1 - abar_t)) Y_t - sqrt(abar_{t-1}) (e^{-h} - 1) x0_t
    + sqrt(abar_{t-1}) ((e^{-h} - 1 + h) (f + dl_{t+1} g) + (h^2 - 2 (e^{-h} - 1 + h)) g),
    h = dl_t, with the divided differences in lambda f of (x0_t, x0_{t+1}) and g of (x0_t, x0_{t+1},
    x0_{t+2}). It remembers (x0_{t+1}, dl_{t+1}, x0_{t+2}, dl_{t+2}); the first step has f = g = 0,
    the second g = 0, so that the order is 3 as long as the start is nearly pure noise: the first
    step's error is h^2 times about abar_T.  Lu et al., arXiv 2211.01095: their expansion to the
    third order, differences of the past in the place of derivatives. Their program
    (``multistep_dpm_solver_third_update``) and those after it take half of the last bracket, which
    leaves the second order.
    """
    h = log_step(chain, t)
    x0 = mark((y + chain.var[t] * score(t, y)) / sqrt(chain.abar[t]))
    ratio, root_abar = sqrt(chain.var[t - 1] / chain.var[t]), sqrt(chain.abar[t - 1])
    gain = -root_abar * expm1(-h)
    y = mark(ratio * y + gain * x0, ratio=ratio, gain=gain)
    slope, bend = 0.0, 0.0
    if memory is not None:
        x0_1, dl_1, *earlier = memory
        first = (x0 - x0_1) / dl_1
        slope = root_abar * (expm1(-h) + h)
        if earlier:
            x0_2, dl_2 = earlier[:2]
            second = (first - (x0_1 - x0_2) / dl_2) / (dl_1 + dl_2)
            bend = root_abar * (h * h - 2 * (expm1(-h) + h))
            y = y + slope * dl_1 * second + bend * second
        y = y + slope * first
    return mark(y, slope=slope, bend=bend), (x0, h, *(memory or ())[:2])


RATIO = Term(r"\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}", "ratio", itemgetter("ratio"))
GAIN = Term(
    r"-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)", "exponential", itemgetter("gain")
)
SLOPE = Term(
    r"+\sqrt{\bar\alpha_{t-1}}\,\varphi_t",
    "first-difference",
    itemgetter("slope"),
)
BEND = Term(
    r"+\sqrt{\bar\alpha_{t-1}}\,(\Delta\lambda_t^2-2\varphi_t)",
    "second-difference",
    itemgetter("bend"),
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

DPMPP_3M = Sampler(
    name="dpmpp-3m",
    label="DPM-Solver++(3M)",
    order=3,
    evaluations=1,
    stochastic=False,
    reference="Lu, Zhou, Bao, Chen, Li, Zhu, arXiv 2211.01095",
    multistep=dpmpp_3m,
    latex=r"\begin{aligned}&Y_{t-1}=\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}\,Y_t"
    r"\\&-\sqrt{\bar\alpha_{t-1}}\,(e^{-\Delta\lambda_t}-1)\,\hat x_0^{(t)}\\&"
    + SLOPE.latex
    + r"\,(f+\Delta\lambda_{t+1}\,g)\\&"
    + BEND.latex
    + r"\,g,\\&\varphi_t=e^{-\Delta\lambda_t}-1+\Delta\lambda_t\end{aligned}",
    terms=(RATIO, GAIN, SLOPE, BEND),
    parts=(
        PREDICT,
        Part("move towards it", "{ratio} · {y} + {gain} · {p1} = {p2}"),
        Part(
            "follow how it moves",
            "… + {slope} · (f + Δλ_[t+1] g) + {bend} · g = {p3}",
        ),
    ),
)
