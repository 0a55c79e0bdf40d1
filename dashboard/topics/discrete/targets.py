"""The law of short sequences that a reader chooses, or types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text.plain import told
from dashboard.topics.discrete.page import PAGE
from dashboard.topics.discrete.words import TARGETS
from diffusion_core import InputError
from diffusion_core.discrete.targets import (
    Histogram,
    Independent,
    Ising,
    MarkovChain,
    Parity,
    Sequences,
    TwoWords,
    Words,
)
from diffusion_core.strict_json import shown

phrase = prose("phrases/discrete")
say = prose("controls")
MOST_LINES = 200
MOST_TEXT = 4000  # characters
LENGTHS = tuple(range(2, 13))
FIRST_WORDS = ("data", "date", "gate", "gaze", "haze", "hate")
TWO_HUMPS = tuple(
    float(v) for v in (1, 2, 5, 9, 12, 9, 5, 2, 1, 0, 0, 0, 1, 3, 6, 8, 8, 6, 3, 1, 0, 0, 0, 0)
)


def choose_target(base: Sequences) -> Sequences:
    """The target, or ``base`` below a sentence that says why it cannot be."""
    offered = [k for k in TARGETS if k != Independent.kind or base.kind == k]
    kind = st.selectbox(
        phrase("target"), offered, format_func=TARGETS.__getitem__, **_widget("target", base.kind)
    )
    try:
        return _CHOOSE[kind](base)
    except InputError as reason:
        st.error(f"{told(reason)}.")
        return base


def _widget(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def _length(base: Sequences) -> int:
    given = base.law.ndim if base.law.ndim in LENGTHS else 8
    return int(st.select_slider(phrase("length-d"), LENGTHS, **_widget("length", given)))


def _chain(base: Sequences) -> Sequences:
    held = base if isinstance(base, MarkovChain) else MarkovChain(8, 0.25)
    length = _length(base)
    left, right = st.columns(2)
    symbols = left.number_input(
        phrase("symbols"), min_value=2, max_value=20, step=1, **_widget("symbols", held.symbols)
    )
    change = right.number_input(
        phrase("change"),
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        format="%g",
        **_widget("change", held.change),
        help=say("discrete-change", usual=f"{2 / length:.3g}"),
    )
    return MarkovChain(length, float(change), int(symbols))


def _two_words(base: Sequences) -> Sequences:
    return TwoWords(_length(base))


def _parity(base: Sequences) -> Sequences:
    return Parity(_length(base))


def _ising(base: Sequences) -> Sequences:
    held = base if isinstance(base, Ising) else Ising(2, 4, 0.6)
    left, right = st.columns(2)
    sizes: dict[str, Any] = {"min_value": 1, "max_value": 14, "step": 1}
    rows = left.number_input(phrase("rows"), **sizes, **_widget("rows", held.rows))
    columns = right.number_input(phrase("columns"), **sizes, **_widget("columns", held.columns))
    coupling = st.slider(
        phrase("coupling"), -2.0, 2.0, step=0.05, **_widget("coupling", held.coupling)
    )
    return Ising(int(rows), int(columns), float(coupling))


def _words(base: Sequences) -> Sequences:
    held = base if isinstance(base, Words) else Words(FIRST_WORDS)
    weights = held.weights or (1.0,) * len(held.words)
    lines = [
        word if weight == 1 else f"{word} {weight:g}"
        for word, weight in zip(held.words, weights, strict=True)
    ]
    text = st.text_area(
        phrase("words-one-a-line"),
        max_chars=MOST_TEXT,
        **_widget("words", "\n".join(lines)),
        help=say("discrete-words"),
    )
    return read_words(text)


def _histogram(base: Sequences) -> Sequences:
    held = base if isinstance(base, Histogram) else Histogram(TWO_HUMPS)
    text = st.text_area(
        phrase("masses-of-the-symbols"),
        max_chars=MOST_TEXT,
        **_widget("masses", " ".join(f"{mass:g}" for mass in held.masses)),
        help=say("discrete-masses"),
    )
    return read_masses(text)


def _independent(base: Sequences) -> Sequences:
    st.caption(say("discrete-independent"))
    return base


def read_words(text: str) -> Words:
    """Words, one a line, each with a weight behind it if not 1; InputError names the line."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= MOST_LINES:
        raise InputError(
            phrase("words-between-1-and-lines", most_lines=MOST_LINES, lines=len(lines))
        )
    for number, parts in enumerate(lines, 1):
        if len(parts) > 2:
            raise InputError(
                phrase("words-line-must-be-a", number=number, parts=shown(" ".join(parts)))
            )
    words = tuple(parts[0] for parts in lines)
    weights = tuple(_number(parts[1], "words") if parts[1:] else 1.0 for parts in lines)
    return Words(words, () if set(weights) == {1.0} else weights)


def read_masses(text: str) -> Histogram:
    """Masses between commas or blanks; InputError names the first that is no number."""
    return Histogram(tuple(_number(part, "masses") for part in text.replace(",", " ").split()))


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(phrase("is-no-number", name=name, text=shown(text))) from None


_CHOOSE: dict[str, Callable[[Sequences], Sequences]] = {
    "markov_chain": _chain,
    "two_words": _two_words,
    "parity": _parity,
    "ising": _ising,
    "words": _words,
    "histogram": _histogram,
    "independent": _independent,
}
