"""How wrong a score is: eps_score and eps_Jacobi of arXiv 2306.09251, in total and at every t.

    eps_score^2 = (1/T) sum_{t=1}^T E_{X ~ p_t} |s_hat_t(X) - s_t(X)|^2,
    eps_Jacobi = (1/T) sum_{t=1}^T E_{X ~ p_t} |J_{s_hat_t}(X) - J_{s_t}(X)|   (spectral norm).

In the same style, since Theorems 2 and 4 know exact w_t and v_t only and name no such number, the
errors of what the accelerated samplers take for these (26), (32):

    eps_w^2 = (1/T) sum_{t=1}^T E_{X ~ p_t} |w_hat_t(X) - w_t(X)|^2,
    eps_v^2 = (1/T) sum_{t=1}^T E_{X ~ p_t, Z ~ N(0, I)} |v_hat_t(X, Z) - v_t(X, Z)|^2.

For any score. The kinds of ``score_errors`` know their own sizes; of others, and of what those do
not know, the expectations are computed: at every t of a short chain, otherwise at some t spread
over the noise levels, interpolated in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.experiment import Experiment
from diffusion_core.monotone_cubic import monotone_cubic
from diffusion_core.samplers.acceleration import v_matrix, w_t
from diffusion_core.schedules import Array, Chain, Index
from diffusion_core.scores.errors import ROUNDING
from diffusion_core.scores.exact import ExactScore, Score, plain_score
from diffusion_core.scores.expectations import CLOSED_FORM, Mean, expectation

EVERY = {1: 200, 2: 64}  # the longest chain, by dimension, at whose every t is looked
SPREAD = {1: 129, 2: 49}  # how many t of a longer one
EVERY_BEYOND, SPREAD_BEYOND = 32, 25
JACOBIANS = 100_000_000  # d^3 times draws, for spectral norms beyond the plane
PART = 4_000_000  # numbers in the largest intermediate array

Stop = Callable[[], None]


@dataclass(frozen=True, eq=False)
class ScoreSize:
    """A size of the error with the most (or the standard error) that it may be wrong by.

    per_t, per_t_error: (T,), for t = 1..T: E^{1/2} |e_t|^2, or E |J_{e_t}|. ``how`` says where the
    numbers come from: "closed form", "quadrature", "Sobol' points" or "Monte Carlo".
    """

    value: float
    error: float
    how: str
    per_t: Array
    per_t_error: Array

    @property
    def stated(self) -> float:
        """The error, 0 where it is rounding only."""
        return self.error if self.error > 1e-12 * self.value else 0.0


def eps_score(experiment: Experiment, stop: Stop = lambda: None) -> ScoreSize:
    """( (1/T) sum_t E |s_hat_t - s_t|^2 )^{1/2}."""
    e, score = experiment, experiment.score
    if e.score_error is None:
        return _closed(np.zeros(e.steps), np.zeros(e.steps))
    known = getattr(score, "size", None)
    if known is not None:
        times = range(1, e.steps + 1)
        per_t = np.array([known(t) for t in times])
        errors = np.array([score.size_error(t) for t in times])  # type: ignore[attr-defined]
        value = math.sqrt(float(np.mean(per_t**2)))
        error = math.sqrt(float(np.mean((per_t + errors) ** 2))) - value + ROUNDING * value
        return ScoreSize(value, error, score.how, per_t, errors)  # type: ignore[attr-defined]
    return _root_mean_square(e, lambda of, t, x: of(t, x), stop)


def eps_w(experiment: Experiment, stop: Stop = lambda: None) -> ScoreSize:
    """( (1/T) sum_t E |w_hat_t - w_t|^2 )^{1/2}, w_hat_t as ``ode-taylor`` is given it."""
    e = experiment
    if e.score_error is None:
        return _closed(np.zeros(e.steps), np.zeros(e.steps))
    return _root_mean_square(e, lambda of, t, x: w_t(t, x, e.chain, of), stop)


def eps_v(experiment: Experiment, stop: Stop = lambda: None) -> ScoreSize:
    """( (1/T) sum_t E |v_hat_t - v_t|^2 )^{1/2}, v_hat_t as ``ddpm-covariance`` is given it.

    v_t(x, z) = V_t(x) z (``v_matrix``): E over Z is the squared Frobenius norm of V_hat_t - V_t.
    """
    e = experiment
    if e.score_error is None:
        return _closed(np.zeros(e.steps), np.zeros(e.steps))

    def matrix(of: Score, t: int, x: Array) -> Array:
        return v_matrix(t, x, e.chain, of).reshape(len(x), -1)

    return _root_mean_square(e, matrix, stop)


def _root_mean_square(
    e: Experiment, of: Callable[[Score, int, Array], Array], stop: Stop
) -> ScoreSize:
    """( (1/T) sum_t E |of(s_hat) - of(s)|^2 )^{1/2}, values (N, K)."""
    score, exact = e.score, ExactScore(e.target, e.chain)

    def square(t: int, x: Array) -> Array:
        return np.square(of(score, t, x) - of(exact, t, x)).sum(axis=1)

    squares, errors, how = _along(e, square, np.arange(1, e.steps + 1), stop)
    mean, doubt = squares.mean(keepdims=True), errors.mean(keepdims=True)
    value, error = float(np.sqrt(mean)[0]), float(_root_error(mean, doubt)[0])
    per_t = np.sqrt(np.maximum(squares, 0.0))
    return ScoreSize(value, error, how, per_t, _root_error(squares, errors))


def eps_jacobi(experiment: Experiment, stop: Stop = lambda: None) -> ScoreSize:
    """(1/T) sum_t E |J_{s_hat_t} - J_{s_t}|, the spectral norm."""
    e, score = experiment, plain_score(experiment.score)
    value, error = np.zeros(e.steps), np.zeros(e.steps)
    if e.score_error is None:
        return _closed(value, error)
    known, unknown = getattr(score, "mean_jacobian", None), []
    for t in range(1, e.steps + 1):
        stop()
        found = known(t) if known is not None else None
        if found is None:
            unknown.append(t)
        else:
            value[t - 1], error[t - 1] = found
    if not unknown:
        return _closed(value, error)
    exact = ExactScore(e.target, e.chain)

    def norm(t: int, x: Array) -> Array:
        return spectral_norm(score.jacobian(t, x) - exact.jacobian(t, x))

    times = np.array(unknown)
    value[times - 1], error[times - 1], how = _along(e, norm, times, stop)
    return ScoreSize(float(value.mean()), float(error.mean()), how, value, error)


def spectral_norm(j: Array) -> Array:
    """The largest singular value of matrices (N, d, d), (N,)."""
    if j.shape[1] == 1:
        return np.abs(j[:, 0, 0])
    if j.shape[1] == 2:
        # the singular values are | |a| +- |b| | of the matrix's rotation and reflection parts
        turn = np.hypot(j[:, 0, 0] + j[:, 1, 1], j[:, 1, 0] - j[:, 0, 1])
        mirror = np.hypot(j[:, 0, 0] - j[:, 1, 1], j[:, 1, 0] + j[:, 0, 1])
        return 0.5 * (turn + mirror)
    return np.asarray(np.linalg.norm(j, ord=2, axis=(1, 2)))


def _closed(value: Array, error: Array) -> ScoreSize:
    return ScoreSize(float(value.mean()), float(error.mean()), CLOSED_FORM, value, error)


def _root_error(square: Array, error: Array) -> Array:
    """The error of a root from that of its square."""
    root = np.sqrt(np.maximum(square, 0.0))
    return np.asarray(error / np.maximum(2 * root, np.sqrt(np.maximum(error, 1e-300))))


def _along(
    e: Experiment, of: Callable[[int, Array], Array], times: Index, stop: Stop
) -> tuple[Array, Array, str]:
    """E of(t, X_t) for every t of ``times``, its error, and how it was found."""
    dim = e.target.dim
    some = times
    if len(times) > EVERY.get(dim, EVERY_BEYOND):
        some = _spread(e.chain, times, SPREAD.get(dim, SPREAD_BEYOND))
    found = []
    for t in some.tolist():
        stop()
        found.append(_one(e, of, t))
    value = np.array([m.value[0] for m in found])
    error = np.array([m.error[0] for m in found])
    how = found[0].how
    if len(some) == len(times):
        return value, error, how
    u, knots = _noise(e.chain, times), _noise(e.chain, some)
    fine = monotone_cubic(knots, value, u)
    coarse = monotone_cubic(knots[::2], value[::2], u)
    return fine, np.interp(u, knots, error) + np.abs(fine - coarse), how


def _one(e: Experiment, of: Callable[[int, Array], Array], t: int) -> Mean:
    dim = e.target.dim
    size = max(1, PART // dim**2)

    def values(x: Array) -> Array:
        return np.concatenate([of(t, x[i : i + size]) for i in range(0, len(x), size)])[None]

    most = 8192 if dim <= 2 else max(64, min(8192, JACOBIANS // dim**3))
    return expectation(e.target, e.chain.level(t), values, e.seed, most)


def _noise(chain: Chain, times: Index) -> Array:
    """log of the noise over the signal, which grows with t."""
    return np.asarray(np.log(chain.var[times]) - np.log(np.maximum(chain.abar[times], 1e-300)))


def _spread(chain: Chain, times: Index, count: int) -> Index:
    """An odd number of t, the first and last among them, evenly over noise levels and over t."""
    u = _noise(chain, times)
    rank = np.arange(len(u)) / (len(u) - 1)
    place = (u - u[0]) / max(u[-1] - u[0], 1e-300) + rank
    chosen = np.unique(np.searchsorted(place, np.linspace(0, place[-1], count)))
    chosen = np.unique(np.minimum(chosen, len(u) - 1))
    if len(chosen) % 2 == 0:
        chosen = np.delete(chosen, len(chosen) // 2)
    return np.asarray(times[chosen])
