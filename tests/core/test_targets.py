"""Every target and preset: closed forms against finite differences in 90 and more digits."""

from __future__ import annotations

import math
import pickle

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


def compare(target, level, x, rtol, digits=90):
    """The four closed forms at x against the reference, in units of the local scale."""
    m = target.marginal(level)
    got = m.log_density(x), m.score(x), m.jacobian(x), m.trace_gradient(x)
    with mp.workdps(digits):
        log_p = reference(target, level)
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
    """Mean and second moments of X_0, (d,) each, from the numbers of the description."""
    if isinstance(target, Points):
        x = np.array(target.points)
        return x.mean(axis=0), (x**2).mean(axis=0) + target.bandwidth**2
    if isinstance(target, GaussianMixture):
        w, m = np.array(target.weights), np.array(target.means)
        return w @ m, w @ (m**2 + np.einsum("kii->ki", np.array(target.covariances)))
    if isinstance(target, Boxes):
        w, a, b = np.array(target.weights), np.array(target.lows), np.array(target.highs)
        return w @ (a + b) / 2, w @ (a * a + a * b + b * b) / 3
    if isinstance(target, Circle):
        c = np.array(target.center)
        return c, c**2 + target.radius**2 / 2
    c = np.array(target.loc)
    return c, c**2 + target.scale**2 * target.df / (target.df - 2)


@pytest.mark.parametrize("name", TARGETS_TRIED)
def test_samples_have_the_right_moments_and_stay_in_bounds(name):
    target = TARGETS_TRIED[name]
    x = target.sample(20_000, np.random.default_rng(11))
    mean, second = exact_moments(target)
    for values, exact in ((x, mean), (x**2, second)):
        error = values.std(axis=0) / math.sqrt(len(x))
        assert (np.abs(values.mean(axis=0) - exact) <= 5 * error + 1e-12).all()
    low, high = target.bounds
    assert ((low - 1e-9 <= x) & (x <= high + 1e-9)).all()


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
    "covariance sign": (lambda: GaussianMixture((1.0,), ((0.0,),), (((-1.0,),),)), "target.cov"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_descriptions_are_refused_with_the_name_of_the_field(case):
    make, field = BAD[case]
    with pytest.raises(InputError, match=field):
        make()
