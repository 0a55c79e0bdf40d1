"""Generated files of experiments: what is accepted keeps the limits that the README names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from diffusion_core import DiscreteExperiment, Experiment
from diffusion_core.targets import Boxes, GaussianMixture, Points
from tests.generated.bounds import GENERATED, answer, bounded
from tests.generated.experiments import discrete_experiments, experiments
from tests.generated.mutations import as_text, bent

MOST = {GaussianMixture: 500, Boxes: 4096, Points: 5000}
FARTHEST = 1e6
MOST_STATES, MOST_DISCRETE_STEPS = 20_000, 4096


def assert_within_limits(e: Experiment) -> None:
    assert 2 <= e.steps <= 8192
    assert 0 <= e.seed < 2**32
    assert e.target.dim <= 256
    for kind, most in MOST.items():
        if isinstance(e.target, kind):
            rows = e.target.points if isinstance(e.target, Points) else e.target.weights
            assert 1 <= len(rows) <= most
    for name in ("means", "points", "lows", "highs"):
        rows = np.array(getattr(e.target, name, [[0.0]]))
        assert np.isfinite(rows).all()
        assert np.abs(rows).max() <= FARTHEST
    for name, low, high in (("size", 0, 100), ("frequency", 0.01, 1000), ("length", 1e-3, 1e3)):
        assert low <= getattr(e.score_error, name, low) <= high
    if e.corrector is not None:
        assert 1 <= e.corrector.steps <= 20 or e.sampler == "langevin"
        assert 0.001 <= e.corrector.size <= 2


def assert_usable(e: Experiment) -> None:
    """Its chain is one, and its words can be said."""
    beta = e.chain.beta[1:]
    assert ((beta > 0) & (beta <= 0.999)).all()
    assert np.isfinite(e.chain.abar).all()
    assert all(note.splitlines() == [note] for note in e.notes)
    assert e.called
    assert np.isfinite(e.target.sample(2, np.random.default_rng(0))).all()


@GENERATED
@given(as_text(bent(experiments())))
def test_a_file_is_an_experiment_within_the_limits_or_refused(source: str | bytes) -> None:
    with bounded():
        e = answer(lambda: Experiment.from_json(source))
        if e is not None:
            assert_within_limits(e)
            assert_usable(e)
            again = Experiment.from_json(e.to_json(indent=2))
            assert again == e
            assert hash(again) == hash(e)


@GENERATED
@given(as_text(bent(discrete_experiments())))
def test_a_file_is_a_discrete_experiment_within_the_limits_or_refused(source: str | bytes) -> None:
    with bounded():
        e = answer(lambda: DiscreteExperiment.from_json(source))
        if e is not None:
            assert 1 <= e.steps <= MOST_DISCRETE_STEPS
            law = e.target.law
            assert np.isfinite(law).all()
            assert (law >= 0).all()
            assert law.sum() == pytest.approx(1.0, abs=1e-9)
            assert e.dynamics.alphabet(law.shape[0]) ** law.ndim <= MOST_STATES
            assert len(e.target.letters) == law.shape[0]
            assert all(a > b > 0 for a, b in zip(e.times[:-1], e.times[1:], strict=True))
            assert DiscreteExperiment.from_json(e.to_json()) == e


def test_what_is_bent_is_accepted_often_enough_to_tell() -> None:
    """Else the properties above would only see refusals."""

    def accepted(kind: Any, trees: Any) -> float:
        found: list[bool] = []

        @GENERATED
        @given(as_text(bent(trees)))
        def collect(source: str | bytes) -> None:
            found.append(answer(lambda: kind.from_json(source)) is not None)

        collect()
        return math.fsum(found) / len(found)

    assert accepted(Experiment, experiments()) > 0.1
    assert accepted(DiscreteExperiment, discrete_experiments()) > 0.1
