"""Every target and preset: closed forms against finite differences in 90 and more digits."""

from __future__ import annotations

import itertools
import math
import pickle
import re
import time

import mpmath as mp
import numpy as np
import pytest

from diffusion_core.errors import InputError
from diffusion_core.schedules import CLEAN, NoiseLevel
from diffusion_core.targets import (
    DEFAULT_1D,
    DEFAULT_2D,
    PRESETS,
    TARGETS,
    Boxes,
    Circle,
    GaussianMixture,
    Points,
    StudentT,
)
from diffusion_core.targets.base import check_points, normal_interval_mass
from diffusion_core.targets.gallery import sierpinski

EXTRA = {
    "skewed-3d": GaussianMixture(
        (0.7, 0.3),
        ((0.5, -0.2, 0.1), (-1.0, 1.0, 0.4)),
        (
            ((1.0, 0.3, 0.0), (0.3, 0.5, 0.1), (0.0, 0.1, 0.2)),
            ((0.3, 0, 0), (0, 0.3, 0), (0, 0, 0.3)),
        ),
    ),
    "kernels-3d": Points(((0.0, 1.0, 0.5), (1.0, -0.5, 0.0), (0.3, 0.3, -1.0)), 0.2),
    "boxes-3d": Boxes(
        (0.5, 0.3, 0.2),
        ((0.0, 0.0, 0.0), (-1.0, -2.0, 0.0), (0.0, -1.0, -1.5)),
        ((1.0, 0.5, 2.0), (0.5, 0.0, 1.0), (1.0, 0.0, 0.5)),
    ),
    "uneven-boxes": Boxes((0.2, 0.5, 0.3), ((-2.0,), (-1.0,), (0.9,)), ((-1.0,), (0.8,), (0.95,))),
    "off-circle": Circle(0.7, (0.4, -0.3)),
}
TARGETS_TRIED = {name: p.target for name, p in PRESETS.items()} | EXTRA
HEAVY = {"cauchy": StudentT(1.0, (0.2,), 0.5), "student-2d": StudentT(3.0, (0.2, -0.1), 0.7)}
MIXED = {n: t for n, t in TARGETS_TRIED.items() if not isinstance(t, StudentT)}
MIXED["sierpinski"] = sierpinski(3)  # 27 points: the reference takes long over 243
LEVELS = [
    NoiseLevel(1 - 1e-12, 1e-12),
    NoiseLevel(1 - 1e-6, 1e-6),
    NoiseLevel.of(0.9),
    NoiseLevel.of(0.5),
    NoiseLevel.of(0.01),
    NoiseLevel(1e-12, 1 - 1e-12),
]


EPS = np.finfo(float).eps


def level_name(level: NoiseLevel) -> str:
    return f"abar={level.abar:.12g}"


def log_normal(y, variance):
    return -y * y / (2 * variance) - mp.log(2 * mp.pi * variance) / 2


def log_sum(terms):
    top = max(terms)
    return top + mp.log(mp.fsum(mp.exp(t - top) for t in terms))


def gaussian_terms(target, level):
    """(log weight, mean, precision, log normalisation) of each component of p_t, in mpmath."""
    a, v, d = mp.mpf(level.abar), mp.mpf(level.var), target.dim
    if isinstance(target, Points):
        n, c = len(target.points), a * mp.mpf(target.bandwidth) ** 2 + v
        rows = [(mp.mpf(1) / n, m, mp.eye(d) * c) for m in target.points]
    else:
        total = mp.fsum(target.weights)
        rows = [
            (mp.mpf(w) / total, m, mp.matrix([list(r) for r in c]) * a + mp.eye(d) * v)
            for w, m, c in zip(target.weights, target.means, target.covariances, strict=True)
        ]
    root = mp.sqrt(a)
    return [
        (mp.log(w) - mp.log((2 * mp.pi) ** d * mp.det(c)) / 2, [root * u for u in m], c**-1)
        for w, m, c in rows
    ]


def log_box_axis(x, lo, hi, v):
    """log of int_lo^hi N(x; z, v) dz/(hi - lo), by the complementary error function on one side."""
    b, a = (x - hi) / mp.sqrt(v), (x - lo) / mp.sqrt(v)
    if a + b < 0:
        a, b = -b, -a
    root = mp.sqrt(2)
    if b > 1e6:  # erfc's asymptotic series, far beyond the precision in use; the other end is 0
        tail = mp.fsum((-1) ** n * mp.fac2(2 * n - 1) / b ** (2 * n) for n in range(12))
        return -b * b / 2 + mp.log(tail / (b * mp.sqrt(2 * mp.pi))) - mp.log(hi - lo)
    return mp.log((mp.erfc(b / root) - mp.erfc(a / root)) / 2) - mp.log(hi - lo)


