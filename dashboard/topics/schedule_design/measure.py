"""Designed grids beside the named ones, here and elsewhere: computed once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.compute import cached, cost
from dashboard.compute.studies import Study, done, is_known
from dashboard.compute.tasks import Progress, Share
from dashboard.link.widget_keys import KEY
from dashboard.prose import prose
from dashboard.text.labels import GRIDS
from dashboard.text.labels import PRESETS as PRESET_LABELS
from diffusion_core import PRESETS, SAMPLERS, Experiment, Refused
from diffusion_core.schedules import Array, LogSNR
from diffusion_core.studies.noise_grids import NAMED, Ends, bent, named_grids, on_grid, own_runs
from diffusion_core.studies.schedule_search import (
    Equalised,
    Optimum,
    check_design,
    equalise,
    minimise,
    points_of,
)

phrase = prose("phrases/schedule_design")
say = prose("controls")
KINDS = {"least": phrase("minimise-the-error"), "equal": phrase("equalise-the-steps")}
EVEN = "log-snr"
SLOW = "student-t"  # whose exact law takes seconds where noise is added to heavy tails
_WANTED = f"{KEY}wanted designs"

Found = Optimum | Equalised


@dataclass(frozen=True)
class Task:
    """One sampler and target at one T between two ends."""

    experiment: Experiment
    ends: Ends
    steps: int

    @classmethod
    def of(cls, experiment: Experiment, ends: Ends, steps: int) -> Task:
        """Without what a grid replaces and an exact law does not depend on."""
        return cls(experiment.with_(schedule=LogSNR(), steps=steps, seed=0), ends, steps)

    def elsewhere(self, **changes: Any) -> Task:
        return Task(self.experiment.with_(**changes), self.ends, self.steps)


@dataclass(frozen=True)
class Row:
    """One grid and what was measured on it: q_1 against p_1 and the data.

    own: the ends of a named schedule as it is; there, own_tv compares with a p_1 of its own.
    """

    name: str
    label: str
    run: Experiment
    tv: cached.Outcome
    data: cached.Outcome | None
    own: tuple[float, float] | None = None
    own_tv: cached.Outcome | None = None
    own_data: cached.Outcome | None = None


def value(outcome: cached.Outcome | None) -> float | None:
    """The number, where there is one."""
    return None if outcome is None or isinstance(outcome, str) else outcome.value


def grid_rows(named: Mapping[str, Experiment], place: Any) -> list[Row]:
    """TV(q_1, p_1) of every grid and TV(q_1, p_0) where the data have a density; all together."""
    runs = list(named.values())
    tv = cached.all_distances(runs, place)
    data: Sequence[cached.Outcome | None] = [None] * len(runs)
    if all(run.target.has_density for run in runs):
        data = cached.all_distances(runs, place, against="data")
    rows = zip(named.items(), tv, data, strict=True)
    return [Row(name, GRIDS[name], run, p1, p0) for (name, run), p1, p0 in rows]


def yours(task: Task, shape: str, bend: Sequence[float]) -> Experiment:
    """The reader's grid: a named one between the ends, bent."""
    return on_grid(task.experiment, bent(named_grids(task.ends, task.steps)[shape], bend))


def grids_shown(task: Task, shape: str, designed: Sequence[Row]) -> dict[str, tuple[str, Array]]:
    """Label and log-SNR of the designed grids and of the named one that the reader bends."""
    shown = {row.name: (row.label, points_of(row.run)) for row in designed}
    return shown | {shape: (GRIDS[shape], named_grids(task.ends, task.steps)[shape])}


def named_are_known(task: Task) -> bool:
    """Whether ``named_rows`` would answer at once."""
    against = "data" if task.experiment.target.has_density else "p1"
    run = on_grid(task.experiment, named_grids(task.ends, task.steps)[NAMED[-1]])
    return cached.is_known(run, "tv", "exact", 0, against)


def named_rows(task: Task, place: Any) -> list[Row]:
    """Every named schedule on the ends, and as it is."""
    grids, own = named_grids(task.ends, task.steps), own_runs(task.experiment, task.steps)
    on_ends = grid_rows({n: on_grid(task.experiment, grids[n]) for n in NAMED}, place)
    alone = grid_rows({n: own[n] for n in NAMED}, place)
    return [
        replace(row, own=_ends(by.run), own_tv=by.tv, own_data=by.data)
        for row, by in zip(on_ends, alone, strict=True)
    ]


def _ends(run: Experiment) -> tuple[float, float]:
    points = points_of(run)
    return float(points[0]), float(points[-1])


