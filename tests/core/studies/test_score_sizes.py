"""eps_score and eps_Jacobi against dense sums and independent draws."""

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment
from diffusion_core.laws.plane.coordinates import detail, law_box
from diffusion_core.schedules import Cosine, NoiseLevel
from diffusion_core.scores.errors import FourierError, Scale, WaveError
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.expectations import (
    DRAWS,
    QUADRATURE,
    SOBOL,
    FisherCurve,
    expectation,
    fisher_information,
)
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score, spectral_norm
from diffusion_core.targets import GaussianMixture
from diffusion_core.targets.circle import Circle
from tests.core.scores.score_laws import LAWS, LEVEL, SKEWED, inexact


@pytest.mark.parametrize(
    ("name", "frequency"),
    [
        ("mixture", 0.05),
        ("mixture", 1.0),
        ("atoms", 1.0),
        ("boxes", 1.0),
        ("heavy", 1.0),
        ("atoms", 30.0),
        ("mixture", 300.0),
    ],
)
def test_the_mean_jacobian_of_a_wave_against_dense_sums(name, frequency):
    e, score, exact = inexact(WaveError(0.2, frequency, 0.4), LAWS[name])
    found = eps_jacobi(e)
    for t in (1, 20):
        level = e.chain.level(t)
        edges = np.linspace(-30, 30, 60_001)
        middle = 0.5 * (edges[1:] + edges[:-1])
        mass = e.target.marginal(level).interval_mass(edges)
        # by hand: A w |cos|, with A from the norm on the same cells
        sine = np.sin(frequency * middle + 0.4)
        a = 0.2 / math.sqrt(float(mass @ sine**2) / mass.sum())
        mean = a * frequency * float(mass @ np.abs(np.cos(frequency * middle + 0.4))) / mass.sum()
        assert found.per_t[t - 1] == pytest.approx(mean, rel=2e-3)
    x = np.linspace(-1, 1, 7)[:, None]
    slope = score.jacobian(5, x) - exact.jacobian(5, x)
    assert np.abs(slope).max() <= score.amplitude(5) * frequency * (1 + 1e-12)


@pytest.mark.parametrize(
    ("error", "name", "how"),
    [
        (Scale(0.3), "mixture", QUADRATURE),
        (FourierError(0.3, 0.5, 2, "small-t"), "mixture", QUADRATURE),
        (FourierError(0.3, 0.5, 2), "plane", QUADRATURE),
        (FourierError(0.3, 0.5, 2), "circle", SOBOL),
        (Scale(0.3), "space", DRAWS),
    ],
)
def test_eps_jacobi_against_independent_draws(error, name, how):
    e, score, exact = inexact(error, LAWS[name], steps=12)
    found = eps_jacobi(e)
    assert found.how == how
    assert found.value == pytest.approx(float(found.per_t.mean()))
    for t in (1, 8):
        x = e.target.sample_marginal(40_000, e.chain.level(t), np.random.default_rng(9))
        norms = np.linalg.norm(score.jacobian(t, x) - exact.jacobian(t, x), ord=2, axis=(1, 2))
        error_of_draws = norms.std() / math.sqrt(len(x))
        gap = abs(found.per_t[t - 1] - norms.mean())
        assert gap <= 5 * (error_of_draws + found.per_t_error[t - 1]) + 1e-12


def test_a_long_chain_is_interpolated_within_its_stated_error():
    e, _, _ = inexact(FourierError(0.3, 0.5, 2), SKEWED, steps=600)
    found = eps_jacobi(e)
    score, exact = e.score, ExactScore(SKEWED, e.chain)
    for t in (1, 137, 311, 600):
        one = expectation(
            SKEWED,
            e.chain.level(t),
            lambda x, t=t: spectral_norm(score.jacobian(t, x) - exact.jacobian(t, x))[None],
        )
        assert abs(found.per_t[t - 1] - one.value[0]) <= found.per_t_error[t - 1] + one.error[0]
    assert found.per_t_error.max() < 1e-3 * found.value


