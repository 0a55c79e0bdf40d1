"""The reverse updates Y_t -> Y_{t-1}, each a pure function beside its record.

Every update is written as its paper prints it, with beta_t = 1 - alpha_t, s_t the score, H_t its
Jacobian, and Z_t standard normal. A stochastic update is a sequence of *stages*, each affine in a
standard normal of its own: the particles draw it, the exact law integrates over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score

Stage = Callable[[Array, int, Chain, Score, Array], Array]
Carry = tuple[Array, float] | None


@dataclass(frozen=True)
class Sampler:
    """One update rule and its facts.

    order: m such that TV falls like T^{-m} on a smooth target where every step shrinks like 1/T in
    lambda = log(sqrt(abar)/sqrt(1 - abar)), as between the fixed ends of ``Karras`` and ``LogSNR``.
    Elsewhere a step that does not shrink may set a lower rate: DPM-Solver++(2M) tends to 1 on
    ``Linear``, ``Cosine`` and ``Sigmoid``, and so does Heun on ``Sigmoid``.
    evaluations: score evaluations per update; ``derivatives``: what it needs beyond the score.
    equation: its number in the seed paper, arXiv 2306.09251; empty where it is not from there.
    """

    name: str
    label: str
    order: int
    evaluations: int
    stochastic: bool
    stages: tuple[Stage, ...]
    reference: str
    equation: str = ""
    derivatives: str = ""
    multistep: bool = False

    def nfe(self, steps: int) -> int:
        """Score evaluations of a whole run, t = T..2."""
        return self.evaluations * (steps - 1)

    def steps_for(self, nfe: int) -> int:
        """The largest T whose run needs at most ``nfe`` score evaluations."""
        return nfe // self.evaluations + 1


def ode(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_{t-1} = (Y_t + (beta_t/2) s_t(Y_t)) / sqrt(alpha_t).  arXiv 2306.09251, (23)."""
    return (y + chain.beta[t] / 2 * score(t, y)) / sqrt(chain.alpha[t])


