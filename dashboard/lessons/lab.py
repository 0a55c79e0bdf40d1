"""What lessons measure with: ordinary experiments, and everything computed once and remembered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from dashboard.compute import cached
from dashboard.memory import Store
from dashboard.prose import prose
from diffusion_core import Experiment, Measurement, Refused
from diffusion_core.laws.particles import final_points
from diffusion_core.schedules import Array
from diffusion_core.studies.forward import noise_distance
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score

REMEMBERED = 400


@st.cache_resource(show_spinner=False)
def _found() -> Store:
    return Store(REMEMBERED)


class Silent:
    """A place for progress that nobody watches."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


class Lab:
    """The measurements of one page or worksheet; ``place`` shows progress, until ``close``."""

    def __init__(self, place: Any = None) -> None:
        self._outer = Silent() if place is None else place
        self._line: Any = None
        self._count = 0
        self._place: Any = Silent()

    def _tell(self, run: Experiment) -> None:
        """Say what is being measured, from the first run on that is not known already."""
        if self._line is None:
            box = self._outer.container() or Silent()
            self._line, self._place = box.empty() or Silent(), box.empty() or Silent()
        self._count += 1
        words = {"count": self._count, "label": run.record.label, "steps": f"{run.steps:,}"}
        self._line.caption(prose("lessons")("measuring", **words))

    def close(self) -> None:
        """Nothing more to measure."""
        self._outer.empty()
        self._line = None

    def measured(self, run: Experiment, particles: int = 0) -> Measurement:
        """TV(q_1, p_1), exactly or from that many particles; Refused with its reason."""
        method = "particles" if particles else "exact"
        if not cached.is_known(run, "tv", method, particles, "p1"):
            self._tell(run)
        found = cached.distance(run, "tv", method, particles, "p1", self._place)
        if isinstance(found, str):
            raise Refused(found)
        return found

    def tv(self, run: Experiment) -> float:
        """TV(q_1, p_1), exactly."""
        return self.measured(run).value

    def curve(self, run: Experiment, steps: Sequence[int]) -> list[Measurement]:
        """TV at every T."""
        return [self.measured(run.with_(steps=t)) for t in steps]

    def slope(self, run: Experiment, first: int, last: int) -> float:
        """d log TV / d log T between two T."""
        ratio = self.tv(run.with_(steps=last)) / self.tv(run.with_(steps=first))
        return math.log(ratio) / math.log(last / first)

    def start(self, run: Experiment) -> float:
        """TV(p_T, N(0, 1))."""
        return cached.initialisation(run)

    def to_noise(self, run: Experiment, times: Sequence[int]) -> Array:
        """TV(p_t, N(0, 1)) at these t."""

        def make() -> Array:
            return np.array([noise_distance(run, t).value for t in times])

        return self._once("to noise", run, tuple(times), make)

    def final(self, run: Experiment, particles: int) -> Array:
        """Y_1 of that many particles, shape (N,), the same start for the same seed."""
        return self._once("final", run, particles, lambda: final_points(run, particles)[:, 0])

    def score_sizes(self, run: Experiment) -> tuple[float, float]:
        """eps_score and eps_Jacobi."""

        def make() -> tuple[float, float]:
            self._tell(run)
            bar = cached.Bar("Measuring the score", self._place)
            try:
                return eps_score(run, bar).value, eps_jacobi(run, bar).value
            finally:
                bar.clear()

        return self._once("score sizes", run, None, make)

    @staticmethod
    def _once(what: str, run: Experiment, how: Any, make: Callable[[], Any]) -> Any:
        return _found().get((what, run, how), make)
