"""w_t and v_t regressed from samples: nodes, minimisers, what they come to, and how they run."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError, Refused, measure
from diffusion_core.laws.plane.jacobian_flow import flow
from diffusion_core.samplers import SAMPLERS, advance
from diffusion_core.schedules import CLEAN
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.learned import EXTRAS, Learned
from diffusion_core.scores.regressed import Regressed, noise_nodes
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score, eps_v, eps_w
from diffusion_core.targets import GaussianMixture

SMALL = Learned(15, 6, 0.7, 0.01, seed=3, extra="regressed")
LINE = Experiment(preset="three-modes", steps=20)
PLANE = LINE.with_(target=PRESETS["two-moons"].target, preset="two-moons")
RUNS = pytest.mark.parametrize("run", [LINE, PLANE], ids=["line", "plane"])


def normal_rule(dim: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    z, w = np.polynomial.hermite_e.hermegauss(count)
    nodes = np.stack([a.ravel() for a in np.meshgrid(*[z] * dim)], axis=1)
    return nodes, np.prod(np.meshgrid(*[w / w.sum()] * dim), axis=0).ravel()


def regressed(run: Experiment, error: Learned = SMALL) -> Regressed:
    made = error.score(ExactScore(run.target, run.chain))
    assert isinstance(made, Regressed)
    return made


# ---- the expectations over the noise


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("tau", [1e-4, 0.05, 0.6])
def test_nodes_integrate_products_of_four_bumps_and_the_moments_of_the_noise(dim, tau):
    rng = np.random.default_rng(5)
    v, length = rng.standard_normal((12, dim)), max(0.2, tau)
    centre = v[3] + 0.4 * length
    nodes = noise_nodes(v, tau, length)
    assert nodes.weight.sum() == pytest.approx(1, abs=1e-12)

    def four(u: np.ndarray) -> np.ndarray:
        return np.exp(-2 * np.square((u - centre) / length).sum(axis=-1))

    z, share = normal_rule(dim, 100)
    f = four(v + tau * z[:, None, :]).mean(axis=1) * share
    at = nodes.weight * four(nodes.u)
    scale = 1e-8 * f.sum()
    assert at.sum() == pytest.approx(f.sum(), abs=scale)
    np.testing.assert_allclose(at @ nodes.first, f @ z, atol=scale)
    pairs = np.einsum("n,nk,nm->km", f, z, z)
    np.testing.assert_allclose(np.einsum("n,nkm->km", at, nodes.second), pairs, atol=3 * scale)
    cubes = f @ (np.square(z).sum(axis=1, keepdims=True) * z)
    np.testing.assert_allclose(at @ nodes.third, cubes, atol=9 * scale)


def test_a_grid_is_taken_where_it_is_shorter_and_a_rule_around_every_sample_elsewhere():
    v = np.random.default_rng(5).standard_normal((500, 1))
    assert len(noise_nodes(v, 1.0, 1.0).u) < 100
    assert len(noise_nodes(v, 1e-4, 0.3).u) == 6 * 500


# ---- the minimisers


def by_least_squares(run: Experiment, t: int, score: Regressed) -> tuple[np.ndarray, np.ndarray]:
    """The bumps' and affine weights of (26) and (32) by Gauss-Hermite, in the units of x."""
    fit, chain, d = score.learned.fit(t), run.chain, run.target.dim
    sigma, n = math.sqrt(chain.var[t]), len(score.learned.data)
    w, share = normal_rule(d, 80 if d == 1 else 60)
    x = (math.sqrt(chain.abar[t]) * score.learned.data + sigma * w[:, None, :]).reshape(-1, d)
    w, root = np.repeat(w, n, axis=0), np.sqrt(np.repeat(share, n) / n)[:, None]
    s = score.plain(t, x)
    square, outer = (w**2).sum(axis=1, keepdims=True), w[:, :, None] * w[:, None, :]
    target_w = square * (w / sigma + s) + np.einsum("nij,nj->ni", outer, s)
    known_w = sigma**2 * (s**2).sum(axis=1, keepdims=True) * s - s
    known_v = np.eye(d) + sigma**2 * s[:, :, None] * s[:, None, :]
    u, bumps = fit.standard(x), fit.model.bumps
    phi = np.concatenate([np.ones((len(u), 1)), u, bumps.values(u)], axis=1)
    trace = ((root * phi[:, 1 + d :]) ** 2).sum()
    penalty = np.sqrt(score.learned.description.ridge / n * trace) * np.eye(phi.shape[1])[1 + d :]
    found = []
    for rest in (known_w - target_w, (outer - known_v).reshape(len(x), -1)):
        rows = np.concatenate([root * phi, penalty])
        right = np.concatenate([root * rest / sigma**2, np.zeros((len(penalty), rest.shape[1]))])
        found.append(np.linalg.lstsq(rows, right, rcond=None)[0])
    return found[0], found[1]


