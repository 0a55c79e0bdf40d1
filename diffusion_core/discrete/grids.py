"""Noise times s_0 > l_1 > ... > s_N at which a reverse run stops and asks again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.schedules import Array, check_range

HORIZON, END = 8.0, 1e-5
MOST_STEPS = 4096


class Grid(Protocol):
    """From ``horizon`` down to ``end`` > 0, where the run stops early."""

    kind: ClassVar[str]

    @property
    def horizon(self) -> float: ...

    @property
    def end(self) -> float: ...

    def times(self, steps: int) -> Array:
        """s_0..s_N, (N + 1,)."""
        ...


@dataclass(frozen=True)
class _Ends:
    horizon: float = HORIZON
    end: float = END

    def __post_init__(self) -> None:
        check_range("grid.horizon", self.horizon, 0.1, 50.0)
        check_range("grid.end", self.end, 1e-9, 0.5 * self.horizon)


@dataclass(frozen=True)
class ConstantGrid(_Ends):
    """Steps of one length."""

    kind: ClassVar[str] = "constant"

    def times(self, steps: int) -> Array:
        return np.linspace(self.horizon, self.end, steps + 1)


@dataclass(frozen=True)
class GeometricGrid(_Ends):
    """Every noise time the same share of the one before: s_k = horizon (end/horizon)^{k/N}."""

    kind: ClassVar[str] = "geometric"

    def times(self, steps: int) -> Array:
        return np.geomspace(self.horizon, self.end, steps + 1)


@dataclass(frozen=True)
class TheoryGrid(_Ends):
    """Steps h = c min(1, s): of one length while s > 1, then of one share of s.

    The grids of the theorems (arXiv 2506.02318, 2512.00580); c follows from the number of steps.
    """

    kind: ClassVar[str] = "theory"

    def times(self, steps: int) -> Array:
        ends = self._clock(self.horizon), self._clock(self.end)
        clock = np.linspace(*ends, steps + 1)
        times = np.where(clock > 0, 1 + clock, np.exp(np.minimum(clock, 0.0)))
        times[[0, -1]] = self.horizon, self.end
        return times

    @staticmethod
    def _clock(s: float) -> float:
        """The time in which steps have one length: dl = min(1, s) d clock."""
        return s - 1 if s > 1 else math.log(s)


GRIDS: dict[str, type[ConstantGrid] | type[GeometricGrid] | type[TheoryGrid]] = {
    c.kind: c for c in (ConstantGrid, GeometricGrid, TheoryGrid)
}
