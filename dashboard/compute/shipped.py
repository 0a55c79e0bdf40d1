"""Numbers of the gallery that come with the project: ``python -m dashboard.compute.shipped``.

data/gallery.csv has exact distances of every preset by every sampler with all else at its default:
TV at the T of "Distance against T", and what the trajectories page shows at T = 100. It is used
only while the code that gave these numbers is the one that runs, whatever its comments say. The
command makes the file anew, on all cores; it keeps what there is of the same code, and may be
interrupted. With names of presets it adds those alone.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import sys
import threading
import tokenize
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dashboard.compute.cost import measuring
from dashboard.compute.tasks import Outcome, measured
from dashboard.made_csv import read_made, write_made
from diffusion_core import PRESETS, SAMPLERS, Experiment, Measurement
from diffusion_core.distances.of_masses import METRICS
from diffusion_core.measure import exact_metrics
from diffusion_core.sources import ROOT, sources

FILE = ROOT.parent / "data" / "gallery.csv"
MADE = "# python -m dashboard.compute.shipped; statements and sources: "
HEADER = ("preset", "sampler", "steps", "metric", "value", "error", "refused")
STEPS = tuple(2**k for k in range(3, 11))
SHOWN = 100  # T of the trajectories page, which shows every distance
MOST = 4e9  # units of ``plane_cost``, some two minutes: what takes longer does not come along
UNUSED = (  # by ``measure``
    *("discrete", "studies", "sweep", "theory", "verification", "__main__.py"),
    *("__init__.py", "samplers/program.py"),
)
FOR_READERS = (tokenize.COMMENT, tokenize.NL)
BREAKS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
_reading = threading.Lock()  # of the file: once, whoever asks meanwhile
COMMENT = re.compile(r"(^|\s)\s*#.*$")


class Key(NamedTuple):
    """One row's run and distance."""

    preset: str
    sampler: str
    steps: int
    metric: str

    @property
    def run(self) -> Experiment:
        target = PRESETS[self.preset].target
        return Experiment(target, sampler=self.sampler, steps=self.steps, preset=self.preset)


Rows = dict[Key, Outcome]
Cells = tuple[str, str, str]  # value, error, refused: read where they are asked for


def find(experiment: Experiment, metric: str, against: str) -> Outcome | None:
    """What comes along of this run, None where that is nothing."""
    e = experiment
    if e.preset is None or against != "p1" or not isinstance(e.sampler, str):
        return None
    key = Key(e.preset, e.sampler, e.steps, metric)
    with _reading:
        cells = _known().get(key)
    return _outcome(key, cells) if cells and key.run == e.with_(seed=0) else None


@cache
def _known() -> dict[Key, Cells]:
    made_by, rows = _cells(FILE)
    return rows if is_current(made_by) else {}


def is_current(made_by: str) -> bool:
    """Whether the code that runs is that of a file's first line."""
    statements_then, _, sources_then = made_by.partition(" ")
    return sources_then == sources() or statements_then == code()


def code(root: Path = ROOT) -> str:
    """A SHA-256 over the statements of what ``measure`` needs: neither comments nor docstrings."""
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        place = file.relative_to(root)
        if not {place.parts[0], place.as_posix()} & {*UNUSED}:
            digest.update(f"{place.as_posix()}\0{statements(file.read_text('utf-8'))}\0".encode())
    return digest.hexdigest()


def statements(source: str) -> str:
    """The lines that do something, without what only readers see.

    By lines, because what ``tokenize`` prints differs between versions of Python. Not by ``ast``:
    CPython 3.11 fails there when two threads parse at a time.
    """
    lines, before = source.splitlines(), tokenize.NEWLINE
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    said = (token for token in tokens if token.type not in FOR_READERS)
    for token, after in itertools.pairwise(said):
        alone = before in BREAKS and after.type == tokenize.NEWLINE
        if token.type == tokenize.STRING and alone:
            for line in range(token.start[0] - 1, token.end[0]):
                lines[line] = ""
        before = token.type
    kept = (COMMENT.sub("", line).rstrip() for line in lines)
    return "\n".join(line for line in kept if line)


def keys(presets: Iterable[str] = tuple(PRESETS)) -> Iterator[Key]:
    """All rows of these presets, in the order of the file."""
    for preset in presets:
        for sampler in SAMPLERS:
            for steps in sorted({*STEPS, SHOWN}):
                run = Key(preset, sampler, steps, "tv").run
                wanted = METRICS if steps == SHOWN else ("tv",)
                if run.target.dim == 1 or measuring(run, "exact", 0).units <= MOST:
                    yield from (
                        Key(preset, sampler, steps, m) for m in wanted if m in exact_metrics(run)
                    )


def read(file: Path) -> tuple[str, Rows]:
    """What made the file, for ``is_current``, and its rows; nothing where there is no file."""
    made_by, rows = _cells(file)
    return made_by, {key: _outcome(key, cells) for key, cells in rows.items()}


def _cells(file: Path) -> tuple[str, dict[Key, Cells]]:
    made, found = read_made(file)
    rows: dict[Key, Cells] = {}
    for preset, sampler, steps, metric, value, error, refused in found:
        if preset in PRESETS and sampler in SAMPLERS:
            rows[Key(preset, sampler, int(steps), metric)] = value, error, refused
    return made.removeprefix(MADE), rows


def _outcome(key: Key, cells: Cells) -> Outcome:
    value, error, refused = cells
    if not value:
        return refused
    run = key.run
    nfe, said = run.record.nfe(run.steps), (float(value), float(error))
    return Measurement(key.metric, *said, "exact", run.steps, nfe, 0.0, run.notes)


def write(file: Path, rows: Rows) -> None:
    """At once or not at all."""
    cells = []
    for key in sorted(rows, key=_order):
        found = rows[key]
        known = ("", "", found) if isinstance(found, str) else (found.value, found.error, "")
        cells.append((*key, *known))
    write_made(file, f"{MADE}{code()} {sources()}", HEADER, cells)


def _order(key: Key) -> tuple[int, int, int, int]:
    """As the gallery and the samplers are ordered."""
    preset, sampler = list(PRESETS).index(key.preset), list(SAMPLERS).index(key.sampler)
    return preset, sampler, key.steps, list(METRICS).index(key.metric)


def main(presets: Iterable[str]) -> None:
    """Make what is missing, the cheapest first, and write it as it comes."""
    made_by, rows = read(FILE)
    if not is_current(made_by):
        rows = {}
    metrics: dict[Experiment, dict[str, Key]] = {}
    for key in keys(tuple(presets) or tuple(PRESETS)):
        if key not in rows:
            metrics.setdefault(key.run, {})[key.metric] = key
    order = sorted(metrics, key=lambda run: measuring(run, "exact", 0).units)
    with ProcessPoolExecutor() as pool:
        asked = {
            pool.submit(measured, e, tuple(metrics[e]), "exact", 0, "p1", None, _quiet): e
            for e in order
        }
        for done, future in enumerate(as_completed(asked), 1):
            run = asked[future]
            rows |= {metrics[run][m]: found for m, found in future.result().items()}
            print(f"[{done}/{len(asked)}] {run.preset} {run.record.name} {run.steps}", flush=True)
            if done % 20 == 0 or done == len(asked):
                write(FILE, rows)


def _quiet(share: float | None = None) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main(sys.argv[1:])
