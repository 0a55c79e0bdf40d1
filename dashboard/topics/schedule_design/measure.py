"""Designed grids beside the named ones, here and elsewhere: computed once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.compute import cached
from dashboard.link.widget_keys import KEY
from dashboard.memory import Store
from dashboard.prose import prose
from dashboard.text.labels import GRIDS
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

say = prose("controls")
KINDS = {"least": "Minimise the error", "equal": "Equalise the steps"}
EVEN = "log-snr"
SLOW = "student-t"  # whose exact law takes seconds where noise is added to heavy tails
KEPT = 400
_WANTED = f"{KEY}wanted designs"

Found = Optimum | Equalised


@st.cache_resource(show_spinner=False)
def _store() -> Store:
    return Store(KEPT)


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


def tv(run: Experiment, place: Any) -> cached.Outcome:
    """TV(q_1, p_1)."""
    return cached.distance(run, "tv", "exact", 0, "p1", place)


def data_tv(run: Experiment, place: Any) -> cached.Outcome | None:
    """TV(q_1, p_0), where the data have a density."""
    if not run.target.has_density:
        return None
    return cached.distance(run, "tv", "exact", 0, "data", place)


def grid_row(name: str, run: Experiment, place: Any) -> Row:
    return Row(name, GRIDS[name], run, tv(run, place), data_tv(run, place))


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
    rows = []
    for name in NAMED:
        run, alone = on_grid(task.experiment, grids[name]), own[name]
        points = points_of(alone)
        rows.append(
            Row(
                name,
                GRIDS[name],
                run,
                tv(run, place),
                data_tv(run, place),
                (float(points[0]), float(points[-1])),
                tv(alone, place),
                data_tv(alone, place),
            )
        )
    return rows


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


def searched(kind: str, task: Task, status: Any) -> Found | str | None:
    """What a search found or why it could not; None where nobody asked for it."""
    if (kind, task) not in _store() and wanted().get(kind) != task:
        return None
    return found(kind, task, status, lambda: _forget(kind), kind)


def found(
    kind: str, task: Task, status: Any, on_stop: Callable[[], None], name: str
) -> Found | str:
    """The result of a search, made where it is not known. name: of the button that stops it."""

    def make() -> Found | str:
        bar = _Stoppable(f"{KINDS[kind]}: {task.experiment.record.label}", status, name, on_stop)
        try:
            return _search(kind, task, bar)
        except Refused as reason:
            return str(reason)
        finally:
            status.empty()

    result: Found | str = _store().get((kind, task), make)
    return result


def _search(kind: str, task: Task, bar: _Stoppable) -> Found:
    if kind == "least":
        return minimise(task.experiment, task.ends, task.steps, stop=bar.beat, progress=bar.told)
    even = named_grids(task.ends, task.steps)[EVEN]
    return equalise(task.experiment, even, stop=bar.beat, progress=bar.told)


class _Stoppable:
    """A bar with a button to stop; drawing it is where Streamlit interrupts a script."""

    def __init__(self, text: str, status: Any, name: str, on_stop: Callable[[], None]) -> None:
        self._share = 0.0
        with status.container():
            self._bar = cached.Bar(text, st.empty())
            st.button("Stop", on_click=on_stop, key=f"stop {name}")

    def told(self, share: float) -> None:
        self._share = share
        self._bar(share)

    def beat(self) -> None:
        self._bar(self._share)


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


PLACES = {"targets": "to other targets", "samplers": "to other samplers"}
THERE = (*(name for name, preset in PRESETS.items() if preset.target.dim == 1), *SAMPLERS)


def place_label(name: str) -> str:
    """Of a target or a sampler."""
    return PRESETS[name].label if name in PRESETS else SAMPLERS[name].label


def origin(task: Task, kind: str) -> str:
    """What the grid was found for, as the places are called."""
    e = task.experiment
    if kind == "samplers":
        return e.record.label
    return PRESETS[e.preset].label if e.preset else say("grid-your-target")


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
    schedule = optimum.experiment.schedule
    rows = []
    for name, there in places(task, kind).items():
        grids = named_grids(there.ends, there.steps)
        named = [
            Row(n, GRIDS[n], run, tv(run, place), None)
            for n in NAMED
            for run in [on_grid(there.experiment, grids[n])]
        ]
        moved = tv(there.experiment.with_(schedule=schedule), place)
        even = next(row.tv for row in named if row.name == EVEN)
        rows.append(Elsewhere(name, place_label(name), there, moved, best(named), even))
    return rows
