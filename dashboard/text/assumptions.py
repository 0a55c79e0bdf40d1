"""The assumptions of a theorem with a verdict each, in sentences made of the measured numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import streamlit as st

from dashboard.imperfect import score_sizes
from dashboard.text.labels import SCHEDULES
from dashboard.text.numbers import rounded, with_error
from diffusion_core import Experiment
from diffusion_core.assumptions import (
    Theorem,
    first_moment,
    mass_outside,
    schedule_facts,
    support,
)
from diffusion_core.distances import Distance
from diffusion_core.schedules import Theory
from diffusion_core.targets import StudentT

HOLDS, FAILS, OPEN = "true", "not true", "cannot be checked"
MARKS = {
    HOLDS: ":green[:material/check:]",
    FAILS: ":red[:material/close:]",
    OPEN: ":material/help:",
}
_FOLLOWS = "2409.18959"


@dataclass(frozen=True)
class Line:
    """One assumption: what is assumed, the verdict, the numbers behind it, and who assumes it."""

    name: str
    assumed: str
    verdict: str
    finding: str
    arxiv: str

    @property
    def markdown(self) -> str:
        return f"{MARKS[self.verdict]} **{self.name}**, {self.verdict}: {typeset(self.finding)}"


_POWER = re.compile(r"T\^([−\d.]+\d)")
_SIGNS = {
    "c_R": "$c_R$",
    "c_M": "$c_M$",
    "p_t": "$p_t$",
    "β_t": "$\\beta_t$",
    "ᾱ_T": "$\\bar\\alpha_T$",
    "ε_score": "$\\varepsilon_{\\mathrm{score}}$",
    "ε_Jacobi": "$\\varepsilon_{\\mathrm{Jacobi}}$",
}


def typeset(said: str) -> str:
    """Plain text, as in a table, with its symbols as mathematics."""
    said = _POWER.sub(r"$T^{\1}$", said)
    for sign, latex in _SIGNS.items():
        said = said.replace(sign, latex)
    return said


def lines(experiment: Experiment, theorem: Theorem) -> list[Line]:
    """Every assumption of the theorem, in its order."""
    made = {
        "support": _support,
        "moment": _moment,
        "constants": _constants,
        "facts": _facts,
        "score": _score,
        "jacobian": _jacobian,
        "extra": _extra,
    }
    return [line for need in theorem.needs for line in made[need](experiment, theorem.arxiv)]


def _support(experiment: Experiment, arxiv: str) -> list[Line]:
    steps, found = experiment.steps, support(experiment.target)
    reach = f"{rounded(found.radius)}{_as_power(found.exponent(steps), 'c_R')}"
    if found.bounded:
        said = f"|X₀| is at most {reach}."
    else:
        said = (
            "strictly speaking, since no radius holds all of X₀. But all of its mass except 10⁻¹⁶ "
            f"lies within R = {reach}."
        )
        if isinstance(experiment.target, StudentT):
            outside = rounded(mass_outside(experiment.target, float(steps)), 2)
            said += f" Where c_R = 1, beyond |x| = T, lies at most {outside} of it."
    verdict = HOLDS if found.bounded else FAILS
    return [Line("Bounded support", "P(|X₀| ≤ T^{c_R}) = 1 for a c_R > 0", verdict, said, arxiv)]


def _as_power(exponent: float, name: str) -> str:
    """The same number as a power of T."""
    if exponent <= 0:
        return f", not above 1, so any {name} > 0 will do"
    return f" = T^{rounded(exponent)}, so {name} = {rounded(exponent)} will do"


def _moment(experiment: Experiment, arxiv: str) -> list[Line]:
    mean = first_moment(experiment.target)
    if math.isfinite(mean):
        power = math.log(max(mean, 1e-300)) / math.log(experiment.steps)
        said = f"E|X₀| is at most {rounded(mean)}{_as_power(power, 'c_M')}."
        verdict = HOLDS
    else:
        df = experiment.target.df if isinstance(experiment.target, StudentT) else 0.0
        said = (
            f"E|X₀| is infinite. The paper extends to moments of an order δ below 1: here every "
            f"δ < {df:g} is finite, and T then has to be far above max(1, 1/δ) d log²T."
        )
        verdict = FAILS
    return [Line("A first moment", "E|X₀| ≤ T^{c_M} for a constant c_M", verdict, said, arxiv)]


def _constants(experiment: Experiment, arxiv: str) -> list[Line]:
    schedule = experiment.schedule
    assumed = "the theory's schedule with c₀ and c₁ large enough"
    if not isinstance(schedule, Theory):
        said = (
            f"the theorem is stated for the theory's schedule, and this one is "
            f"“{SCHEDULES[schedule.kind]}”. What a proof uses of it is checked below."
        )
        return [Line("The theory's schedule", assumed, FAILS, said, arxiv)]
    c0, c1 = schedule.c0, schedule.c1
    sign, verdict = ("≥", HOLDS) if c1 >= 2 * c0 else ("<", FAILS)
    return [
        Line(
            "“c₀ and c₁ large enough”",
            assumed,
            OPEN,
            f"here c₀ = {c0:g} and c₁ = {c1:g}, and no paper says how large is enough.",
            arxiv,
        ),
        Line("c₁ ≥ 2c₀", "c₁ ≥ 2c₀", verdict, f"{c1:g} {sign} 2 · {c0:g}.", arxiv),
    ]


def _facts(experiment: Experiment, arxiv: str) -> list[Line]:
    """The three facts: each at the schedule's own c_1, or together with some c_1."""
    chain, schedule = experiment.chain, experiment.schedule
    found = schedule_facts(chain)
    if not isinstance(schedule, Theory):
        return [some_constant(experiment, arxiv)]
    unit, c1 = math.log(chain.steps) / chain.steps, schedule.c1
    steps, relative, end = found.hold_with(c1)
    rows = (
        ("Small steps", "1 − α_t ≤ c₁ log T/T ≤ 1/2", steps, found.largest_beta, c1 * unit),
        (
            "Small relative steps",
            "(1 − α_t)/(α_t − ᾱ_t) ≤ 8 c₁ log T/T for t ≥ 2",
            relative,
            found.largest_step,
            8 * c1 * unit,
        ),
        ("Little signal left", "ᾱ_T ≤ T^{−c₁/2}", end, found.abar_T, chain.steps ** (-c1 / 2)),
    )
    return [
        Line(name, assumed, HOLDS if good else FAILS, _compared(value, bound, good), arxiv)
        for name, assumed, good, value, bound in rows
    ]