def ddpm(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_{t-1} = (Y_t + beta_t s_t(Y_t) + sqrt(beta_t) Z_t) / sqrt(alpha_t).

    arXiv 2306.09251, (30): variance beta_t/alpha_t given Y_t. Ho, Jain and Abbeel's (2006.11239)
    has beta_t or (1-abar_{t-1})/(1-abar_t) beta_t; with the second it is DDIM with eta = 1.
    """
    b = chain.beta[t]
    return (y + b * score(t, y) + sqrt(b) * z) / sqrt(chain.alpha[t])


def ode_accelerated(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_t^- = sqrt(alpha_{t+1}) (Y_t - (beta_{t+1}/2) s_t(Y_t)), then

    Y_{t-1} = ( Y_t + (beta_t/2) s_t(Y_t)
    + beta_t^2 / (4 beta_{t+1}) (s_t(Y_t) - sqrt(alpha_{t+1}) s_{t+1}(Y_t^-)) ) / sqrt(alpha_t).

    Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852.
    """
    b, b_next, a_next = chain.beta[t], chain.beta[t + 1], chain.alpha[t + 1]
    s = score(t, y)
    y_minus = sqrt(a_next) * (y - b_next / 2 * s)
    correction = b**2 / (4 * b_next) * (s - sqrt(a_next) * score(t + 1, y_minus))
    return (y + b / 2 * s + correction) / sqrt(chain.alpha[t])


def ddpm_accelerated_first(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_t^+ = Y_t + sqrt(beta_t/2) Z_t.  arXiv 2403.03852."""
    return y + sqrt(chain.beta[t] / 2) * z


def ddpm_accelerated_second(y_plus: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_{t-1} = (Y_t^+ + beta_t s_t(Y_t^+) + sqrt(beta_t/2) Z_t^+) / sqrt(alpha_t).

    Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852.
    """
    b = chain.beta[t]
    return (y_plus + b * score(t, y_plus) + sqrt(b / 2) * z) / sqrt(chain.alpha[t])


def ode_taylor(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_{t-1} = ( Y_t + (beta_t/2) s - (beta_t^2/8) (grad tr H + H s) ) / sqrt(alpha_t) at Y_t.

    The accelerated ODE (27) of arXiv 2306.09251 with its exact w_t (``acceleration.w_t``).
    """
    b, s = chain.beta[t], score(t, y)
    curvature = score.trace_gradient(t, y) + np.einsum("nij,nj->ni", score.jacobian(t, y), s)
    return (y + b / 2 * s - b**2 / 8 * curvature) / sqrt(chain.alpha[t])


def ddpm_covariance(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Y_{t-1} = ( Y_t + beta_t s + sqrt(beta_t) (I + (beta_t/2) H) Z_t ) / sqrt(alpha_t) at Y_t.

    The accelerated DDPM (33) of arXiv 2306.09251 with its exact v_t (``acceleration.v_t``).
    """
    b = chain.beta[t]
    noise = z + b / 2 * np.einsum("nij,...nj->...ni", score.jacobian(t, y), z)
    return (y + b * score(t, y) + sqrt(b) * noise) / sqrt(chain.alpha[t])


def _noise_prediction(y: Array, t: int, chain: Chain, score: Score) -> Array:
    """eps_t = -sqrt(1 - abar_t) s_t, the expected noise given Y_t."""
    return -sqrt(chain.var[t]) * score(t, y)


def _clean_prediction(y: Array, eps: Array, t: int, chain: Chain) -> Array:
    """E[X_0 | Y_t] = (Y_t - sqrt(1 - abar_t) eps_t) / sqrt(abar_t)."""
    return (y - sqrt(chain.var[t]) * eps) / sqrt(chain.abar[t])


def ddim_stage(eta: float) -> Stage:
    """DDIM with noise level eta: 0 deterministic, 1 ancestral.

    Song et al., arXiv 2010.02502, equations (12) and (16).
    """

    def ddim(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
        sigma = eta * sqrt(chain.var[t - 1] / chain.var[t] * chain.beta[t])
        eps = _noise_prediction(y, t, chain, score)
        x0 = _clean_prediction(y, eps, t, chain)
        drift = sqrt(chain.abar[t - 1]) * x0 + sqrt(max(chain.var[t - 1] - sigma**2, 0.0)) * eps
        return drift + sigma * z if eta > 0 else drift

    return ddim


def heun(y: Array, t: int, chain: Chain, score: Score, z: Array) -> Array:
    """Heun's rule for du/dsigma = eps, u = y/sqrt(abar), sigma^2 = 1/abar - 1.

    Karras et al., arXiv 2206.00364, Algorithm 1.
    """
    step = _sigma(chain, t - 1) - _sigma(chain, t)
    u = y / sqrt(chain.abar[t])
    slope = _noise_prediction(y, t, chain, score)
    predicted = sqrt(chain.abar[t - 1]) * (u + step * slope)
    slope_ahead = _noise_prediction(predicted, t - 1, chain, score)
    return sqrt(chain.abar[t - 1]) * (u + step * (slope + slope_ahead) / 2)


def _sigma(chain: Chain, t: int) -> float:
    return sqrt(chain.var[t] / chain.abar[t])


def dpmpp_2m(
    y: Array, t: int, chain: Chain, score: Score, carry: Carry
) -> tuple[Array, tuple[Array, float]]:
    """DPM-Solver++(2M), a step of dl_t = lambda_{t-1} - lambda_t in half the log-SNR lambda:

    Y_{t-1} = sqrt((1 - abar_{t-1})/(1 - abar_t)) Y_t - sqrt(abar_{t-1}) (e^{-dl_t} - 1) D,
    D = x0_t + dl_t/(2 dl_{t+1}) (x0_t - x0_{t+1}); the first step uses D = x0_t.
    The carry is (x0_{t+1}, dl_{t+1}).  Lu et al., arXiv 2211.01095, Algorithm 2; their ratio r is
    dl_{t+1}/dl_t and their h is dl_t.
    """
    dl = (log(chain.abar[t - 1] / chain.var[t - 1]) - log(chain.abar[t] / chain.var[t])) / 2
    x0 = _clean_prediction(y, _noise_prediction(y, t, chain, score), t, chain)
    d = x0
    if carry is not None:
        x0_before, dl_before = carry
        d = x0 + dl / (2 * dl_before) * (x0 - x0_before)
    ratio = sqrt(chain.var[t - 1] / chain.var[t])
    return ratio * y - sqrt(chain.abar[t - 1]) * np.expm1(-dl) * d, (x0, dl)


def advance(
    sampler: Sampler,
    y: Array,
    t: int,
    chain: Chain,
    score: Score,
    normal: Callable[[tuple[int, ...]], Array],
    carry: Carry = None,
) -> tuple[Array, Carry]:
    """Y_{t-1} and the carry from Y_t; ``normal(shape)`` draws Z when the sampler is stochastic."""
    if sampler.multistep:
        return dpmpp_2m(y, t, chain, score, carry)
    for stage in sampler.stages:
        y = stage(y, t, chain, score, normal(y.shape) if sampler.stochastic else y)
    return y, None


def reverse_chain(
    sampler: Sampler,
    chain: Chain,
    score: Score,
    y: Array,
    normal: Callable[[tuple[int, ...]], Array],
    update: Callable[..., tuple[Array, Carry]] = advance,
) -> Iterator[tuple[int, Array]]:
    """Yield (t, Y_t) for t = T, T-1, ..., 1 from Y_T = y of shape (N, d).

    update: ``advance``, or another way to make the same update.
    """
    yield chain.steps, y
    carry: Carry = None
    for t in range(chain.steps, 1, -1):
        y, carry = update(sampler, y, t, chain, score, normal, carry)
        yield t - 1, y


SEED_ARXIV = "2306.09251"
_SEED = f"Li, Wei, Chen, Chi, arXiv {SEED_ARXIV}"
_FREE = "Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852"
_HO = "Ho, Jain, Abbeel, arXiv 2006.11239"


def ddim_sampler(eta: float = 0.0) -> Sampler:
    """DDIM's record for 0 <= eta <= 1; stochastic when eta > 0, Ho et al.'s own DDPM at 1."""
    label = "DDIM" if eta == 0 else f"DDIM, η = {eta:g}"
    reference = "Song, Meng, Ermon, arXiv 2010.02502"
    if eta == 1:
        label, reference = f"{label} (Ho et al.'s DDPM)", f"{reference}; {_HO}"
    return Sampler("ddim", label, 1, 1, eta > 0, (ddim_stage(eta),), reference)


_RECORDS = (
    # the seed paper's four, in the order of its theorems
    Sampler(
        "ode", "ODE (probability flow)", 1, 1, False, (ode,), f"{_SEED}, equation (23)", "(23)"
    ),
    Sampler(
        "ode-taylor",
        "accelerated ODE",
        2,
        1,
        False,
        (ode_taylor,),
        f"{_SEED}, equation (27), with its exact w_t",
        "(27)",
        derivatives="Jacobian of the score and its trace's gradient",
    ),
    Sampler("ddpm", "DDPM", 1, 1, True, (ddpm,), f"{_SEED}, equation (30)", "(30)"),
    Sampler(
        "ddpm-covariance",
        "accelerated DDPM",
        2,
        1,
        True,
        (ddpm_covariance,),
        f"{_SEED}, equation (33), with its exact v_t",
        "(33)",
        derivatives="Jacobian of the score",
    ),
    Sampler(
        "ode-accelerated", "training-free accelerated ODE", 2, 2, False, (ode_accelerated,), _FREE
    ),
    Sampler(
        "ddpm-accelerated",
        "training-free accelerated DDPM",
        1,
        1,
        True,
        (ddpm_accelerated_first, ddpm_accelerated_second),
        _FREE,
    ),
    ddim_sampler(),
    Sampler("heun", "Heun", 2, 2, False, (heun,), "Karras, Aittala, Aila, Laine, arXiv 2206.00364"),
    Sampler(
        "dpmpp-2m",
        "DPM-Solver++(2M)",
        2,
        1,
        False,
        (),
        "Lu, Zhou, Bao, Chen, Li, Zhu, arXiv 2211.01095",
        multistep=True,
    ),
)

SAMPLERS: dict[str, Sampler] = {record.name: record for record in _RECORDS}
PAPER_SAMPLERS = tuple(record.name for record in _RECORDS if record.equation)


def sampler_record(kind: str, eta: float = 0.0) -> Sampler:
    """The record called ``kind``; InputError names what exists."""
    if kind not in SAMPLERS:
        raise InputError(f"sampler.kind: one of {', '.join(SAMPLERS)}, got {kind!r}")
    if kind != "ddim" and eta != 0.0:
        raise InputError(f"sampler.eta: only ddim takes eta, not {kind}")
    if not 0 <= eta <= 1:
        raise InputError(f"sampler.eta: must be between 0 and 1, got {eta!r}")
    return ddim_sampler(eta) if kind == "ddim" else SAMPLERS[kind]
