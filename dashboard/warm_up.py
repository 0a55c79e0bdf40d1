"""What the first page does not need, after it: so that neither it nor the second one waits for it.

Most of the dashboard's modules, with pandas and much of SciPy, and all workers but the first.
"""

from __future__ import annotations

import gc
import pkgutil
import threading
import time
from functools import cache
from importlib import import_module

import dashboard
from dashboard.compute.pool import Pool

DELAY = 1.0  # seconds in which the page of the first reader is sent


@cache
def begin(pool: Pool | None) -> threading.Thread:
    """Once for a pool: start it all in a thread; without workers nothing is loaded early."""
    thread = threading.Thread(target=_warm_up, args=(pool,), name="warming up", daemon=True)
    thread.start()
    return thread


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