def _compared(value: float, bound: float, good: bool) -> str:
    if value <= bound * (1 + 1e-12):
        told = f"{rounded(value)} ≤ {rounded(bound)}"
        return f"{told}." if good else f"{told}, but that is more than 1/2: T is too small."
    return f"{rounded(value)} > {rounded(bound)}."


def some_constant(experiment: Experiment, arxiv: str = _FOLLOWS) -> Line:
    """Whether one c_1 makes the three facts true of this schedule at this T."""
    found = schedule_facts(experiment.chain)
    assumed = (
        "for one c₁: 1 − α_t ≤ c₁ log T/T ≤ 1/2, (1 − α_t)/(α_t − ᾱ_t) ≤ 8 c₁ log T/T, "
        "ᾱ_T ≤ T^{−c₁/2}"
    )
    step = "largest β_t" if found.step >= found.relative else "largest relative step"
    size = found.largest_beta if found.step >= found.relative else found.largest_step
    end = f"ᾱ_T = {rounded(found.abar_T)}" if found.end <= found.half else "c₁ log T/T ≤ 1/2"
    if found.hold:
        said = (
            f"with any c₁ from {rounded(found.least)} (the {step} is {rounded(size)}) to "
            f"{rounded(found.most)} ({end})."
        )
    else:
        said = (
            f"the {step}, {rounded(size)}, asks for a c₁ of at least {rounded(found.least)}, and "
            f"{end} for one of at most {rounded(found.most)}: no c₁ does both at this T."
        )
    name = "What the proof uses of a schedule"
    return Line(name, assumed, HOLDS if found.hold else FAILS, said, arxiv)


