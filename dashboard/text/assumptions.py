"""The assumptions of a theorem with a verdict each, in sentences made of the measured numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import streamlit as st

from dashboard.imperfect import score_sizes
from dashboard.prose import prose
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
_say = prose("assumptions")


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


def _line(block: str, verdict: str, finding: str, arxiv: str, **values: object) -> Line:
    """A line whose name and assumption are blocks of the prose."""
    name, assumed = _say(f"{block}-name", **values), _say(f"{block}-assumed", **values)
    return Line(name, assumed, verdict, finding, arxiv)


def _support(experiment: Experiment, arxiv: str) -> list[Line]:
    steps, found = experiment.steps, support(experiment.target)
    reach = _as_power(found.radius, found.exponent(steps), "c_R")
    if found.bounded:
        return [_line("support", HOLDS, _say("support-bounded", reach=reach), arxiv)]
    said = _say("support-unbounded", reach=reach)
    if isinstance(experiment.target, StudentT):
        outside = rounded(mass_outside(experiment.target, float(steps)), 2)
        said = f"{said} {_say('support-heavy', outside=outside)}"
    return [_line("support", FAILS, said, arxiv)]


def _as_power(value: float, exponent: float, name: str) -> str:
    """A number and the same as a power of T."""
    if exponent <= 0:
        return _say("power-any", value=rounded(value), name=name)
    return _say("power", value=rounded(value), power=rounded(exponent), name=name)


def _moment(experiment: Experiment, arxiv: str) -> list[Line]:
    mean = first_moment(experiment.target)
    if math.isfinite(mean):
        power = math.log(max(mean, 1e-300)) / math.log(experiment.steps)
        said = _say("moment-finite", mean=_as_power(mean, power, "c_M"))
        return [_line("moment", HOLDS, said, arxiv)]
    df = experiment.target.df if isinstance(experiment.target, StudentT) else 0.0
    return [_line("moment", FAILS, _say("moment-infinite", df=f"{df:g}"), arxiv)]


def _constants(experiment: Experiment, arxiv: str) -> list[Line]:
    schedule = experiment.schedule
    if not isinstance(schedule, Theory):
        said = _say("theory-other", schedule=SCHEDULES[schedule.kind])
        return [_line("theory", FAILS, said, arxiv)]
    sign, verdict = ("≥", HOLDS) if schedule.c1 >= 2 * schedule.c0 else ("<", FAILS)
    c0, c1 = f"{schedule.c0:g}", f"{schedule.c1:g}"
    return [
        _line("large", OPEN, _say("large", c0=c0, c1=c1), arxiv),
        _line("twice", verdict, _say("twice", c0=c0, c1=c1, sign=sign), arxiv),
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
        ("steps", steps, found.largest_beta, c1 * unit),
        ("relative", relative, found.largest_step, 8 * c1 * unit),
        ("end", end, found.abar_T, chain.steps ** (-c1 / 2)),
    )
    return [
        _line(block, HOLDS if good else FAILS, _compared(value, bound, good), arxiv)
        for block, good, value, bound in rows
    ]


def _compared(value: float, bound: float, good: bool) -> str:
    block = "beyond"
    if value <= bound * (1 + 1e-12):
        block = "within" if good else "within-half"
    return _say(block, value=rounded(value), bound=rounded(bound))


def some_constant(experiment: Experiment, arxiv: str = _FOLLOWS) -> Line:
    """Whether one c_1 makes the three facts true of this schedule at this T."""
    found = schedule_facts(experiment.chain)
    step, size = _say("largest-relative"), found.largest_step
    if found.step >= found.relative:
        step, size = _say("largest-step"), found.largest_beta
    end = _say("end-half")
    if found.end <= found.half:
        end = _say("end-signal", abar=rounded(found.abar_T))
    said = _say(
        "uses-hold" if found.hold else "uses-fail",
        step=step,
        size=rounded(size),
        least=rounded(found.least),
        end=end,
        most=rounded(found.most),
    )
    return _line("uses", HOLDS if found.hold else FAILS, said, arxiv)


def _score(experiment: Experiment, arxiv: str) -> list[Line]:
    said = _say("score-exact")
    if experiment.score_error is not None:
        size, _ = score_sizes(experiment, st.empty())
        said = _say("score-size", size=with_error(size.value, size.stated))
    return [_line("score", HOLDS, said, arxiv)]


def _jacobian(experiment: Experiment, arxiv: str) -> list[Line]:
    said = _say("jacobian-exact")
    if experiment.score_error is not None:
        _, size = score_sizes(experiment, st.empty())
        said = _say("jacobian-size", size=with_error(size.value, size.stated))
    return [_line("jacobian", HOLDS, said, arxiv)]


def _extra(experiment: Experiment, arxiv: str) -> list[Line]:
    letter = "v_t" if experiment.record.stochastic else "w_t"
    verdict, block = HOLDS, "extra-exact"
    if experiment.score_error is not None:
        verdict, block = OPEN, "extra-inexact"
    said = _say(block, uses=experiment.record.derivatives)
    return [_line("extra", verdict, said, arxiv, letter=letter)]


def heading(experiment: Experiment, theorem: Theorem) -> str:
    """Who proves what about this sampler."""
    rate = next(r for r in experiment.record.rates if r.arxiv == theorem.arxiv)
    return _say(
        "heading",
        formula=rate.formula,
        source=theorem.source,
        arxiv=theorem.arxiv,
        evidence=theorem.evidence,
    )


def verdict(experiment: Experiment, found: list[Line]) -> str:
    """One sentence for a theorem: how much of what it assumes is true here."""
    counts = {v: sum(line.verdict == v for line in found) for v in (HOLDS, FAILS, OPEN)}
    rest = ""
    if counts[FAILS]:
        block = "verdict-one-not" if counts[FAILS] == 1 else "verdict-more-not"
        rest += _say(block, count=counts[FAILS])
    if counts[OPEN]:
        rest += _say("verdict-open", count=counts[OPEN])
    steps = f"{experiment.steps:,}"
    return _say("verdict", holds=counts[HOLDS], all=len(found), rest=rest, steps=steps)


def consequence(experiment: Experiment, end: Distance | None) -> str:
    """How much of the data is left in p_T: what the schedule's assumptions are for."""
    abar = rounded(float(experiment.chain.abar[experiment.steps]))
    if end is None:
        return _say("consequence-unmeasured", abar=abar)
    noise = "N(0, 1)" if experiment.target.dim == 1 else "N(0, I)"
    return _say("consequence", abar=abar, noise=noise, tv=with_error(end.value, end.error))


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
