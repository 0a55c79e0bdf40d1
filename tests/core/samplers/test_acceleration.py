"""The seed paper's accelerated samplers, literally, against the samplers that run in their name."""

from __future__ import annotations

import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core.samplers.acceleration import v_t, w_t
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import Linear, Theory
from diffusion_core.targets import GaussianMixture, Points


def mixture(dim: int) -> GaussianMixture:
    """Three Gaussians that lie and lean anyhow."""
    rng = np.random.default_rng(dim)
    roots = 0.6 * rng.standard_normal((3, dim, dim))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.05 * np.eye(dim)
    return GaussianMixture(
        (0.2, 0.5, 0.3),
        tuple(map(tuple, 1.5 * rng.standard_normal((3, dim)))),
        tuple(tuple(map(tuple, (c + c.T) / 2)) for c in covariances),
    )


def gaussian_moments(target, abar: float, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """E W, E W W^T and E |W|^2 W given X_t = x, from each component's Gaussian law of W and X_t.

    X_t | k has covariance S = abar C + v I and Cov(W, X_t) = sqrt(v) I.
    """
    v, d = 1 - abar, len(x)
    weight, first, second, third = [], [], [], []
    for w, m, c in zip(target.weights, target.means, target.covariances, strict=True):
        S = abar * np.array(c) + v * np.eye(d)
        off = np.linalg.solve(S, x - np.sqrt(abar) * np.array(m))
        mean, cov = np.sqrt(v) * off, np.eye(d) - v * np.linalg.inv(S)
        weight.append(np.log(w) - 0.5 * ((x - np.sqrt(abar) * np.array(m)) @ off))
        weight[-1] -= 0.5 * np.linalg.slogdet(S)[1]
        first.append(mean)
        second.append(cov + np.outer(mean, mean))
        third.append((np.trace(cov) + mean @ mean) * mean + 2 * cov @ mean)
    share = np.exp(np.array(weight) - max(weight))
    share /= share.sum()
    return tuple(np.tensordot(share, np.array(part), 1) for part in (first, second, third))


def paper_functions(moments, var: float, z: np.ndarray) -> tuple[np.ndarray, ...]:
    """s_t, w_t and v_t as regressions on W: conditional means given X_t."""
    first, second, third = moments
    s = -first / np.sqrt(var)
    w = third / np.sqrt(var) + np.trace(second) * s + second @ s
    return s, w, second @ z


def update_27b(y, b, alpha, var, s, w):
    bracket = b / 2 + b**2 / (8 * var) - b**2 / 8 * (s @ s)
    return (y + bracket * s + b**2 / (8 * var) * w) / np.sqrt(alpha)


def update_33b(y, z, b, alpha, var, s, v):
    shaped = z - b / (2 * var) * (z + var * s * (s @ z) - v)
    return (y + b * s) / np.sqrt(alpha) + np.sqrt(1 / alpha - 1) * shaped


@pytest.mark.parametrize("schedule", [Theory(), Linear()])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_papers_updates_are_those_that_run(dim, schedule):
    run = Experiment(mixture(dim), schedule=schedule, steps=20)
    chain, score = run.chain, run.score
    rng = np.random.default_rng(7)
    for t in (2, 9, 15, 20):
        y, z = 1.3 * rng.standard_normal((6, dim)), rng.standard_normal((6, dim))
        b, alpha, var = chain.beta[t], chain.alpha[t], chain.var[t]
        ran = kernel(SAMPLERS["ode-taylor"].stages[0], y, t, chain, score).mean
        shaken = kernel(SAMPLERS["ddpm-covariance"].stages[0], y, t, chain, score).at(z)
        w, v = w_t(t, y, chain, score), v_t(t, y, z, chain, score)
        for i in range(6):
            moments = gaussian_moments(run.target, chain.abar[t], y[i])
            s, literal_w, literal_v = paper_functions(moments, var, z[i])
            scale = max(1.0, np.abs(literal_w).max())
            assert np.abs(w[i] - literal_w).max() < 1e-10 * scale
            assert np.abs(v[i] - literal_v).max() < 1e-11
            # rounding of w_t enters (27b) times b^2 / (8 var), of v_t (33b) times b / (2 var)
            assert np.abs(ran[i] - update_27b(y[i], b, alpha, var, s, literal_w)).max() < 1e-10
            literal = update_33b(y[i], z[i], b, alpha, var, s, literal_v)
            assert np.abs(shaken[i] - literal).max() < 1e-11


def test_atoms_against_plain_averages_over_them():
    """Given X_t = x, W takes one value for each atom."""
    points = ((0.3, -1.0), (1.2, 0.4), (-0.7, 0.9), (0.1, 0.2))
    run = Experiment(Points(points), schedule=Linear(), steps=12)
    chain, t = run.chain, 5
    y, z = np.array([[0.2, 0.1]]), np.array([[0.5, -1.1]])
    noise = (y - np.sqrt(chain.abar[t]) * np.array(points)) / np.sqrt(chain.var[t])
    share = np.exp(-0.5 * (noise**2).sum(axis=1))
    share /= share.sum()
    s = -(share @ noise) / np.sqrt(chain.var[t])
    squares = (noise**2).sum(axis=1)[:, None]
    asked = squares * (noise / np.sqrt(chain.var[t]) + s) + noise * (noise @ s)[:, None]
    assert share @ asked == pytest.approx(w_t(t, y, chain, run.score)[0], rel=1e-11)
    found = share @ (noise * (noise @ z[0])[:, None])
    assert found == pytest.approx(v_t(t, y, z, chain, run.score)[0], rel=1e-12)


def test_a_regression_on_draws_finds_no_better_function():
    """(26) and (32) are minima: the residual is uncorrelated with any function of X_t."""
    run = Experiment(PRESETS["three-modes"].target, schedule=Linear(), steps=10)
    chain, t, n = run.chain, 6, 400_000
    rng = np.random.default_rng(2)
    noise, z = rng.standard_normal((n, 1)), rng.standard_normal((n, 1))
    x = np.sqrt(chain.abar[t]) * run.target.sample(n, rng) + np.sqrt(chain.var[t]) * noise
    s = run.score(t, x)
    left = noise**2 * (noise / np.sqrt(chain.var[t]) + s) + noise**2 * s
    for residual in (
        left - w_t(t, x, chain, run.score),
        noise**2 * z - v_t(t, x, z, chain, run.score),
    ):
        for test in (np.ones_like(x), np.sin(2 * x), x, z * np.cos(x)):
            product = residual * test
            assert abs(product.mean()) < 5 * product.std() / np.sqrt(n)
