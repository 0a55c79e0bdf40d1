"""The CSV of a sweep: rows as they finish, in the plan's order at the end, and resuming.

Beside FILE lies FILE.sweep.json, written first: the experiment and what is measured. It tells
whether the rows found in FILE belong to the sweep that is to be resumed. A refused run has no row,
so resuming tries it again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from diffusion_core.errors import InputError
from diffusion_core.strict_json import shown
from diffusion_core.sweep.tasks import Described, Request, Run, asked
from diffusion_core.sweep.whole_file import replaced

HEADER = "sampler,steps,nfe,metric,value,error\n"
SAME = ("metric", "method", "particles", "against", "experiment")
Add = Callable[[int, Run], None]


def row(run: Run) -> str:
    """The line of a run; empty for a refusal."""
    m = run.measurement
    if m is None:
        return ""
    return f"{run.sampler},{m.steps},{m.nfe},{m.metric},{m.value},{m.error}\n"


@contextmanager
def stream_rows(out: TextIO) -> Iterator[Add]:
    """Rows to a stream, in the plan's order: those that are early wait, until the end at most."""
    early: dict[int, str] = {}
    due = 0

    def add(place: int, run: Run) -> None:
        nonlocal due
        early[place] = row(run)
        while due in early:
            out.write(early.pop(due))
            due += 1
        out.flush()

    out.write(HEADER)
    out.flush()
    try:
        yield add
    finally:
        out.writelines(early[place] for place in sorted(early))


@contextmanager
def file_rows(path: Path, kept: Mapping[int, str], description: Mapping[str, Any]) -> Iterator[Add]:
    """Rows to a file, each as soon as it is there; put into the plan's order at the end.

    kept: lines, by their place in the plan, with which the file begins.
    """
    lines = dict(kept)

    def add(place: int, run: Run) -> None:
        line = row(run)
        if line:
            lines[place] = line
            out.write(line)
            out.flush()

    if path.is_file():
        with replaced(beside(path)) as note:
            note.write(f"{json.dumps(description)}\n".encode())
            note.flush()
            if not kept:  # another sweep's rows never stand beside this one's description
                path.open("wb").close()
    if kept:
        _replace(path, lines)
    with path.open("a" if kept else "w", newline="") as out:
        if not kept:
            out.write(HEADER)
            out.flush()
        try:
            yield add
        finally:
            if list(lines) != sorted(lines) and path.is_file():
                _replace(path, lines)


def _replace(path: Path, lines: Mapping[int, str]) -> None:
    """The whole table in order."""
    text = HEADER + "".join(lines[place] for place in sorted(lines))
    with replaced(path) as file:
        file.write(text.encode())


def beside(path: Path) -> Path:
    """Where the description of the sweep in ``path`` is."""
    return path.with_name(path.name + ".sweep.json")


def describe(experiment: Described, request: Request) -> dict[str, Any]:
    """What makes the rows of a sweep what they are, as plain JSON values."""
    particles = request.particles if request.method == "particles" else None
    return {
        "experiment": experiment.to_dict(),
        "metric": request.metric,
        "method": request.method,
        "particles": particles,
        "against": request.against,
    }


def earlier_rows(
    path: Path, runs: Sequence[Described], metric: str, description: Mapping[str, Any]
) -> dict[int, str]:
    """The lines of ``path`` by their place in the plan; none when there is no such file yet.

    InputError when they were made by another sweep, or are not rows at all. A last line without its
    end was cut off in the middle, and is left out.
    """
    name = shown(path.name)
    try:
        text = path.read_text()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"--resume: cannot read {name}: {e}") from None
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    if not lines and HEADER.startswith(text):
        return {}
    if not lines or lines[0] != HEADER:
        raise InputError(f"--resume: {name} does not begin with {HEADER.strip()}")
    _check_same(path, description)
    places = {(e.called, e.steps): i for i, e in enumerate(runs)}
    kept: dict[int, str] = {}
    for number, line in enumerate(lines[1:], 2):
        place = _place(line, runs, places, metric)
        if place is None or place in kept:
            raise InputError(
                f"--resume: line {number} of {name} is no row of this sweep: {shown(line.strip())}"
            )
        kept[place] = line
    return kept


def _place(
    line: str, runs: Sequence[Described], places: Mapping[tuple[str, int], int], metric: str
) -> int | None:
    """Which of the runs a line is the row of; None when it is of none."""
    try:
        sampler, steps, nfe, of, value, error = line.strip().split(",")
        place = places[sampler, int(steps)]
        if of != metric or int(nfe) != asked(runs[place]):
            return None
        return place if math.isfinite(float(value)) and float(error) >= 0 else None
    except (ValueError, KeyError):
        return None


def _check_same(path: Path, description: Mapping[str, Any]) -> None:
    """InputError when the description beside the file is missing or another one."""
    name, note = shown(path.name), shown(beside(path).name)
    try:
        found = json.loads(beside(path).read_text())
    except (OSError, ValueError, RecursionError):
        raise InputError(f"--resume: what made {name} is unknown: cannot read {note}") from None
    if not isinstance(found, dict):
        raise InputError(f"--resume: {note} does not describe a sweep")
    for key in SAME:
        if _fixed(found.get(key)) != _fixed(description[key]):
            raise InputError(f"--resume: {name} was made with another {key}, as {note} says")


def _fixed(value: Any) -> Any:
    """An experiment without what a sweep replaces: T, and the name of the sampler."""
    if not isinstance(value, dict):
        return value
    sampler = value.get("sampler")
    own = {k: v for k, v in sampler.items() if k != "kind"} if isinstance(sampler, dict) else {}
    rest = {k: v for k, v in value.items() if k not in ("sampler", "steps")}
    return rest | {"sampler": {"eta": 0.0} | own}
