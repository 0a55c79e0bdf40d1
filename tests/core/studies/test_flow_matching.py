"""Flow matching against quadrature, Tweedie's formula, DDIM, rearrangement and particles."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from diffusion_core import PRESETS, InputError, Refused
from diffusion_core.samplers.ddim import ddim
from diffusion_core.samplers.update import unmarked
from diffusion_core.schedules import CLEAN, Custom, NoiseLevel
from diffusion_core.scores.exact import ExactScore
from diffusion_core.studies.flow_matching import (
    METHODS,
    Reflowed,
    StraightPath,
    flow_distance,
    quantiles,
    straightness,
)
from diffusion_core.targets.gallery import line_mixture

TARGET = line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.4))
SOURCE = line_mixture((0.6, 0.4), (-0.5, 1.2), (0.5, 0.3))
NOISE, BETWEEN = StraightPath(TARGET), StraightPath(TARGET, SOURCE)
X = np.linspace(-2.5, 2.5, 41)


@pytest.mark.parametrize("u", [0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("path", [NOISE, BETWEEN], ids=["noise", "mixture"])
def test_the_velocity_is_the_conditional_mean_by_quadrature(path: StraightPath, u: float) -> None:
    """Over X_1 = b, with X_0 = (x - u b)/(1 - u)."""
    b = np.linspace(-6, 6, 20_001)[:, None]
    for x in X[::8]:
        a = (x - u * b) / (1 - u)
        log = path.target.marginal(CLEAN).log_density(b) + path.source.marginal(CLEAN).log_density(
            a
        )
        weight = np.exp(log - log.max())
        mean = float(weight @ (b - a)[:, 0] / weight.sum())
        assert path.velocity(u, np.array([x]))[0] == pytest.approx(mean, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("u", [0.1, 0.5, 0.95])
def test_from_noise_the_velocity_is_tweedies(u: float) -> None:
    scale = math.hypot(u, 1 - u)
    level = NoiseLevel((u / scale) ** 2, ((1 - u) / scale) ** 2)
    score = TARGET.marginal(level).score(X[:, None] / scale)[:, 0]
    np.testing.assert_allclose(
        NOISE.velocity(u, X), (X + (1 - u) / scale * score) / u, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("u", [0.1, 0.5, 0.9])
def test_from_noise_the_flow_is_the_variance_preserving_one(u: float) -> None:
    """x = S y with dy/d(log abar) = (y + s)/2, abar = u^2/S^2."""
    scale = math.hypot(u, 1 - u)
    level = NoiseLevel((u / scale) ** 2, ((1 - u) / scale) ** 2)
    y = X / scale
    score = TARGET.marginal(level).score(y[:, None])[:, 0]
    growth = (2 * u - 1) / scale  # dS/du
    rate = 2 / u - 2 * growth / scale  # d(log abar)/du
    moved = growth * y + scale * rate * (y + score) / 2
    np.testing.assert_allclose(NOISE.velocity(u, X), moved, rtol=1e-9, atol=1e-9)


def test_from_noise_a_step_of_euler_is_one_of_ddim() -> None:
    """On the schedule abar = u^2/S^2 every step is the same, not to an order but exactly."""
    u = np.array([0.05, 0.3, 0.6, 0.9])
    scale = np.hypot(u, 1 - u)
    chain = Custom(tuple(((u / scale) ** 2)[::-1].tolist())).chain(4)
    score, step = ExactScore(TARGET, chain), ddim(0.0)
    for t, k in zip((4, 3, 2), range(3), strict=True):
        y = step((X / scale[k])[:, None], t, chain, score, unmarked)
        moved = METHODS["euler"].step(NOISE.velocity, u[k], u[k + 1] - u[k], X)
        np.testing.assert_allclose(moved, scale[k + 1] * y[:, 0], rtol=1e-9, atol=1e-9)  # type: ignore[index]


@pytest.mark.parametrize("path", [NOISE, BETWEEN], ids=["noise", "mixture"])
def test_the_flow_is_the_increasing_rearrangement(path: StraightPath) -> None:
    shares = np.linspace(0.01, 0.99, 33)
    begin, end = (quantiles(law, shares) for law in (path.source, path.target))
    np.testing.assert_allclose(path.carried("midpoint", 2048, begin), end, atol=3e-5)


@pytest.mark.parametrize("path", [NOISE, BETWEEN], ids=["noise", "mixture"])
@pytest.mark.parametrize("method", METHODS)
def test_measured_order_equals_the_stated_order(method: str, path: StraightPath) -> None:
    coarse, fine = (flow_distance(path, method, steps) for steps in (128, 256))
    order = math.log2(coarse.value / fine.value)
    assert order == pytest.approx(METHODS[method].order, abs=0.08)
    assert coarse.error < 1e-3 * coarse.value


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("steps", [2, 3, 16])
def test_the_distance_is_that_of_a_dense_push_forward(method: str, steps: int) -> None:
    """Masses of 400,000 start cells counted in 4,000 cells, by each cell's middle."""
    edges = np.linspace(-8.0, 8.0, 400_001)
    middle, begin = 0.5 * (edges[1:] + edges[:-1]), SOURCE.marginal(CLEAN).cdf(edges)
    cells = np.linspace(-5.0, 5.0, 4001)
    image = BETWEEN.carried(method, steps, middle)
    counted, _ = np.histogram(image, cells, weights=np.diff(begin))
    mass = np.diff(TARGET.marginal(CLEAN).cdf(cells))
    tv = 0.5 * float(np.abs(counted - mass).sum() + 1 - counted.sum())
    found = flow_distance(BETWEEN, method, steps)
    assert found.value == pytest.approx(tv, abs=2e-3)


