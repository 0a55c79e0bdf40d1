"""Computing outside the scripts: the jobs of all sessions, in turn, on workers of their own.

A job has the key of its result. Sessions that ask for the same key wait for the same job, and it
is dropped when none of them wants it any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dashboard.compute.cost import Cost, Rates
from dashboard.compute.fair_queue import FairQueue, Job
from dashboard.prose import prose
from diffusion_core.errors import Refused

phrase = prose("phrases/compute")
CLOSED = phrase("the-server-has-ended-its")
NO_MEMORY = phrase("not-enough-memory")


class Dropped(BaseException):
    """Nobody wants this job any more."""


class Lost(Refused):
    """The worker ended before its job."""


class Stopped(Lost):
    """The reader has stopped it, and can go on where its progress was seen."""


@dataclass(frozen=True)
class Work:
    """A function of ``tasks`` and its arguments, what it costs, and the key of its value.

    known: the value where there is one already, else None. keep: gets the value and the seconds
    that it took, before anybody else. lost: what stands for a value that is missing, because its
    worker was lost or the reader stopped it, made of the reason; without it that is raised.
    """

    key: Hashable
    call: tuple[Any, ...]
    cost: Cost
    known: Callable[[], Any]
    keep: Callable[[Any, float], None]
    lost: Callable[[str], Any] | None = None


class Worker(Protocol):
    """Computes one job at a time."""

    def run(self, job: Job, is_wanted: Callable[[], bool]) -> Any:
        """The value of the job, telling the job how far it is; Dropped where nobody wants it."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Seen:
    """What a reader who waits may know: jobs before theirs (None once it runs), seconds to go.

    share: what is done, where that is known. spent: seconds since it began.
    """

    before: int | None
    left: float
    share: float | None
    spent: float


class Pool:
    """Workers, and the fair queue in front of them.

    starters: of one worker each; the first is called at once, the others as there are jobs for
    them. One worker is left to short work, where there are several: long jobs cannot hold up the
    others.
    """

    def __init__(self, starters: Sequence[Callable[[], Worker]]) -> None:
        self._starters, self._workers, self._rates = starters, list[Worker](), Rates()
        self._queue = FairQueue(max(1, len(starters) - 1))
        self._jobs: dict[Hashable, Job] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._start(1)

    def start_all(self) -> None:
        """Those workers, too, that no job has needed yet."""
        with self._changed:
            self._start(len(self._starters))

    def _start(self, count: int) -> None:
        """Until there are so many workers, or all, or as many as can be; Lost without any."""
        while len(self._workers) < min(count, len(self._starters)) and not self._closed:
            try:
                worker = self._starters[len(self._workers)]()
            except Lost:
                if self._workers:
                    return
                raise
            self._workers.append(worker)
            serve = threading.Thread(target=self._serve, args=(worker,), daemon=True)
            serve.name = "computing"
            serve.start()

    def join(self, work: Work, reader: str) -> Job:
        """The job of this work, which the reader now waits for: until ``leave``."""
        with self._changed:
            job = self._jobs.get(work.key)
            if job is None:
                self._start(len(self._jobs) + 1)
                job = Job(work, self._rates.seconds(work.cost))
                value = work.known()  # its job may have ended since the reader looked
                if value is not None:
                    job.begun = True
                    job.answer.set_result(value)
                else:
                    self._jobs[work.key] = job
            self._queue.add(job, reader)
            self._changed.notify_all()
        return job

    def leave(self, job: Job, reader: str) -> None:
        """The reader waits no longer; what nobody waits for is dropped."""
        with self._changed:
            self._queue.drop(job, reader)
            if not job.readers:
                self._forget(job)  # who asks now begins anew
            self._changed.notify_all()

    def seen(self, jobs: Sequence[Job]) -> Seen:
        """How far they are, all together."""
        with self._changed:
            running = [job for job in jobs if job.begun]
            spent = max((job.spent for job in running), default=0.0)
            waits = [(self._queue.place(job), job) for job in jobs if not job.begun]
        left = [job.left for job in running]
        left += [work / len(self._starters) + job.seconds for (_, work), job in waits]
        before = None if running else min(place for (place, _), _ in waits)
        return Seen(before, max(left), jobs[0].share if len(jobs) == 1 else None, spent)

    def close(self) -> None:
        """Ends all workers; whoever waits is told so."""
        with self._changed:
            self._closed = True
            for job in self._queue.order():
                job.answer.set_exception(Lost(CLOSED))
            self._changed.notify_all()
        for worker in self._workers:
            worker.close()

    def _serve(self, worker: Worker) -> None:
        while True:
            with self._changed:
                while (job := None if self._closed else self._queue.next()) is None:
                    if self._closed:
                        return
                    self._changed.wait()
            self._compute(worker, job)

    def _compute(self, worker: Worker, job: Job) -> None:
        try:
            value = worker.run(job, lambda: bool(job.readers) and not self._closed)
            job.work.keep(value, job.spent)
            self._rates.learn(job.work.cost, job.spent)
        except BaseException as reason:
            self._end(job)
            job.answer.set_exception(Lost(CLOSED) if self._closed else reason)
        else:
            self._end(job)
            job.answer.set_result(value)

    def _end(self, job: Job) -> None:
        with self._changed:
            self._queue.done(job)
            self._forget(job)
            self._changed.notify_all()

    def _forget(self, job: Job) -> None:
        if self._jobs.get(job.work.key) is job:
            del self._jobs[job.work.key]
