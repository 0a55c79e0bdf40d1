"""A step taken apart ends where the step does, its formulas can be filled, and its LaTeX is it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core.laws.particles import simulate
from diffusion_core.laws.traced import trace
from diffusion_core.samplers import sampler_record
from diffusion_core.samplers.parts import factors
from diffusion_core.schedules import Theory

CASES = [(name, 0.0) for name in SAMPLERS] + [("ddim", 0.7)]


@pytest.mark.parametrize("preset", ["three-modes", "two-moons"])
@pytest.mark.parametrize(("sampler", "eta"), CASES)
def test_parts_end_at_the_next_position_of_the_same_run(
    sampler: str, eta: float, preset: str
) -> None:
    target = PRESETS[preset].target
    experiment = Experiment(target, sampler=sampler, eta=eta, steps=12, seed=5)
    run = dict(simulate(experiment, 40))
    parts = experiment.record.parts
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
    step = next(trace(experiment, 3, 2))
    assert all(isinstance(v, float) for v in step.factors.values())
    for i, part in enumerate(experiment.record.parts, 1):
        known = {"y", "s", *step.factors, *(f"p{k}" for k in range(1, i + 1))}
        known |= {f"z{k + 1}" if k else "z" for k in range(len(step.noise))}
        fields = set(re.findall(r"{(\w+)}", part.formula))
        assert fields <= known
        assert f"p{i}" in fields


def test_the_first_part_of_ode_is_half_a_beta_of_score() -> None:
    step = next(trace(Experiment(steps=9), 5, 5))
    np.testing.assert_allclose(step.ends[0], step.y + step.factors["half_beta"] * step.score)


CHAIN, T = Theory().chain(30), 17
NU = 0.7 * np.sqrt((1 - CHAIN.abar[T - 1]) / (1 - CHAIN.abar[T]) * CHAIN.beta[T])
PHI = "(np.exp(lam(T) - lam(T - 1)) - 1 + lam(T - 1) - lam(T))"
LATEX = {  # signs of the printed formulas, longest first, as Python
    r"\Delta\lambda_{t+1}": "(lam(T) - lam(T + 1))",
    r"\Delta\lambda_t": "(lam(T - 1) - lam(T))",
    r"\bar\alpha_{t-1}": "CHAIN.abar[T - 1]",
    r"\bar\alpha_t": "CHAIN.abar[T]",
    r"\alpha_{t+1}": "CHAIN.alpha[T + 1]",
    r"\alpha_t": "CHAIN.alpha[T]",
    r"\beta_t": "CHAIN.beta[T]",
    r"\sigma_{t+1}": "sigma(T + 1)",
    r"\sigma_{t-1}": "sigma(T - 1)",
    r"\sigma_t": "sigma(T)",
    r"\nu_t^2": "NU**2",
    r"\nu_t": "NU",
    r"\varphi_t": PHI,
    "g_{t-1}": "(0.15 * (1 - CHAIN.abar[T - 1]))",  # of annealed Langevin as it is, size 0.3
}
DIRECTIONS = (  # what a factor multiplies
    *(r"\,s_t(Y_t)", r"\,s_t(Y_t^+)", r"\,s", r"\,Z_t^+", r"\,Z_t", "Z_t", "H"),
    *(r"\,s_{t-1}(Y)", r"\,Z"),
    *(r"\;\hat\epsilon", r"\,\hat x_0", r"\big(\hat\epsilon_t+\hat\epsilon_{t-1}\big)"),
)


def lam(t: int) -> float:
    return float(np.log(CHAIN.abar[t] / (1 - CHAIN.abar[t])) / 2)


def sigma(t: int) -> float:
    return float(np.sqrt(1 / CHAIN.abar[t] - 1))


def value(latex: str) -> float:
    """The number that a factor in LaTeX stands for, at t = 17 of the chain."""
    if latex == "Y_t^-":  # its factor is the root in front of its bracket
        latex = r"\sqrt{\alpha_{t+1}}"
    for direction in sorted(DIRECTIONS, key=len, reverse=True):
        latex = latex.removesuffix(direction)
    for sign, code in sorted(LATEX.items(), key=lambda pair: -len(pair[0])):
        latex = latex.replace(sign, f"({code.replace('[', '<').replace(']', '>')})")
    latex = latex.replace(r"\tfrac12", "(1/2)").replace(r"\tfrac", r"\frac").replace(r"\,", " ")
    inner = r"((?:[^{}]|\{[^{}]*\})*)"
    for _ in range(6):
        latex = re.sub(rf"\\frac{{{inner}}}{{{inner}}}", r"((\1)/(\2))", latex)
        latex = re.sub(rf"\\sqrt{{{inner}}}", r"np.sqrt(\1)", latex)
        latex = re.sub(rf"e\^{{{inner}}}", r"np.exp(\1)", latex)
    code = latex.replace("^2", "**2").replace("<", "[").replace(">", "]")
    code = re.sub(r"(\d)(\()", r"\1*\2", re.sub(r"(\d) ?(np|\()", r"\1*\2", code))
    code = re.sub(r"\)\s*(?=[\(n])", ")*", code)
    return float(eval(code))


@pytest.mark.parametrize(("sampler", "eta"), CASES)
def test_the_printed_factors_are_those_of_the_code(sampler: str, eta: float) -> None:
    record = sampler_record(sampler, eta)
    found = factors(record, CHAIN, T)
    assert record.terms
    for term in record.terms:
        printed = 0.0 if r"\nu_tZ_t" in term.latex and not eta else None
        if r"\nu_t^2" in term.latex and not eta:
            printed = value(term.latex.replace(r"-\nu_t^2", ""))
        expected = value(term.latex) if printed is None else printed
        assert term.factor(found) == pytest.approx(expected, rel=1e-12), term.latex
        if term.purpose not in ("look", "average"):  # these stand for a whole line, and a factor
            assert term.latex in record.latex
