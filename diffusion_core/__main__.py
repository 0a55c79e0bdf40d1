"""The command line: ``python -m diffusion_core distance|sweep|sample``.

Exit status: 0; 2 with one line on stderr for bad input, for what is refused, and for a sweep of
which every run is refused; 3 for a sweep of which some runs are refused (its other rows are there,
the refusals on stderr); 1 when output cannot be written or the workers are lost (the finished rows
are there); 70 for a fault of this program; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.distances.of_masses import METRICS
from diffusion_core.distances.sliced import SLICED
from diffusion_core.errors import InputError, Refused
from diffusion_core.measure import COMPARISONS, METHODS
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.strict_json import MAX_JSON_BYTES, shown
from diffusion_core.studies.convergence import plan
from diffusion_core.studies.discrete import COMPARED, plan_discrete
from diffusion_core.sweep.csv_file import Add, describe, earlier_rows, file_rows, stream_rows
from diffusion_core.sweep.executors import Compute, dask_cluster, in_processes
from diffusion_core.sweep.samples_file import drawing, write_arrays
from diffusion_core.sweep.tasks import Described, Request, Run, completed, measured, parsed

MAX_WORKERS = 64
LINE = 400  # characters of an error message
CANNOT_WRITE = LOST_WORKERS = 1
BAD_INPUT, INCOMPLETE, FAULT, STOPPED = 2, 3, 70, 130


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
    except BrokenExecutor as e:
        return _failed(str(e), LOST_WORKERS)
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
    _tell(f"error: {line}")
    return status


def _tell(line: str) -> None:
    """A line on stderr, if there is one: ``print`` to a closed one would write to stdout."""
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)


def _discard_stdout() -> None:
    """Nothing more can be written there, and Python's last flush must not complain about it."""
    if sys.stdout is not None:
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
        command.add_argument("--metric", choices=(*METRICS, *SLICED), default="tv")
        command.add_argument("--method", choices=METHODS, default="exact")
        command.add_argument("--particles", type=int, default=100_000, help="default: 100000")
        command.add_argument(
            "--against",
            choices=COMPARISONS,
            default="p1",
            help="where the run ends, the data or, where the score is guided, the tilted law or "
            "the class",
        )
    many.add_argument("--steps", required=True, help="values of T (discrete: N), such as 8,16,32")
    many.add_argument(
        "--samplers",
        help=f"such as ode,ddpm; default: the paper's four, {','.join(PAPER_SAMPLERS)}, and for "
        f"discrete experiments {','.join(COMPARED)}",
    )
    many.add_argument("--out", type=Path, help="write the CSV here instead of to stdout")
    many.add_argument(
        "--resume", action="store_true", help="keep the rows that --out has; compute the others"
    )
    where = many.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, default=1, help=f"processes, 1 to {MAX_WORKERS}")
    where.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler: tcp://host:8786")
    draw.add_argument("--particles", type=int, required=True)
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--trajectory", action="store_true", help="also every step of the way")
    return parser


def _read(name: str) -> Described:
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
    return parsed(raw)


def _distance(args: argparse.Namespace) -> int:
    if sys.stdout is None:
        raise InputError("stdout is closed")
    found = measured(_read(args.experiment), _request(args))
    _note(found.notes)
    if found.estimate is not None:
        e = found.estimate
        _note([f"standard error {e.standard_error:.3g}, noise floor {e.noise_floor:.3g}"])
    keys = ("metric", "value", "error", "method", "steps", "nfe", "seconds")
    print(json.dumps({k: getattr(found, k) for k in keys}, allow_nan=False))
    return 0


def _request(args: argparse.Namespace) -> Request:
    return Request(args.metric, args.method, args.particles, args.against)


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        _tell(f"note: {note}")


def _sweep(args: argparse.Namespace) -> int:
    experiment = _read(args.experiment)
    runs, request = _planned(args, experiment), _request(args)
    if not 1 <= args.workers <= MAX_WORKERS:
        raise InputError(f"--workers: between 1 and {MAX_WORKERS}, got {shown(args.workers)}")
    for e in runs:
        request.check(e)
    description = describe(experiment, request)
    kept = _kept(args, runs, description)
    left = [place for place in range(len(runs)) if place not in kept]
    written = len(kept)
    with (
        _compute(args) as compute,
        _writable(args.out),
        _rows(args.out, kept, description) as add,
        closing(compute([runs[place] for place in left], request)) as results,
    ):
        for done, (i, run) in enumerate(results, 1):
            add(left[i], run)
            _report(run, runs[left[i]], done, len(left))
            written += run.measurement is not None
    if written == len(runs):
        return 0
    refused = f"{len(runs) - written} of {len(runs)} runs were refused"
    return _failed(refused, INCOMPLETE if written else BAD_INPUT)


def _planned(args: argparse.Namespace, experiment: Described) -> Sequence[Described]:
    usual = COMPARED if isinstance(experiment, DiscreteExperiment) else PAPER_SAMPLERS
    chosen = usual if args.samplers is None else [k.strip() for k in args.samplers.split(",")]
    steps = _whole_numbers(args.steps)
    if isinstance(experiment, DiscreteExperiment):
        return plan_discrete(experiment, chosen, steps)
    return plan(experiment, chosen, steps)


def _kept(
    args: argparse.Namespace, runs: Sequence[Described], description: dict[str, Any]
) -> dict[int, str]:
    """Finished rows, when the sweep is to be resumed."""
    if not args.resume:
        return {}
    if args.out is None:
        raise InputError("--resume: needs --out, the file to go on with")
    kept = earlier_rows(args.out, runs, args.metric, description)
    _note([f"{len(kept)} of {len(runs)} rows are there already"])
    return kept


def _compute(args: argparse.Namespace) -> AbstractContextManager[Compute]:
    """Where the runs are computed: here, in processes, or on a Dask cluster."""
    if args.dask is not None:
        return dask_cluster(args.dask)
    here: Compute = completed
    return nullcontext(here if args.workers == 1 else partial(in_processes, workers=args.workers))


def _rows(
    path: Path | None, kept: dict[int, str], description: dict[str, Any]
) -> AbstractContextManager[Add]:
    if path is not None:
        return file_rows(path, kept, description)
    if sys.stdout is None:
        raise InputError("stdout is closed; use --out")
    return stream_rows(sys.stdout)


def _report(result: Run, asked: Described, done: int, total: int) -> None:
    m = result.measurement
    notes, letter = (m or asked).notes, "N" if isinstance(asked, DiscreteExperiment) else "T"
    text = f"refused: {result.reason}" if m is None else f"{m.value:.6g} ± {m.error:.2g}"
    if m is not None and m.estimate is not None:
        text += f", noise floor {m.estimate.noise_floor:.2g}"
    told = f" ({'; '.join(notes)})" if notes else ""
    _tell(f"[{done}/{total}] {result.sampler} {letter}={result.steps} {text}{told}")


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


def _sample(args: argparse.Namespace) -> int:
    experiment = _read(args.experiment)
    draw = drawing(experiment, args.particles, args.trajectory)
    with _writable(args.out):
        path = draw()
        arrays = {"samples": path[-1]} | ({"trajectory": path} if args.trajectory else {})
        _note(experiment.notes)
        write_arrays(args.out, arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
