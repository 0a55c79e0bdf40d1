"""Scores of exactly known size: their norms, derivatives, limits and descriptions."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment
from diffusion_core.errors import InputError, Refused
from diffusion_core.schedules import Constant
from diffusion_core.scores.errors import SCORE_ERRORS, Shift, strengths
from diffusion_core.scores.expectations import QUADRATURE, expectation
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score
from tests.core.scores.score_laws import KINDS, LAWS, SKEWED, SPACE, inexact


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


def test_presets_all_take_every_kind():
    for preset in PRESETS.values():
        for error in KINDS.values():
            e = Experiment(target=preset.target, steps=8, score_error=error)
            x = np.random.default_rng(4).standard_normal((3, e.target.dim))
            assert np.isfinite(e.score(8, x)).all()
