"""What a check is, and how it is run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment

Stop = Callable[[], None]
Alter = Callable[[Experiment], Experiment]


@dataclass(frozen=True)
class Part:
    """One comparison: the discrepancy that was found and the largest that is allowed."""

    what: str
    found: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.found <= self.allowed  # never true of a NaN

    @property
    def strain(self) -> float:
        """found over allowed; infinite where it cannot be said."""
        if self.allowed > 0 and self.found == self.found:
            return self.found / self.allowed
        return 0.0 if self.holds else float("inf")


@dataclass(frozen=True)
class Check:
    """A claim about the code, compared with something that does not use what it tests.

    compares: what with what; tolerance: how much may differ, and why; unit: of the discrepancy.
    parts: yields the comparisons as they are made. Every experiment that it runs it first gives to
    its first argument, which may put a fault in; it calls the second whenever it can be stopped.
    optional: a reason not to compare (Refused, InputError) is no failure.
    """

    name: str
    group: str
    title: str
    compares: str
    tolerance: str
    unit: str
    parts: Callable[[Alter, Stop], Iterator[Part]]
    optional: bool = False


@dataclass(frozen=True)
class Result:
    """What came out: the comparisons, or the reason why there are none."""

    check: Check
    parts: tuple[Part, ...]
    seconds: float
    reason: str = ""

    @property
    def holds(self) -> bool | None:
        """None where an optional check has nothing to compare."""
        if self.reason or not self.parts:
            return None if self.check.optional else False
        return all(part.holds for part in self.parts)

    @property
    def worst(self) -> Part | None:
        """The comparison that comes closest to what is allowed, or goes farthest beyond."""
        return max(self.parts, key=lambda part: part.strain, default=None)


def as_it_is(experiment: Experiment) -> Experiment:
    """No fault: the code as it is."""
    return experiment


def run(check: Check, alter: Alter = as_it_is, stop: Stop = lambda: None) -> Result:
    """Every comparison of a check; what ``stop`` raises passes through."""
    begun, found, reason = time.perf_counter(), [], ""
    try:
        for part in check.parts(alter, stop):
            found.append(part)
            stop()
    except (Refused, InputError) as refusal:
        reason = str(refusal)
    return Result(check, tuple(found), time.perf_counter() - begun, reason)
