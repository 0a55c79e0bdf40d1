"""Where the runs of a sweep are computed: in processes here, or on a Dask cluster.

The tasks are small: an experiment and a ``Request`` each. Workers must be able to import this
package, and a cluster's must have the same sources, so that its numbers are the same.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    InvalidStateError,
    ProcessPoolExecutor,
)
from contextlib import closing, contextmanager
from typing import Any

from diffusion_core.errors import InputError
from diffusion_core.sources import sources
from diffusion_core.strict_json import shown
from diffusion_core.sweep.tasks import Described, Request, Results, completed

Compute = Callable[[Sequence[Described], Request], Results]
ATTEMPTS = 2
CONNECT = 10  # seconds until a scheduler has answered
ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?\[?([^\s/\[\]]+)\]?:([0-9]{1,5})")
INSTALL = "pip install -r requirements-dask.txt"


def in_processes(runs: Sequence[Described], request: Request, workers: int) -> Results:
    """``completed`` in new processes; when one of them dies, what is left gets a fresh pool once.

    BrokenExecutor when that breaks too.
    """
    left = dict(enumerate(runs))
    for _ in range(ATTEMPTS):
        places = list(left)
        try:
            with _processes(workers) as executor:
                remaining = [left[p] for p in places]
                with closing(completed(remaining, request, executor)) as results:
                    for i, run in results:
                        del left[places[i]]
                        yield places[i], run
            return
        except BrokenExecutor:
            continue
    raise BrokenExecutor("worker processes ended early twice, perhaps for lack of memory")


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """A pool of processes, ended at once when the sweep is stopped."""
    with _stopped_quietly(), ProcessPoolExecutor(workers, initializer=_follow_parent) as executor:
        try:
            yield executor
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


@contextmanager
def _stopped_quietly() -> Iterator[None]:
    """Without a traceback of Python 3.11's pool, whose thread trips over what was cancelled."""
    aloud = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, InvalidStateError):
            aloud(args)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = aloud


def _follow_parent() -> None:
    """In a worker: Ctrl-C is the parent's to answer, and whatever ends the parent ends this too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="follows its parent", daemon=True).start()


@contextmanager
def dask_cluster(address: str) -> Iterator[Compute]:
    """Connects to the scheduler at ``address``; what it yields computes runs on its workers.

    InputError as of ``dask_client``. Dask itself gives the runs of a worker that dies to others;
    BrokenExecutor when the scheduler is lost, or after a run has ended several workers.
    """
    distributed, client = dask_client(address, "--dask")
    with client:

        def compute(runs: Sequence[Described], request: Request) -> Results:
            executor = client.get_executor(pure=False)
            try:
                yield from completed(runs, request, executor)
            except distributed.KilledWorker:
                raise BrokenExecutor("one run has ended several workers of the cluster") from None
            except (CancelledError, OSError):
                raise BrokenExecutor("the connection to the cluster is lost") from None

        yield compute


def dask_client(address: str, asked: str) -> tuple[Any, Any]:
    """The package distributed and its client of the scheduler at ``address``.

    InputError, which names what ``asked`` for it, when Dask is missing, nobody answers, or the
    workers have other code.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise InputError(f"{asked}: needs the package distributed: {INSTALL}") from None
    # every failure ends in one sentence of ours; Dask's own log would surround it
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        raise InputError(f"{asked}: an address such as tcp://host:8786, got {shown(address)}")
    try:
        socket.create_connection((parts[1], int(parts[2])), CONNECT).close()  # fails at once
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, OverflowError):
        raise InputError(f"{asked}: no scheduler answers at {shown(address)}") from None
    try:
        _check_workers(client, asked)
    except BaseException:
        client.close()
        raise
    return distributed, client


def _check_workers(client: Any, asked: str) -> None:
    """InputError unless the workers that are there now import the same sources."""
    found = client.run(sources, on_error="return")
    for worker, digest in found.items():
        if isinstance(digest, BaseException):
            raise InputError(
                f"{asked}: the worker {worker} cannot import diffusion_core; "
                "start it with PYTHONPATH set to this folder"
            )
        if digest != sources():
            raise InputError(f"{asked}: the worker {worker} has another version of diffusion_core")
