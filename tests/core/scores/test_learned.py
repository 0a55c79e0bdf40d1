"""A score learned from samples: the regression, its derivatives, its description, its limits."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import lstsq
from scipy.optimize import minimize

from diffusion_core import Experiment, InputError
from diffusion_core.scores.bumps import Bumps, Model, fitted, solved
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.learned import (
    Empirical,
    Learned,
    empirical_law,
    noise_loss,
    training_points,
)
from diffusion_core.targets import PRESETS, GaussianMixture
from diffusion_core.targets.points import Points

LINE = Experiment(steps=20)
PLANE = Experiment(target=PRESETS["two-moons"].target, steps=20)
TAU = 0.6


def normal_nodes(dim: int, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A Gauss-Hermite rule of that many nodes along each axis for N(0, I)."""
    z, w = np.polynomial.hermite_e.hermegauss(count)
    nodes = np.stack([a.ravel() for a in np.meshgrid(*[z] * dim)], axis=1)
    return nodes, np.prod(np.meshgrid(*[w / w.sum()] * dim), axis=0).ravel()


def regression(bumps: Bumps, v: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the weighted least-squares problem |A theta + B|^2 by Gauss-Hermite."""
    nodes, weights = normal_nodes(v.shape[1])
    u = (v + tau * nodes[:, None, :]).reshape(-1, v.shape[1])
    rows = np.concatenate([np.ones((len(u), 1)), u, bumps.values(u)], axis=1)
    root = np.sqrt(np.repeat(weights, len(v)) / len(v))[:, None]
    return root * rows, root * np.repeat(nodes, len(v), axis=0) / tau


def small(dim: int, seed: int = 3) -> tuple[Bumps, np.ndarray]:
    rng = np.random.default_rng(seed)
    return Bumps(rng.standard_normal((6, dim)), 0.7), rng.standard_normal((15, dim))


@pytest.mark.parametrize("dim", [1, 2])
def test_moments_are_those_of_quadrature_over_the_noise(dim):
    bumps, v = small(dim)
    a, b = regression(bumps, v, TAU)
    np.testing.assert_allclose(bumps.gram(v, TAU), a.T @ a, atol=1e-10)
    np.testing.assert_allclose(bumps.slopes(v, TAU), a.T @ b, atol=1e-10)


@pytest.mark.parametrize("dim", [1, 2])
def test_the_solution_is_that_of_least_squares_on_noised_data(dim):
    bumps, v = small(dim)
    ridge = 1e-3
    a, b = regression(bumps, v, TAU)
    trace = np.trace(bumps.gram(v, TAU)[1 + dim :, 1 + dim :]) / len(v)
    penalty = np.sqrt(ridge * trace) * np.eye(len(bumps.gram(v, TAU)))[1 + dim :]
    stacked = np.concatenate([a, penalty])
    theta = lstsq(stacked, -np.concatenate([b, np.zeros((len(penalty), dim))]))[0]
    model, loss = fitted(bumps, v, TAU, ridge)
    np.testing.assert_allclose(model.theta, theta, rtol=1e-7, atol=1e-9)
    assert loss == pytest.approx(TAU**2 * ((a @ theta + b) ** 2).sum() / dim, rel=1e-9)
    assert loss == pytest.approx(model.loss(v, TAU), rel=1e-12)


def test_a_minimiser_of_the_objective_finds_nothing_better():
    """Bumps, data and noise of its own, by a general optimiser that sees values only."""
    bumps, v = small(1, seed=8)
    a, b = regression(bumps, v, TAU)
    strength = 0.01 * np.trace(bumps.gram(v, TAU)[2:, 2:]) / len(v)

    def objective(theta: np.ndarray) -> float:
        return float(((a @ theta + b[:, 0]) ** 2).sum() + strength * (theta[2:] ** 2).sum())

    model, _ = fitted(bumps, v, TAU, 0.01)
    own = model.theta[:, 0]
    steps = 1e-5 * np.eye(len(own))
    gradient = [(objective(own + s) - objective(own - s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(gradient, 0, atol=1e-8)
    found = minimize(objective, np.zeros(len(own)), tol=1e-9)
    np.testing.assert_allclose(own, found.x, atol=1e-4)


def test_without_a_penalty_two_equal_bumps_share_their_weight():
    bumps, v = small(1)
    twice = Bumps(np.concatenate([bumps.centres, bumps.centres[:1]]), bumps.length)
    model, loss = fitted(twice, v, TAU, 0.0)
    _, single = fitted(bumps, v, TAU, 0.0)
    assert model.theta[2] == pytest.approx(model.theta[-1], rel=1e-3)
    assert loss == pytest.approx(single, rel=1e-8)


def test_a_matrix_that_rounding_made_indefinite_is_still_solved():
    matrix = np.diag([1.0, -1e-18])
    np.testing.assert_allclose(solved(matrix, np.array([2.0, 0.0]), True), [2.0, 0.0])


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_jacobian_and_trace_gradient_against_differences(dim):
    bumps, u = small(dim)
    model = Model(bumps, np.random.default_rng(1).standard_normal((7 + dim, dim)))
    h = 1e-5 * np.eye(dim)
    slopes = np.stack([(model(u + e) - model(u - e)) / 2e-5 for e in h], axis=2)
    np.testing.assert_allclose(model.jacobian(u), slopes, atol=1e-8)

    def trace(x: np.ndarray) -> np.ndarray:
        return np.trace(model.jacobian(x), axis1=1, axis2=2)

    curved = np.stack([(trace(u + e) - trace(u - e)) / 2e-5 for e in h], axis=1)
    np.testing.assert_allclose(model.trace_gradient(u), curved, atol=1e-7)


def test_the_same_description_trains_the_same_model_and_another_seed_another():
    x = np.linspace(-2, 2, 9)[:, None]
    one = Learned(samples=50, features=10)
    values = [e.score(ExactScore(LINE.target, LINE.chain))(3, x) for e in (one, one)]
    np.testing.assert_array_equal(*values)
    other = replace(one, seed=1).score(ExactScore(LINE.target, LINE.chain))(3, x)
    assert np.abs(other - values[0]).max() > 0.01


def test_threads_that_ask_together_get_one_model():
    score = Learned().score(ExactScore(LINE.target, LINE.chain))
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(score.fit(5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("run", [LINE, PLANE], ids=["line", "plane"])
def test_without_bumps_it_is_the_score_of_the_gaussian_with_the_datas_moments(run):
    error = Learned(samples=40, features=0, ridge=0.0)
    x0, x = (
        training_points(error, run.target),
        np.random.default_rng(0).normal(size=(7, run.target.dim)),
    )
    covariance = np.atleast_2d(np.cov(x0.T, bias=True))
    gaussian = GaussianMixture((1.0,), (tuple(x0.mean(axis=0)),), (tuple(map(tuple, covariance)),))
    for t in (1, 10, run.steps + 1):
        exact = ExactScore(gaussian, run.chain)
        learned = error.score(ExactScore(run.target, run.chain))
        np.testing.assert_allclose(learned(t, x), exact(t, x), rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(
            learned.jacobian(t, x), exact.jacobian(t, x), rtol=1e-8, atol=1e-8
        )
        np.testing.assert_array_equal(learned.trace_gradient(t, x), 0 * x)


@pytest.mark.parametrize("run", [LINE, PLANE], ids=["line", "plane"])
def test_the_empirical_score_is_the_exact_one_of_the_training_set(run):
    error, x = (
        Empirical(samples=30, seed=4),
        np.random.default_rng(0).normal(size=(7, run.target.dim)),
    )
    points = training_points(error, run.target)
    assert points.shape == (30, run.target.dim)
    law = Points(tuple(map(tuple, points.tolist())))
    assert empirical_law(error, run.target) == law
    score, exact = run.with_(score_error=error).score, ExactScore(law, run.chain)
    for t in (1, 7, run.steps + 1):
        np.testing.assert_array_equal(score(t, x), exact(t, x))
        np.testing.assert_array_equal(score.jacobian(t, x), exact.jacobian(t, x))
    np.testing.assert_array_equal(points, training_points(Learned(samples=30, seed=4), run.target))


@pytest.mark.parametrize(
    "error",
    [Learned(), Learned(77, 12, 0.125, 0.0, 9), Empirical(), Empirical(25, 3)],
    ids=repr,
)
def test_a_description_survives_json(error):
    run = PLANE.with_(score_error=error)
    again = Experiment.from_json(run.to_json())
    assert again == run
    assert again.score_error == error
    assert again.score is run.score


@pytest.mark.parametrize("kind", ["learned", "empirical"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("samples", 9),
        ("samples", 5001),
        ("samples", 20.5),
        ("features", 401),
        ("features", -1),
        ("length", 0.001),
        ("ridge", -1e-9),
        ("ridge", "much"),
        ("seed", -1),
        ("seed", True),
        ("layers", 3),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(kind, field, value):
    described = {**LINE.to_dict(), "score_error": {"kind": kind, field: value}}
    with pytest.raises(InputError, match=field) as refusal:
        Experiment.from_dict(described)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("make", [Learned, Empirical])
@pytest.mark.parametrize("samples", [9, 5001, 20.0, True])
def test_the_same_in_python(make, samples):
    with pytest.raises(InputError, match="samples"):
        make(samples=samples)


@pytest.mark.parametrize("run", [LINE, PLANE], ids=["line", "plane"])
def test_training_reports_every_loss_and_its_progress(run):
    score = Learned(samples=60, features=20).score(ExactScore(run.target, run.chain))
    seen: list[tuple[int, int]] = []
    losses = score.train(lambda done, of: seen.append((done, of)), every=5)
    assert seen == [(k, 21) for k in range(1, 22)]
    assert [one.t for one in losses] == [1, 6, 11, 16, 21]
    nodes, weights = normal_nodes(run.target.dim, 30)
    for one in losses:
        level = run.chain.level(one.t)
        x = np.sqrt(level.abar) * score.data + np.sqrt(level.var) * nodes[:, None, :]
        for of, value, rtol in ((score, one.training, 1e-6), (score.exact, one.exact, 2e-3)):
            error = np.sqrt(level.var) * of(one.t, x.reshape(-1, run.target.dim)).reshape(x.shape)
            square = ((error + nodes[:, None, :]) ** 2).mean(axis=(1, 2))
            assert value == pytest.approx(weights @ square, rel=rtol)


def test_the_loss_of_the_exact_score_of_a_gaussian_beyond_the_plane():
    """E |sigma s + Z|^2 / d = 1 - sigma^2 / (abar + sigma^2) for N(0, I) data of exact moments."""
    d = 4
    target = GaussianMixture((1.0,), ((0.0,) * d,), (tuple(map(tuple, np.eye(d))),))
    x0 = 2.0 * np.concatenate([np.eye(d), -np.eye(d)])  # mean 0 and covariance I
    chain = LINE.chain
    for t in (1, 12):
        expected = 1 - chain.var[t]
        assert noise_loss(ExactScore(target, chain), t, x0, chain.level(t)) == pytest.approx(
            expected, rel=1e-12
        )


def error_on_the_line(error: Learned, run: Experiment, times: tuple[int, ...]) -> float:
    """(mean_t E |s_hat_t - s_t|^2)^{1/2} by the trapezoid rule."""
    exact, x = ExactScore(run.target, run.chain), np.linspace(-7, 7, 1401)[:, None]
    learned, squares = error.score(exact), []
    for t in times:
        p = np.exp(exact.marginal(t).log_density(x))
        squares.append(p @ (learned(t, x) - exact(t, x))[:, 0] ** 2 / p.sum())
    return float(np.sqrt(np.mean(squares)))


def test_without_bumps_the_error_on_a_gaussian_falls_like_the_root_of_n():
    """At t = 1, where the noise is nothing: E e^2 = (1/n) (1 + 2)/variance for large n."""
    target = GaussianMixture((1.0,), ((0.5,),), (((0.49,),),))
    run = LINE.with_(target=target, steps=400)
    for n in (200, 3200):
        squares = [error_on_the_line(Learned(n, 0, seed=s), run, (1,)) ** 2 for s in range(60)]
        # each is a sum of two squares, so 60 of them scatter by about a fifth
        assert np.mean(squares) == pytest.approx(3 / 0.49 / n, rel=0.45)


def test_the_learned_score_comes_nearer_to_the_exact_one_with_every_fourfold_n():
    run, sizes = Experiment(), (50, 200, 800)
    errors = [
        np.mean([error_on_the_line(Learned(n, seed=s), run, (5, 35, 65, 95)) for s in range(4)])
        for n in sizes
    ]
    assert all(after < 0.9 * before for before, after in pairwise(errors))
    rate = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert 0.2 < rate < 0.5


def test_few_data_and_no_penalty_fit_noise():
    """The training loss wins against the exact score's on the training set and loses on fresh."""
    for ridge, overfits in ((1e-4, True), (1.0, False)):
        score = Learned(20, ridge=ridge).score(ExactScore(LINE.target, LINE.chain))
        losses = [one for one in score.train(every=1) if one.t in range(2, 12)]
        gap = np.mean([one.fresh - one.fresh_exact for one in losses])
        assert np.mean([one.training - one.exact for one in losses]) < 0 or not overfits
        assert (gap > 0.05) == overfits