def best(rows: Sequence[Row]) -> Row | None:
    """The row with the smallest measured TV(q_1, p_1)."""
    known = [row for row in rows if value(row.tv) is not None]
    return min(known, key=lambda row: value(row.tv) or 0.0, default=None)


# ---- searches: begun by a button or a link, shown as long as they are known


def wanted() -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault(_WANTED, {})
    return found


def want(kind: str, task: Task) -> None:
    wanted()[kind] = task


def _forget(kind: str) -> None:
    wanted().pop(kind, None)


def searched(kind: str, task: Task, status: Any, asked: str = "") -> Found | str | None:
    """What a search found or why it could not; None where nobody asked for it.

    asked: what it is wanted as, where that is not its kind.
    """
    asked = asked or kind
    if not is_known(_search(kind, task)) and wanted().get(asked) != task:
        return None
    return found(kind, task, status, lambda: _forget(asked), asked)


def found(
    kind: str, task: Task, status: Any, on_stop: Callable[[], None], name: str
) -> Found | str:
    """The result of a search, made where it is not known. name: of the button that stops it."""
    text = f"{KINDS[kind]}: {task.experiment.record.label}"
    bar = cached.Bar(text, status, stop=on_stop, name=name)
    try:
        result: Found | str = done(_search(kind, task), bar)
        return result
    finally:
        bar.clear()


def _search(kind: str, task: Task) -> Study:
    laws = {"least": 300, "equal": 30}[kind]
    run = task.experiment.with_(steps=task.steps)
    return Study({"least": _least, "equal": _equal}[kind], (task,), cost.study(run, kind, laws))


def _least(task: Task, progress: Progress) -> Optimum:
    told = Share(progress)
    return minimise(task.experiment, task.ends, task.steps, stop=told, progress=told)


def _equal(task: Task, progress: Progress) -> Equalised:
    told = Share(progress)
    even = named_grids(task.ends, task.steps)[EVEN]
    return equalise(task.experiment, even, stop=told, progress=told)


def refusal(experiment: Experiment, steps: int) -> str | None:
    """Why no grid is designed for this target."""
    try:
        check_design(experiment, steps)
    except Refused as reason:
        return str(reason)
    return None


# ---- transfer


@dataclass(frozen=True)
class Elsewhere:
    """The optimum's grid on another target or with another sampler, beside what is best there."""

    name: str
    label: str
    task: Task
    moved: cached.Outcome
    named: Row | None
    even: cached.Outcome


PLACES = {"targets": phrase("to-other-targets"), "samplers": phrase("to-other-samplers")}
THERE = (*(name for name, preset in PRESETS.items() if preset.target.dim == 1), *SAMPLERS)


def place_label(name: str) -> str:
    """Of a target or a sampler."""
    return PRESET_LABELS[name] if name in PRESETS else SAMPLERS[name].label


def origin(task: Task, kind: str) -> str:
    """What the grid was found for, as the places are called."""
    e = task.experiment
    if kind == "samplers":
        return e.record.label
    return PRESET_LABELS[e.preset] if e.preset else say("grid-your-target")


def places(task: Task, kind: str) -> Mapping[str, Task]:
    """Every other target of the gallery on the line, or every other sampler, by its name."""
    if kind == "targets":
        return {
            name: task.elsewhere(target=preset.target, preset=name)
            for name, preset in PRESETS.items()
            if preset.target.dim == 1
            and preset.target != task.experiment.target
            and not (name == SLOW and task.experiment.record.stochastic)
        }
    return {
        name: task.elsewhere(sampler=name, eta=0.0)
        for name in SAMPLERS
        if name != task.experiment.sampler
    }


def transfer(task: Task, optimum: Optimum, kind: str, place: Any) -> list[Elsewhere]:
    """The optimum's grid everywhere, beside the named ones there; all measured together."""
    schedule, there, runs = optimum.experiment.schedule, places(task, kind), []
    for name, at in there.items():
        grids = named_grids(at.ends, at.steps)
        runs += [(name, n, on_grid(at.experiment, grids[n])) for n in NAMED]
        runs.append((name, "", at.experiment.with_(schedule=schedule)))
    outcomes = cached.all_distances([run for _, _, run in runs], place)
    tv = {(name, n): (run, o) for (name, n, run), o in zip(runs, outcomes, strict=True)}
    rows = []
    for name, at in there.items():
        named = [Row(n, GRIDS[n], *tv[name, n], None) for n in NAMED]
        even = tv[name, EVEN][1]
        label = place_label(name)
        rows.append(Elsewhere(name, label, at, tv[name, ""][1], best(named), even))
    return rows