def reference(target, level):
    """log p_t as a function of a list of mpf, from the definition."""
    a, v = mp.mpf(level.abar), mp.mpf(level.var)
    root = mp.sqrt(a)
    if isinstance(target, GaussianMixture | Points):
        terms = gaussian_terms(target, level)

        def log_p(x):
            out = []
            for log_w, m, q in terms:
                y = [u - w for u, w in zip(x, m, strict=True)]
                d = range(len(y))
                out.append(log_w - mp.fsum(y[i] * q[i, j] * y[j] for i in d for j in d) / 2)
            return log_sum(out)

    elif isinstance(target, Boxes):
        total = mp.fsum(target.weights)

        def log_p(x):
            axes = [{} for _ in x]
            out = []
            for w, lo, hi in zip(target.weights, target.lows, target.highs, strict=True):
                term = mp.log(mp.mpf(w) / total)
                for i, cut in enumerate(zip(lo, hi, strict=True)):
                    if cut not in axes[i]:
                        axes[i][cut] = log_box_axis(x[i], root * cut[0], root * cut[1], v)
                    term += axes[i][cut]
                out.append(term)
            return log_sum(out)

    else:
        r = root * mp.mpf(target.radius)

        def log_p(x):
            rho = mp.sqrt(
                mp.fsum((u - root * c) ** 2 for u, c in zip(x, target.center, strict=True))
            )
            k = r * rho / v
            if k > 1e4:
                fraction, term = mp.mpf(1), mp.mpf(1)
                for n in range(1, 30):
                    term *= mp.mpf(2 * n - 1) ** 2 / (8 * n * k)
                    fraction += term
                bessel = k + mp.log(fraction / mp.sqrt(2 * mp.pi * k))
            else:
                bessel = mp.log(mp.besseli(0, k))
            return bessel - (rho**2 + r**2) / (2 * v) - mp.log(2 * mp.pi * v)

    return log_p


def derivatives(log_p, x, h):
    """log p, score, Jacobian and gradient of the Laplacian at x, by central differences."""
    d = len(x)
    seen = {}

    def at(*moves):
        shift = [0] * d
        for i, n in moves:
            shift[i] += n
        key = tuple(shift)
        if key not in seen:
            seen[key] = log_p([mp.mpf(float(u)) + n * h for u, n in zip(x, key, strict=True)])
        return seen[key]

    score = [(at((i, 1)) - at((i, -1))) / (2 * h) for i in range(d)]
    jac = np.empty((d, d))
    for i in range(d):
        for j in range(i + 1):
            if i == j:
                value = (at((i, 1)) - 2 * at() + at((i, -1))) / h**2
            else:
                pairs = [(s, t) for s in (1, -1) for t in (1, -1)]
                value = sum(s * t * at((i, s), (j, t)) for s, t in pairs) / (4 * h**2)
            jac[i, j] = jac[j, i] = float(value)

    def laplacian(move):
        return sum(at(move, (j, 1)) + at(move, (j, -1)) - 2 * at(move) for j in range(d)) / h**2

    third = [(laplacian((i, 1)) - laplacian((i, -1))) / (2 * h) for i in range(d)]
    return (
        float(at()),
        np.array([float(s) for s in score]),
        jac,
        np.array([float(t) for t in third]),
    )


def near_points(target, level, n, seed=3):
    """Points where X_t is and something happens: beside corners, for boxes."""
    rng = np.random.default_rng(seed)
    if not isinstance(target, Boxes):
        return target.sample_marginal(n, level, rng)
    ends = np.array([target.lows, target.highs])
    k = rng.integers(len(target.weights), size=n)
    corner = np.where(rng.random((n, target.dim)) < 0.5, ends[0, k], ends[1, k])
    noise = math.sqrt(level.var) * rng.standard_normal(corner.shape)
    return math.sqrt(level.abar) * corner + noise


def compare(target, level, x, rtol, digits=90, law=reference):
    """The four closed forms at x against the reference, in units of the local scale."""
    m = target.marginal(level)
    got = m.log_density(x), m.score(x), m.jacobian(x), m.trace_gradient(x)
    with mp.workdps(digits):
        log_p = law(target, level)
    for i, point in enumerate(x):
        with mp.workdps(digits):
            h = mp.mpf(10) ** -18 * mp.sqrt(mp.mpf(level.var))
            want = derivatives(log_p, point, h)
        values, scores, jacs, thirds = (part[i] for part in got)
        assert values == pytest.approx(want[0], rel=rtol, abs=1e-8)
        size = np.abs(want[2]).max()  # the local 1/scale^2: what the digits of each can be
        # and a vector of 1e20 in float64 has no digits below 1e4, in whatever direction
        rounding = 4 * EPS * np.abs(want[1]).max()
        np.testing.assert_allclose(
            scores, want[1], rtol=rtol, atol=rtol * math.sqrt(size) + rounding
        )
        np.testing.assert_allclose(jacs, want[2], rtol=rtol, atol=rtol * size)
        np.testing.assert_allclose(thirds, want[3], rtol=rtol, atol=rtol * size**1.5)


@pytest.mark.parametrize("level", LEVELS, ids=level_name)
@pytest.mark.parametrize("name", MIXED)
def test_closed_forms_agree_with_differences_of_the_definition(name, level):
    target = MIXED[name]
    compare(target, level, near_points(target, level, 2), 1e-6)


def tail_points(dim, radius):
    along = np.eye(dim)[0]
    slanted = np.array([0.6, -0.8, 0.35])[:dim]
    return radius * np.stack([along, slanted / np.linalg.norm(slanted)])


FAR_CASES = [
    (name, radius)
    for name, target in MIXED.items()
    for radius in ((50.0, 1e8, 1e20) if target.dim < 3 else (1e8,))
]


@pytest.mark.parametrize("level", [LEVELS[i] for i in (0, 1, 3, 5)], ids=level_name)
@pytest.mark.parametrize(("name", "radius"), FAR_CASES)
def test_closed_forms_hold_in_the_far_tails(name, level, radius):
    target = MIXED[name]
    digits = 100 if radius < 1e7 else 160
    compare(target, level, tail_points(target.dim, radius), 1e-6, digits)


