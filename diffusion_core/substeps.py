"""One update taken apart: where a particle is after each part of the formula, and the part's name.

For looking at a step, not for running one: the last part ends where ``samplers.advance`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from diffusion_core.experiment import Experiment
from diffusion_core.laws.particles import check_particles, start_points
from diffusion_core.samplers import Carry, advance
from diffusion_core.schedules import Array, Chain

Points = list[Array]
Scalars = dict[str, float]


@dataclass(frozen=True)
class Part:
    """A part of an update.

    formula: with fields in braces: y, s (the score at y), p1, p2, ... (where the parts end), z and
    z2 (the normals drawn) and the names of the update's scalars. One character after _ is a
    subscript, and so are several in brackets.
    """

    name: str
    formula: str


@dataclass(frozen=True)
class Anatomy:
    """The parts of an update and the function that computes where each ends.

    ``ends(y, s, t, chain, score, noise, carry)`` takes y (n, d), the score there, the standard
    normals that the update draws, in order, and a multistep sampler's carry; it returns the ends
    (S of shape (n, d)) and the scalars of the formulas.
    """

    parts: tuple[Part, ...]
    ends: Callable[..., tuple[Points, Scalars]]


RESCALE = "rescale"


def _rescale(last: int) -> Part:
    return Part(RESCALE, f"Y_[t−1] = … / √α_t = {{p{last}}} / {{root_alpha}} = {{p{last + 1}}}")


def _ode(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    moved = y + b / 2 * s
    return [moved, moved / root], {"half_beta": b / 2, "root_alpha": root}


def _ddpm(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    moved = y + b * s
    shaken = moved + sqrt(b) * noise[0]
    scalars = {"beta": b, "root_beta": sqrt(b), "root_alpha": root}
    return [moved, shaken, shaken / root], scalars


def _ode_accelerated(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    b_next, root_next = chain.beta[t + 1], sqrt(chain.alpha[t + 1])
    back = root_next * (y - b_next / 2 * s)
    moved = y + b / 2 * s
    weight = b**2 / (4 * b_next)
    corrected = moved + weight * (s - root_next * score(t + 1, back))
    scalars = {
        "half_beta": b / 2,
        "half_beta_next": b_next / 2,
        "root_alpha": root,
        "root_alpha_next": root_next,
        "weight": weight,
    }
    return [back, moved, corrected, corrected / root], scalars


def _ddpm_accelerated(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    shaken = y + sqrt(b / 2) * noise[0]
    moved = shaken + b * score(t, shaken)
    again = moved + sqrt(b / 2) * noise[1]
    scalars = {"beta": b, "root_half_beta": sqrt(b / 2), "root_alpha": root}
    return [shaken, moved, again, again / root], scalars


def _ode_taylor(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    moved = y + b / 2 * s
    curvature = score.trace_gradient(t, y) + np.einsum("nij,nj->ni", score.jacobian(t, y), s)
    bent = moved - b**2 / 8 * curvature
    scalars = {"half_beta": b / 2, "eighth": b**2 / 8, "root_alpha": root}
    return [moved, bent, bent / root], scalars


def _ddpm_covariance(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    b, root = chain.beta[t], sqrt(chain.alpha[t])
    moved = y + b * s
    z = noise[0]
    shaken = moved + sqrt(b) * (z + b / 2 * np.einsum("nij,nj->ni", score.jacobian(t, y), z))
    scalars = {"beta": b, "root_beta": sqrt(b), "root_alpha": root}
    return [moved, shaken, shaken / root], scalars


def _clean(y: Array, s: Array, t: int, chain: Chain) -> Array:
    """E[X_0 | Y_t] = (Y_t + (1 - abar_t) s_t) / sqrt(abar_t), Tweedie's formula."""
    return (y + chain.var[t] * s) / sqrt(chain.abar[t])


