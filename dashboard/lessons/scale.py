"""The quantity that a prediction is about, and where a picture marks an answer on it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.lessons.figures import Marks

Numbers = Mapping[str, float]
Spot = Callable[[Numbers, float], tuple[float, float]]
"""Where in a step's figure a value lies."""


@dataclass(frozen=True)
class Scale:
    """The quantity that a prediction is about; each option is a stretch of it.

    name: what an axis calls it. of: its value. cuts: between the stretches, from low to high, or
    found from the numbers. order: the option of each stretch. ends: as far as a picture shows it.
    at: where in the step's figure a value lies; without it there is an axis for it alone, a
    logarithmic one where ``log`` says so.
    """

    name: str
    of: Callable[[Numbers], float]
    cuts: tuple[float, ...] | Callable[[Numbers], tuple[float, ...]]
    order: str
    ends: tuple[float, float]
    at: Spot | None = None
    log: bool = False

    def _cuts(self, numbers: Numbers) -> tuple[float, ...]:
        return self.cuts(numbers) if callable(self.cuts) else self.cuts

    def truth(self, numbers: Numbers) -> str:
        return self.order[bisect(self._cuts(numbers), self.of(numbers))]

    def stretch(self, numbers: Numbers, letter: str) -> tuple[float, float]:
        """From where to where an option goes."""
        value, place = self.of(numbers), self.order.index(letter)
        low, high = min(self.ends[0], value), max(self.ends[1], value)
        edges = (low, *self._cuts(numbers), high)
        return edges[place], edges[place + 1]

    def marks(self, numbers: Numbers, low: float, high: float) -> Marks:
        """What was said, from ``low`` to ``high``, and what was measured."""
        at = self.at or (lambda n, value: (value, 0.0))
        ends = (at(numbers, low), at(numbers, high))
        true, name = at(numbers, self.of(numbers)), "" if self.at else self.name
        return Marks(ends, true, name, self.ends, self.log)