@pytest.mark.parametrize("level", LEVELS, ids=level_name)
@pytest.mark.parametrize("name", MIXED)
def test_far_away_the_score_points_back_and_everything_is_finite(name, level):
    target = MIXED[name]
    m = target.marginal(level)
    x = np.concatenate([tail_points(target.dim, r) for r in (1e8, 1e14, 1e20)])
    s = m.score(x)
    assert np.isfinite(m.log_density(x)).all()
    assert np.isfinite(m.jacobian(x)).all()
    assert np.isfinite(m.trace_gradient(x)).all()
    widest = level.var
    if isinstance(target, GaussianMixture):
        widest += level.abar * np.linalg.eigvalsh(np.array(target.covariances)).max()
    elif isinstance(target, Points):
        widest += level.abar * target.bandwidth**2
    back = -(s * x).sum(axis=1) / (x * x).sum(axis=1)
    assert (back >= 1 / widest * (1 - 1e-6)).all()
    if isinstance(target, Boxes | Circle):
        np.testing.assert_allclose(s, -x / widest, rtol=1e-6, atol=5e-8 * 1e8 / widest)


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_student_t_without_noise_is_the_textbook_density(df, dim):
    target = StudentT(df, (0.3,) * dim, 0.8)
    radii = np.concatenate([[0.0], np.geomspace(0.01, 1e15, 60)])
    x = 0.3 + radii[:, None] * np.ones(dim) / math.sqrt(dim)
    z2 = ((x - 0.3) ** 2).sum(axis=1) / 0.64
    constant = (
        math.lgamma((df + dim) / 2) - math.lgamma(df / 2) - dim / 2 * math.log(df * math.pi * 0.64)
    )
    exact = constant - (df + dim) / 2 * np.log1p(z2 / df)
    seen = exact > math.log(1e-30)
    m = target.marginal(CLEAN)
    np.testing.assert_allclose(m.log_density(x)[seen], exact[seen], rtol=0, atol=1e-10)
    score = -(df + dim) * (x - 0.3) / 0.64 / (df + z2)[:, None]
    np.testing.assert_allclose(m.score(x)[seen], score[seen], rtol=1e-9, atol=1e-14)


def noisy_student_t(target, level, x):
    """log p_t(x), the integral over log g done by mpmath's own rule."""
    a, v, d = mp.mpf(level.abar), mp.mpf(level.var), target.dim
    half, z2 = (
        mp.mpf(target.df) / 2,
        mp.fsum((u - mp.sqrt(a) * c) ** 2 for u, c in zip(x, target.loc, strict=True)),
    )

    def integrand(y):
        g = mp.exp(y)
        c = a * mp.mpf(target.scale) ** 2 / g + v
        log_gamma = half * (mp.log(half) + y - g) - mp.loggamma(half)
        return mp.exp(log_gamma - z2 / (2 * c) - d * mp.log(2 * mp.pi * c) / 2)

    return mp.log(mp.quad(integrand, [-80, -40, -20, -12, -8, -5, -3, -1, 0, 1, 2, 3, 6]))


@pytest.mark.parametrize("level", [LEVELS[1], LEVELS[3], LEVELS[4]], ids=level_name)
@pytest.mark.parametrize("name", HEAVY)
def test_noisy_student_t_against_quadrature(name, level):
    target = HEAVY[name]
    m = target.marginal(level)
    for radius in (0.3, 4.0, 300.0):
        x = tail_points(target.dim, radius)[-1:]
        with mp.workdps(24):
            want = float(noisy_student_t(target, level, [mp.mpf(float(u)) for u in x[0]]))
        assert m.log_density(x)[0] == pytest.approx(want, rel=0, abs=1e-10)


@pytest.mark.parametrize("level", LEVELS, ids=level_name)
@pytest.mark.parametrize("name", HEAVY)
def test_student_t_derivatives_are_consistent(name, level):
    target = HEAVY[name]
    m = target.marginal(level)
    x = tail_points(target.dim, 1.1)[-1:]
    h = 1e-3
    steps = h * np.array([-3, -2, -1, 1, 2, 3]) / 60
    weights = np.array([-1, 9, -45, 45, -9, 1]) / (60 * h)
    for value, slope in (
        (m.log_density, m.score),
        (m.score, m.jacobian),
        (lambda z: np.trace(m.jacobian(z), axis1=1, axis2=2), m.trace_gradient),
    ):
        for i in range(target.dim):
            moved = x + (60 * steps)[:, None] * np.eye(target.dim)[i]
            difference = np.tensordot(weights, value(moved), axes=1)
            np.testing.assert_allclose(slope(x)[0][i], difference, rtol=1e-8, atol=1e-9)


def radial_reference(target, level):
    """log p_t of the very mixture that stands for Student's t, widths from its nodes."""
    g, weights = target._rule
    a, v, d = mp.mpf(level.abar), mp.mpf(level.var), target.dim
    widths = [a * mp.mpf(target.scale) ** 2 / mp.mpf(float(node)) + v for node in g]
    logs = [
        mp.log(mp.mpf(float(w))) - mp.log(2 * mp.pi * c) * d / 2
        for w, c in zip(weights, widths, strict=True)
    ]

    def log_p(x):
        y2 = mp.fsum((u - mp.sqrt(a) * c) ** 2 for u, c in zip(x, target.loc, strict=True))
        return log_sum([w - y2 / (2 * c) for w, c in zip(logs, widths, strict=True)])

    return log_p


@pytest.mark.parametrize("level", LEVELS, ids=level_name)
@pytest.mark.parametrize("name", HEAVY)
def test_student_t_is_its_mixture_to_all_digits_near_and_far(name, level):
    target = HEAVY[name]
    x = np.concatenate([tail_points(target.dim, r)[-1:] for r in (1.0, 3e6, 1e20)])
    compare(target, level, x, 1e-6, 240, radial_reference)


