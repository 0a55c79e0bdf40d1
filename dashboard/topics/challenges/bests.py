"""The least distances that a search has found: ``python -m dashboard.topics.challenges.search``.

data/challenges.csv has one run a challenge: its sampler, the ends of its grid and the schedule. The
page measures it anew as it does every entry, so that no number is taken from the file; the numbers
there are for a test, which notices that the engine gives others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboard.made_csv import read_made, write_made
from dashboard.prose import prose
from dashboard.topics.challenges.entries import CHALLENGES, Challenge, baselines
from diffusion_core import Experiment
from diffusion_core.schedules import Custom
from diffusion_core.sources import ROOT
from diffusion_core.studies.noise_grids import Ends

FILE = ROOT.parent / "data" / "challenges.csv"
MADE = "# python -m dashboard.topics.challenges.search"
HEADER = ("challenge", "sampler", "high", "low", "abar", "value", "error")
say = prose("challenges")


@dataclass(frozen=True)
class Best:
    """A run that a search has found between these ends, and its TV with its error as of then."""

    run: Experiment
    ends: Ends
    value: float
    error: float


def read(file: Path) -> dict[str, Best]:
    """What the file has, by the challenge's name; nothing where there is no file."""
    found = {}
    for name, sampler, high, low, abar, value, error in read_made(file)[1]:
        grid = Custom(tuple(map(float, abar.split())))
        run = CHALLENGES[name].entry(grid, sampler)
        found[name] = Best(run, Ends(float(high), float(low)), float(value), float(error))
    return found


def write(file: Path, found: dict[str, Best]) -> None:
    """At once or not at all, in the order of the challenges."""
    rows = []
    for name in CHALLENGES:
        if name in found:
            best = found[name]
            schedule = best.run.schedule
            abar = " ".join(map(repr, schedule.abar)) if isinstance(schedule, Custom) else ""
            ends = (best.ends.high, best.ends.low)
            rows.append((name, best.run.record.name, *ends, abar, best.value, best.error))
    write_made(file, MADE, HEADER, rows)


@cache
def _known() -> dict[str, Best]:
    return read(FILE)


def to_beat(challenge: Challenge) -> dict[str, Experiment]:
    """The ready-made entries and the one that the search has found, by label."""
    best = _known().get(challenge.name)
    found = {} if best is None else {say("base-search", sampler=best.run.record.label): best.run}
    return baselines(challenge) | found
