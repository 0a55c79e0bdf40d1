"""What every kind of target must do: a new one is taken up by itself."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from diffusion_core import Experiment, measure
from diffusion_core.laws.particles import final_points
from diffusion_core.schedules import NoiseLevel
from tests.core.targets.examples import EXAMPLES

LEVEL = NoiseLevel.of(0.6)
DRAWS = 40_000
LINE = [kind for kind, target in EXAMPLES.items() if target.dim == 1]


def points(kind: str, n: int = 40) -> np.ndarray:
    return EXAMPLES[kind].sample_marginal(n, LEVEL, np.random.default_rng(5))


def slope(of, x: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """The gradient of ``of`` (N, ...) at x (N, d) by differences of sixth order, (N, ..., d)."""
    parts = []
    for axis in np.eye(x.shape[1]) * h:
        first, second, third = ((of(x + k * axis) - of(x - k * axis)) / (2 * h) for k in (1, 2, 3))
        parts.append(1.5 * first - 0.3 * second + third / 30)
    return np.stack(parts, axis=-1)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_score_jacobian_and_trace_gradient_are_derivatives(kind: str) -> None:
    p, x = EXAMPLES[kind].marginal(LEVEL), points(kind)
    close = {"rtol": 1e-8, "atol": 1e-8}
    np.testing.assert_allclose(p.score(x), slope(p.log_density, x), **close)
    np.testing.assert_allclose(p.jacobian(x), slope(p.score, x), **close)
    trace = slope(lambda y: np.trace(p.jacobian(y), axis1=1, axis2=2), x)
    np.testing.assert_allclose(p.trace_gradient(x), trace, **close)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_score_of_draws_has_the_mean_that_stein_says(kind: str) -> None:
    """E s(X) = 0 and E X s(X)^T = -I."""
    target = EXAMPLES[kind]
    x = points(kind, DRAWS)
    s = target.marginal(LEVEL).score(x)
    both = x[:, :, None] * s[:, None, :] + np.eye(target.dim)
    for values in (s, both):
        assert (np.abs(values.mean(axis=0)) < 5 * values.std(axis=0) / math.sqrt(DRAWS)).all()


@pytest.mark.parametrize("kind", LINE)
def test_masses_on_the_line_are_integrals_of_the_density(kind: str) -> None:
    p = EXAMPLES[kind].marginal(LEVEL)
    low, high = np.quantile(points(kind, 1000), [0.01, 0.99])
    edges = np.linspace(low, high, 6)
    found = p.interval_mass(edges)
    truth = [
        quad(lambda y: float(np.exp(p.log_density(np.array([[y]]))[0])), a, b, epsabs=1e-12)[0]
        for a, b in pairwise(edges)
    ]
    np.testing.assert_allclose(found, truth, rtol=1e-8)
    np.testing.assert_allclose(np.diff(p.cdf(edges)), truth, rtol=1e-8)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_facts_of_the_clean_law_fit_its_draws(kind: str) -> None:
    target = EXAMPLES[kind]
    x = target.sample(DRAWS, np.random.default_rng(3))
    size = np.linalg.norm(x, axis=1)
    assert size.max() <= target.support().radius * (1 + 1e-12)
    assert size.mean() - 5 * size.std() / math.sqrt(DRAWS) <= target.first_moment() * (1 + 1e-12)
    low, high = target.bounds
    assert ((x >= low) & (x <= high)).all()
    w = np.random.default_rng(4).standard_normal((5, target.dim))
    waves = np.exp(1j * x @ w.T)
    gap = np.abs(target.characteristic(w) - waves.mean(axis=0))
    assert (gap < 5 * waves.std(axis=0) / math.sqrt(DRAWS) + 1e-12).all()


@pytest.mark.parametrize("kind", LINE)
def test_exact_laws_on_the_line_agree_with_particles(kind: str) -> None:
    run = Experiment(target=EXAMPLES[kind], steps=8)
    for sampler in ("ode", "ddpm"):
        exact = measure(run.with_(sampler=sampler))
        drawn = measure(
            run.with_(sampler=sampler),
            method="particles",
            points=final_points(run.with_(sampler=sampler), DRAWS),
        )
        assert abs(exact.value - drawn.value) <= exact.error + drawn.error