def test_the_spread_of_a_heavy_tail_under_almost_only_noise_keeps_its_digits():
    """H_12 = kappa_2 y_1 y_2 where all 1/v_k are 1 up to 1e-8."""
    target, level = HEAVY["student-2d"], LEVELS[-1]
    x = tail_points(2, 1e4)[-1:]
    with mp.workdps(60):
        a, v = mp.mpf(level.abar), mp.mpf(level.var)
        y = [mp.mpf(float(u)) - mp.sqrt(a) * c for u, c in zip(x[0], target.loc, strict=True)]
        g, weights = target._rule
        q = [1 / (a * mp.mpf(target.scale) ** 2 / mp.mpf(float(node)) + v) for node in g]
        y2 = y[0] ** 2 + y[1] ** 2
        r = [w * u * mp.exp(-y2 * (u - q[0]) / 2) for w, u in zip(weights, q, strict=True)]
        mean = mp.fsum(w * u for w, u in zip(r, q, strict=True)) / mp.fsum(r)
        spread = mp.fsum(w * (u - mean) ** 2 for w, u in zip(r, q, strict=True)) / mp.fsum(r)
        want = float(spread * y[0] * y[1])
    assert target.marginal(level).jacobian(x)[0, 0, 1] == pytest.approx(want, rel=1e-10)


@pytest.mark.parametrize("level", LEVELS, ids=level_name)
@pytest.mark.parametrize("radius", [1.0, 1e8])
def test_a_rotated_product_of_a_plane_law_and_a_normal_in_eight_dimensions(level, radius):
    """More dimensions than the fast form takes, against the plane: x = Q (u, w), w ~ N(0, I/4)."""
    plane = PRESETS["pinwheel"].target
    d = 8
    q = np.linalg.qr(np.random.default_rng(29).normal(size=(d, d)))[0]
    cov = np.zeros((len(plane.weights), d, d))
    cov[:, :2, :2] = plane.covariances
    cov[:, 2:, 2:] = 0.25 * np.eye(d - 2)
    turned = np.matmul(q, np.matmul(cov, q.T))
    turned = 0.5 * (turned + turned.transpose(0, 2, 1))
    means = np.array(plane.means) @ q[:, :2].T
    target = GaussianMixture(plane.weights, nested(means), nested(turned))
    u = tail_points(2, radius)
    w = np.random.default_rng(31).normal(size=(2, d - 2))
    x = np.concatenate([u, w], axis=1) @ q.T
    m, flat = target.marginal(level), plane.marginal(level)
    u = x @ q[:, :2]
    width = 0.25 * level.abar + level.var
    rest = -(w**2).sum(axis=1) / (2 * width) - (d - 2) / 2 * math.log(2 * math.pi * width)
    rounding = EPS * radius**2 / level.var
    np.testing.assert_allclose(
        m.log_density(x), flat.log_density(u) + rest, rtol=1e-9, atol=1e-9 + 10 * rounding
    )
    h = flat.jacobian(u)
    size = np.abs(h).max()
    s = m.score(x) @ q
    np.testing.assert_allclose(s[:, :2], flat.score(u), rtol=1e-7, atol=1e-7 * math.sqrt(size))
    np.testing.assert_allclose(
        s[:, 2:], -w / width, rtol=1e-7, atol=1e-7 * size**0.5 + 40 * EPS * radius * size
    )
    jac = np.matmul(q.T, np.matmul(m.jacobian(x), q))
    np.testing.assert_allclose(jac[:, :2, :2], h, rtol=1e-6, atol=1e-6 * size)
    third = m.trace_gradient(x) @ q
    np.testing.assert_allclose(
        third[:, :2], flat.trace_gradient(u), rtol=1e-6, atol=1e-6 * size**1.5
    )


def nested(rows):
    """An array as tuples of tuples."""
    return tuple(map(nested, rows)) if isinstance(rows, np.ndarray) else float(rows)


LINE = {n: t for n, t in (TARGETS_TRIED | HEAVY).items() if t.dim == 1}
PLANE = {n: t for n, t in TARGETS_TRIED.items() if t.dim == 2}


@pytest.mark.parametrize("level", [LEVELS[1], LEVELS[2], LEVELS[5]], ids=level_name)
@pytest.mark.parametrize("name", LINE)
def test_interval_masses_cdf_and_density_belong_together(name, level):
    m = LINE[name].marginal(level)
    edges = np.linspace(-4.0, 4.0, 401)
    mass = m.interval_mass(edges)
    cdf = m.cdf(edges)
    assert (mass >= 0).all()
    np.testing.assert_allclose(np.diff(cdf), mass, rtol=0, atol=1e-13)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    narrow = np.sort(near_points(LINE[name], level, 6))
    h = 0.2 * math.sqrt(level.var)
    for centre in narrow[:, 0]:
        density = np.exp(m.log_density((centre + h * nodes)[:, None]))
        ends = np.array([centre - h, centre + h])
        assert h * weights @ density == pytest.approx(m.interval_mass(ends)[0], rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("name", LINE)
def test_densities_on_the_line_integrate_to_one(name):
    target = LINE[name]
    top = 14.0 if isinstance(target, StudentT) else 3.2
    u = np.linspace(-top, top, 8001)
    m = target.marginal(NoiseLevel.of(0.9))
    p = np.exp(m.log_density(np.sinh(u)[:, None])) * np.cosh(u)
    total = np.trapezoid(p, u)
    assert total == pytest.approx(m.interval_mass(np.sinh(u[[0, -1]]))[0], rel=1e-9)
    assert total == pytest.approx(1.0, abs=1e-5 if isinstance(target, StudentT) else 1e-9)


@pytest.mark.parametrize("name", PLANE)
def test_densities_in_the_plane_integrate_to_one(name):
    axis = np.linspace(-8, 8, 129)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    p = np.exp(PLANE[name].marginal(NoiseLevel.of(0.9)).log_density(x))
    assert p.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1.0, abs=1e-9)


