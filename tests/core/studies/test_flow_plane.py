"""Flow matching in the plane against the line, quadrature and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError, measure
from diffusion_core.distances.from_particles import estimate
from diffusion_core.schedules import CLEAN
from diffusion_core.studies import flow_matching as line
from diffusion_core.studies.flow_plane import (
    NORMAL,
    PlanePath,
    crossing,
    particle_distance,
    straightness,
)
from diffusion_core.targets import Boxes
from diffusion_core.targets.gallery import ellipse, line_mixture, plane_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture

LINES = (
    line.StraightPath(
        line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.4)),
        line_mixture((0.6, 0.4), (-0.5, 1.2), (0.5, 0.3)),
    ),
    line.StraightPath(
        line_mixture((0.5, 0.2, 0.3), (-1.5, 0.2, 1.0), (0.4, 0.2, 0.5)),
        line_mixture((1.0,), (0.3,), (0.8,)),
    ),
)


def product(first: GaussianMixture, second: GaussianMixture) -> GaussianMixture:
    """The law in the plane whose coordinates are independent and have these laws."""
    pairs = [(i, j) for i in range(len(first.weights)) for j in range(len(second.weights))]
    weights = [first.weights[i] * second.weights[j] for i, j in pairs]
    return GaussianMixture(
        tuple(w / math.fsum(weights) for w in weights),
        tuple((first.means[i][0], second.means[j][0]) for i, j in pairs),
        tuple(
            ((first.covariances[i][0][0], 0.0), (0.0, second.covariances[j][0][0]))
            for i, j in pairs
        ),
    )


PRODUCT = PlanePath(
    product(LINES[0].target, LINES[1].target),  # type: ignore[arg-type]
    product(LINES[0].source, LINES[1].source),  # type: ignore[arg-type]
)
SKEW = PlanePath(
    GaussianMixture(
        (0.3, 0.7), ((-1.0, 0.5), (0.8, -0.2)), (ellipse(0.6, 0.2, 0.7), ellipse(0.5, 0.3, -0.4))
    ),
    GaussianMixture((0.6, 0.4), ((0.5, -1.0), (-0.7, 1.0)), (ellipse(0.9, 0.4, 0.3),) * 2),
)
X = np.random.default_rng(5).normal(size=(60, 2))


@pytest.mark.parametrize("u", [0.0, 0.3, 0.8, 1.0])
def test_independent_coordinates_have_the_velocities_of_the_line(u: float) -> None:
    alone = np.stack([path.velocity(u, X[:, i]) for i, path in enumerate(LINES)], axis=1)
    np.testing.assert_allclose(PRODUCT.velocity(u, X), alone, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", line.METHODS)
def test_independent_coordinates_go_where_they_go_on_the_line(method: str) -> None:
    alone = np.stack([p.carried(method, 7, X[:, i]) for i, p in enumerate(LINES)], axis=1)
    np.testing.assert_allclose(PRODUCT.carried(method, 7, X), alone, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("u", [0.2, 0.5, 0.9])
def test_the_velocity_is_the_conditional_mean_by_quadrature(u: float) -> None:
    """Over X_1 = b of the plane, with X_0 = (x - u b)/(1 - u)."""
    side = np.linspace(-5.0, 5.0, 801)
    b = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    for x in X[:3]:
        a = (x - u * b) / (1 - u)
        log = SKEW.target.marginal(CLEAN).log_density(b)
        log = log + SKEW.source.marginal(CLEAN).log_density(a)
        weight = np.exp(log - log.max())
        mean = weight @ (b - a) / weight.sum()
        np.testing.assert_allclose(SKEW.velocity(u, x[None])[0], mean, rtol=1e-7, atol=1e-7)


def test_the_velocity_does_not_depend_on_how_points_are_cut_into_blocks() -> None:
    many = np.tile(X, (2000, 1))
    np.testing.assert_allclose(
        SKEW.velocity(0.4, many), np.tile(SKEW.velocity(0.4, X), (2000, 1)), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("u", [0.0, 0.1, 0.7])
def test_boxes_have_by_tweedie_the_velocity_of_their_quadrature(u: float) -> None:
    """From N(0, I) to the uniform law on two boxes, coordinates integrated by the midpoint rule."""
    boxes = Boxes((0.4, 0.6), ((-1.5, -1.0), (0.2, 0.1)), ((-0.5, 0.5), (1.0, 1.3)))
    path = PlanePath(boxes)
    for x in X[:3]:
        top = bottom = 0.0
        for weight, lower, upper in zip(boxes.weights, boxes.lows, boxes.highs, strict=True):
            cells = (np.arange(800) + 0.5) / 800
            b = np.array(lower) + cells[:, None] * (np.array(upper) - np.array(lower))
            kernel = np.exp(-0.5 * ((x - u * b) / (1 - u)) ** 2).mean(axis=0)
            first = (np.exp(-0.5 * ((x - u * b) / (1 - u)) ** 2) * b).mean(axis=0)
            top = top + weight * first * kernel[::-1]
            bottom = bottom + weight * kernel.prod()
        mean = (top / bottom - x) / (1 - u)
        np.testing.assert_allclose(path.velocity(u, x[None])[0], mean, rtol=2e-5, atol=2e-5)


def test_tweedie_and_pairs_give_one_velocity() -> None:
    path = PlanePath(SKEW.target)
    for u in (0.05, 0.5, 0.95):
        np.testing.assert_allclose(
            path.velocity(u, X), path._by_tweedie(u, X), rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("steps", [1, 2, 8])
def test_the_distance_lies_between_those_of_its_coordinates_on_the_line(
    seed: int, steps: int
) -> None:
    """max TV_i <= TV <= 1 - prod (1 - TV_i) <= sum TV_i for independent coordinates, exact TV_i."""
    found = particle_distance(PRODUCT, "euler", steps, seed=seed)
    alone = [line.flow_distance(path, "euler", steps).value for path in LINES]
    assert found.value + found.error > max(alone)
    assert found.value - found.error < 1 - (1 - alone[0]) * (1 - alone[1])
    end = PRODUCT.carried("euler", steps, PRODUCT.start(20_000, seed))
    for i, path in enumerate(LINES):
        rng = np.random.default_rng([seed, 1])
        seen = estimate("tv", end[:, i : i + 1], path.target.sample, rng)
        assert abs(seen.value - alone[i]) < seen.error


@pytest.mark.parametrize("metric", ["tv", "sw2"])
def test_a_sampler_that_is_perfect_is_seen_at_the_floor(metric: str) -> None:
    found = particle_distance(PRODUCT, "midpoint", 128, metric, 10_000, 3)
    assert found.value < 2 * found.noise_floor < 0.2
    coarse = particle_distance(PRODUCT, "euler", 1, metric, 10_000, 3)
    assert coarse.value - coarse.error > found.value


def test_from_noise_the_error_is_that_of_measure() -> None:
    """The same estimator on the same points, as ``measure`` gives it."""
    run = Experiment(target=SKEW.target, seed=4)
    path = PlanePath(SKEW.target)
    end = path.carried("heun", 5, path.start(5000, 4))
    known = measure(run, "tv", "particles", against="data", points=end)
    found = particle_distance(path, "heun", 5, particles=5000, seed=4)
    assert (found.value, found.error) == (known.value, known.error)


def test_the_seed_is_all_that_changes_an_estimate() -> None:
    one, two, other = (
        particle_distance(PRODUCT, "euler", 4, particles=1000, seed=s) for s in (7, 7, 8)
    )
    assert one == two != other


def test_the_straightness_of_independent_coordinates_adds_up() -> None:
    parts = [line.straightness(path) for path in LINES]
    found = straightness(PRODUCT, 4000)
    exact = sum(p.value for p in parts)
    assert abs(found.value - exact) < found.error + sum(p.error for p in parts)
    assert found.error < 0.2 * found.value


def test_between_two_gaussians_the_straightness_is_known() -> None:
    """N(0, I) to N(m, I): Z_u = u m + S z, so S = 2 int (dS/du)^2 du = 4 - pi."""
    found = straightness(PlanePath(plane_mixture(((3.0, -1.0),), (ellipse(1.0, 1.0, 0.0),))), 4000)
    assert abs(found.value - (4 - math.pi)) < found.error < 0.1


def test_lines_of_independent_coordinates_do_not_cross() -> None:
    found = crossing(PRODUCT, "midpoint", 32)
    assert found.value == 0
    assert found.error == 3 / 2000


def test_lines_cross_where_a_map_turns_its_surroundings_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F(z) = -z for z_1 > 0, z else: half of N(0, I), and neighbours meet at u = 1/2."""

    def turned(self: PlanePath, method: str, steps: int, x: np.ndarray, stop: object) -> np.ndarray:
        return np.where(x[:, :1] > 0, -x, x)

    monkeypatch.setattr(PlanePath, "carried", turned)
    found = crossing(PlanePath(NORMAL), "midpoint", 32, particles=4000)
    assert abs(found.value - 0.5) < found.error < 0.03


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PlanePath(LINES[0].target), "target: must be a law of the plane with a density"),
        (lambda: PlanePath(PRESETS["atoms-2d"].target), "target: must be a law of the plane"),
        (lambda: PlanePath(SKEW.target, PRESETS["uniform-square"].target), "source: the velocity"),
        (lambda: PlanePath(PRESETS["uniform-square"].target, SKEW.source), "target: the velocity"),
        (
            lambda: PlanePath(plane_mixture(((0.0, 0.0),), (ellipse(1.0, 1e-5, 0.3),))),
            "target: components must be at most 10,000 times as long as thick",
        ),
        (
            lambda: PlanePath(PRESETS["uniform-square"].target).carried("heun", 4, X),
            "method: heun asks for the velocity at u = 1",
        ),
        (lambda: PRODUCT.carried("rk4", 4, X), "method: one of euler, midpoint, heun, got 'rk4'"),
        (lambda: PRODUCT.carried("euler", 0, X), "steps"),
        (lambda: PRODUCT.start(99, 0), "particles"),
        (lambda: particle_distance(PRODUCT, "euler", 4, "l2"), "metric: one of tv, kl"),
    ],
)
def test_what_has_no_closed_form_is_refused(make: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()  # type: ignore[operator]
