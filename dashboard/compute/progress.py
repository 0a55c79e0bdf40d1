"""Progress that appears when work takes longer than a moment, in the script that waits for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.compute.pool import Seen
from dashboard.memory import breathe
from dashboard.prose import prose

phrase = prose("phrases/compute")
say = prose("controls")
PATIENCE = 0.6  # seconds before a progress bar appears
REDRAW = 0.1
POOLED = 0.5  # the same, where many readers wait for workers
WORTH_TELLING = 2.0  # seconds to go


class TooLong(Exception):
    """Work that nobody asked for took longer than it may."""


class Silent:
    """A place for progress that nobody watches."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


class Bar:
    """Progress that appears when work takes longer than a moment, with the seconds left or spent.

    most: TooLong is raised after so many seconds of computing; waiting for others does not count.
    stop: what a button beside it calls; name: of this button, where another bar has the same text.
    """

    def __init__(
        self,
        text: str,
        place: Any,
        most: float = math.inf,
        stop: Callable[[], None] | None = None,
        name: str = "",
    ) -> None:
        self._text, self._begun, self._drawn = text, time.monotonic(), 0.0
        self._place, self._most, self._cpu = place, most, time.thread_time()
        self._said: tuple[float | None, str] = None, ""
        self._stop, self._name, self._line = stop, name or text, place

    def __call__(self, share: float | None = None) -> None:
        """Computing here has come so far."""
        if time.thread_time() > self._cpu + self._most:
            raise TooLong
        spent = time.monotonic() - self._begun
        left = spent / share - spent if share and spent > 1 else 0.0
        self._draw(share, waiting(Seen(None, left, share, spent)), REDRAW)

    def waits(self) -> None:
        """Another session computes it here."""
        spent = time.monotonic() - self._begun
        self._draw(None, waiting(Seen(None, 0.0, None, spent)), POOLED)
        breathe()

    def sees(self, look: Callable[[], Seen]) -> None:
        """Workers have come so far; look: asked where it is time to draw."""
        breathe()
        if not self._is_due(POOLED):
            return
        jobs = look()
        if jobs.before is None and jobs.spent > self._most:
            raise TooLong
        self._draw(jobs.share, waiting(jobs), POOLED)

    def _is_due(self, pause: float) -> bool:
        now = time.monotonic()
        return now - self._begun >= PATIENCE and now - self._drawn >= pause

    def _draw(self, share: float | None, more: str, pause: float) -> None:
        if not self._is_due(pause):
            return
        said = share, f"{self._text}: {more}" if more else self._text
        if said == self._said:
            return
        self._drawn, self._said = time.monotonic(), said
        if self._stop is not None and self._line is self._place:
            self._line = self._beside_stop(self._stop)
        if share is None:
            self._line.caption(said[1])
        else:
            self._line.progress(min(max(share, 0.0), 1.0), said[1])

    def _beside_stop(self, stop: Callable[[], None]) -> Any:
        with self._place.container(key=f"running {self._name}"):
            line, place = st.columns([4, 1], vertical_alignment="center")
        place.button(phrase("stop"), on_click=stop, key=f"stop {self._name}")
        return line.empty()

    def clear(self) -> None:
        self._place.empty()


def waiting(job: Seen) -> str:
    """How long a job will still take, and what goes before it."""
    about = str(_rounded(job.left))
    if job.before is None:
        if job.left > WORTH_TELLING or job.spent < 1:
            return say("work-left", seconds=about)
        return say("work-spent", seconds=f"{job.spent:.0f}")
    if not job.before:
        return say("work-next", seconds=about)
    return say("work-queued", before=f"{job.before:,}", seconds=about)


def _rounded(seconds: float) -> int:
    """To a number that does not promise too much: 1, 2, 3, ... 10, 15, 20, ... 60, 90, 120, ..."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 30
    return max(1, math.ceil(seconds / step) * step)