def exact_moments(target):
    """Mean (d,) and second moments E x x^T (d, d) of X_0, from the numbers of the description."""
    eye = np.eye(target.dim)
    if isinstance(target, Points):
        x = np.array(target.points)
        return x.mean(axis=0), x.T @ x / len(x) + target.bandwidth**2 * eye
    if isinstance(target, GaussianMixture):
        w, m = np.array(target.weights), np.array(target.means)
        return w @ m, m.T @ (w[:, None] * m) + np.tensordot(w, np.array(target.covariances), 1)
    if isinstance(target, Boxes):
        w, a, b = np.array(target.weights), np.array(target.lows), np.array(target.highs)
        m = (a + b) / 2
        return w @ m, m.T @ (w[:, None] * m) + np.diag(w @ (b - a) ** 2 / 12)
    if isinstance(target, Circle):
        c = np.array(target.center)
        return c, np.outer(c, c) + target.radius**2 / 2 * eye
    c = np.array(target.loc)
    return c, np.outer(c, c) + target.scale**2 * target.df / (target.df - 2) * eye


def agrees(values, exact, errors=5.0):
    """Whether the mean of values over their first axis is exact within standard errors."""
    error = values.std(axis=0) / math.sqrt(len(values))
    return (np.abs(values.mean(axis=0) - exact) <= errors * error + 1e-12).all()


@pytest.mark.parametrize("name", TARGETS_TRIED)
def test_samples_have_the_right_moments_and_stay_in_bounds(name):
    target = TARGETS_TRIED[name]
    mean, second = exact_moments(target)
    x = target.sample(20_000, np.random.default_rng(11))
    low, high = target.bounds
    assert ((low - 1e-9 <= x) & (x <= high + 1e-9)).all()
    level = NoiseLevel.of(0.6)
    noisy = target.sample_marginal(20_000, level, np.random.default_rng(12))
    root, noise = math.sqrt(level.abar), level.var * np.eye(target.dim)
    for values, m, s in ((x, mean, second), (noisy, root * mean, level.abar * second + noise)):
        assert agrees(values, m)
        assert agrees(values[:, :, None] * values[:, None, :], s)


@pytest.mark.parametrize("name", TARGETS_TRIED)
def test_scores_of_samples_obey_steins_identity(name):
    """E s(X_t) = 0, E s(X_t) X_t^T = -I, and E H = -E s s^T: samples and scores are of one law."""
    target, level = TARGETS_TRIED[name], NoiseLevel.of(0.7)
    x = target.sample_marginal(10_000, level, np.random.default_rng(13))
    m = target.marginal(level)
    s = m.score(x)
    outer = s[:, :, None] * s[:, None, :]
    assert agrees(s, 0.0)
    assert agrees(s[:, :, None] * x[:, None, :], -np.eye(target.dim))
    assert agrees(m.jacobian(x) + outer, 0.0)


def largest_gap(x, cdf):
    """The Kolmogorov-Smirnov statistic times sqrt(n): above 1.95 once in 1,000 right samples."""
    n = len(x)
    u = cdf(np.sort(x))
    return math.sqrt(n) * max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max())


FOLLOWED = [
    (name, level)
    for name, target in LINE.items()
    for level in (CLEAN, LEVELS[1], LEVELS[3])
    if level.var > 0 or target.has_density
]


@pytest.mark.parametrize(("name", "level"), FOLLOWED)
def test_samples_on_the_line_follow_the_distribution_function(name, level):
    target = LINE[name]
    x = target.sample_marginal(20_000, level, np.random.default_rng(17))[:, 0]
    m = target.marginal(level)
    assert largest_gap(x, m.cdf) < 1.95
    shift = 0.1 * np.subtract(*np.quantile(x, [0.75, 0.25]))
    assert largest_gap(x + shift, m.cdf) > 1.95


@pytest.mark.parametrize("name", ["atoms", "atoms-2d", "cantor", "sierpinski"])
def test_atoms_are_drawn_as_often_as_they_weigh(name):
    target = PRESETS[name].target
    points = np.array(target.points if isinstance(target, Points) else target.means)
    weights = getattr(target, "weights", (1 / len(points),) * len(points))
    n = 20_000
    x = target.sample(n, np.random.default_rng(19))
    k = np.abs(x[:, None, :] - points).sum(axis=2).argmin(axis=1)
    np.testing.assert_allclose(x, points[k], rtol=0, atol=1e-15)
    expected = n * np.array(weights)
    chi2 = ((np.bincount(k, minlength=len(points)) - expected) ** 2 / expected).sum()
    assert abs(chi2 - (len(points) - 1)) < 4 * math.sqrt(2 * (len(points) - 1))


@pytest.mark.parametrize("name", [n for n, t in LINE.items() if t.has_density])
def test_bounds_hold_the_mass_they_promise_and_little_else(name):
    target = LINE[name]
    m = target.marginal(CLEAN)
    low, high = target.bounds[:, 0]
    promised = 1.001e-10 if isinstance(target, StudentT) else 2e-16
    outside = m.interval_mass(np.array([-np.inf, low]))[0]
    outside += m.interval_mass(np.array([high, np.inf]))[0]
    assert outside <= promised
    inner = 0.5 * (low + high) + np.array([-0.42, 0.42]) * (high - low)
    assert m.interval_mass(np.array([-np.inf, inner[0]]))[0] > 1e-16
    assert m.interval_mass(np.array([inner[1], np.inf]))[0] > 1e-16