def test_particles_agree_with_the_law() -> None:
    n, rng = 200_000, np.random.default_rng(2)
    y = BETWEEN.carried("euler", 6, SOURCE.sample(n, rng)[:, 0])
    cells = quantiles(TARGET, np.linspace(0.05, 0.95, 10))
    shares = np.diff(quantile_shares(cells))
    counted = np.histogram(y, cells)[0] / n
    error = np.sqrt(shares * (1 - shares) / n)
    assert (np.abs(counted - shares) < 5 * error).all()


def quantile_shares(at: np.ndarray) -> np.ndarray:
    """The mass of Euler's law after six steps below the points: where they began, by bisection."""
    low, high = np.full(len(at), -8.0), np.full(len(at), 8.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        past = BETWEEN.carried("euler", 6, middle) > at
        low, high = np.where(past, low, middle), np.where(past, middle, high)
    return SOURCE.marginal(CLEAN).cdf(low)


def test_between_two_gaussians_the_straightness_is_known() -> None:
    """N(0, 1) to N(3, 1): Z_u = 3 u + S z, so S = int (dS/du)^2 du = 2 - pi/2."""
    found = straightness(StraightPath(line_mixture((1.0,), (3.0,), (1.0,))))
    assert found.value == pytest.approx(2 - math.pi / 2, abs=3e-3)
    assert straightness(BETWEEN).error < 1e-2 * straightness(BETWEEN).value


def test_one_reflow_makes_every_path_straight_and_a_second_changes_nothing() -> None:
    once = Reflowed(BETWEEN, "midpoint", 16)
    z = np.linspace(-1.5, 2.0, 15)
    end = once.teacher(z)
    for u in (0.0, 0.3, 0.8):
        np.testing.assert_allclose(
            once.velocity(u, (1 - u) * z + u * end), end - z, rtol=1e-9, atol=1e-9
        )
    for steps in (1, 2, 5):
        x = z
        for k in range(steps):
            x = METHODS["euler"].step(once.velocity, k / steps, 1 / steps, x)
        np.testing.assert_allclose(x, end, rtol=1e-8, atol=1e-8)


def test_a_teacher_that_folds_has_no_straight_pupil() -> None:
    folds = Reflowed(StraightPath(PRESETS["skewed"].target), "midpoint", 2)
    with pytest.raises(Refused, match="the teacher's map folds"):
        folds.velocity(0.5, X)


def test_more_steps_tell_more() -> None:
    values = [flow_distance(BETWEEN, "euler", steps).value for steps in (4, 8, 16, 32)]
    assert all(b < a for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StraightPath(PRESETS["uniform"].target), "target: flow matching has its velocity"),
        (lambda: StraightPath(PRESETS["ring-of-8"].target), "on the line"),
        (lambda: StraightPath(TARGET, PRESETS["atoms"].target), "source: flow matching"),
        (lambda: NOISE.carried("rk4", 4, X), "method: one of euler, midpoint, heun, got 'rk4'"),
        (lambda: NOISE.carried("euler", 0, X), "steps"),
    ],
)
def test_what_has_no_closed_form_is_refused(make: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()  # type: ignore[operator]
