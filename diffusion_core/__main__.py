"""The command line: ``python -m diffusion_core distance|sweep|sample``. See the README."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np

from diffusion_core.convergence import Run, plan, sweep
from diffusion_core.distances import METRICS
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import MAX_JSON_BYTES, Experiment
from diffusion_core.laws.particles import final_points, trajectory
from diffusion_core.measure import COMPARISONS, METHODS, check_particles, measure
from diffusion_core.samplers import PAPER_SAMPLERS

HEADER = ("sampler", "steps", "nfe", "metric", "value", "error")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one line on stderr for bad input and for what is refused."""
    try:
        args = _parser().parse_args(argv)
        args.run(args)
    except (InputError, Refused) as e:
        print(f"error: {' '.join(str(e).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


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
        command.add_argument(
            "experiment", metavar="FILE", help="an experiment in JSON, - for stdin"
        )
    for command in (one, many):
        command.add_argument("--metric", choices=tuple(METRICS), default="tv")
        command.add_argument("--method", choices=METHODS, default="exact")
        command.add_argument("--particles", type=int, default=100_000)
        command.add_argument(
            "--against",
            choices=COMPARISONS,
            default="p1",
            help="p_1 (the theorems) or the data law",
        )
    many.add_argument("--steps", required=True, help="values of T, such as 8,16,32")
    many.add_argument("--samplers", default=",".join(PAPER_SAMPLERS))
    many.add_argument("--out", type=Path, help="write the CSV here instead of to stdout")
    many.add_argument("--workers", type=int, default=1, help="processes, 1 to 64")
    draw.add_argument("--particles", type=int, required=True)
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--trajectory", action="store_true", help="also every Y_t, t = T..1")
    return parser


def _read(name: str) -> Experiment:
    if name == "-":
        return Experiment.from_json(sys.stdin.buffer.read(MAX_JSON_BYTES + 1))
    try:
        with open(name, "rb") as f:
            return Experiment.from_json(f.read(MAX_JSON_BYTES + 1))
    except OSError as e:
        raise InputError(f"cannot read {name}: {e.strerror}") from None


def _distance(args: argparse.Namespace) -> None:
    found = measure(_read(args.experiment), args.metric, args.method, args.particles, args.against)
    _note(found.notes)
    if found.estimate is not None:
        e = found.estimate
        _note([f"standard error {e.standard_error:.3g}, noise floor {e.noise_floor:.3g}"])
    keys = ("metric", "value", "error", "method", "steps", "nfe", "seconds")
    print(json.dumps({k: getattr(found, k) for k in keys}))


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def _sweep(args: argparse.Namespace) -> None:
    experiment = _read(args.experiment)
    runs = plan(experiment, args.samplers.split(","), _whole_numbers(args.steps))
    if not 1 <= args.workers <= 64:
        raise InputError(f"--workers: between 1 and 64, got {args.workers}")
    with _output(args.out) as out, _executor(args.workers) as executor:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(HEADER)
        results = sweep(runs, args.metric, args.method, args.particles, args.against, executor)
        for done, result in enumerate(results, 1):
            _report(result, done, len(runs))
            if result.measurement is not None:
                m = result.measurement
                rows.writerow(
                    (result.sampler, m.steps, m.nfe, m.metric, repr(m.value), repr(m.error))
                )
                out.flush()


def _report(result: Run, done: int, total: int) -> None:
    m = result.measurement
    text = f"refused: {result.reason}" if m is None else f"{m.value:.6g} ± {m.error:.2g}"
    notes = "" if m is None or not m.notes else f" ({'; '.join(m.notes)})"
    print(
        f"[{done}/{total}] {result.sampler} T={result.steps} {text}{notes}",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", newline="") as f:
            yield f
    except OSError as e:
        raise InputError(f"cannot write {path}: {e.strerror}") from None


@contextmanager
def _executor(workers: int) -> Iterator[Executor | None]:
    with nullcontext() if workers == 1 else ProcessPoolExecutor(workers) as executor:
        yield executor


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--steps: whole numbers separated by commas, got {text!r}") from None


def _sample(args: argparse.Namespace) -> None:
    experiment, n = _read(args.experiment), check_particles(args.particles)
    if args.trajectory:
        path = trajectory(experiment, n)
        arrays = {"samples": path[-1], "trajectory": path}
    else:
        arrays = {"samples": final_points(experiment, n)}
    _note(experiment.chain.notes)
    try:
        with args.out.open("wb") as f:
            np.savez(f, **arrays)
    except OSError as e:
        raise InputError(f"cannot write {args.out}: {e.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