@pytest.mark.parametrize("edge", [2.0, 100.0, 1e5])
def test_masses_of_the_heavy_tail_keep_their_digits_on_both_sides(edge):
    m = PRESETS["student-t"].target.marginal(CLEAN)
    sides = np.array([edge, 2 * edge])
    with mp.workdps(40):
        # Student's t with 5 degrees of freedom: P(|Z| > z) = I_{5/(5 + z^2)}(5/2, 1/2)
        tails = [mp.betainc(2.5, 0.5, 0, 5 / (5 + mp.mpf(e / 0.8) ** 2), True) / 2 for e in sides]
        want = float(tails[0] - tails[1])
    assert m.interval_mass(sides)[0] == pytest.approx(want, rel=1e-10)
    assert m.interval_mass(-sides[::-1])[0] == pytest.approx(want, rel=1e-10)


@pytest.mark.parametrize("name", TARGETS_TRIED)
def test_descriptions_are_hashable_picklable_and_honest(name):
    target = TARGETS_TRIED[name]
    copy = pickle.loads(pickle.dumps(target))
    assert copy == target
    assert hash(copy) == hash(target)
    assert TARGETS[target.kind] is type(target)
    assert target.bounds.shape == (2, target.dim)
    assert target.finest_scale >= 0
    assert target.sample(3, np.random.default_rng(0)).shape == (3, target.dim)
    if not target.has_density:
        with pytest.raises(InputError, match="p_1"):
            target.marginal(CLEAN)
    elif not isinstance(target, Boxes):
        assert np.isfinite(target.marginal(CLEAN).score(np.zeros((1, target.dim)))).all()


def test_presets_are_named_by_their_links_and_fit_the_window():
    assert PRESETS[DEFAULT_1D].target.dim == 1
    assert PRESETS[DEFAULT_2D].target.dim == 2
    dims = [p.target.dim for p in PRESETS.values()]
    assert dims.count(1) >= 10
    assert dims.count(2) >= 12
    for name, p in PRESETS.items():
        assert name == p.name == p.name.lower().replace(" ", "-")
        assert p.description[-1] in ".?"
        x = p.target.sample(4000, np.random.default_rng(5))
        assert 0.5 < x.std(axis=0).max() < 2
        assert (np.abs(x) <= 4).mean() > 0.99


def modes(name, abar):
    """How many local maxima p_t has on the line."""
    p = (
        PRESETS[name]
        .target.marginal(NoiseLevel.of(abar))
        .log_density(np.linspace(-4, 4, 8001)[:, None])
    )
    return int(((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])).sum())


def test_modes_appear_where_the_descriptions_say():
    for name, threshold, below, above in (("two-modes", 0.316, 1, 2), ("claw", 0.93, 3, 5)):
        assert f"{threshold:g}" in PRESETS[name].description
        assert modes(name, threshold - 0.005) <= below
        assert modes(name, threshold + 0.005) == above


def test_axes_outgrow_the_noise_where_the_description_says():
    target = PRESETS["correlated-gaussian"].target
    variances = np.linalg.eigvalsh(target.covariances)[0]
    for variance, said in zip(variances, ("0.96", "0.41"), strict=True):
        assert f"{1 / (1 + variance):.2f}" == said
        assert said in PRESETS["correlated-gaussian"].description


@pytest.mark.parametrize("name", ["grid-of-9", "uniform-square"])
def test_products_are_products(name):
    m = PRESETS[name].target.marginal(NoiseLevel.of(0.8))
    x = np.random.default_rng(7).normal(size=(50, 2))
    zero, crossed = np.zeros(2), x[:, [1, 0]]
    on_axis = [m.log_density(x * axis) for axis in np.eye(2)]
    total = on_axis[0] + on_axis[1] - m.log_density(zero[None])
    np.testing.assert_allclose(m.log_density(x), total, rtol=0, atol=1e-12)
    for image in (-x, x * [1, -1], crossed):
        np.testing.assert_allclose(m.log_density(image), m.log_density(x), rtol=0, atol=1e-12)


def test_sets_have_the_sizes_and_gaps_the_descriptions_say():
    points = np.unique(np.array(PRESETS["cantor"].target.points))
    assert len(points) == 64
    assert np.diff(points).min() == pytest.approx(8 / 729)  # about 0.01
    assert len(set(PRESETS["sierpinski"].target.points)) == 243
    assert len(PRESETS["histogram"].target.weights) == 12
    low, high = PRESETS["checkerboard"].target.lows, PRESETS["checkerboard"].target.highs
    assert len(low) == 8
    assert set(low) & set(high)  # corners touch
    spike = PRESETS["thin-and-wide"].target.covariances
    assert np.sqrt(np.ravel(spike)) == pytest.approx([0.02, 1.0])


def test_the_score_of_atoms_points_at_the_average_of_where_x_came_from():
    target, level = PRESETS["atoms-2d"].target, NoiseLevel.of(0.6)
    x = np.array([[0.3, -0.2], [1.0, 1.5]])
    means = math.sqrt(level.abar) * np.array(target.means)
    square = ((x[:, None, :] - means) ** 2).sum(axis=2)
    r = np.array(target.weights) * np.exp(-square / (2 * level.var))
    average = (r / r.sum(axis=1, keepdims=True)) @ means
    score = target.marginal(level).score(x)
    np.testing.assert_allclose(score, (average - x) / level.var, rtol=1e-12)


def test_the_heavy_tail_falls_like_the_power_the_description_says():
    m = PRESETS["student-t"].target.marginal(CLEAN)
    fall = m.log_density(np.array([[1e3]])) - m.log_density(np.array([[2e3]]))
    assert fall[0] / math.log(2) == pytest.approx(6, rel=1e-4)