def _ddim(eta: float) -> Callable[..., tuple[Points, Scalars]]:
    def ends(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
        x0 = _clean(y, s, t, chain)
        sigma = eta * sqrt(chain.var[t - 1] / chain.var[t] * chain.beta[t])
        signal = sqrt(chain.abar[t - 1])
        kept = sqrt(max(chain.var[t - 1] - sigma**2, 0.0))
        again = signal * x0 - kept * sqrt(chain.var[t]) * s
        points = [x0, again] + ([again + sigma * noise[0]] if eta > 0 else [])
        scalars = {"signal": signal, "var": chain.var[t], "root_abar": sqrt(chain.abar[t])}
        return points, scalars | {"kept": kept, "sigma": sigma}

    return ends


def _heun(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    sigma, ahead = (sqrt(chain.var[k] / chain.abar[k]) for k in (t, t - 1))
    step, signal = ahead - sigma, sqrt(chain.abar[t - 1])
    u = y / sqrt(chain.abar[t])
    slope = -sqrt(chain.var[t]) * s
    predicted = signal * (u + step * slope)
    slope_ahead = -sqrt(chain.var[t - 1]) * score(t - 1, predicted)
    corrected = signal * (u + step * (slope + slope_ahead) / 2)
    return [predicted, corrected], {"sigma": sigma, "sigma_ahead": ahead}


def _dpmpp_2m(y, s, t, chain, score, noise, carry):  # type: ignore[no-untyped-def]
    lam = [log(chain.abar[k] / chain.var[k]) / 2 for k in (t, t - 1)]
    step = lam[1] - lam[0]
    x0 = _clean(y, s, t, chain)
    half_ratio = 0.0
    if carry is not None:
        half_ratio = step / (2 * carry[1])
    extrapolated = x0 if carry is None else x0 + half_ratio * (x0 - carry[0])
    ratio = sqrt(chain.var[t - 1] / chain.var[t])
    gain = -sqrt(chain.abar[t - 1]) * float(np.expm1(-step))
    scalars = {"half_ratio": half_ratio, "ratio": ratio, "gain": gain}
    return [x0, extrapolated, ratio * y + gain * extrapolated], scalars


_SCORE_HALF = Part("follow the score", "Y_t + (β_t/2) s_t = {y} + {half_beta} · {s} = {p1}")
_SCORE = Part("follow the score", "Y_t + β_t s_t = {y} + {beta} · {s} = {p1}")
_NOISE = Part("add noise", "… + √β_t Z_t = {p1} + {root_beta} · {z} = {p2}")
_DATA = Part(
    "predict the data", "x̂_0 = (Y_t + (1 − ᾱ_t) s_t)/√ᾱ_t = ({y} + {var} · {s})/{root_abar} = {p1}"
)
_AGAIN = Part(
    "noise it again, to level t − 1", "√ᾱ_[t−1] x̂_0 + … ε̂ = {signal} · {p1} + {kept} · ε̂ = {p2}"
)

_ANATOMIES = {
    "ode": Anatomy((_SCORE_HALF, _rescale(1)), _ode),
    "ddpm": Anatomy((_SCORE, _NOISE, _rescale(2)), _ddpm),
    "ode-accelerated": Anatomy(
        (
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
            _rescale(3),
        ),
        _ode_accelerated,
    ),
    "ddpm-accelerated": Anatomy(
        (
            Part(
                "half of the noise", "Y⁺ = Y_t + √(β_t/2) Z_t = {y} + {root_half_beta} · {z} = {p1}"
            ),
            Part("follow the score there", "Y⁺ + β_t s_t(Y⁺) = {p1} + {beta} · s_t(Y⁺) = {p2}"),
            Part("the other half", "… + √(β_t/2) Z⁺_t = {p2} + {root_half_beta} · {z2} = {p3}"),
            _rescale(3),
        ),
        _ddpm_accelerated,
    ),
    "ode-taylor": Anatomy(
        (
            _SCORE_HALF,
            Part(
                "bend by the curvature", "… − (β_t²/8)(∇tr H + H s) = {p1} − {eighth} · (…) = {p2}"
            ),
            _rescale(2),
        ),
        _ode_taylor,
    ),
    "ddpm-covariance": Anatomy(
        (
            _SCORE,
            Part(
                "add shaped noise", "… + √β_t (I + (β_t/2) H) Z_t = {p1} + {root_beta} · (…) = {p2}"
            ),
            _rescale(2),
        ),
        _ddpm_covariance,
    ),
    "heun": Anatomy(
        (
            Part("Euler step", "from σ = {sigma} to {sigma_ahead} along ε̂(Y_t): {p1}"),
            Part("average with the slope there", "half of ε̂(Y_t), half of ε̂ at {p1}: {p2}"),
        ),
        _heun,
    ),
    "dpmpp-2m": Anatomy(
        (
            Part("predict the data", "x̂_0 = (Y_t + (1 − ᾱ_t) s_t)/√ᾱ_t = {p1}"),
            Part("extrapolate it", "D = x̂_0 + {half_ratio} · (x̂_0 − the one before) = {p2}"),
            Part("move towards it", "{ratio} · {y} + {gain} · {p2} = {p3}"),
        ),
        _dpmpp_2m,
    ),
}


def anatomy(experiment: Experiment) -> Anatomy:
    """The parts of this experiment's sampler."""
    if experiment.sampler != "ddim":
        return _ANATOMIES[experiment.sampler]
    fresh = (
        (Part("fresh noise", "… + ν_t Z_t = {p2} + {sigma} · {z} = {p3}"),)
        if experiment.eta > 0
        else ()
    )
    return Anatomy((_DATA, _AGAIN, *fresh), _ddim(experiment.eta))


@dataclass(frozen=True, eq=False)
class Step:
    """Y_t (n, d); for the first m particles the score there (m, d), and for t > 1 where each part
    of the update to t - 1 ends, (S, m, d), the normals it drew, (m, d) each, and its scalars."""

    t: int
    y: Array
    score: Array
    ends: Array | None
    noise: tuple[Array, ...]
    scalars: Scalars


def trace(experiment: Experiment, particles: int, followed: int) -> Iterator[Step]:
    """The run of ``laws.particles.simulate``, the same particles from the same seed, in parts."""
    check_particles(experiment, particles)
    rng = np.random.default_rng(experiment.seed)
    chain, sampler = experiment.chain, experiment.record
    score = experiment.score
    ends = anatomy(experiment).ends
    y = start_points(experiment, particles, rng)
    carry: Carry = None
    for t in range(chain.steps, 1, -1):
        noise: list[Array] = []

        def normal(shape: tuple[int, ...], drawn: list[Array] = noise) -> Array:
            z = rng.standard_normal(shape)
            drawn.append(z[:followed])
            return z

        known = None if carry is None else (carry[0][:followed], carry[1])
        after, carry = advance(sampler, y, t, chain, score, normal, carry)
        few = y[:followed]
        s = score(t, few)
        points, scalars = ends(few, s, t, chain, score, noise, known)
        yield Step(t, y, s, np.stack(points), tuple(noise), scalars)
        y = after
    yield Step(1, y, score(1, y[:followed]), None, (), {})
