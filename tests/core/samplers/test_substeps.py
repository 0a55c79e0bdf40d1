"""A step taken apart ends where the step does, and its formulas can be filled."""

from __future__ import annotations

import re

import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core.laws.particles import simulate
from diffusion_core.substeps import anatomy, trace

CASES = [(name, 0.0) for name in SAMPLERS] + [("ddim", 0.7)]


@pytest.mark.parametrize("preset", ["three-modes", "two-moons"])
@pytest.mark.parametrize(("sampler", "eta"), CASES)
def test_parts_end_at_the_next_position_of_the_same_run(
    sampler: str, eta: float, preset: str
) -> None:
    target = PRESETS[preset].target
    experiment = Experiment(target, sampler=sampler, eta=eta, steps=12, seed=5)
    run = dict(simulate(experiment, 40))
    parts = anatomy(experiment).parts
    for step in trace(experiment, 40, 7):
        np.testing.assert_array_equal(step.y, run[step.t])
        exact = target.marginal(experiment.chain.level(step.t)).score(step.y[:7])
        np.testing.assert_allclose(step.score, exact, rtol=1e-12)
        if step.t > 1:
            assert step.ends is not None
            assert step.ends.shape == (len(parts), 7, target.dim)
            np.testing.assert_allclose(step.ends[-1], run[step.t - 1][:7], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("sampler", "eta"), CASES)
def test_formulas_name_only_what_is_known(sampler: str, eta: float) -> None:
    experiment = Experiment(sampler=sampler, eta=eta, steps=4)
    parts = anatomy(experiment).parts
    step = next(trace(experiment, 3, 2))
    scalars = step.scalars
    assert all(isinstance(v, float) for v in scalars.values())
    for i, part in enumerate(parts, 1):
        known = {"y", "s", *scalars, *(f"p{k}" for k in range(1, i + 1))}
        known |= {"z", "z2"} if len(step.noise) == 2 else {"z"} if step.noise else set()
        fields = set(re.findall(r"{(\w+)}", part.formula))
        assert fields <= known
        assert f"p{i}" in fields


def test_the_first_part_of_ode_is_half_a_beta_of_score() -> None:
    step = next(trace(Experiment(steps=9), 5, 5))
    np.testing.assert_allclose(step.ends[0], step.y + step.scalars["half_beta"] * step.score)