@pytest.mark.parametrize("abar", [0.5, 0.99, 0.9999])
def test_score_and_jacobian_of_many_covariances_against_their_sums(abar: float) -> None:
    target = PRESETS["spiral"].target
    level = NoiseLevel.of(abar)
    x = target.sample_marginal(200, level, np.random.default_rng(5))
    x[:3] *= 30.0  # beyond where moments are plain sums
    weights, means, _, _ = target.form
    p = np.linalg.inv(abar * np.array(target.covariances) + level.var * np.eye(2))
    s = np.einsum("kij,nkj->nki", p, math.sqrt(abar) * means - x[:, None])
    log_w = np.log(weights * np.sqrt(np.linalg.det(p))) - 0.5 * np.einsum(
        "nki,kij,nkj->nk", s, np.linalg.inv(p), s
    )
    r = np.exp(log_w - log_w.max(axis=1, keepdims=True))
    r /= r.sum(axis=1, keepdims=True)
    score = np.einsum("nk,nki->ni", r, s)
    centred = s - score[:, None]
    jacobian = np.einsum("nk,nki,nkj->nij", r, centred, centred) - np.einsum("nk,kij->nij", r, p)
    found = target.marginal(level).score_and_jacobian(x)
    size = np.abs(p).max()
    np.testing.assert_allclose(found[0], score, rtol=1e-10, atol=1e-11 * math.sqrt(size))
    np.testing.assert_allclose(found[1], jacobian, rtol=1e-10, atol=1e-11 * size)


@pytest.mark.parametrize("variance", [2e-5, 1e-5, 1e-6])
@pytest.mark.parametrize("name", ["atoms-2d", "sierpinski", "thin-and-wide-2d"])
def test_fast_and_careful_forms_agree_where_they_meet(name, variance):
    target, level = PRESETS[name].target, NoiseLevel(1 - variance, variance)
    rng = np.random.default_rng(23)
    ends = [target.sample_marginal(60, level, rng) for _ in range(2)]
    x = np.concatenate([ends[0], 0.5 * (ends[0] + ends[1])])
    fast, careful = target.marginal(level), target.marginal(level)
    careful._careful2 = -1.0  # every point takes the careful form
    size = np.abs(careful.jacobian(x)).max(axis=(1, 2))
    for order, part in enumerate(("score", "jacobian", "trace_gradient")):
        a, b = getattr(fast, part)(x), getattr(careful, part)(x)
        axes = tuple(range(1, a.ndim))
        scale = np.maximum(np.abs(b).max(axis=axes), size ** ((order + 1) / 2))
        assert (np.abs(a - b).max(axis=axes) <= 1e-9 * scale).all()
    np.testing.assert_allclose(fast.log_density(x), careful.log_density(x), rtol=1e-10, atol=1e-8)


def normals(k, dim, weights=None, variance=1.0):
    rows = tuple(tuple(variance * float(i == j) for j in range(dim)) for i in range(dim))
    return GaussianMixture(weights or (1 / k,) * k, ((0.0,) * dim,) * k, (rows,) * k)