@RUNS
@pytest.mark.parametrize("extra", ["regressed", "regressed-only"])
def test_w_and_v_are_the_least_squares_of_26_and_32(run, extra):
    score = regressed(run, replace(SMALL, extra=extra))
    x = np.random.default_rng(0).normal(size=(9, run.target.dim))
    for t in (9, 14, 20):
        k, h = by_least_squares(run, t, score)
        fit = score.learned.fit(t)
        u = fit.standard(x)
        phi = np.concatenate([np.ones((len(u), 1)), u, fit.model.bumps.values(u)], axis=1)
        jacobian = score.jacobian(t, x)
        scale = 1e-5 * np.abs(jacobian).max()
        np.testing.assert_allclose(jacobian.reshape(len(x), -1), phi @ h, atol=scale)
        bent = score.trace_gradient(t, x) + np.einsum("nij,nj->ni", jacobian, score(t, x))
        np.testing.assert_allclose(bent, phi @ k, atol=1e-5 * np.abs(bent).max())


# ---- what they come to


def moments(run: Experiment, t: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """E W, E W^2 and E W^3 given X_t = x on the line, by sums over X_0 of its own."""
    chain, x0 = run.chain, np.linspace(-4, 4, 8001)
    p = np.zeros(len(x0))
    of = run.target
    for weight, mean, covariance in zip(of.weights, of.means, of.covariances, strict=True):
        scale = math.sqrt(covariance[0][0])
        p += weight / scale * np.exp(-0.5 * ((x0 - mean[0]) / scale) ** 2)
    w = (x - math.sqrt(chain.abar[t]) * x0) / math.sqrt(chain.var[t])
    mass = p * np.exp(-0.5 * w**2)
    mass /= mass.sum(axis=1, keepdims=True)
    one, two, three = ((mass * w**power).sum(axis=1) for power in (1, 2, 3))
    return one, two, three


def true_w_and_v(run: Experiment, t: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """w_t(x) and v_t(x, 1) by their definitions: the conditional means that (26) and (32) ask."""
    sigma = math.sqrt(run.chain.var[t])
    one, two, three = moments(run, t, x)
    s = -one / sigma
    return three / sigma + 2 * two * s, two


def given_w_and_v(run: Experiment, score, t: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the updates (27b) and (33b) are given, read off one step on the line."""
    b, var = run.chain.beta[t], run.chain.var[t]
    s = score(t, x)[:, 0]
    root, z = math.sqrt(run.chain.alpha[t]), np.ones_like(x)
    moved = advance(SAMPLERS["ode-taylor"], x, t, run.chain, score, np.zeros)[0][:, 0] * root
    weight = b / 2 + b**2 / (8 * var) - b**2 / 8 * s**2
    w = (moved - x[:, 0] - weight * s) / (b**2 / (8 * var))
    drift, shaken = (
        advance(SAMPLERS["ddpm-covariance"], x, t, run.chain, score, of)[0][:, 0] * root
        for of in (np.zeros, lambda shape: z)
    )
    v = ((shaken - drift) / math.sqrt(b) - 1) * 2 * var / b + 1 + var * s**2
    return w, v


def errors(run: Experiment, score, t: int) -> tuple[float, float]:
    """E^{1/2} |w - w_t|^2 and E^{1/2} |v - v_t|^2, by the trapezoid rule."""
    x = np.linspace(-7, 7, 281)[:, None]
    p = np.exp(run.with_(score_error=None).score.marginal(t).log_density(x))
    pairs = zip(given_w_and_v(run, score, t, x), true_w_and_v(run, t, x), strict=True)
    w, v = (float(np.sqrt(p @ (a - b) ** 2 / p.sum())) for a, b in pairs)
    return w, v


def test_exact_derivatives_are_w_and_v_by_their_definitions():
    for t in (10, 16):
        assert max(errors(LINE, LINE.score, t)) < 1e-5


def test_many_samples_and_features_come_to_the_exact_w_and_v():
    """The data are the target's quantiles, so that chance is out and only the features count."""
    edges, found = np.linspace(-4, 4, 80_001), []
    density = np.exp(LINE.target.marginal(CLEAN).log_density(edges[:, None]))
    mass = np.cumsum(density) / density.sum()
    data = np.interp((np.arange(5000) + 0.5) / 5000, mass, edges)[:, None]
    norm = true_w_and_v(LINE, 10, np.linspace(-2, 2, 41)[:, None])
    for features, length, ridge in ((10, 0.6, 1e-3), (60, 0.3, 1e-6), (300, 0.15, 1e-9)):
        error = Learned(5000, features, length, ridge, extra="regressed-only")
        score = regressed(LINE, error)
        score.learned.data = data
        found.append(errors(LINE, score, 10))
    for kind, size in enumerate(norm):
        one, two, three = (e[kind] / float(np.sqrt(np.mean(size**2))) for e in found)
        assert one > 2.5 * two > 6 * three
        assert three < 0.02


def test_more_samples_bring_both_nearer_with_a_learned_score_too():
    for extra in ("regressed", "regressed-only"):
        runs = [
            [LINE.with_(score_error=Learned(n, seed=s, extra=extra)) for s in range(3)]
            for n in (50, 400, 3200)
        ]
        found = [np.mean([errors(e, e.score, 10) for e in row], axis=0) for row in runs]
        assert all((after < 0.85 * before).all() for before, after in pairwise(found))


@pytest.mark.parametrize("extra", EXTRAS)
def test_eps_w_and_eps_v_are_means_over_t_of_the_errors_of_the_updates(extra):
    run = LINE.with_(steps=8, score_error=replace(SMALL, extra=extra))
    by_hand = np.array([errors(run, run.score, t) for t in range(3, 9)])
    w, v = eps_w(run), eps_v(run)
    np.testing.assert_allclose(w.per_t[2:], by_hand[:, 0], rtol=2e-3)
    np.testing.assert_allclose(v.per_t[2:], by_hand[:, 1], rtol=2e-3)
    for size in (w, v):
        assert size.value == pytest.approx(math.sqrt(np.mean(size.per_t**2)), rel=1e-12)
        assert size.error < 1e-6 * size.value
    exact = run.with_(score_error=None)
    assert eps_w(exact).value == eps_v(exact).value == 0


# ---- how they run


@RUNS
def test_the_updates_are_27b_and_33b_as_printed(run):
    score, chain, d = regressed(run), run.chain, run.target.dim
    x, z = np.random.default_rng(1).normal(size=(2, 7, d))
    for t in (4, 15):
        b, var, alpha = chain.beta[t], chain.var[t], chain.alpha[t]
        s, h = score(t, x), score.jacobian(t, x)
        square = (s**2).sum(axis=1, keepdims=True)
        k = score.trace_gradient(t, x) + np.einsum("nij,nj->ni", h, s)
        w = var * square * s - s - var * k
        moved = x + (b / 2 + b**2 / (8 * var) - b**2 / 8 * square) * s + b**2 / (8 * var) * w
        found, _ = advance(SAMPLERS["ode-taylor"], x, t, chain, score, np.zeros)
        np.testing.assert_allclose(found, moved / math.sqrt(alpha), rtol=1e-10, atol=1e-10)
        along = (s * z).sum(axis=1, keepdims=True) * s
        v = z + var * (np.einsum("nij,nj->ni", h, z) + along)
        noise = z - b / (2 * var) * (z + var * along - v)
        printed = (x + b * s) / math.sqrt(alpha) + math.sqrt(1 / alpha - 1) * noise
        found, _ = advance(SAMPLERS["ddpm-covariance"], x, t, chain, score, lambda shape: z)
        np.testing.assert_allclose(found, printed, rtol=1e-10, atol=1e-10)


def test_the_score_itself_is_the_learned_one_or_with_only_w_and_v_regressed_the_exact_one():
    x = np.linspace(-2, 2, 9)[:, None]
    learned, both, only = (
        LINE.with_(score_error=replace(SMALL, extra=extra)).score for extra in EXTRAS
    )
    np.testing.assert_array_equal(both(4, x), learned(4, x))
    np.testing.assert_array_equal(only(4, x), LINE.score(4, x))
    assert np.abs(both.jacobian(4, x) - learned.jacobian(4, x)).max() > 1e-3


def test_errors_of_the_score_and_its_jacobian_do_not_know_of_w_and_v():
    runs = [LINE.with_(steps=5, score_error=replace(SMALL, extra=extra)) for extra in EXTRAS]
    for size in (eps_score, eps_jacobi):
        learned, both, only = (size(e).value for e in runs)
        assert both == learned > 0
        assert only == 0


@pytest.mark.parametrize("sampler", ["ode-taylor", "ddpm-covariance"])
def test_the_exact_law_on_the_line_is_that_of_particles(sampler):
    run = LINE.with_(sampler=sampler, score_error=replace(SMALL, samples=200, features=30))
    for metric in ("w1", "tv"):
        exact = measure(run, metric)
        sampled = measure(run, metric, "particles", 100_000)
        assert exact.value == pytest.approx(sampled.value, abs=4 * sampled.error + 0.01)
        derived = run.with_(score_error=replace(run.score_error, extra="derivatives"))
        assert abs(measure(derived, metric).value - exact.value) > 2 * exact.error


@pytest.mark.parametrize("extra", ["regressed", "regressed-only"])
def test_the_map_in_the_plane_has_the_determinant_of_its_own_derivative(extra):
    run = PLANE.with_(steps=8, sampler="ode-taylor", score_error=replace(SMALL, extra=extra))
    x = np.array([[0.3, -0.2], [1.0, 0.5], [-0.7, 0.1]])

    def image(start: np.ndarray):
        last = list(flow(run.record, run.chain, run.score, start, lambda t: 0.1, lambda: None))
        return last[-1][1]

    h = 1e-5
    along = [(image(x + step).y - image(x - step).y) / (2 * h) for step in h * np.eye(2)]
    det = along[0][:, 0] * along[1][:, 1] - along[0][:, 1] * along[1][:, 0]
    found = image(x)
    np.testing.assert_allclose(found.sign * np.exp(found.log_det), det, rtol=1e-4)


# ---- its description


def test_a_link_from_before_means_what_it_did_and_stays_as_short():
    old = LINE.to_dict() | {"score_error": {"kind": "learned", "samples": 50, "seed": 4}}
    read = Experiment.from_dict(old)
    assert read.score_error == Learned(50, seed=4, extra="derivatives")
    assert set(read.to_dict()["score_error"]) == {
        *("kind", "samples", "features", "length", "ridge", "seed")
    }


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_survives_json(extra):
    run = PLANE.with_(score_error=replace(SMALL, extra=extra))
    assert Experiment.from_json(run.to_json()) == run
    assert ("extra" in run.to_json()) == (extra != "derivatives")


@pytest.mark.parametrize("value", ["exact", "", 1, None, ["regressed"]])
def test_another_extra_is_refused_in_one_sentence(value):
    described = LINE.to_dict() | {"score_error": {"kind": "learned", "extra": value}}
    with pytest.raises(InputError, match=r"score_error\.extra") as refusal:
        Experiment.from_dict(described)
    assert "\n" not in str(refusal.value)


def test_beyond_the_plane_it_is_refused_before_any_work():
    target = GaussianMixture((1.0,), ((0.0,) * 3,), (tuple(map(tuple, np.eye(3).tolist())),))
    run = LINE.with_(target=target, score_error=SMALL)
    with pytest.raises(Refused, match="at most 2 dimensions, not in 3; use derivatives"):
        measure(run, "sw2", "particles", 1000)
