"""The assumptions of a theorem with a verdict each, in sentences made of the measured numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

from dashboard.compute.studies import score_sizes
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.labels import SCHEDULES
from dashboard.text.mathematics import typeset
from dashboard.text.numbers import rounded, with_error
from diffusion_core import Experiment
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Theory
from diffusion_core.targets import Circle, GaussianMixture, Points, StudentT
from diffusion_core.theory.assumptions import exact_score, schedule_facts
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/assumptions")
HOLDS, FAILS, OPEN = phrase("true"), phrase("not-true"), phrase("cannot-be-checked")
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
        name = typeset(self.name)
        return f"{MARKS[self.verdict]} **{name}**, {self.verdict}: {typeset(self.finding)}"


def lines(experiment: Experiment, theorem: Theorem) -> list[Line]:
    """Every assumption of the theorem, in its order."""
    made = {
        "continuous": _continuous,
        "support": _support,
        "bounded": _bounded,
        "moment": _moment,
        "constants": _constants,
        "facts": _facts,
        "unseen": _unseen,
        "burn-in": _burn_in,
        "score": _score,
        "jacobian": _jacobian,
        "hessian": _hessian,
        "exact": _exact,
    }
    return [line for need in theorem.needs for line in made[need](experiment, theorem)]


def _line(block: str, verdict: str, finding: str, arxiv: str, **values: object) -> Line:
    """A line whose name and assumption are blocks of the prose."""
    name, assumed = _say(f"{block}-name", **values), _say(f"{block}-assumed", **values)
    return Line(name, assumed, verdict, finding, arxiv)


def _continuous(experiment: Experiment, theorem: Theorem) -> list[Line]:
    target = experiment.target
    if target.absolutely_continuous:
        return [_line("continuous", HOLDS, _say("continuous-true"), theorem.arxiv)]
    where = _say("continuous-flat")
    if isinstance(target, Circle):
        where = _say("continuous-circle")
    elif isinstance(target, Points):
        where = _say("continuous-points", count=f"{len(target.points):,}")
    elif isinstance(target, GaussianMixture) and not target.spectrum[0].any():
        where = _say("continuous-points", count=f"{len(target.means):,}")
    block, verdict = "continuous-false", FAILS
    if theorem.evidence == "second-hand":
        block, verdict = "continuous-unseen", OPEN
    return [_line("continuous", verdict, _say(block, where=where), theorem.arxiv)]


def _support(experiment: Experiment, theorem: Theorem) -> list[Line]:
    steps, found = experiment.steps, experiment.target.support()
    reach = _as_power(found.radius, found.exponent(steps), "c_R")
    said = _say("support-bounded" if found.bounded else "support-unbounded", reach=reach)
    if isinstance(experiment.target, StudentT):
        outside = rounded(experiment.target.mass_outside(float(steps)), 2)
        said = f"{said} {_say('support-heavy', outside=outside)}"
    if any(term.radius for term in theorem.terms) and found.radius > 1:
        log = rounded(math.log(found.radius), 3)
        said = f"{said} {_say('support-price', name=spoken(theorem.name), log=log)}"
    return [_line("support", HOLDS if found.bounded else FAILS, said, theorem.arxiv)]


def _bounded(experiment: Experiment, theorem: Theorem) -> list[Line]:
    found = experiment.target.support()
    block = "bounded-true" if found.bounded else "bounded-false"
    said = _say(block, radius=rounded(found.radius), dim=experiment.target.dim)
    return [_line("bounded", HOLDS if found.bounded else FAILS, said, theorem.arxiv)]


def _unseen(experiment: Experiment, theorem: Theorem) -> list[Line]:
    return [_line("unseen", OPEN, _say("unseen"), theorem.arxiv)]


def _burn_in(experiment: Experiment, theorem: Theorem) -> list[Line]:
    """T beside d^a (log T)^b: without C_2, no verdict."""
    assert theorem.burn_in is not None
    dim, steps = experiment.target.dim, experiment.steps
    power, log = (f"{p:g}" for p in theorem.burn_in)
    least = theorem.least_steps(dim, steps)
    said = _say(
        "burn-in",
        power=power,
        log=log,
        steps=f"{steps:,}",
        dim=f"{dim:,}",
        least=rounded(least),
        most=rounded(steps / least),
    )
    return [_line("burn-in", OPEN, said, theorem.arxiv, power=power, log=log)]


def _as_power(value: float, exponent: float, name: str) -> str:
    """A number and the same as a power of T."""
    if exponent <= 0:
        return _say("power-any", value=rounded(value), name=name)
    return _say("power", value=rounded(value), power=rounded(exponent), name=name)


def _moment(experiment: Experiment, theorem: Theorem) -> list[Line]:
    mean = experiment.target.first_moment()
    if math.isfinite(mean):
        power = math.log(max(mean, 1e-300)) / math.log(experiment.steps)
        said = _say("moment-finite", mean=_as_power(mean, power, "c_M"))
        return [_line("moment", HOLDS, said, theorem.arxiv)]
    df = experiment.target.df if isinstance(experiment.target, StudentT) else 0.0
    return [_line("moment", FAILS, _say("moment-infinite", df=f"{df:g}"), theorem.arxiv)]


def _constants(experiment: Experiment, theorem: Theorem) -> list[Line]:
    schedule, arxiv = experiment.schedule, theorem.arxiv
    if not isinstance(schedule, Theory):
        said = _say("theory-other", schedule=SCHEDULES[schedule.kind])
        return [_line("theory", FAILS, said, arxiv)]
    sign, verdict = ("≥", HOLDS) if schedule.c1 >= 2 * schedule.c0 else ("<", FAILS)
    c0, c1 = f"{schedule.c0:g}", f"{schedule.c1:g}"
    return [
        _line("large", OPEN, _say("large", c0=c0, c1=c1), arxiv),
        _line("twice", verdict, _say("twice", c0=c0, c1=c1, sign=sign), arxiv),
    ]


def _facts(experiment: Experiment, theorem: Theorem) -> list[Line]:
    """The three facts: each at the schedule's own c_1, or together with some c_1."""
    chain, schedule = experiment.chain, experiment.schedule
    found = schedule_facts(chain)
    if not isinstance(schedule, Theory):
        return [some_constant(experiment, theorem.arxiv)]
    unit, c1 = math.log(chain.steps) / chain.steps, schedule.c1
    steps, relative, end = found.hold_with(c1)
    rows = (
        ("steps", steps, found.largest_beta, c1 * unit),
        ("relative", relative, found.largest_step, 8 * c1 * unit),
        ("end", end, found.abar_T, chain.steps ** (-c1 / 2)),
    )
    return [
        _line(block, HOLDS if good else FAILS, _compared(value, bound, good), theorem.arxiv)
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


def _score(experiment: Experiment, theorem: Theorem) -> list[Line]:
    said = _say("score-exact")
    if not exact_score(experiment):
        size, _ = score_sizes(experiment, st.empty())
        said = _say("score-size", size=with_error(size.value, size.stated))
    return [_line("score", HOLDS, said, theorem.arxiv)]


def _jacobian(experiment: Experiment, theorem: Theorem) -> list[Line]:
    said = _say("jacobian-exact")
    if not exact_score(experiment):
        _, size = score_sizes(experiment, st.empty())
        said = _say("jacobian-size", size=with_error(size.value, size.stated))
    return [_line("jacobian", HOLDS, said, theorem.arxiv)]


def _hessian(experiment: Experiment, theorem: Theorem) -> list[Line]:
    exact = exact_score(experiment)
    said = _say("hessian-exact" if exact else "hessian-inexact")
    return [_line("hessian", HOLDS if exact else OPEN, said, theorem.arxiv)]


def _exact(experiment: Experiment, theorem: Theorem) -> list[Line]:
    """Theorems 2 and 4 of the seed paper assume no errors at all and prove no terms for them."""
    letter = "v_t" if experiment.record.stochastic else "w_t"
    exact = experiment.score_error is None
    block = "exact-true" if exact else "exact-false"
    if not exact and exact_score(experiment):
        block = "exact-learned"
    said = _say(block, letter=letter, uses=experiment.record.derivatives)
    return [_line("exact", HOLDS if exact else FAILS, said, theorem.arxiv, letter=letter)]


def heading(theorem: Theorem) -> str:
    """Who proves what about this sampler."""
    errors = f" {_say('heading-errors')}" if len(theorem.exact) < len(theorem.terms) else ""
    return _say(
        "heading",
        formula=theorem.formula,
        errors=errors,
        source=theorem.source,
        name=f"{spoken(theorem.name)} {theorem.equation}".strip(),
        arxiv=theorem.arxiv,
        evidence=spoken(theorem.evidence),
    )


def nothing(experiment: Experiment) -> str:
    """Why no theorem is listed."""
    block = "nothing-eta" if experiment.sampler == "ddim" else "nothing"
    return _say(block, label=experiment.record.label)


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
