"""Laws of short sequences and of one histogram, each known as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.discrete.states import check_states, product, states
from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, check_range

MOST_WORDS = 5_000
LARGEST = 1e300  # of a weight, so that their sum is finite


class Sequences(Protocol):
    """A law on S^d; ``kind`` and fields are its JSON."""

    kind: ClassVar[str]

    @property
    def law(self) -> Array:
        """Its probabilities, (S,) * d."""
        ...

    @property
    def letters(self) -> tuple[str, ...]:
        """How the symbols are written."""
        ...


class _Digits:
    """Symbols written as digits."""

    @property
    def law(self) -> Array:
        raise NotImplementedError

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(str(k) for k in range(self.law.shape[0]))


@dataclass(frozen=True)
class MarkovChain(_Digits):
    """A uniform first symbol; each next one is another, any of them, with the chance ``change``.

    With change = 2/d on two symbols the experiment of arXiv 2608.23554, Section 5.
    """

    length: int
    change: float
    symbols: int = 2
    kind: ClassVar[str] = "markov_chain"

    def __post_init__(self) -> None:
        _check_size(self.length, self.symbols)
        check_range("target.change", self.change, 0.0, 1.0)

    @cached_property
    def law(self) -> Array:
        s = self.symbols
        onward = np.full((s, s), self.change / (s - 1))
        np.fill_diagonal(onward, 1 - self.change)
        law = np.full(s, 1 / s)
        for _ in range(self.length - 1):
            law = law[..., None] * onward
        return law


@dataclass(frozen=True)
class TwoWords(_Digits):
    """Half 0..0, half 1..1: one bit of dependence in all."""

    length: int
    kind: ClassVar[str] = "two_words"

    def __post_init__(self) -> None:
        _check_size(self.length, 2)

    @cached_property
    def law(self) -> Array:
        law = np.zeros((2,) * self.length)
        law[(0,) * self.length] = law[(1,) * self.length] = 0.5
        return law


@dataclass(frozen=True)
class Independent(_Digits):
    """Independent coordinates, each with its own row of probabilities."""

    probabilities: tuple[tuple[float, ...], ...]
    kind: ClassVar[str] = "independent"

    def __post_init__(self) -> None:
        rows = self.probabilities
        if not rows or len({len(row) for row in rows}) != 1:
            raise InputError("target.probabilities: rows of one length, one for each coordinate")
        _check_size(len(rows), len(rows[0]))
        for row in rows:
            if not all(0 <= p <= 1 + 1e-9 for p in row) or abs(math.fsum(row) - 1) > 1e-9:
                raise InputError(
                    "target.probabilities: every row must be non-negative and sum to 1"
                )

    @cached_property
    def law(self) -> Array:
        rows = np.array(self.probabilities)
        return product(rows / rows.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Parity(_Digits):
    """Uniform on words with an even number of ones: any d - 1 coordinates are independent."""

    length: int
    kind: ClassVar[str] = "parity"

    def __post_init__(self) -> None:
        _check_size(self.length, 2)

    @cached_property
    def law(self) -> Array:
        even = states(2, self.length).sum(axis=1) % 2 == 0
        return (even / even.sum()).reshape((2,) * self.length)


@dataclass(frozen=True)
class Ising(_Digits):
    """exp(coupling sum over neighbours of +-1 +-1)/Z on rows x columns spins, free at the rim."""

    rows: int
    columns: int
    coupling: float
    kind: ClassVar[str] = "ising"

    def __post_init__(self) -> None:
        for name in ("rows", "columns"):
            if not 1 <= getattr(self, name) <= 14:
                raise InputError(f"target.{name}: between 1 and 14, got {getattr(self, name)}")
        _check_size(self.rows * self.columns, 2)
        check_range("target.coupling", self.coupling, -10.0, 10.0)

    @cached_property
    def law(self) -> Array:
        d = self.rows * self.columns
        spin = 2.0 * states(2, d).reshape(-1, self.rows, self.columns) - 1
        energy = (spin[:, 1:] * spin[:, :-1]).sum(axis=(1, 2))
        energy += (spin[:, :, 1:] * spin[:, :, :-1]).sum(axis=(1, 2))
        logs = self.coupling * energy
        weight = np.exp(logs - logs.max())
        return (weight / weight.sum()).reshape((2,) * d)


@dataclass(frozen=True)
class Words:
    """Words of one length with weights; the letters that occur are the symbols."""

    words: tuple[str, ...]
    weights: tuple[float, ...] = ()
    kind: ClassVar[str] = "words"

    def __post_init__(self) -> None:
        words = self.words
        if not 1 <= len(words) <= MOST_WORDS:
            raise InputError(f"target.words: between 1 and {MOST_WORDS:,} words, got {len(words)}")
        if len({len(w) for w in words}) != 1 or not words[0]:
            raise InputError("target.words: all of one length, at least one letter")
        if len(set(words)) != len(words):
            raise InputError("target.words: none twice; use weights")
        if self.weights and len(self.weights) != len(words):
            raise InputError(
                f"target.weights: one for each word, got {len(self.weights)} for {len(words)}"
            )
        if self.weights:
            _check_masses("target.weights", self.weights)
        _check_size(len(words[0]), max(2, len(self.letters)))

    @cached_property
    def letters(self) -> tuple[str, ...]:
        found = sorted({letter for word in self.words for letter in word})
        return tuple(found) if len(found) > 1 else (*found, "·")

    @cached_property
    def law(self) -> Array:
        at = {letter: k for k, letter in enumerate(self.letters)}
        law = np.zeros((len(self.letters),) * len(self.words[0]))
        weights = self.weights or (1.0,) * len(self.words)
        for word, weight in zip(self.words, weights, strict=True):
            law[tuple(at[letter] for letter in word)] = weight
        return law / law.sum()


@dataclass(frozen=True)
class Histogram(_Digits):
    """One coordinate on Z_m with given masses: for the walk on the cycle, a histogram's bars."""

    masses: tuple[float, ...]
    kind: ClassVar[str] = "histogram"

    def __post_init__(self) -> None:
        _check_size(1, len(self.masses))
        _check_masses("target.masses", self.masses)

    @cached_property
    def law(self) -> Array:
        masses = np.array(self.masses)
        return masses / masses.sum()


def _check_masses(name: str, masses: tuple[float, ...]) -> None:
    if not (all(0 <= mass <= LARGEST for mass in masses) and any(masses)):
        raise InputError(f"{name}: must not be negative, above {LARGEST:g}, nor all zero")


def _check_size(length: int, symbols: int) -> None:
    if length < 1:
        raise InputError(f"target.length: at least 1, got {length}")
    if symbols < 2:
        raise InputError(f"target.symbols: at least 2, got {symbols}")
    check_states("target", symbols, length)


SEQUENCES: dict[str, type[Sequences]] = {
    c.kind: c for c in (MarkovChain, TwoWords, Independent, Parity, Ising, Words, Histogram)
}
