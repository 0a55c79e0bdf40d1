"""All computing that pages ask for, and the only place that remembers results.

Keys are experiments: small, frozen and hashable. Work that takes longer than a moment shows a bar,
and ends when the reader changes something or presses stop: drawing the bar is where Streamlit
interrupts a script.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

import streamlit as st

from dashboard.player import pack
from dashboard.scenes import line_scene, plane_scene
from dashboard.store import Store
from diffusion_core import Experiment, Measurement, Refused, measure_all
from diffusion_core.distances import METRICS, Distance
from diffusion_core.schedules import Array

ANIMATION_BYTES = 96_000_000
RUNS = 20_000
PATIENCE = 0.6  # seconds before a progress bar appears
REDRAW = 0.1


@st.cache_resource(show_spinner=False)
def _animations() -> Store:
    gc.collect()
    gc.freeze()  # Streamlit collects after every script run: leave out what imports have made
    return Store(ANIMATION_BYTES, lambda shown: len(shown.blob) + shown.final.nbytes)


@st.cache_resource(show_spinner=False)
def _measured() -> Store:
    return Store(RUNS)


class Bar:
    """Progress that appears when work takes longer than a moment; without a share, the seconds."""

    def __init__(self, text: str) -> None:
        self._text, self._begun, self._drawn = text, time.monotonic(), 0.0
        self._place = st.empty()

    def __call__(self, share: float | None = None) -> None:
        now = time.monotonic()
        if now - self._begun < PATIENCE or now - self._drawn < REDRAW:
            return
        self._drawn = now
        if share is None:
            self._place.caption(f"{self._text}: {now - self._begun:.0f} s")
        else:
            self._place.progress(min(max(share, 0.0), 1.0), self._text)

    def clear(self) -> None:
        self._place.empty()


@dataclass(frozen=True, eq=False)
class Shown:
    """The player's bytes, the t of its frames, TV(q_t, p_t) where it is known, and Y_1 (N, d).

    ``refusal`` says why the exact law is missing.
    """

    blob: bytes
    times: tuple[int, ...]
    tv: tuple[Distance, ...]
    refusal: str
    final: Array


def animation(experiment: Experiment, particles: int) -> Shown:
    """The animated reverse chain; Refused where particles leave all bounds."""

    def make() -> Shown:
        bar = Bar("Running the reverse chain")
        build = line_scene if experiment.target.dim == 1 else plane_scene
        scene = build(experiment, particles, bar)
        bar.clear()
        moving = scene.animation
        final = moving.positions[-1].copy()
        return Shown(pack(moving), tuple(moving.times), scene.tv, scene.refusal, final)

    return _animations().get((experiment, particles), make)


Outcome = Measurement | str  # a distance, or the reason why there is none


def distance(
    experiment: Experiment, metric: str, method: str, particles: int = 0, against: str = "p1"
) -> Outcome:
    """One distance of one run; ``particles`` counts only where the method uses them."""
    return _measured().get(
        (experiment, metric, method, particles, against),
        lambda: _distances(experiment, (metric,), method, particles, against)[metric],
    )


def distances(experiment: Experiment, method: str, particles: int = 0) -> dict[str, Outcome]:
    """All of them, from one law or one set of particles."""
    return _measured().get(
        (experiment, "all", method, particles),
        lambda: _distances(experiment, tuple(METRICS), method, particles, "p1"),
    )


def is_known(
    experiment: Experiment, metric: str, method: str, particles: int = 0, against: str = "p1"
) -> bool:
    """Whether ``distance`` would answer at once."""
    return (experiment, metric, method, particles, against) in _measured()


def _distances(
    experiment: Experiment, metrics: tuple[str, ...], method: str, particles: int, against: str
) -> dict[str, Outcome]:
    """Together where all can be computed, else one by one, each with its reason."""
    bar = Bar(f"Measuring {experiment.record.label} at T = {experiment.steps}")
    count = max(particles, 1)
    try:
        return dict(measure_all(experiment, metrics, method, count, against, bar))
    except Refused as reason:
        if len(metrics) == 1:
            return {metrics[0]: str(reason)}
    finally:
        bar.clear()
    return {m: _distances(experiment, (m,), method, particles, against)[m] for m in metrics}
