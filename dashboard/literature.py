"""What is proven about the number of steps, by whom, and how each statement is known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import streamlit as st

from dashboard.keys import key
from dashboard.permalink import choice, several
from dashboard.prose import FOLDER, LANGUAGE
from dashboard.text.numbers import rounded, superscript

PAGE = "literature"
FILE = FOLDER / LANGUAGE / "literature.json"
EVIDENCE = {
    "read in full": "read in full",
    "abstract": "abstract read",
    "quoted": "second-hand: quoted in a text we read",
    "second-hand": "second-hand: from memory",
}
FAMILIES = {
    "stochastic": "stochastic, first order",
    "deterministic": "deterministic, first order",
    "higher": "accelerated, higher order",
}
DIMENSIONS = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
ACCURACIES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0001)
SHOWN = several("families", tuple(FAMILIES), tuple(FAMILIES))
DIMENSION = choice("d", 100, DIMENSIONS, int)
ACCURACY = choice("accuracy", 0.01, ACCURACIES, float)
SURE = choice("sure", "all", ("all", "read"))
SETTINGS = (SHOWN, DIMENSION, ACCURACY, SURE)


@dataclass(frozen=True)
class Result:
    """One result; terms: (a, b) for T of order d^a/eps^b, empty where that cannot be drawn."""

    source: str
    arxiv: str
    year: int
    sampler: str
    family: str
    metric: str
    rate: str
    steps: str
    terms: tuple[tuple[float, float], ...]
    data: str
    score: str
    evidence: str
    how: str

    def steps_needed(self, d: float, eps: float) -> float:
        """T without its constant and its logarithms, at least 1."""
        return max(1.0, sum(d**a / eps**b for a, b in self.terms))

    @property
    def read(self) -> bool:
        return self.evidence in ("read in full", "abstract")


@cache
def results() -> tuple[Result, ...]:
    """In the order of their years."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["results"]
    made = [
        Result(**row | {"terms": tuple((float(a), float(b)) for a, b in row["terms"])})
        for row in rows
    ]
    return tuple(sorted(made, key=lambda r: (r.year, r.arxiv)))


@dataclass(frozen=True)
class Line:
    """Results that ask for the same T: one line of the figure."""

    terms: tuple[tuple[float, float], ...]
    results: tuple[Result, ...]

    @property
    def formula(self) -> str:
        """Such as d³/√ε."""
        return " + ".join(f"{_power('d', a)}/{_power('ε', b)}" for a, b in self.terms)

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
    drawn = [r for r in results() if r.terms and r.family in families and (sure == "all" or r.read)]
    alike = dict.fromkeys((r.family, r.terms) for r in drawn)
    return [
        Line(terms, tuple(r for r in drawn if (r.family, r.terms) == (family, terms)))
        for family, terms in alike
    ]


def short(result: Result) -> str:
    """Such as "Li, Yan 2409.18959"."""
    names = result.source.split(" (")[0].split(", ")
    who = ", ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} {result.arxiv or result.year}"


def table(shown: Sequence[Result]) -> dict[str, list[Any]]:
    """Every result with its source and how it is known."""
    return {
        "year": [r.year for r in shown],
        "source": [r.source for r in shown],
        "arXiv": [f"https://arxiv.org/abs/{r.arxiv}" if r.arxiv else "" for r in shown],
        "sampler": [r.sampler for r in shown],
        "distance": [r.metric or "–" for r in shown],
        "rate in T": [r.rate or "–" for r in shown],
        "T for ε": [r.steps or "–" for r in shown],
        "of the data": [r.data or "–" for r in shown],
        "of the score": [r.score or "–" for r in shown],
        "how we know it": [EVIDENCE[r.evidence] for r in shown],
        "what was seen": [r.how for r in shown],
    }


def reading(drawn: Sequence[Line], d: int, eps: float) -> str:
    """Which of the drawn powers asks for the fewest and the most steps here."""
    if not drawn:
        return ""
    order = sorted(drawn, key=lambda line: line.steps_needed(d, eps))
    few, many = order[0], order[-1]
    return (
        f"With constants and logarithms dropped, at d = {d:,} and ε = {eps:g} the powers run from "
        f"**{few.formula}** ({_count(few, d, eps)}; {short(few.best)}) to **{many.formula}** "
        f"({_count(many, d, eps)}; {short(many.best)}). {_crossing(drawn, d)}"
    ).strip()


def _count(line: Line, d: int, eps: float) -> str:
    return rounded(line.steps_needed(d, eps), 2)


def _crossing(drawn: Sequence[Line], d: int) -> str:
    """Where the ODE of order two that asks no smoothness overtakes d/eps."""
    first = next((x for x in drawn if x.terms == ((1.0, 1.0),)), None)
    second = next((x for x in drawn if x.terms == ((1.25, 0.5),)), None)
    if first is None or second is None:
        return ""
    return (
        f"{second.formula} falls below {first.formula} where ε < d^(−1/2) = "
        f"{rounded(1 / math.sqrt(d), 2)}: acceleration pays for accuracy, not for dimension."
    )


def choose(values: dict[str, Any]) -> dict[str, Any]:
    """What is drawn, in which dimension, and where the figure is read."""
    families = st.pills(
        "Samplers",
        list(FAMILIES),
        selection_mode="multi",
        format_func=FAMILIES.__getitem__,
        key=key(f"{PAGE}.families", list(values["families"])),
    )
    left, right = st.columns(2)
    d = left.select_slider(
        "Dimension d", DIMENSIONS, format_func=lambda n: f"{n:,}", key=key(f"{PAGE}.d", values["d"])
    )
    eps = right.select_slider(
        "Accuracy ε at which to read it",
        ACCURACIES,
        key=key(f"{PAGE}.accuracy", values["accuracy"]),
    )
    sure = st.toggle(
        "Only what was read, in full or in an abstract",
        key=key(f"{PAGE}.sure", values["sure"] == "read"),
    )
    return {
        "families": tuple(families),
        "d": int(d),
        "accuracy": float(eps),
        "sure": "read" if sure else "all",
    }