def test_any_score_is_measured_without_knowing_its_kind():
    """The same error without its own word on its size."""

    class Anonymous:
        def __init__(self, score):
            self._score = score

        def __call__(self, t, x):
            return self._score(t, x)

        def jacobian(self, t, x):
            return self._score.jacobian(t, x)

    known = Experiment(target=SKEWED, steps=12, score_error=WaveError(0.3, 5.0, 0.2))

    class Unnamed(Experiment):
        @property
        def score(self):
            return Anonymous(known.score)

    unnamed = Unnamed(target=SKEWED, steps=12, score_error=WaveError(0.3, 5.0, 0.2))
    size, slope = eps_score(unnamed), eps_jacobi(unnamed)
    assert size.how == slope.how == QUADRATURE
    assert size.value == pytest.approx(0.3, rel=1e-8)
    assert slope.value == pytest.approx(eps_jacobi(known).value, rel=1e-6)


def test_the_fisher_information_of_one_gaussian_and_along_a_long_chain():
    one = GaussianMixture((1.0,), ((0.5,),), (((0.09,),),))
    assert fisher_information(one, LEVEL).value[0] == pytest.approx(1 / (0.7 * 0.09 + 0.3))
    twin = GaussianMixture((0.5, 0.5), ((0.5,), (0.5,)), (((0.09,),), ((0.09,),)))
    assert fisher_information(twin, LEVEL).value[0] == pytest.approx(1 / (0.7 * 0.09 + 0.3))
    chain = Experiment(target=SKEWED, steps=500).chain
    curve = FisherCurve(SKEWED, chain)
    for t in (1, 40, 260, 499, 500):
        exact = fisher_information(SKEWED, chain.level(t)).value[0]
        assert curve(t) == pytest.approx(exact, rel=1e-7)


PAIR = GaussianMixture(
    (0.4, 0.6),
    ((-1.0, 0.0), (1.0, 0.5)),
    (((0.0025, 0.0), (0.0, 0.0025)), ((0.09, 0.0), (0.0, 0.09))),
)


@pytest.mark.parametrize("target", [Circle(1.0), PAIR, PRESETS["ring-of-8"].target])
def test_the_size_of_a_scaled_score_states_what_it_may_be_wrong_by(target):
    e = Experiment(target=target, steps=8, schedule=Cosine(), score_error=Scale(0.3))
    found, exact = eps_score(e), ExactScore(target, e.chain)
    assert found.how in (QUADRATURE, SOBOL)
    squares = []
    for t in range(1, 9):
        x, mass = lattice(target, e.chain.level(t))
        squares.append(float(mass @ np.square(e.score(t, x) - exact(t, x)).sum(axis=1)))
    gaps = np.abs(np.sqrt(squares) - found.per_t)
    assert (gaps <= found.per_t_error + 1e-10).all()
    gap = abs(math.sqrt(np.mean(squares)) - found.value)
    assert 1e-7 < gap <= found.stated <= 1e-3 * found.value


def test_rules_that_agree_by_chance_do_not_make_an_error_small():
    """The rules of 20, 25 and 28 nodes agree here better than each is right."""
    deviations = (0.6738, 0.2705, 0.4891)
    target = GaussianMixture(
        (0.2845, 0.3596, 0.3559),
        ((4.3199, 0.2935), (-0.4584, -0.3657), (-0.8685, -1.3717)),
        tuple(((s * s, 0.0), (0.0, s * s)) for s in deviations),
    )
    level = NoiseLevel(0.7012759774, 0.2987240226)
    x, mass = lattice(target, level)
    truth = float(mass @ np.square(target.marginal(level).score(x)).sum(axis=1))
    found = fisher_information(target, level)
    assert 1e-3 < abs(found.value[0] - truth) <= found.error[0] < 5e-3


def lattice(target, level):
    """Points and weights of the trapezoid rule for p_t, which it integrates to rounding."""
    box, step = law_box(target, level), detail(target, level) / 3
    axes = [np.arange(low, high, step) for low, high in box.T]
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    mass = np.exp(target.marginal(level).log_density(x))
    return x, mass / mass.sum()


@pytest.mark.parametrize("name", ["space", "mixture"])
def test_along_a_long_chain_the_size_of_a_scaled_score_has_an_error_too(name):
    e = Experiment(target=LAWS[name], steps=400, score_error=Scale(0.3))
    found = eps_score(e)
    assert found.per_t_error.shape == (400,)
    assert 0 < found.error < 0.05 * found.value


def test_spectral_norms_in_the_plane_are_singular_values():
    j = np.random.default_rng(5).standard_normal((200, 2, 2))
    np.testing.assert_allclose(spectral_norm(j), np.linalg.norm(j, ord=2, axis=(1, 2)))
