"""Characteristic functions against quadrature and draws."""

import math

import numpy as np
import pytest

from diffusion_core.errors import InputError
from diffusion_core.schedules import NoiseLevel
from diffusion_core.scores.expectations import QUADRATURE, expectation
from diffusion_core.targets import Circle, Target
from tests.core.scores.score_laws import LAWS, LEVEL


@pytest.mark.parametrize("name", LAWS)
def test_characteristic_functions_are_the_means_of_waves(name):
    target = LAWS[name]
    rng = np.random.default_rng(3)
    w = rng.standard_normal((5, target.dim)) * [[0.3], [1.0], [2.0], [4.0], [9.0]]
    found = target.noised_characteristic(LEVEL, w)
    x = target.sample_marginal(200_000, LEVEL, rng)
    waves = np.exp(1j * x @ w.T)
    error = waves.std(axis=0) / math.sqrt(len(x))
    assert (np.abs(found - waves.mean(axis=0)) < 5 * error).all()
    np.testing.assert_allclose(target.characteristic(0 * w), 1, rtol=1e-9)


@pytest.mark.parametrize("name", [n for n in LAWS if LAWS[n].dim == 1])
@pytest.mark.parametrize("level", [LEVEL, NoiseLevel.of(0.99)])
def test_characteristic_functions_against_quadrature_on_the_line(name, level):
    target, w = LAWS[name], np.array([0.01, 0.7, 3.0, 11.0])

    def waves(x):
        return np.concatenate([np.cos(w[:, None] * x[:, 0]), np.sin(w[:, None] * x[:, 0])])

    found = expectation(target, level, waves)
    assert found.how == QUADRATURE
    chi = target.noised_characteristic(level, w[:, None])
    both = np.concatenate([chi.real, chi.imag])
    assert np.abs(found.value - both).max() < 2e-9  # a heavy tail holds 1e-10 beyond its bounds
    assert (np.abs(found.value - both) < found.error + 1e-9).all()


class Other(Circle):
    """A law of which nothing is known but what a target must say."""

    kind = "other"
    characteristic = Target.characteristic


def test_a_characteristic_function_needs_a_known_law():
    with pytest.raises(InputError, match="no characteristic function"):
        Other(1.0).characteristic(np.ones((1, 2)))
