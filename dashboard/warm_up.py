"""What the first page does not need, after it: so that neither it nor the second one waits for it.

Most of the dashboard's modules, with much of SciPy, and all workers but the first.
"""

from __future__ import annotations

import errno
import gc
import logging
import pkgutil
import sys
import threading
import time
from functools import cache
from importlib import import_module

import dashboard
from dashboard.compute.pool import Pool

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

FILES = 4  # that a session holds
MOST_FILES, FEW_FILES = 65_536, 4_096
DELAY = 1.0  # seconds in which the page of the first reader is sent


@cache
def begin(pool: Pool | None) -> threading.Thread:
    """Once for a pool: start it all in a thread; without workers nothing is loaded early."""
    allow_files()
    thread = threading.Thread(target=_warm_up, args=(pool,), name="warming up", daemon=True)
    thread.start()
    return thread


def allow_files() -> None:
    """As many open files as this process may have: a session needs four, for minutes."""
    if resource is None:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if max(soft, most) < FEW_FILES:
        logging.getLogger(__name__).warning(
            "only %d files may be open, enough for some %d readers at once: raise `ulimit -n`",
            most,
            most // FILES,
        )
        _say_no_more()


def _say_no_more() -> None:
    """Not thousands of times a second, as asyncio would, that no more files can be opened.

    Readers beyond these wait, and their browsers ask again, until others leave.
    """
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(_is_not_of_files)
    aloud = sys.unraisablehook

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        half_made = isinstance(args.exc_value, AttributeError) and args.object is not None
        if not (half_made and getattr(args.object, "__name__", "") == "__del__"):
            aloud(args)

    sys.unraisablehook = unraisable


def _is_not_of_files(record: logging.LogRecord) -> bool:
    reason = record.exc_info[1] if record.exc_info else None
    return not (isinstance(reason, OSError) and reason.errno == errno.EMFILE)


def _warm_up(pool: Pool | None) -> None:
    if pool:
        _load(pool)
    gc.collect()
    gc.freeze()  # what imports have made is left out of every later collection


def _load(pool: Pool) -> None:
    time.sleep(DELAY)
    pool.start_all()
    for module in sorted(m.name for m in pkgutil.walk_packages(dashboard.__path__, "dashboard.")):
        begun = time.thread_time()
        import_module(module)
        time.sleep(time.thread_time() - begun)  # readers have every other turn of the interpreter
