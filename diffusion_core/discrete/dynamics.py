"""How sequences are noised: every coordinate by the same Markov chain in continuous time.

All three are scaled alike: what is left of the data falls like e^{-s} with the noise time s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.schedules import Array

Whole = int


class Dynamics(Protocol):
    """A coordinate's forward chain on an alphabet that holds the target's symbols first."""

    kind: ClassVar[str]

    def alphabet(self, symbols: int) -> int:
        """A: how many symbols a noised coordinate may show."""
        ...

    def transition(self, symbols: int, s: float) -> Array:
        """P_s(a, b), the chance to go from a to b in a noise time s, (A, A)."""
        ...

    def rates(self, symbols: int) -> Array:
        """The generator Q, (A, A): Q(a, b) for a != b is the rate from a to b."""
        ...

    def noise(self, symbols: int) -> Array:
        """What a coordinate becomes in the end, (A,)."""
        ...

    def exit_rate(self, symbols: int, s: float) -> float:
        """More than a coordinate's rate of leaving, backwards at noise time s, ever is."""
        ...


@dataclass(frozen=True)
class Uniform:
    """A coordinate is drawn anew at rate 1, uniformly: P_s = e^{-s} 1 + (1 - e^{-s})/S.

    On two symbols the random walk on the hypercube.
    """

    kind: ClassVar[str] = "uniform"

    def alphabet(self, symbols: int) -> int:
        return symbols

    def transition(self, symbols: int, s: float) -> Array:
        return math.exp(-s) * np.eye(symbols) - math.expm1(-s) / symbols

    def rates(self, symbols: int) -> Array:
        return np.full((symbols, symbols), 1 / symbols) - np.eye(symbols)

    def noise(self, symbols: int) -> Array:
        return np.full(symbols, 1 / symbols)

    def exit_rate(self, symbols: int, s: float) -> float:
        """(1/S) sum_{b != x} P_s(a, b)/P_s(a, x) <= (1/S) (1/p - 1), p = (1 - e^{-s})/S."""
        return (1 / -math.expm1(-s)) - 1 / symbols


@dataclass(frozen=True)
class Masked:
    """A coordinate is hidden at rate 1 and stays so; the last symbol of the alphabet is MASK."""

    kind: ClassVar[str] = "masked"

    def alphabet(self, symbols: int) -> int:
        return symbols + 1

    def transition(self, symbols: int, s: float) -> Array:
        kept = math.exp(-s) * np.eye(symbols + 1)
        kept[:, -1] = -math.expm1(-s)
        kept[-1, -1] = 1.0
        return kept

    def rates(self, symbols: int) -> Array:
        q = -np.eye(symbols + 1)
        q[:, -1] += 1.0
        return q

    def noise(self, symbols: int) -> Array:
        return np.append(np.zeros(symbols), 1.0)

    def exit_rate(self, symbols: int, s: float) -> float:
        """e^{-s}/(1 - e^{-s}), exactly, of a masked coordinate."""
        return 1 / math.expm1(s)


@dataclass(frozen=True)
class Cycle:
    """A walk on Z_S, one step up or down at the same rate g each.

    g (2 - 2 cos(2 pi/S)) = 1, so that the slowest wave falls like e^{-s}; two symbols are the
    hypercube again.
    """

    kind: ClassVar[str] = "cycle"

    def alphabet(self, symbols: int) -> int:
        return symbols

    def transition(self, symbols: int, s: float) -> Array:
        row = np.fft.ifft(np.exp(s * self._spectrum(symbols))).real
        return _circulant(np.maximum(row, 0.0))

    def rates(self, symbols: int) -> Array:
        return _circulant(np.fft.ifft(self._spectrum(symbols)).real)

    def noise(self, symbols: int) -> Array:
        return np.full(symbols, 1 / symbols)

    def exit_rate(self, symbols: int, s: float) -> float:
        row = self.transition(symbols, s)[0]
        beside = row[np.r_[1:symbols, 0]] + row[np.r_[symbols - 1, 0 : symbols - 1]]
        return float(self._step_rate(symbols) * (beside / row).max())

    @staticmethod
    def _step_rate(symbols: int) -> float:
        return 1 / (2 - 2 * math.cos(2 * math.pi / symbols))

    def _spectrum(self, symbols: int) -> Array:
        """The generator's eigenvalues, one for each wave."""
        wave = np.cos(2 * math.pi * np.arange(symbols) / symbols)
        return self._step_rate(symbols) * (2 * wave - 2)


def _circulant(row: Array) -> Array:
    """M(a, b) = row(b - a)."""
    n = len(row)
    at = np.arange(n)
    return row[(at[None, :] - at[:, None]) % n]


DYNAMICS: dict[str, type[Uniform] | type[Masked] | type[Cycle]] = {
    c.kind: c for c in (Uniform, Masked, Cycle)
}
