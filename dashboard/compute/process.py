"""A worker that is a process: killed and started anew where it has to be.

It is a program of its own, ``python -m dashboard.compute.process``, at the other end of a pipe:
what ``multiprocessing`` starts would import the page that Streamlit runs as ``__main__``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from dashboard.compute.fair_queue import Job
from dashboard.compute.pool import NO_MEMORY, Dropped, Lost
from dashboard.prose import prose
from diffusion_core.errors import InputError, Refused

phrase = prose("phrases/compute")
ROOT = Path(__file__).resolve().parents[2]
BEAT = 0.1  # seconds between the looks at either end of the pipe
GRACE = 3.0  # seconds that a dropped job has to notice it
ATTEMPTS = 2
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LOST = phrase("the-process-that-computed-this")
STOP = None  # in place of a call: what is being computed is not wanted


class Process:
    """Its calls are functions and their arguments; these get a ``progress`` besides.

    Lost where no process can be started.
    """

    def __init__(self) -> None:
        self._closed = False
        self._start()

    def _start(self) -> None:
        here, there = Pipe()
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.compute.process", str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **THREADS, "PYTHONPATH": os.pathsep.join(paths)},
            )
        except OSError as reason:
            here.close()
            raise Lost(phrase("no-worker", reason=reason.strerror)) from None
        finally:
            there.close()
        self._pipe = here

    def run(self, job: Job, is_wanted: Callable[[], bool]) -> Any:
        """Dropped where nobody wants it; Lost where the process ended twice."""
        for _ in range(ATTEMPTS):
            try:
                return self._answer(job, is_wanted)
            except (EOFError, OSError):
                self._restart()
                if self._closed or not is_wanted():
                    raise Dropped from None
        raise Lost(LOST)

    def _answer(self, job: Job, is_wanted: Callable[[], bool]) -> Any:
        self._pipe.send(job.work.call)
        told = None
        while True:
            if self._pipe.poll(BEAT):
                what, *rest = self._pipe.recv()
                if what == "beat":
                    job.share, job.spent = rest
                else:
                    value, job.spent = rest
                    if what == "error":
                        raise value
                    return value
            if told is None and not is_wanted():
                self._pipe.send(STOP)
                told = time.monotonic()
            if told is not None and time.monotonic() - told > GRACE:
                raise EOFError

    def _restart(self) -> None:
        self._end()
        if not self._closed:
            self._start()

    def _end(self) -> None:
        self._pipe.close()
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self._closed = True
        self.process.kill()
        self.process.wait()


class Progress:
    """Told by a computation how far it is; raises Dropped there when it is not wanted."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self.begun, self._next = pipe, time.monotonic(), 0.0

    def __call__(self, share: float | None = None) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + BEAT
        if self._pipe.poll() and self._pipe.recv() is STOP:
            raise Dropped
        self._pipe.send(("beat", share, now - self.begun))


def answered(call: Any, progress: Any) -> tuple[str, Any]:
    """("value", what the call gives) or ("error", why not, as an exception that can be sent)."""
    function, *args = call
    try:
        return "value", function(*args, progress)
    except (Refused, InputError, Dropped) as reason:
        return "error", reason
    except MemoryError:
        return "error", Lost(NO_MEMORY)
    except Exception as reason:
        reason.add_note(traceback.format_exc())
        try:
            ForkingPickler.dumps(reason)
        except Exception:
            return "error", RuntimeError(traceback.format_exc())
        return "error", reason


def main(pipe: Connection) -> None:
    """Answer one call after the other until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too; the server answers that
    import dashboard.compute.tasks  # noqa: F401  so that the first call finds it there

    while True:
        try:
            call = pipe.recv()
            if call is STOP:  # it came after the answer
                continue
            progress = Progress(pipe)
            answer = answered(call, progress)
            pipe.send((*answer, time.monotonic() - progress.begun))
        except (EOFError, OSError):
            return


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
