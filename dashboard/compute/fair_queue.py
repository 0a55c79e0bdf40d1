"""Which job is computed next: self-clocked fair queueing of readers, short work before long.

Every reader has a virtual clock: the seconds of work done for them so far. A job's tag is its
reader's clock plus the seconds that it is expected to take, and the smallest tag goes first
(S. J. Golestani, A self-clocked fair queueing scheme, INFOCOM 1994). So readers take turns whatever
they have asked for, a short job passes a long one, and a long one comes in the end: the clock of a
reader who comes new starts at the tag of the job served last.
"""

from __future__ import annotations

import time
from bisect import insort
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

LONG = 2.0  # seconds from which on a job is long
REFRESH = 0.5  # seconds for which places in the queue are true enough


@dataclass(eq=False)
class Job:
    """Work, the seconds that it is expected to take, and its answer once it is there.

    readers: who wants it, once for each time they asked. share: what is done of it, None where that
    is unknown. spent: seconds since a worker began it.
    """

    work: Any
    seconds: float
    readers: list[str] = field(default_factory=list)
    answer: Future[Any] = field(default_factory=Future)
    begun: bool = False
    share: float | None = None
    spent: float = 0.0

    @property
    def long(self) -> bool:
        return max(self.seconds, self.spent) > LONG

    @property
    def left(self) -> float:
        """Seconds that it will still take, about: by its share where that is known."""
        if self.share and self.spent > 1:
            return self.spent / self.share - self.spent
        return max(self.seconds - self.spent, 0.0)


class FairQueue:
    """Jobs that wait and those that run; not safe for threads by itself.

    long_at_once: how many long jobs may run at once, of all readers; of one reader it is one.
    """

    def __init__(self, long_at_once: int = 1) -> None:
        self._long_at_once = long_at_once
        self._waiting: dict[str, list[Job]] = {}
        self._clock: dict[str, float] = {}
        self._now = 0.0
        self._places: tuple[float, dict[Job, tuple[int, float]]] = (-REFRESH, {})
        self.running: list[Job] = []

    def add(self, job: Job, reader: str) -> None:
        """The reader waits for it too: it goes when the turn of one of its readers comes."""
        job.readers.append(reader)
        if not job.begun:
            if reader not in self._waiting:  # who comes new starts where the others are
                self._clock[reader] = max(self._now, self._clock.get(reader, 0.0))
            own = self._waiting.setdefault(reader, [])
            if job not in own:
                insort(own, job, key=lambda j: j.seconds)

    def drop(self, job: Job, reader: str) -> None:
        """The reader wants it no longer."""
        job.readers.remove(reader)
        if reader not in job.readers:
            self._forget(job, reader)

    def _forget(self, job: Job, reader: str) -> None:
        own = self._waiting.get(reader, [])
        if job in own:
            own.remove(job)
        if not own:
            self._waiting.pop(reader, None)

    def next(self) -> Job | None:
        """The job that begins now; None where nothing may."""
        ready = [(self._clock[r] + own[0].seconds, r) for r, own in self._waiting.items()]
        for tag, reader in sorted(ready):
            job = self._waiting[reader][0]
            if job.long and not self._may_be_long(reader):
                continue
            self._begin(job, tag)
            return job
        return None

    def _may_be_long(self, reader: str) -> bool:
        long = [job for job in self.running if job.long]
        return len(long) < self._long_at_once and all(reader not in job.readers for job in long)

    def _begin(self, job: Job, tag: float) -> None:
        job.begun = True
        self.running.append(job)
        readers = set(job.readers)
        for reader in readers:  # who share a job share its cost
            self._clock[reader] += job.seconds / len(readers)
            self._forget(job, reader)
        self._now = max(self._now, tag)
        self._clock = {
            r: clock for r, clock in self._clock.items() if r in self._waiting or clock > self._now
        }

    def done(self, job: Job) -> None:
        """It runs no longer."""
        self.running.remove(job)

    def place(self, job: Job) -> tuple[int, float]:
        """How many jobs go before it and the seconds of work in them; as of half a second ago."""
        if time.monotonic() - self._places[0] > REFRESH or job not in self._places[1]:
            self._places = time.monotonic(), self._all_places()
        return self._places[1].get(job, (0, 0.0))

    def order(self) -> list[Job]:
        """All that wait, in the order in which they would go if nobody else came."""
        tags: dict[Job, float] = {}
        for reader, own in self._waiting.items():
            tag = self._clock[reader]
            for job in own:
                tag += job.seconds
                tags[job] = min(tag, tags.get(job, tag))
        return sorted(tags, key=tags.__getitem__)

    def _all_places(self) -> dict[Job, tuple[int, float]]:
        before = sum(job.left for job in self.running)
        places = {}
        for count, job in enumerate(self.order()):
            places[job] = count, before
            before += job.seconds
        return places
