"""Programs of updates: what is written down, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diffusion_core.samplers import SAMPLERS, sampler_record
from diffusion_core.samplers.parts import factors
from diffusion_core.samplers.program import NotRecorded, program_of
from diffusion_core.samplers.record import Sampler
from diffusion_core.schedules import Linear
from tests.recorded import RECORDED

CHAIN = Linear().chain(9)


@pytest.mark.parametrize("name", RECORDED)
def test_every_sampler_has_a_program_of_few_steps(name: str) -> None:
    sampler = SAMPLERS[name]
    program = program_of(sampler, CHAIN, 2)
    assert len(program.order) == CHAIN.steps - 1
    assert len(program.steps) == (1 if sampler.multistep is None else sampler.order)
    counts = [program.order.count(k) for k in range(len(program.steps))]
    for step, coefficients, count in zip(program.steps, program.coefficients, counts, strict=True):
        scores = [operation for operation in step.operations if operation[0] == "score"]
        assert len(scores) == sampler.evaluations
        assert bool(step.noise) == sampler.stochastic
        assert len(step.ends) == len(sampler.parts)
        sums = [len(operation) - 1 for operation in step.operations if operation[0] == "sum"]
        assert coefficients.shape == (sum(sums) + sum(map(len, step.ends)), count)


@pytest.mark.parametrize("name", RECORDED)
def test_factors_are_those_of_the_parts(name: str) -> None:
    program = program_of(SAMPLERS[name], CHAIN, 1)
    for i, t in enumerate(range(CHAIN.steps, 1, -1)):
        named = factors(SAMPLERS[name], CHAIN, t)
        assert named == {name: values[i] for name, values in program.factors.items()}


def test_without_parts_the_updates_are_the_same() -> None:
    for sampler in map(sampler_record, RECORDED):
        whole, bare = (program_of(sampler, CHAIN, 2, parts) for parts in (True, False))
        assert bare.order == whole.order
        assert bare.factors == {}
        for few, all_of, fewer, numbers in zip(
            bare.steps, whole.steps, bare.coefficients, whole.coefficients, strict=True
        ):
            assert few == replace(all_of, ends=())
            np.testing.assert_array_equal(fewer, numbers[: len(fewer)])


def test_the_coefficients_of_ddpm_are_those_of_its_equation() -> None:
    [step], [numbers] = (
        (p := program_of(sampler_record("ddpm"), CHAIN, 1)).steps,
        p.coefficients,
    )
    assert step.operations == (("score", 0, 0), ("normal",), ("sum", 0, 1, 2))
    assert step.after == (3,)
    beta = CHAIN.beta[CHAIN.steps : 1 : -1]
    expected = np.stack([np.ones_like(beta), beta, np.sqrt(beta)]) / np.sqrt(1 - beta)
    np.testing.assert_allclose(numbers[:3], expected, rtol=1e-15)


def _one(update: Callable[..., Any]) -> Sampler:
    return Sampler("odd", "odd", 1, 1, False, "", stages=(update,))


@pytest.mark.parametrize(
    "update",
    [
        lambda y, t, chain, score, mark: np.sin(y),
        lambda y, t, chain, score, mark: np.where(y > 0, y, -y),
        lambda y, t, chain, score, mark: y if y else -y,
        lambda y, t, chain, score, mark: y + 1.0,
        lambda y, t, chain, score, mark: y * y,
        lambda y, t, chain, score, mark: y * score(t, y),
        lambda y, t, chain, score, mark: np.clip(y, -1, 1),
        lambda y, t, chain, score, mark: np.asarray(y) + 0.0,
        lambda y, t, chain, score, mark: y - y.mean(axis=0),
        lambda y, t, chain, score, mark: y if y == 0 else -y,
        lambda y, t, chain, score, mark: np.zeros(y.shape),
        lambda y, t, chain, score, mark: np.einsum("nij,nj->n", score.jacobian(t, y), y),
        lambda y, t, chain, score, mark: np.sum(y),
        lambda y, t, chain, score, mark: abs(y),
        lambda y, t, chain, score, mark: y[:, ::-1],
    ],
)
def test_an_update_that_does_more_is_not_recorded(update: Callable[..., Any]) -> None:
    with pytest.raises(NotRecorded, match="odd at t = 9"):
        program_of(_one(update), CHAIN, 2)
