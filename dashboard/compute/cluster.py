"""Workers on a Dask cluster that is already there, in the place of processes here.

Its workers import this folder, as those of the command line's ``--dask`` do. What a job has done is
not told before its end, and one that is dropped hears of it within a second.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

from dashboard.compute.fair_queue import Job
from dashboard.compute.pool import Dropped, Lost, Worker
from dashboard.compute.process import BEAT, answered
from dashboard.prose import prose
from diffusion_core.sweep.executors import dask_client

phrase = prose("phrases/compute")
LOOK = 1.0  # seconds between the looks of a computation whether it is wanted
ENDED = phrase("this-computation-has-ended-several")
GONE = phrase("the-connection-to-the-cluster")


def on_cluster(address: str, asked: str) -> Sequence[Callable[[], Worker]]:
    """The start of one worker for each thread that the cluster has now.

    InputError as of ``dask_client``.
    """
    distributed, client = dask_client(address, asked)
    threads = max(1, sum(client.nthreads().values()))
    return [partial(Remote, distributed, client)] * threads


class Remote:
    """One thread's worth of a cluster."""

    def __init__(self, distributed: Any, client: Any) -> None:
        self._distributed, self._client = distributed, client

    def run(self, job: Job, is_wanted: Callable[[], bool]) -> Any:
        """Dropped where nobody wants it; Lost where the cluster cannot answer."""
        name, begun = uuid.uuid4().hex, time.monotonic()
        try:
            dropped = self._distributed.Event(name, client=self._client)
            future = self._client.submit(compute, job.work.call, name, pure=False)
            while not future.done():
                if not is_wanted():
                    dropped.set()
                    future.cancel()
                    raise Dropped
                time.sleep(BEAT)
                job.spent = time.monotonic() - begun
            what, value = future.result()
        except self._distributed.KilledWorker:
            raise Lost(ENDED) from None
        except (CancelledError, OSError):
            raise Lost(GONE) from None
        if what == "error":
            raise value
        return value

    def close(self) -> None:
        self._client.close()


def compute(call: Any, name: str) -> tuple[str, Any]:
    """Runs on a worker: as ``answered``, until the event of this name is set."""
    from distributed import Event

    dropped, looked = Event(name), time.monotonic()

    def progress(share: float | None = None) -> None:
        nonlocal looked
        if time.monotonic() - looked > LOOK:
            looked = time.monotonic()
            if dropped.is_set():
                raise Dropped

    return answered(call, progress)
