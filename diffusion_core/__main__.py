"""The command line: ``python -m diffusion_core distance|sweep|sample``.

Exit status: 0; 2 with one line on stderr for bad input, for what is refused, and for a sweep of
which every run is refused; 3 for a sweep of which some runs are refused (its other rows are there,
the refusals on stderr); 1 when output cannot be written; 70 for a fault of this program; 130 after
Ctrl-C.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np

from diffusion_core.convergence import Run, plan, sweep
from diffusion_core.distances import METRICS
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import MAX_JSON_BYTES, Experiment, shown
from diffusion_core.laws.particles import (
    check_particles,
    check_trajectory,
    final_points,
    trajectory,
)
from diffusion_core.measure import COMPARISONS, METHODS, check_request, measure
from diffusion_core.samplers import PAPER_SAMPLERS

HEADER = ("sampler", "steps", "nfe", "metric", "value", "error")
MAX_WORKERS = 64
LINE = 400  # characters of an error message
CANNOT_WRITE, BAD_INPUT, INCOMPLETE, FAULT, STOPPED = 1, 2, 3, 70, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        args = _parser().parse_args(argv)
        status: int = args.run(args)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except (InputError, Refused) as e:
        return _failed(str(e), BAD_INPUT)
    except MemoryError:
        return _failed("not enough memory; use fewer particles or workers", BAD_INPUT)
    except BrokenExecutor:
        return _failed("a worker ended early, perhaps for lack of memory", BAD_INPUT)
    except OSError as e:  # reading is guarded where it happens
        _discard_stdout()
        broken = isinstance(e, BrokenPipeError)
        return CANNOT_WRITE if broken else _failed(f"cannot write: {e.strerror}", CANNOT_WRITE)
    except KeyboardInterrupt:
        return _failed("stopped", STOPPED)
    except Exception as e:
        if sys.flags.dev_mode:  # python -X dev shows where
            raise
        return _failed(f"this is a fault of the program: {type(e).__name__}: {e}", FAULT)


def _failed(message: str, status: int) -> int:
    line = " ".join(message.split())
    line = line if len(line) <= LINE else line[: LINE - 3] + "..."
    print(f"error: {line}", file=sys.stderr)
    return status


def _discard_stdout() -> None:
    """Nothing more can be written there, and Python's last flush must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m diffusion_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="distance|sweep|sample")

    one = commands.add_parser("distance", help="the distance of one run, as JSON")
    one.set_defaults(run=_distance)
    many = commands.add_parser("sweep", help="distances over T and samplers, as CSV")
    many.set_defaults(run=_sweep)
    draw = commands.add_parser("sample", help="particles, as NPZ")
    draw.set_defaults(run=_sample)

    for command in (one, many, draw):
        command.add_argument("experiment", metavar="FILE", help="experiment in JSON, - for stdin")
    for command in (one, many):
        command.add_argument("--metric", choices=tuple(METRICS), default="tv")
        command.add_argument("--method", choices=METHODS, default="exact")
        command.add_argument("--particles", type=int, default=100_000, help="default: 100000")
        command.add_argument(
            "--against", choices=COMPARISONS, default="p1", help="p_1 (the theorems) or the data"
        )
    many.add_argument("--steps", required=True, help="values of T, such as 8,16,32")
    many.add_argument(
        "--samplers", default=",".join(PAPER_SAMPLERS), help="such as ode,ddpm; default: the four"
    )
    many.add_argument("--out", type=Path, help="write the CSV here instead of to stdout")
    many.add_argument("--workers", type=int, default=1, help=f"processes, 1 to {MAX_WORKERS}")
    draw.add_argument("--particles", type=int, required=True)
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--trajectory", action="store_true", help="also every Y_t, t = T..1")
    return parser


def _read(name: str) -> Experiment:
    try:
        if name != "-":
            with open(name, "rb") as f:
                raw = f.read(MAX_JSON_BYTES + 1)
        elif sys.stdin is None:
            raise InputError("cannot read stdin: it is closed")
        else:
            raw = sys.stdin.buffer.read(MAX_JSON_BYTES + 1)
    except OSError as e:
        raise InputError(f"cannot read {shown(name)}: {e.strerror}") from None
    return Experiment.from_json(raw)


