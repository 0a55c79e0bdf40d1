"""Where the work of the scripts is done: on a cluster, in worker processes, or in the script.

DIFFUSION_LAB_DASK is the address of a Dask scheduler. Without it DIFFUSION_LAB_WORKERS is the
number of processes, one a core where it is not set; 0 computes in the script's own thread.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Generator, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

import streamlit as st

from dashboard.compute.cluster import on_cluster
from dashboard.compute.cores import cores
from dashboard.compute.fair_queue import Job
from dashboard.compute.pool import Lost, Pool, Work
from dashboard.compute.process import Process
from dashboard.compute.progress import Bar
from dashboard.memory import BEAT, Flights
from diffusion_core.errors import InputError

WORKERS = "DIFFUSION_LAB_WORKERS"
DASK = "DIFFUSION_LAB_DASK"
MOST = 64
READER = "reader"


def start() -> Pool | None:
    """Start a worker, if there are to be any; InputError where the environment is wrong."""
    return _pool()


@st.cache_resource(show_spinner=False, on_release=lambda pool: pool and pool.close())
def _pool() -> Pool | None:
    address = os.environ.get(DASK, "")
    if address:
        return Pool(on_cluster(address, DASK))
    count = _count()
    return Pool([Process] * count) if count else None


def _count() -> int:
    text = os.environ.get(WORKERS, "")
    if not text:
        return cores()
    if not text.isdecimal() or int(text) > MOST:
        raise InputError(f"{WORKERS}: a whole number from 0 to {MOST}, got {text[:40]!r}")
    return int(text)


@st.cache_resource(show_spinner=False)
def _flights() -> Flights:
    return Flights()


def done(work: Work, bar: Bar) -> Any:
    """The value, computed once for all sessions that want it now; bar: shows how far it is."""
    found: dict[Hashable, Any] = {}
    with closing(each([work], bar)) as landing:
        for landed in landing:
            found |= landed
    return found[work.key]


def each(works: Sequence[Work], bar: Bar) -> Generator[dict[Hashable, Any]]:
    """The values by key as they come: in order here, in any order from workers.

    Often nothing has come, and the reader may have a look at what there is. To be closed: what
    nobody waits for is not computed.
    """
    pool = _pool()
    sent = [] if pool is None else [work for work in works if not work.here]
    for work in works:
        if work not in sent:
            yield {work.key: _here(work, bar)}
    if pool is not None and sent:
        yield from _from_pool(pool, sent, bar)


def _here(work: Work, bar: Bar) -> Any:
    def make() -> Any:
        value = work.known()
        if value is None:
            function, *args = work.call
            begun = time.monotonic()
            value = function(*args, bar)
            work.keep(value, time.monotonic() - begun)
        return value

    return _flights().get(work.key, make, bar.waits)


def _from_pool(pool: Pool, works: Sequence[Work], bar: Bar) -> Iterator[dict[Hashable, Any]]:
    reader = st.session_state.setdefault(READER, uuid.uuid4().hex)
    with ExitStack() as stack:
        left: dict[Future[Any], Job] = {}
        for work in works:
            job = pool.join(work, reader)
            stack.callback(pool.leave, job, reader)
            left[job.answer] = job
        while left:
            landed, _ = wait(left, BEAT, FIRST_COMPLETED)
            ended = [left.pop(answer) for answer in landed]
            yield {job.work.key: _value(job) for job in ended}
            if left:
                bar.sees(partial(pool.seen, list(left.values())))


def _value(job: Job) -> Any:
    try:
        return job.answer.result()
    except Lost as reason:
        if job.work.lost is None:
            raise
        return job.work.lost(str(reason))
