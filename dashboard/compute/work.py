"""Where the work of the scripts is done: on a cluster, in worker processes, or in the script.

DIFFUSION_LAB_DASK is the address of a Dask scheduler. Without it DIFFUSION_LAB_WORKERS is the
number of processes, one a core where it is not set; 0 computes in the script's own thread.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from dashboard.compute.cluster import on_cluster
from dashboard.compute.cores import cores
from dashboard.compute.fair_queue import Job
from dashboard.compute.pool import NO_MEMORY, Lost, Pool, Stopped, Work
from dashboard.compute.process import Process
from dashboard.compute.progress import Bar, Silent
from dashboard.link.widget_keys import button
from dashboard.memory import BEAT, Flights
from dashboard.prose import prose
from diffusion_core.errors import InputError

phrase = prose("phrases/compute")
WORKERS = "DIFFUSION_LAB_WORKERS"
DASK = "DIFFUSION_LAB_DASK"
MOST = 64
READER = "reader"
STOPPED = "keys of work that the reader has stopped"
say = prose("controls")


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
        raise InputError(
            phrase("a-whole-number-from-0", workers=WORKERS, most=MOST, text=repr(text[:40]))
        )
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


def answer(work: Work, text: str, place: Any) -> Any:
    """The value of one, with a bar and its Stop; Stopped where nothing stands for it if stopped."""
    return answers([work], text, place)[work.key]


def answers(
    works: Sequence[Work],
    text: str,
    place: Any,
    watch: Callable[[Mapping[Hashable, Any]], None] = lambda found: None,
) -> dict[Hashable, Any]:
    """All values by key: what is known at once, the others together, with a bar and its Stop.

    text: what is done. What the reader has stopped is ``lost`` for that reason, beside a button
    that goes on. watch: called with what is there when something has come.
    """
    found = {work.key: value for work in works if (value := work.known()) is not None}
    missing = {work.key: work for work in works if work.key not in found}
    if not missing:
        return found
    watched = not isinstance(place, Silent)
    stopped = st.session_state.get(STOPPED, frozenset()) & missing.keys()
    if stopped and watched:
        _offer(stopped, text, place)
        return found | {key: _missing(missing[key], Stopped(say("stopped"))) for key in missing}
    stop = partial(_stop, missing.keys()) if watched else None
    bar = Bar(text, place, stop=stop, name=_name(missing))
    try:
        with closing(each(list(missing.values()), bar)) as landing:
            for landed in landing:
                found |= landed
                if landed:
                    watch(found)
    finally:
        bar.clear()
    return found


def is_stopped(key: Hashable) -> bool:
    """Whether the reader has stopped this work, and not gone on."""
    return key in st.session_state.get(STOPPED, frozenset())


def _stop(keys: Collection[Hashable]) -> None:
    st.session_state[STOPPED] = st.session_state.get(STOPPED, frozenset()) | set(keys)


def _go_on(keys: Collection[Hashable]) -> None:
    st.session_state[STOPPED] -= set(keys)


def _offer(keys: Collection[Hashable], text: str, place: Any) -> None:
    with place.container(horizontal=True, vertical_alignment="center"):
        st.caption(say("stopped-here", what=text))
        with suppress(StreamlitDuplicateElementKey):  # asked for in two places: one is enough
            button(st, phrase("continue"), _go_on, (keys,), key=f"continue {_name(keys)}")


def _name(keys: Iterable[Hashable]) -> str:
    return f"{hash(frozenset(keys)):x}"


def each(works: Sequence[Work], bar: Bar) -> Generator[dict[Hashable, Any]]:
    """The values by key as they come: in order here, in any order from workers.

    Often nothing has come, and the reader may have a look at what there is. To be closed: what
    nobody waits for is not computed.
    """
    pool = _pool()
    if pool is not None:
        yield from _from_pool(pool, works, bar)
        return
    for work in works:
        yield {work.key: _here(work, bar)}


def _here(work: Work, bar: Bar) -> Any:
    def make() -> Any:
        value = work.known()
        if value is None:
            function, *args = work.call
            begun = time.monotonic()
            try:
                value = function(*args, bar)
            except MemoryError:
                raise Lost(NO_MEMORY) from None
            work.keep(value, time.monotonic() - begun)
        return value

    try:
        return _flights().get(work.key, make, bar.waits)
    except Lost as reason:
        return _missing(work, reason)


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
        return _missing(job.work, reason)


def _missing(work: Work, reason: Lost) -> Any:
    if work.lost is None:
        raise reason
    return work.lost(str(reason))
