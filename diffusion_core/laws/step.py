"""What is known about the single steps of a run: the contract of every dimension's engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Array

NOTHING = Distance(0.0, 0.0)


@dataclass(frozen=True)
class StepError:
    """The step from t to t-1: K with the exact score, K^ with the one that the sampler is given.

    local: TV(K p_t, p_{t-1}), what the step adds with an exact score. score: TV(K^ p_t, K p_t),
    what the score's error adds to that. reached: TV(q_{t-1}, p_{t-1}). contracted:
    TV(q_t, p_t) - TV(K^ q_t, K^ p_t), what the step takes away of the error that it meets; None
    where it is not known.
    """

    t: int
    local: Distance
    reached: Distance
    contracted: float | None
    score: Distance = NOTHING

    @property
    def added(self) -> Distance:
        """local and score: an upper bound of TV(K^ p_t, p_{t-1})."""
        error = self.local.error + self.score.error
        return Distance(self.local.value + self.score.value, error)


class StepLaws(Protocol):
    """What one dimension's engine knows about single steps."""

    def steps(self) -> Iterator[StepError]:
        """Every step, t = T..2."""
        ...

    def total(self, exact_start: bool) -> Distance:
        """TV(q_1, p_1) of the run from p_T or from N(0, I)."""
        ...


class LineLaws(StepLaws, Protocol):
    """On the line, also where mass is in excess and where it is missing."""

    def local_errors(self) -> Iterator[Distance]:
        """TV(K p_t, p_{t-1}) for t = T..2, without the rest."""
        ...

    def difference(self, t: int, edges: Array) -> Array:
        """Mass of K_t p_t minus that of p_{t-1} between the edges."""
        ...

    def outcome(self, edges: Array) -> Array:
        """Mass of q_1 minus that of p_1 between the edges."""
        ...
