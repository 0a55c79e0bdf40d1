"""Uniform boxes: truncated normals and interval masses against mpmath, at every extreme."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import numpy as np
import pytest

from diffusion_core.errors import InputError
from diffusion_core.schedules import CLEAN, NoiseLevel
from diffusion_core.targets import PRESETS, Boxes, GaussianMixture
from diffusion_core.targets.boxes import BoxesMarginal
from diffusion_core.targets.grid_boxes import GridMarginal
from diffusion_core.targets.truncated_normal import truncated_normal, uniform_normal_mass

LENGTHS = [1e-12, 0.1, 0.99, 1.01, 1e4]
STARTS = [0.0, 0.01, 0.9, 4.9, 5.1, 30.0, 1e3, 1e8, 1e26]


def phi(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def exact_truncated(b, delta):
    """Scaled mass, mean, 1 - variance and third cumulant by integration from the edge."""
    b, delta = mp.mpf(b), mp.mpf(delta)
    length = min(delta, 160 / b) if b > 4 else min(delta, mp.mpf(40))
    cuts = [length * mp.mpf(i) / 8 for i in ((0, 8) if length < 2 else (0, 0.25, 1, 2, 4, 8))]
    raw = [
        mp.quad(lambda s, k=k: s**k * mp.exp(-b * s - s * s / 2), cuts, maxdegree=5)
        for k in range(4)
    ]
    m1, m2, m3 = (r / raw[0] for r in raw[1:])
    return [
        raw[0] / mp.sqrt(2 * mp.pi),
        b + m1,
        1 - (m2 - m1**2),
        m3 - 3 * m2 * m1 + 2 * m1**3,
    ]


@pytest.mark.parametrize("delta", LENGTHS)
def test_truncated_normal_moments_outside_the_middle(delta):
    got = truncated_normal(np.array(STARTS), np.full(len(STARTS), delta), 3)
    for i, b in enumerate(STARTS):
        with mp.workdps(55):
            want = [float(w) for w in exact_truncated(b, delta)]
        for order, rtol in enumerate((1e-12, 1e-12, 1e-12, 1e-9)):
            # a short interval's third cumulant passes through 0, with terms of size delta^3
            atol = 1e-14 * min(delta, 1.0) ** 3 if order == 3 else 0.0
            assert got[order][i] == pytest.approx(want[order], rel=rtol, abs=atol)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_lower_orders_agree_with_higher_ones(order):
    b = np.array([*STARTS, -0.3, -1.0, -20.0])
    delta = np.full(len(b), 50.0)
    full = truncated_normal(b, delta, 3)
    for got, want in zip(truncated_normal(b, delta, order), full, strict=False):
        np.testing.assert_allclose(got, want, rtol=1e-14)


def exact_mass(left, right, lo, hi):
    """The second difference of G(z) = z Phi(z) + phi(z), in as many digits as it takes."""

    def second(z):
        z = mp.mpf(float(z)) if not isinstance(z, mp.mpf) else z
        return z * mp.ncdf(z) + phi(z)

    left, right, lo, hi = (mp.mpf(float(v)) for v in (left, right, lo, hi))
    parts = second(right - lo) - second(right - hi) - second(left - lo) + second(left - hi)
    return parts / (hi - lo)


WIDTHS = [1e-8, 0.3, 0.9, 1.5, 12.0]
MASS_CASES = list(itertools.product(WIDTHS, [1e-8, 0.02, 0.8, 2.0, 40.0]))
GAPS = [-20.0, -0.5, 0.0, 3.0, 12.0, 19.0, 21.0, 33.0]


@pytest.mark.parametrize(("width", "delta"), MASS_CASES)
def test_interval_masses_keep_their_digits_in_both_tails(width, delta):
    for side, gap in itertools.product((1, -1), GAPS):
        cut = (gap, gap + width) if side > 0 else (-gap - width, -gap)
        box = (-delta, 0.0) if side > 0 else (0.0, delta)
        got = uniform_normal_mass(*(np.array([v]) for v in (*cut, *box)), 1.0)[0]
        with mp.workdps(320):
            want = exact_mass(*cut, *box)
        assert got >= 0
        if want > mp.mpf(10) ** -250:
            assert got == pytest.approx(float(want), rel=1e-9)


def test_interval_masses_of_a_histogram_sum_to_one_and_match_the_cdf():
    target = PRESETS["histogram"].target
    for level in (CLEAN, NoiseLevel(1 - 1e-12, 1e-12), NoiseLevel.of(0.5), NoiseLevel(1e-12, 1.0)):
        m = target.marginal(level)
        edges = np.concatenate([[-np.inf], np.linspace(-4, 4, 301), [np.inf]])
        mass = m.interval_mass(edges)
        assert mass.sum() == pytest.approx(1.0, abs=1e-13)
        np.testing.assert_allclose(m.cdf(edges[1:-1]), np.cumsum(mass)[:-1], rtol=1e-9, atol=1e-14)


def test_relative_precision_of_a_mixture_of_boxes_in_its_left_tail():
    target = Boxes((0.3, 0.7), ((-1.0,), (0.5,)), ((0.5,), (2.0,)))
    level = NoiseLevel.of(0.75)
    root, sigma = math.sqrt(level.abar), math.sqrt(level.var)
    edges = np.array([-16.0, -12.0, -8.0, -7.9, -5.0, -1.0])
    mass = target.marginal(level).interval_mass(edges)
    with mp.workdps(320):
        for got, cut in zip(mass, itertools.pairwise(edges / sigma), strict=True):
            want = sum(
                mp.mpf(w) * exact_mass(*cut, root * lo[0] / sigma, root * hi[0] / sigma)
                for w, lo, hi in zip(target.weights, target.lows, target.highs, strict=True)
            )
            assert got == pytest.approx(float(want), rel=1e-9)


@pytest.mark.parametrize("edge", [5.0, 20.0, 30.0])
def test_gaussian_interval_masses_keep_their_digits_in_both_tails(edge):
    m = GaussianMixture((1.0,), ((0.0,),), (((0.5,),),)).marginal(NoiseLevel.of(0.5))
    sigma = mp.sqrt(mp.mpf(0.75))
    with mp.workdps(300):
        want = float(mp.ncdf(-edge / sigma) - mp.ncdf(-(edge + 1) / sigma))
    assert m.interval_mass(np.array([edge, edge + 1]))[0] == pytest.approx(want, rel=1e-11)
    assert m.interval_mass(np.array([-edge - 1, -edge]))[0] == pytest.approx(want, rel=1e-11)


def test_without_noise_the_law_is_piecewise_constant():
    target = Boxes((0.25, 0.75), ((0.0, 0.0), (1.0, 0.0)), ((1.0, 1.0), (3.0, 0.5)))
    m = target.marginal(CLEAN)
    x = np.array([[0.5, 0.5], [2.0, 0.25], [2.0, 0.75], [-1.0, 0.5]])
    with np.errstate(divide="ignore"):  # log 0 is -inf by design
        want = np.log([0.25, 0.75, 0.0, 0.0])
    np.testing.assert_allclose(m.log_density(x), want, rtol=1e-15)
    for derivative in (m.score, m.jacobian, m.trace_gradient):
        with pytest.raises(InputError, match="p_1"):
            derivative(x)


def test_without_noise_masses_and_cdf_are_exact():
    m = Boxes((0.25, 0.75), ((0.0,), (1.0,)), ((1.0,), (3.0,))).marginal(CLEAN)
    edges = np.array([-1.0, 0.5, 1.0, 2.0, 5.0])
    np.testing.assert_array_equal(m.interval_mass(edges), [0.125, 0.125, 0.375, 0.375])
    np.testing.assert_array_equal(m.cdf(edges), [0.0, 0.125, 0.25, 0.625, 1.0])


def test_cutting_a_box_into_many_changes_nothing():
    whole = Boxes((1.0,), ((-1.0, 0.0),), ((1.0, 1.0),))
    n = 64
    lows = tuple((-1 + 2 * i / n, j / n) for i in range(n) for j in range(n))
    highs = tuple((-1 + 2 * (i + 1) / n, (j + 1) / n) for i in range(n) for j in range(n))
    cut = Boxes((1 / n**2,) * n**2, lows, highs)
    x = np.random.default_rng(2).normal(size=(20, 2)) * 1.5
    for level in (NoiseLevel.of(0.98), NoiseLevel.of(0.3)):
        a, b = whole.marginal(level), cut.marginal(level)
        np.testing.assert_allclose(b.log_density(x), a.log_density(x), rtol=0, atol=1e-11)
        np.testing.assert_allclose(b.score(x), a.score(x), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(b.jacobian(x), a.jacobian(x), rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(b.trace_gradient(x), a.trace_gradient(x), rtol=1e-7, atol=1e-8)


def test_a_cube_of_high_dimension_is_a_product():
    d = 40
    line = Boxes((1.0,), ((-0.5,),), ((1.0,),)).marginal(NoiseLevel.of(0.6))
    cube = Boxes((1.0,), ((-0.5,) * d,), ((1.0,) * d,)).marginal(NoiseLevel.of(0.6))
    x = np.random.default_rng(4).normal(size=(7, d))
    parts = x.reshape(-1, 1)
    np.testing.assert_allclose(
        cube.log_density(x), line.log_density(parts).reshape(7, d).sum(axis=1), rtol=1e-13
    )
    np.testing.assert_allclose(cube.score(x), line.score(parts).reshape(7, d), rtol=1e-13)
    jac = line.jacobian(parts).reshape(7, d, 1) * np.eye(d)
    np.testing.assert_allclose(cube.jacobian(x), jac, rtol=1e-13)


# ---- boxes on a grid

FORMS = ("log_density", "score", "jacobian", "trace_gradient")
NOISES = [1e-8, 1e-4, 1e-2, 0.3, 0.9, 1 - 1e-3, 1 - 1e-6, 1 - 1e-10]


def picture(cells: int, seed: int = 7) -> Boxes:
    """Square cells of random mass on [-2.4, 2.4]^2, half of them empty, edges not all alike."""
    rng = np.random.default_rng(seed)
    i, j = np.nonzero(rng.random((cells, cells)) < 0.5)
    weights = rng.uniform(0.05, 1.0, len(i))
    cuts = np.linspace(-2.4, 2.4, cells + 1)
    cuts[1:-1] += rng.uniform(-0.3, 0.3, cells - 1) * (4.8 / cells)
    return Boxes(
        tuple((weights / weights.sum()).tolist()),
        tuple(zip(cuts[i].tolist(), cuts[j].tolist(), strict=True)),
        tuple(zip(cuts[i + 1].tolist(), cuts[j + 1].tolist(), strict=True)),
    )


def both_forms(target: Boxes, var: float) -> tuple[GridMarginal, BoxesMarginal]:
    level = NoiseLevel(1 - var, var)
    grid = target.marginal(level)
    assert isinstance(grid, GridMarginal)
    root = math.sqrt(level.abar)
    lows, highs = np.array(target.lows), np.array(target.highs)
    weights = np.array(target.weights) / np.sum(target.weights)
    return grid, BoxesMarginal(weights, root * lows, root * highs, math.sqrt(var))


def places(target: Boxes, var: float) -> np.ndarray:
    """Points of the law itself, beside it, between its boxes, and in tails at every distance."""
    rng = np.random.default_rng(11)
    law = target.sample_marginal(150, NoiseLevel(1 - var, var), rng)
    around = [s * rng.uniform(-2.4, 2.4, (60, 2)) for s in (math.sqrt(1 - var), 1.0, 2.0, 10.0)]
    tails = [rng.normal(size=(8, 2)) * s for s in (1e2, 1e4, 1e8, 1e15)]
    return np.concatenate([law, *around, *tails])


@pytest.mark.parametrize("var", NOISES)
@pytest.mark.parametrize("cells", [3, 12])
def test_a_grid_agrees_with_the_general_form_everywhere(cells, var):
    target = picture(cells)
    grid, general = both_forms(target, var)
    x, sigma = places(target, var), math.sqrt(var)
    for form, order, rtol in zip(FORMS, (0, 1, 2, 3), (1e-13, 1e-11, 1e-10, 1e-9), strict=True):
        got, want = getattr(grid, form)(x), getattr(general, form)(x)
        assert got.shape == want.shape
        # relative to the larger entry, and to a hundredth of the noise's own size
        size = np.abs(want).reshape(len(x), -1).max(axis=1) + 0.01 * sigma**-order
        error = np.abs(got - want).reshape(len(x), -1).max(axis=1)
        assert (error <= rtol * size).all()


def exact_plane_moments(target: Boxes, var: float, x: np.ndarray) -> list[mp.mpf]:
    """log p and its first and second derivatives at a point, from the closed form."""
    root, sigma = mp.sqrt(1 - mp.mpf(var)), mp.sqrt(mp.mpf(var))
    total = mp.matrix(1, 6)
    for w, lows, highs in zip(target.weights, target.lows, target.highs, strict=True):
        axes = []
        for v, lo, hi in zip(x, lows, highs, strict=True):
            a, b = ((mp.mpf(float(v)) - root * mp.mpf(e)) / sigma for e in (lo, hi))
            side = root * (mp.mpf(hi) - mp.mpf(lo))
            mass = (mp.ncdf(-b) - mp.ncdf(-a)) if b > 0 else (mp.ncdf(a) - mp.ncdf(b))
            slope = (phi(a) - phi(b)) / sigma
            bend = (b * phi(b) - a * phi(a)) / sigma**2
            axes.append([m / side for m in (mass, slope, bend)])
        (p, dp, ddp), (q, dq, ddq) = axes
        total += mp.mpf(w) * mp.matrix([[p * q, dp * q, p * dq, ddp * q, dp * dq, p * ddq]])
    p, px, py, pxx, pxy, pyy = (m for m in total)
    return [
        mp.log(p),
        px / p,
        py / p,
        pxx / p - (px / p) ** 2,
        pxy / p - px * py / p**2,
        pyy / p - (py / p) ** 2,
    ]


@pytest.mark.parametrize("var", [1e-4, 0.05, 0.9])
def test_a_grid_is_exact_near_and_far(var):
    target = picture(4)
    grid, _ = both_forms(target, var)
    x = np.array([[0.3, -0.2], [1.9, 2.5], [-2.6, 0.1], [7.0, -3.0]])
    x[-1] *= min(1.0, 10 * math.sqrt(var))
    x = np.concatenate([x, np.sign(x[:2]) * (2.4 + 25 * math.sqrt(var))])  # 25 deviations away
    got = np.column_stack([grid.log_density(x), grid.score(x), grid.jacobian(x).reshape(-1, 4)])
    for row, point in zip(got[:, [0, 1, 2, 3, 4, 6]], x, strict=True):
        with mp.workdps(60):
            want = [float(v) for v in exact_plane_moments(target, var, point)]
        assert row[0] == pytest.approx(want[0], rel=1e-12, abs=1e-11)
        np.testing.assert_allclose(row[1:3], want[1:3], rtol=1e-10, atol=1e-11 / math.sqrt(var))
        np.testing.assert_allclose(row[3:], want[3:], rtol=1e-9, atol=1e-10 / var)


def test_derivatives_of_a_grid_are_each_others_slopes():
    grid, _ = both_forms(picture(8), 0.2)
    x = np.random.default_rng(3).normal(size=(40, 2)) * 2
    h = 1e-5
    for i in range(2):
        step = h * np.eye(2)[i]
        for form, slope in (
            (lambda y: grid.log_density(y), grid.score(x)[:, i]),
            (lambda y: grid.score(y), grid.jacobian(x)[:, :, i]),
            (lambda y: np.trace(grid.jacobian(y), axis1=1, axis2=2), grid.trace_gradient(x)[:, i]),
        ):
            numeric = (form(x + step) - form(x - step)) / (2 * h)
            np.testing.assert_allclose(numeric, slope, rtol=1e-6, atol=2e-6)


def test_boxes_that_coincide_add_up():
    once = Boxes((0.25, 0.75), ((0.0, 0.0), (1.0, 1.0)), ((1.0, 1.0), (2.0, 2.0)))
    twice = Boxes(
        (0.25, 0.25, 0.5),
        ((0.0, 0.0), (1.0, 1.0), (1.0, 1.0)),
        ((1.0, 1.0), (2.0, 2.0), (2.0, 2.0)),
    )
    x = np.random.default_rng(6).normal(size=(30, 2)) * 3
    for form in FORMS:
        got, want = (getattr(t.marginal(NoiseLevel.of(0.7)), form)(x) for t in (once, twice))
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


def test_only_boxes_that_fill_their_grid_go_by_matrices():
    rng = np.random.default_rng(8)
    lows = rng.uniform(-2, 2, (40, 2))
    scattered = Boxes((1 / 40,) * 40, tuple(map(tuple, lows.tolist())), ((3.0, 3.0),) * 40)
    level = NoiseLevel.of(0.5)
    assert isinstance(scattered.marginal(level), BoxesMarginal)
    assert isinstance(PRESETS["histogram"].target.marginal(level), BoxesMarginal)
    assert isinstance(PRESETS["checkerboard"].target.marginal(level), GridMarginal)
    assert isinstance(picture(20).marginal(level), GridMarginal)


@pytest.mark.parametrize("var", [1e-4, 0.01, 0.3, 0.99])
def test_thousands_of_cells_go_by_matrices_and_match_the_general_form(var):
    target = picture(64)
    grid, general = both_forms(target, var)
    x = target.sample_marginal(20, NoiseLevel(1 - var, var), np.random.default_rng(2))
    np.testing.assert_allclose(
        grid.score(x), general.score(x), rtol=1e-9, atol=1e-9 / math.sqrt(var)
    )
