"""What is proven about the number of steps, by whom, and how each statement is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from dashboard.prose import file, prose
from dashboard.prose.library import spoken
from dashboard.text.mathematics import typeset
from dashboard.text.numbers import rounded, superscript
from dashboard.text.plain import plain

phrase = prose("phrases/literature")
FILE = file("literature.json")
EVIDENCE = {
    "read in full": phrase("read-in-full"),
    "abstract": phrase("abstract-read"),
    "quoted": phrase("second-hand-quoted-in-a"),
    "second-hand": phrase("second-hand-from-memory"),
}
FAMILIES = {
    "stochastic": phrase("stochastic-first-order"),
    "deterministic": phrase("deterministic-first-order"),
    "higher": phrase("accelerated-higher-order"),
    "other": phrase("consistency-models-rejection-in-parallel"),
    "guidance": phrase("guidance"),
    "discrete": phrase("sequences-of-tokens"),
}
METRICS = ("TV", "KL")  # what is drawn, KL through sqrt(KL/2)
UNKNOWN = "–"


@dataclass(frozen=True)
class Result:
    """One result; what is left empty is not known to us.

    terms: (a, b) for T of order d^a/eps^b, empty where that cannot be drawn; burn_in: a where the
    statement begins at a T of order d^a, else 0; statement: its number in the paper; errors: what
    an inexact score adds to the bound; differ: how two accounts of it disagree.
    """

    name: str
    source: str
    arxiv: str
    year: int
    sampler: str
    family: str
    evidence: str
    how: str = ""
    metric: str = ""
    statement: str = ""
    rate: str = ""
    steps: str = ""
    terms: tuple[tuple[float, float], ...] = ()
    burn_in: int = 0
    conditions: str = ""
    data: str = ""
    score: str = ""
    errors: str = ""
    differ: str = ""
    venue: str = ""

    def steps_needed(self, d: float, eps: float) -> float:
        """T without its constant and its logarithms, at least 1."""
        return max(1.0, d**self.waits, sum(d**a / eps**b for a, b in self.terms))

    @property
    def waits(self) -> int:
        """The power of d of the least T, 0 where the terms are at least that for every eps <= 1."""
        return self.burn_in if self.burn_in > max((a for a, _ in self.terms), default=0) else 0

    @property
    def alike(self) -> tuple[object, ...]:
        """What it has in common with the results that share its line, and with no other."""
        return self.family, self.terms, self.waits

    @property
    def drawn(self) -> bool:
        return bool(self.terms) and self.metric in METRICS

    @property
    def read(self) -> bool:
        return self.evidence in ("read in full", "abstract")


@cache
def results() -> tuple[Result, ...]:
    """In the order of their years; ``name`` is the arXiv number and the place among its results."""
    made: list[Result] = []
    for row in json.loads(FILE.read_text(encoding="utf-8"))["results"]:
        terms = tuple((float(a), float(b)) for a, b in row.get("terms", ()))
        place = 1 + sum(r.arxiv == row["arxiv"] for r in made)
        made.append(Result(**row | {"terms": terms, "name": f"{row['arxiv']}-{place}"}))
    return tuple(sorted(made, key=lambda r: (r.year, r.arxiv)))


BY_NAME = {r.name: r for r in results()}


@dataclass(frozen=True)
class Line:
    """Results that ask for the same T: one line of the figure."""

    terms: tuple[tuple[float, float], ...]
    results: tuple[Result, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """What its results have in common, and those of no other line."""
        return self.results[0].alike

    @property
    def formula(self) -> str:
        """Such as d³/√ε, with the least T where a result has one that matters."""
        terms = " + ".join(f"{_power('d', a)}/{_power('ε', b)}" for a, b in self.terms)
        waits = self.results[0].waits
        return f"{terms}, T ≥ {_power('d', float(waits))}" if waits else terms

    @property
    def family(self) -> str:
        """Of the best known of the results."""
        return self.best.family

    @property
    def best(self) -> Result:
        """The one we know best."""
        return min(self.results, key=lambda r: list(EVIDENCE).index(r.evidence))

    def steps_needed(self, d: float, eps: float) -> float:
        return self.results[0].steps_needed(d, eps)


def _power(letter: str, exponent: float) -> str:
    if exponent.is_integer():
        return letter + (superscript(int(exponent)) if exponent != 1 else "")
    if exponent == 0.5:
        return f"√{letter}"
    share = Fraction(exponent).limit_denominator(24)
    return f"{letter}^({share.numerator}/{share.denominator})"


def lines(families: Sequence[str], sure: str) -> list[Line]:
    """What can be drawn, results of one family with the same powers together."""
    drawn = [r for r in shown(families, sure) if r.drawn]
    kinds = [
        [r for r in drawn if r.alike == kind] for kind in dict.fromkeys(r.alike for r in drawn)
    ]
    return [Line(results[0].terms, tuple(results)) for results in kinds]


def shown(families: Sequence[str], sure: str) -> list[Result]:
    """The results of these kinds, all or those that were read."""
    return [r for r in results() if r.family in families and (sure == "all" or r.read)]


def short(result: Result) -> str:
    """Such as "Li, Yan 2409.18959"."""
    names = result.source.split(" (")[0].split(", ")
    who = ", ".join(names) if len(names) < 3 else phrase("et-al", names=names[0])
    return f"{who} {result.arxiv}"


COLUMNS: dict[str, Callable[[Result], Any]] = {
    "year": lambda r: r.year,
    "source": lambda r: r.source,
    "arXiv": lambda r: f"https://arxiv.org/abs/{r.arxiv}",
    "sampler": lambda r: r.sampler,
    "distance": lambda r: r.metric,
    "statement": lambda r: r.statement,
    "rate in T": lambda r: r.rate,
    "T for ε": lambda r: r.steps,
    "condition on T": lambda r: r.conditions,
    "asked of the data": lambda r: r.data,
    "asked of the score": lambda r: r.score,
    "errors of the score add": lambda r: r.errors,
    "how we know it": lambda r: EVIDENCE[r.evidence],
    "what was seen": lambda r: r.how,
    "where accounts differ": lambda r: r.differ,
    "published": lambda r: r.venue,
}


def table(shown: Sequence[Result]) -> dict[str, list[Any]]:
    """Every result with its source and how it is known."""
    return {name: [value(r) or UNKNOWN for r in shown] for name, value in COLUMNS.items()}


def detail(result: Result) -> str:
    """All that is known of one result, a line for each column."""
    known = {name: value(result) for name, value in COLUMNS.items() if value(result)}
    lines = [
        f"- **{spoken(name)}**: {value if name == 'arXiv' else typeset(plain(str(value)))}"
        for name, value in known.items()
    ]
    return "\n".join(lines)


def reading(drawn: Sequence[Line], d: int, eps: float) -> str:
    """Which of the drawn powers asks for the fewest and the most steps here."""
    if not drawn:
        return ""
    order = sorted(drawn, key=lambda line: line.steps_needed(d, eps))
    few, many = order[0], order[-1]
    return (
        phrase(
            "with-constants-and-logarithms-dropped",
            d=f"{d:,}",
            eps=f"{eps:g}",
            formula=few.formula,
            few=_count(few, d, eps),
            best=short(few.best),
            formula2=many.formula,
            many=_count(many, d, eps),
            best2=short(many.best),
            drawn=_crossing(drawn, d),
        )
    ).strip()


def _count(line: Line, d: int, eps: float) -> str:
    return rounded(line.steps_needed(d, eps), 2)


def _crossing(drawn: Sequence[Line], d: int) -> str:
    """Where the ODE of order two that asks no smoothness overtakes d/eps."""
    first = next((x for x in drawn if x.formula == "d/ε"), None)
    second = next((x for x in drawn if x.formula == "d^(5/4)/√ε"), None)
    if first is None or second is None:
        return ""
    return phrase(
        "falls-below-where-eps-d",
        formula=second.formula,
        other=first.formula,
        d=rounded(1 / math.sqrt(d), 2),
    )
