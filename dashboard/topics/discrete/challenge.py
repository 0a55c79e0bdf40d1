"""Ten letters with eight questions to the model: target, rules, and the entries to beat.

An entry is a link of the page of sequences. The best one that a search has found stands in
data/tokens.csv (``python -m dashboard.topics.discrete.search``); the page measures it anew, as it
does every entry, so that no number is taken from the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes
from dashboard.compute.tasks import Progress
from dashboard.made_csv import read_made, write_made
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.text.plain import plain
from dashboard.text.readings import sentence
from dashboard.topics.discrete.words import DYNAMICS, GRIDS, SAMPLERS
from diffusion_core import DiscreteExperiment, Measurement
from diffusion_core.discrete.dynamics import Uniform
from diffusion_core.discrete.grids import GRIDS as GRID_KINDS
from diffusion_core.discrete.grids import TheoryGrid
from diffusion_core.discrete.runs import evaluations, measure_discrete
from diffusion_core.discrete.samplers import Euler
from diffusion_core.discrete.targets import MarkovChain
from diffusion_core.sources import ROOT

FILE = ROOT.parent / "data" / "tokens.csv"
COMMAND = "python -m dashboard.topics.discrete.search"
MADE = f"# {COMMAND}"
HEADER = ("sampler", "grid", "horizon", "end", "value", "error")
BUDGET = 8
LENGTH, CHANGE = 10, 0.2
FIRST = DiscreteExperiment(
    MarkovChain(LENGTH, CHANGE), Uniform(), TheoryGrid(end=0.001), Euler(), BUDGET
)
READY = ("euler", "tau-leaping", "bridge")
Outcome = Measurement | str
say = prose("tokens")


def asked() -> str:
    """Target, rules and what counts."""
    return say("intro", length=LENGTH, change=CHANGE, most=BUDGET)


def broken_rule(run: DiscreteExperiment) -> str:
    """Which rule an entry breaks, in one sentence; empty where it keeps them all."""
    if run.target != FIRST.target:
        return say("rule-target", length=LENGTH, change=CHANGE)
    if not isinstance(run.dynamics, Uniform):
        return say("rule-noise", noise=DYNAMICS[run.dynamics.kind])
    if run.start != "noise":
        return say("rule-start")
    if run.ratio_error is not None:
        return say("rule-model")
    asked = evaluations(run)
    if asked > BUDGET:
        return say("rule-budget", got=f"{asked:,}", most=BUDGET)
    return ""


def entry(sampler: str, grid: str, horizon: float, end: float) -> DiscreteExperiment:
    """A run that spends the whole budget."""
    return FIRST.by(sampler).with_(grid=GRID_KINDS[grid](horizon, end))


def distance(run: DiscreteExperiment) -> Measurement:
    """What counts: TV to the data themselves."""
    return measure_discrete(run, ("tv",), "data")["tv"]


def read(file: Path) -> tuple[DiscreteExperiment, float, float] | None:
    """The run that the search has found, and its TV with its error as of then."""
    rows = read_made(file)[1]
    if not rows:
        return None
    [(sampler, grid, horizon, end, value, error)] = rows
    return entry(sampler, grid, float(horizon), float(end)), float(value), float(error)


def write(file: Path, run: DiscreteExperiment, found: Measurement) -> None:
    """At once or not at all."""
    grid = run.grid
    row = (run.called, grid.kind, grid.horizon, grid.end, found.value, found.error)
    write_made(file, MADE, HEADER, [row])


@cache
def to_beat() -> dict[str, DiscreteExperiment]:
    """The ready-made entries and the one that the search has found, by label."""
    found = {say("ready", sampler=SAMPLERS[name]): FIRST.by(name) for name in READY}
    best = read(FILE)
    return found if best is None else found | {say("searched"): best[0]}


def scores(
    entries: Mapping[str, DiscreteExperiment], place: Any
) -> dict[str, tuple[DiscreteExperiment, Outcome]]:
    """Every entry with its TV, the least first and refused ones last."""
    studies = [Study(_distance, (run,), cost.about("ten letters", 0.2)) for run in entries.values()]
    found = outcomes(studies, say("measuring"), place)
    both = dict(zip(entries, zip(entries.values(), found, strict=True), strict=True))
    return dict(sorted(both.items(), key=lambda pair: _value(pair[1][1])))


def _distance(run: DiscreteExperiment, progress: Progress) -> Measurement:
    return measure_discrete(run, ("tv",), "data", progress)["tv"]


def _value(outcome: Outcome) -> float:
    return 2.0 if isinstance(outcome, str) else outcome.value


def table(found: Mapping[str, tuple[DiscreteExperiment, Outcome]]) -> dict[str, Sequence[Any]]:
    """Place, entry and number, as the page shows them."""
    runs = [run for run, _ in found.values()]
    return {
        "place": list(range(1, len(runs) + 1)),
        "TV": [o if isinstance(o, str) else rounded(o.value, 5) for _, o in found.values()],
        "entry": list(found),
        "questions": [evaluations(run) for run in runs],
        "sampler": [SAMPLERS[run.called] for run in runs],
        "grid": [GRIDS[run.grid.kind] for run in runs],
        "horizon": [f"{run.grid.horizon:g}" for run in runs],
        "end": [f"{run.grid.end:g}" for run in runs],
    }


def verdict(found: Mapping[str, tuple[DiscreteExperiment, Outcome]], yours: str) -> str:
    """Whether the reader's entry is nearer to the data than the others, and by how much."""
    mine = found[yours][1]
    if isinstance(mine, str):
        return sentence(plain(mine))
    others = [o for label, (_, o) in found.items() if label != yours and not isinstance(o, str)]
    best = min(others, key=lambda o: o.value)
    number = with_error(mine.value, mine.error)
    if abs(mine.value - best.value) <= mine.error + best.error:
        return say("level", number=number)
    if mine.value < best.value:
        return say("ahead", number=number, ratio=f"{best.value / mine.value:.3g}")
    return say("behind", number=number, ratio=f"{mine.value / best.value:.3g}")
