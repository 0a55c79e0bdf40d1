"""Scores of exactly known size: their norms, derivatives, limits and descriptions."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment
from diffusion_core.characteristic import Characteristic
from diffusion_core.errors import InputError, Refused
from diffusion_core.expectations import (
    DRAWS,
    QUADRATURE,
    SOBOL,
    FisherCurve,
    expectation,
    fisher_information,
)
from diffusion_core.schedules import Constant, NoiseLevel
from diffusion_core.score_errors import (
    SCORE_ERRORS,
    FourierError,
    Scale,
    Shift,
    WaveError,
    strengths,
)
from diffusion_core.score_sizes import eps_jacobi, eps_score, spectral_norm
from diffusion_core.scores import ExactScore
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT

LEVEL = NoiseLevel.of(0.7)
SKEWED = GaussianMixture((0.3, 0.7), ((-1.0,), (0.8,)), (((0.09,),), ((0.3,),)))
PLANE = GaussianMixture(
    (0.4, 0.6), ((-1.0, 0.5), (0.7, 0.2)), (((0.3, 0.1), (0.1, 0.2)), ((0.1, 0.0), (0.0, 0.5)))
)
SPACE = GaussianMixture(
    (0.5, 0.5),
    ((1.0, 0.0, 0.5), (-1.0, 0.3, 0.0)),
    tuple(tuple(tuple(row) for row in (v * np.eye(3)).tolist()) for v in (0.2, 0.4)),
)
LAWS = {
    "mixture": SKEWED,
    "atoms": Points(((-1.0,), (0.2,), (0.2,), (1.5,))),
    "cloud": Points(((-1.0, 0.3), (0.2, 0.1), (1.5, -0.7)), 0.2),
    "boxes": Boxes((0.25, 0.75), ((-1.0,), (0.5,)), ((0.0,), (1.1,))),
    "circle": Circle(1.3, (0.2, -0.1)),
    "heavy": StudentT(3.0, (0.4,), 0.5),
    "heavier": StudentT(1.5, (0.4, -0.2), 0.5),
    "nearly-normal": StudentT(300.0, (0.4,), 0.5),
    "plane": PLANE,
    "space": SPACE,
}
KINDS = {
    "shift": Shift(0.3),
    "scale": Scale(0.3),
    "wave": WaveError(0.3, 4.0, 0.7),
    "fourier": FourierError(0.3, 0.6, 5),
}


def inexact(error, target, steps=20):
    e = Experiment(target=target, steps=steps, score_error=error)
    return e, e.score, ExactScore(target, e.chain)


@pytest.mark.parametrize("name", LAWS)
def test_characteristic_functions_are_the_means_of_waves(name):
    target = LAWS[name]
    rng = np.random.default_rng(3)
    w = rng.standard_normal((5, target.dim)) * [[0.3], [1.0], [2.0], [4.0], [9.0]]
    found = Characteristic(target).noised(LEVEL, w)
    x = target.sample_marginal(200_000, LEVEL, rng)
    waves = np.exp(1j * x @ w.T)
    error = waves.std(axis=0) / math.sqrt(len(x))
    assert (np.abs(found - waves.mean(axis=0)) < 5 * error).all()
    np.testing.assert_allclose(Characteristic(target).clean(0 * w), 1, rtol=1e-9)


@pytest.mark.parametrize("name", [n for n in LAWS if LAWS[n].dim == 1])
@pytest.mark.parametrize("level", [LEVEL, NoiseLevel.of(0.99)])
def test_characteristic_functions_against_quadrature_on_the_line(name, level):
    target, w = LAWS[name], np.array([0.01, 0.7, 3.0, 11.0])

    def waves(x):
        return np.concatenate([np.cos(w[:, None] * x[:, 0]), np.sin(w[:, None] * x[:, 0])])

    found = expectation(target, level, waves)
    assert found.how == QUADRATURE
    chi = Characteristic(target).noised(level, w[:, None])
    both = np.concatenate([chi.real, chi.imag])
    assert np.abs(found.value - both).max() < 2e-9  # a heavy tail holds 1e-10 beyond its bounds
    assert (np.abs(found.value - both) < found.error + 1e-9).all()


def test_a_characteristic_function_needs_a_known_law():
    with pytest.raises(InputError, match="no characteristic function"):
        Characteristic(type("Other", (), {"kind": "other"})())


@pytest.mark.parametrize("when", ["always", "small-t", "large-t"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mixture", "atoms", "boxes", "heavy", "plane", "circle"])
def test_the_size_is_the_norm_of_the_error(kind, name, when):
    error = type(KINDS[kind])(**{**vars(KINDS[kind]), "when": when})
    e, score, exact = inexact(error, LAWS[name])
    size = eps_score(e)
    assert size.value == pytest.approx(0.3, rel=1e-14)
    assert size.per_t.shape == (20,)
    for t in (1, 9, 20):
        level = e.chain.level(t)
        active = {"always": True, "small-t": level.abar >= 0.5, "large-t": level.abar < 0.5}[when]
        assert (size.per_t[t - 1] > 0) == active
        found = expectation(
            e.target, level, lambda x, t=t: np.square(score(t, x) - exact(t, x)).sum(axis=1)[None]
        )
        slack = 1e-8 if found.how == QUADRATURE and e.target.dim == 1 else 5e-3
        gap = abs(found.value[0] - size.per_t[t - 1] ** 2)
        assert gap <= slack * size.per_t[t - 1] ** 2 + 5 * found.error[0] * (slack > 1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_beyond_the_plane_agrees_with_independent_draws(kind):
    e, score, exact = inexact(KINDS[kind], SPACE)
    x = SPACE.sample_marginal(40_000, e.chain.level(7), np.random.default_rng(8))
    squares = np.square(score(7, x) - exact(7, x)).sum(axis=1)
    error = squares.std() / math.sqrt(len(x))
    assert abs(squares.mean() - 0.09) < 5 * error + (2e-3 if kind == "scale" else 1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mixture", "plane", "space", "circle"])
def test_size_zero_is_the_exact_score(kind, name):
    error = type(KINDS[kind])(**{**vars(KINDS[kind]), "size": 0.0})
    e, score, exact = inexact(error, LAWS[name])
    x = np.random.default_rng(1).standard_normal((50, e.target.dim))
    for t in (1, 20, 21):
        np.testing.assert_array_equal(score(t, x), exact(t, x))
        np.testing.assert_array_equal(score.jacobian(t, x), exact.jacobian(t, x))
        np.testing.assert_array_equal(score.trace_gradient(t, x), exact.trace_gradient(t, x))
    assert eps_score(e).value == eps_jacobi(e).value == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mixture", "plane", "space"])
def test_derivatives_are_those_of_the_score(kind, name):
    e, score, _ = inexact(KINDS[kind], LAWS[name])
    dim, h = e.target.dim, 1e-5
    x = np.random.default_rng(2).standard_normal((20, dim))
    for t in (4, 20):
        for i in range(dim):
            step = h * np.eye(dim)[i]
            slope = (score(t, x + step) - score(t, x - step)) / (2 * h)
            np.testing.assert_allclose(score.jacobian(t, x)[:, :, i], slope, rtol=1e-6, atol=1e-7)
            up, down = (
                np.trace(score.jacobian(t, y), axis1=1, axis2=2) for y in (x + step, x - step)
            )
            gradient = score.trace_gradient(t, x)[:, i]
            np.testing.assert_allclose(gradient, (up - down) / (2 * h), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_one_step_beyond_the_chain_the_error_is_that_of_its_end(kind):
    _, score, exact = inexact(KINDS[kind], SKEWED)
    x = np.linspace(-2, 2, 9)[:, None]
    if kind == "scale":
        np.testing.assert_allclose(score(21, x) / exact(21, x), score(20, x) / exact(20, x))
    else:
        np.testing.assert_allclose(
            score(21, x) - exact(21, x), score(20, x) - exact(20, x), rtol=1e-9, atol=1e-12
        )


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


def test_where_the_error_applies():
    chain = Constant(0.9).chain(10)  # abar_T = 0.9: the data dominate at every t
    np.testing.assert_allclose(strengths(0.2, "small-t", chain)[1:], 0.2)
    with pytest.raises(Refused, match=r"score_error\.when: no t of this chain"):
        strengths(0.2, "large-t", chain)
    chain = Experiment(steps=30).chain
    for when in ("small-t", "large-t"):
        eps = strengths(0.2, when, chain)
        assert np.mean(eps[1:-1] ** 2) == pytest.approx(0.04)
        assert ((eps > 0) == ((chain.abar >= 0.5) == (when == "small-t")))[1:-1].all()
        assert eps[-1] == eps[-2]


@pytest.mark.parametrize("kind", KINDS)
def test_json_round_trip(kind):
    e = Experiment(score_error=KINDS[kind])
    again = Experiment.from_json(e.to_json())
    assert again == e
    assert again.to_json() == e.to_json()
    assert SCORE_ERRORS[kind] is type(KINDS[kind])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"kind": "shift", "size": -0.1}, "score_error.size: from 0 to 100"),
        ({"kind": "scale", "size": 101}, "score_error.size: from 0 to 100"),
        ({"kind": "shift", "size": "big"}, "score_error.size: must be a number"),
        ({"kind": "shift", "when": "now"}, "score_error.when: one of always, small-t, large-t"),
        ({"kind": "wave", "frequency": 0}, "score_error.frequency: must be between 0.01 and 1000"),
        ({"kind": "wave", "phase": 11}, "score_error.phase: must be between -10 and 10"),
        ({"kind": "fourier", "length": 0}, "score_error.length: must be between 0.001 and 1000"),
        ({"kind": "fourier", "seed": -1}, "score_error.seed: a whole number from 0"),
        ({"kind": "fourier", "seed": 1.5}, "score_error.seed: must be a whole number"),
        ({"kind": "wave", "length": 1}, "score_error: unknown key 'length'"),
        ({"kind": "noise"}, "score_error.kind: one of shift, scale, wave, fourier"),
    ],
)
def test_bad_descriptions_are_refused_in_one_sentence(bad, message):
    data = {**Experiment().to_dict(), "score_error": bad}
    with pytest.raises(InputError) as caught:
        Experiment.from_dict(data)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_the_command_line_takes_an_error_of_the_score(tmp_path):
    e = Experiment(steps=16, score_error=Shift(0.2))
    path = tmp_path / "run.json"
    path.write_text(e.to_json())
    command = [sys.executable, "-m", "diffusion_core", "distance", str(path), "--metric", "tv"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["value"]
    exact = json.loads(
        subprocess.run(
            [*command[:4], str(_without_error(tmp_path, e)), *command[5:]],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )["value"]
    assert found != pytest.approx(exact, rel=1e-3)


def _without_error(folder, e):
    path = folder / "exact.json"
    path.write_text(e.with_(score_error=None).to_json())
    return path


def test_spectral_norms_in_the_plane_are_singular_values():
    j = np.random.default_rng(5).standard_normal((200, 2, 2))
    np.testing.assert_allclose(spectral_norm(j), np.linalg.norm(j, ord=2, axis=(1, 2)))


def test_presets_all_take_every_kind():
    for preset in PRESETS.values():
        for error in KINDS.values():
            e = Experiment(target=preset.target, steps=8, score_error=error)
            x = np.random.default_rng(4).standard_normal((3, e.target.dim))
            assert np.isfinite(e.score(8, x)).all()
