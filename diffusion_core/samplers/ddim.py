"""DDIM: predict the data, then noise it again to the next level."""

from __future__ import annotations

from math import sqrt
from operator import itemgetter

from diffusion_core.samplers.record import Part, Sampler, Term
from diffusion_core.samplers.update import Mark, Normal, Out, Stage
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score


def ddim(eta: float) -> Stage:
    """The update with noise level eta: 0 deterministic, 1 ancestral.

    Song et al., arXiv 2010.02502, equations (12) and (16).
    """

    def update(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Out:
        nu = eta * sqrt(chain.var[t - 1] / chain.var[t] * chain.beta[t])
        signal, kept = sqrt(chain.abar[t - 1]), sqrt(max(chain.var[t - 1] - nu**2, 0.0))
        var, root_abar = chain.var[t], sqrt(chain.abar[t])
        s = score(t, y)
        noise = -sqrt(var) * s
        x0 = mark((y + var * s) / root_abar, var=var, root_abar=root_abar)
        again = mark(signal * x0 + kept * noise, signal=signal, kept=kept, nu=nu)
        return mark(Normal(again, nu)) if eta > 0 else again

    return update


PARTS = (
    Part(
        "predict the data",
        "x̂_0 = (Y_t + (1 − ᾱ_t) s_t)/√ᾱ_t = ({y} + {var} · {s})/{root_abar} = {p1}",
    ),
    Part(
        "noise it again, to level t − 1",
        "√ᾱ_[t−1] x̂_0 + … ε̂ = {signal} · {p1} + {kept} · ε̂ = {p2}",
    ),
    Part("fresh noise", "… + ν_t Z_t = {p2} + {nu} · {z} = {p3}"),
)


def ddim_sampler(eta: float = 0.0) -> Sampler:
    """DDIM's record for 0 <= eta <= 1; stochastic when eta > 0, Ho et al.'s own DDPM at 1."""
    label = "DDIM" if eta == 0 else f"DDIM, η = {eta:g}"
    reference = "Song, Meng, Ermon, arXiv 2010.02502"
    if eta == 1:
        label = f"{label} (Ho et al.'s DDPM)"
        reference = f"{reference}; Ho, Jain, Abbeel, arXiv 2006.11239"
    return Sampler(
        name="ddim",
        label=label,
        order=1,
        evaluations=1,
        stochastic=eta > 0,
        reference=reference,
        stages=(ddim(eta),),
        latex=r"\begin{aligned}Y_{t-1}&=\sqrt{\bar\alpha_{t-1}}\,\hat x_0\\"
        r"&\quad+\sqrt{1-\bar\alpha_{t-1}-\nu_t^2}\;\hat\epsilon+\nu_tZ_t,\\"
        r"\hat\epsilon&=-\sqrt{1-\bar\alpha_t}\,s_t(Y_t),\\"
        r"\hat x_0&=\frac{Y_t-\sqrt{1-\bar\alpha_t}\,\hat\epsilon}{\sqrt{\bar\alpha_t}}"
        r"\end{aligned}",
        terms=(
            Term(r"\sqrt{\bar\alpha_{t-1}}\,\hat x_0", "clean", itemgetter("signal")),
            Term(
                r"\sqrt{1-\bar\alpha_{t-1}-\nu_t^2}\;\hat\epsilon", "predicted", itemgetter("kept")
            ),
            Term(r"\nu_tZ_t", "sigma", itemgetter("nu")),
        ),
        parts=PARTS if eta > 0 else PARTS[:2],
    )