def _distance(args: argparse.Namespace) -> int:
    found = measure(_read(args.experiment), args.metric, args.method, args.particles, args.against)
    _note(found.notes)
    if found.estimate is not None:
        e = found.estimate
        _note([f"standard error {e.standard_error:.3g}, noise floor {e.noise_floor:.3g}"])
    keys = ("metric", "value", "error", "method", "steps", "nfe", "seconds")
    print(json.dumps({k: getattr(found, k) for k in keys}, allow_nan=False))
    return 0


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def _sweep(args: argparse.Namespace) -> int:
    experiment = _read(args.experiment)
    samplers = [name.strip() for name in args.samplers.split(",")]
    runs = plan(experiment, samplers, _whole_numbers(args.steps))
    if not 1 <= args.workers <= MAX_WORKERS:
        raise InputError(f"--workers: between 1 and {MAX_WORKERS}, got {shown(args.workers)}")
    for run in runs:
        check_request(run, (args.metric,), args.method, args.particles, args.against)
    written = 0
    with _writable(args.out), _output(args.out) as out, _executor(args.workers) as executor:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(HEADER)
        results = sweep(runs, args.metric, args.method, args.particles, args.against, executor)
        for done, result in enumerate(results, 1):
            _report(result, done, len(runs))
            if result.measurement is not None:
                m = result.measurement
                rows.writerow((result.sampler, m.steps, m.nfe, m.metric, m.value, m.error))
                out.flush()
                written += 1
    if written == len(runs):
        return 0
    refused = f"{len(runs) - written} of {len(runs)} runs were refused"
    return _failed(refused, INCOMPLETE if written else BAD_INPUT)


def _report(result: Run, done: int, total: int) -> None:
    m = result.measurement
    text = f"refused: {result.reason}" if m is None else f"{m.value:.6g} ± {m.error:.2g}"
    notes = "" if m is None or not m.notes else f" ({'; '.join(m.notes)})"
    line = f"[{done}/{total}] {result.sampler} T={result.steps} {text}{notes}"
    print(line, file=sys.stderr, flush=True)


def _whole_numbers(text: str) -> list[int]:
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*(,\s*[0-9]{1,9}\s*)*", text):
        raise InputError(f"--steps: whole numbers separated by commas, got {shown(text)}")
    return [int(part) for part in text.split(",")]


@contextmanager
def _writable(path: Path | None) -> Iterator[None]:
    """Fails before the work rather than after it; leaves no empty file when the work fails."""
    if path is None:
        yield
        return
    existed = path.exists()
    try:
        path.open("ab").close()
    except OSError as e:
        raise InputError(f"cannot write {shown(str(path))}: {e.strerror}") from None
    try:
        yield
    finally:
        if not existed and path.stat().st_size == 0:
            path.unlink()


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        if sys.stdout is None:
            raise InputError("stdout is closed; use --out")
        yield sys.stdout
        return
    with path.open("w", newline="") as f:
        yield f


@contextmanager
def _executor(workers: int) -> Iterator[Executor | None]:
    """``workers`` processes, ended at once when the sweep is stopped; None for one worker."""
    if workers == 1:
        yield None
        return
    # Ctrl-C reaches the workers too: the parent alone answers it
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, initializer=signal.signal, initargs=ignore) as executor:
        try:
            yield executor
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _sample(args: argparse.Namespace) -> int:
    experiment = _read(args.experiment)
    check = check_trajectory if args.trajectory else check_particles
    n = check(experiment, args.particles)
    with _writable(args.out):
        if args.trajectory:
            path = trajectory(experiment, n)
            arrays = {"samples": path[-1], "trajectory": path}
        else:
            arrays = {"samples": final_points(experiment, n)}
        _note(experiment.chain.notes)
        with args.out.open("wb") as f:
            np.savez(f, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