BAD = {
    "weights must sum": (lambda: Boxes((0.5,), ((0.0,),), ((1.0,),)), "target.weights"),
    "weights positive": (
        lambda: Boxes((1.5, -0.5), ((0.0,),) * 2, ((1.0,),) * 2),
        "target.weights",
    ),
    "too many boxes": (
        lambda: Boxes((1 / 4097,) * 4097, ((0.0,),) * 4097, ((1.0,),) * 4097),
        "target.weights",
    ),
    "box lows count": (lambda: Boxes((0.5, 0.5), ((0.0,),), ((1.0,),) * 2), "target.lows"),
    "box highs count": (lambda: Boxes((0.5, 0.5), ((0.0,),) * 2, ((1.0,),)), "target.highs"),
    "box dims": (lambda: Boxes((1.0,), ((0.0,),), ((1.0, 1.0),)), "target.highs"),
    "box ragged": (lambda: Boxes((0.5, 0.5), ((0.0,), (0.0, 1.0)), ((1.0,),) * 2), "target.lows"),
    "box empty": (lambda: Boxes((1.0,), ((0.0, 0.0),), ((1.0, 0.0),)), "target.highs"),
    "box nan": (lambda: Boxes((1.0,), ((math.nan,),), ((1.0,),)), "target.lows"),
    "box infinite": (lambda: Boxes((1.0,), ((0.0,),), ((math.inf,),)), "target.highs"),
    "radius zero": (lambda: Circle(0.0), "target.radius"),
    "radius nan": (lambda: Circle(math.nan), "target.radius"),
    "center 3d": (lambda: Circle(1.0, (0.0, 0.0, 0.0)), "target.center"),
    "center infinite": (lambda: Circle(1.0, (0.0, math.inf)), "target.center"),
    "df": (lambda: StudentT(0.1, (0.0,)), "target.df"),
    "loc": (lambda: StudentT(3.0, (math.nan,)), "target.loc"),
    "loc empty": (lambda: StudentT(3.0, ()), "target.loc"),
    "scale": (lambda: StudentT(3.0, (0.0,), 0.0), "target.scale"),
    "points": (lambda: Points(((0.0,), (1.0, 2.0))), "target.points"),
    "bandwidth": (lambda: Points(((0.0,),), -1.0), "target.bandwidth"),
    "means": (lambda: GaussianMixture((1.0,), ((math.inf,),), (((1.0,),),)), "target.means"),
    "covariance size": (
        lambda: GaussianMixture((1.0,), ((0.0, 0.0),), (((1.0,),),)),
        "target.covariances",
    ),
    "weights nan": (lambda: normals(2, 1, (math.nan, 0.5)), "target.weights"),
    "weights infinite": (lambda: normals(2, 1, (math.inf, 0.5)), "target.weights"),
    "weight zero": (lambda: normals(2, 1, (1.0, 0.0)), "target.weights"),
    "weights sum": (lambda: normals(2, 1, (0.5, 0.499)), "target.weights: must sum to 1"),
    "no components": (lambda: GaussianMixture((), (), ()), "target.weights: between 1 and 500"),
    "too many components": (lambda: normals(501, 1), "target.weights: between 1 and 500"),
    "too many dimensions": (lambda: normals(1, 257), "target.means: dimension between 1 and 256"),
    "too many numbers": (lambda: normals(31, 256), "target.covariances: at most 2,000,000"),
    "means count": (
        lambda: GaussianMixture((0.5, 0.5), ((0.0,),), (((1.0,),),) * 2),
        "target.weights: 2 weights need 2 means",
    ),
    "covariances count": (
        lambda: GaussianMixture((0.5, 0.5), ((0.0,),) * 2, (((1.0,),),)),
        "target.weights: 2 weights need 2 means and 2 cov",
    ),
    "means large": (lambda: GaussianMixture((1.0,), ((2e6,),), (((1.0,),),)), "target.means"),
    "covariance nan": (lambda: normals(1, 2, variance=math.nan), "target.covariances"),
    "covariance large": (lambda: normals(1, 2, variance=2e12), "target.covariances"),
    "covariance lopsided": (
        lambda: GaussianMixture((1.0,), ((0.0, 0.0),), (((1.0, 0.5), (0.4, 1.0)),)),
        "target.covariances: every matrix must be symmetric",
    ),
    "no points": (lambda: Points(()), "target.points: between 1 and 5000"),
    "empty points": (lambda: Points(((),)), "target.points: dimension between 1 and 256"),
    "too many points": (lambda: Points(((0.0,),) * 5001), "target.points: between 1 and 5000"),
    "points nan": (lambda: Points(((0.0,), (math.nan,))), "target.points"),
    "bandwidth nan": (lambda: Points(((0.0,),), math.nan), "target.bandwidth"),
    "bandwidth large": (lambda: Points(((0.0,),), 2e6), "target.bandwidth"),
    "bandwidth thin": (lambda: Points(((0.0,),), 1e-10), "target.bandwidth"),
    "box thin": (lambda: Boxes((1.0,), ((0.0,),), ((1e-10,),)), "target.highs"),
    "box inverted": (lambda: Boxes((1.0,), ((0.0,),), ((-1.0,),)), "target.highs"),
    "box dimensions": (lambda: Boxes((1.0,), ((0.0,) * 257,), ((1.0,) * 257,)), "target.lows"),
    "radius negative": (lambda: Circle(-1.0), "target.radius"),
    "radius large": (lambda: Circle(2e6), "target.radius"),
    "df nan": (lambda: StudentT(math.nan, (0.0,)), "target.df"),
    "scale negative": (lambda: StudentT(3.0, (0.0,), -1.0), "target.scale"),
    "covariance sign": (lambda: GaussianMixture((1.0,), ((0.0,),), (((-1.0,),),)), "target.cov"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_descriptions_are_refused_in_one_sentence_naming_the_field(case):
    make, field = BAD[case]
    with pytest.raises(InputError, match=field) as caught:
        make()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 120
    words = r"between|at least|at most|must|needs?|\d"
    assert re.search(words, message.split(":", 1)[1])


def test_limits_are_enforced_before_work_starts():
    """A hundred times too many rows cost no more than counting them."""
    began = time.process_time()
    for make in (lambda: Points(((0.0, 0.0),) * 500_000), lambda: normals(500, 100)):
        with pytest.raises(InputError):
            make()
    assert time.process_time() - began < 0.5


def test_what_is_narrower_than_the_least_width_has_no_density():
    thin = normals(1, 2, variance=1e-300)
    assert not thin.has_density
    assert thin.finest_scale == 0
    with pytest.raises(InputError, match="p_1"):
        thin.marginal(CLEAN)
    x = np.array([[1e-3, -2e-3]])
    score = thin.marginal(LEVELS[1]).score(x)
    np.testing.assert_allclose(score, -x / LEVELS[1].var, rtol=1e-12)


def test_descriptions_at_their_limits_are_accepted():
    assert normals(500, 1).dim == 1
    assert Points(((0.0,) * 256,) * 20).dim == 256
    assert Points(((0.5,),) * 5000, 1e-9).finest_scale == 1e-9
    assert check_points("x", ((1e6, -1e6),), 1) == 2


def test_masses_of_a_normal_law_keep_their_digits_in_both_tails() -> None:
    edges = np.array([-np.inf, -39.0, -12.0, -1.0, 0.5, 0.75, 11.0, 38.0, np.inf])
    found = normal_interval_mass(edges, np.array([0.0, 0.25]), np.array([1.0, 0.5]))
    with mp.workdps(400):
        for row, (mean, std) in zip(found, ((0, 1), (0.25, 0.5)), strict=True):
            below = [mp.ncdf((mp.mpf(float(v)) - mean) / std) for v in edges]
            want = [float(b - a) for a, b in itertools.pairwise(below)]
            np.testing.assert_allclose(row, want, rtol=1e-11, atol=1e-310)
    np.testing.assert_array_equal(
        normal_interval_mass(edges[::-1], np.zeros(1), np.ones(1)), -found[:1, ::-1]
    )