def _score(experiment: Experiment, arxiv: str) -> list[Line]:
    said = "ε_score = 0, since the score of p_t is exact here."
    if experiment.score_error is not None:
        size, _ = score_sizes(experiment, st.empty())
        said = (
            f"ε_score = {with_error(size.value, size.stated)}: the theorem adds a term of this "
            "order to its bound, and says nothing of a smaller distance."
        )
    assumed = "(1/T) Σ_t E|ŝ_t(X_t) − s_t(X_t)|² ≤ ε²_score"
    return [Line("An accurate score", assumed, HOLDS, said, arxiv)]


def _jacobian(experiment: Experiment, arxiv: str) -> list[Line]:
    said = "ε_Jacobi = 0, for the same reason. Only deterministic samplers need it."
    if experiment.score_error is not None:
        _, size = score_sizes(experiment, st.empty())
        said = (
            f"ε_Jacobi = {with_error(size.value, size.stated)}, which enters the bound as "
            "ε_score does. Only deterministic samplers need it."
        )
    assumed = "(1/T) Σ_t E‖J_ŝ_t(X_t) − J_s_t(X_t)‖ ≤ ε_Jacobi, the spectral norm"
    return [Line("An accurate Jacobian", assumed, HOLDS, said, arxiv)]


def _extra(experiment: Experiment, arxiv: str) -> list[Line]:
    letter = "v_t" if experiment.record.stochastic else "w_t"
    uses = experiment.record.derivatives
    assumed = f"an error bound on the function {letter} that is learned beside the score"
    verdict, said = HOLDS, f"its error is 0, since the exact {uses} stands in its place."
    if experiment.score_error is not None:
        verdict = OPEN
        said = f"the {uses} of the inexact score stands in its place; its error is not measured."
    return [Line(f"An accurate {letter}", assumed, verdict, said, arxiv)]


def heading(experiment: Experiment, theorem: Theorem) -> str:
    """Who proves what about this sampler."""
    rate = next(r for r in experiment.record.rates if r.arxiv == theorem.arxiv)
    return (
        f"**TV(q₁, p₁) ≤ {rate.formula}** · {theorem.source}, arXiv {theorem.arxiv} "
        f"({theorem.evidence})"
    )


def verdict(experiment: Experiment, found: list[Line]) -> str:
    """One sentence for a theorem: how much of what it assumes is true here."""
    counts = {v: sum(line.verdict == v for line in found) for v in (HOLDS, FAILS, OPEN)}
    said = f"{counts[HOLDS]} of {len(found)} are true"
    if counts[FAILS]:
        said += f", {counts[FAILS]} {'is' if counts[FAILS] == 1 else 'are'} not"
    if counts[OPEN]:
        said += f", {counts[OPEN]} cannot be checked"
    return f"{said}, at T = {experiment.steps:,}."


def consequence(experiment: Experiment, end: Distance | None) -> str:
    """How much of the data is left in p_T: what the schedule's assumptions are for."""
    abar = rounded(float(experiment.chain.abar[experiment.steps]))
    said = f"What it leads to: $\\bar\\alpha_T$ = **{abar}**"
    if end is None:
        return f"{said}, the share of the data's variance that is still in $X_T$."
    noise = "N(0, 1)" if experiment.target.dim == 1 else "N(0, I)"
    return (
        f"{said} and $\\mathrm{{TV}}(p_T, {noise})$ = **{with_error(end.value, end.error)}**, "
        "what it costs to start from noise."
    )


def snippet(experiment: Experiment) -> str:
    text = experiment.to_json()
    given = f"{text!r}" if len(text) <= 2000 else 'open("experiment.json").read()'
    return f"""from diffusion_core import Experiment
from diffusion_core.assumptions import first_moment, schedule_facts, support, theorems

experiment = Experiment.from_json({given})
for theorem in theorems(experiment):
    print(theorem.source, theorem.arxiv, theorem.needs)
reach = support(experiment.target)
print(reach, "with c_R =", reach.exponent(experiment.steps))
print("E|X_0| <=", first_moment(experiment.target))
print(schedule_facts(experiment.chain))
"""
