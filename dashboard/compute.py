"""All computing that pages ask for, and the only place that remembers results.

Keys are experiments: small, frozen and hashable. Work that takes longer than a moment shows a bar,
and ends when the reader changes something or presses stop: drawing the bar is where Streamlit
interrupts a script.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.player import pack
from dashboard.scenes import Scene, scene
from dashboard.store import Store
from diffusion_core import Experiment, InputError, Measurement, Refused, measure_all
from diffusion_core.convergence import initialisation_tv
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
    return Store(ANIMATION_BYTES, lambda shown: shown.weight)


@st.cache_resource(show_spinner=False)
def _measured() -> Store:
    return Store(RUNS)


class Bar:
    """Progress that appears when work takes longer than a moment; without a share, the seconds."""

    def __init__(self, text: str, place: Any) -> None:
        self._text, self._begun, self._drawn = text, time.monotonic(), 0.0
        self._place = place

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
class Panel:
    """The t of the frames, TV(q_t, p_t) there where it is known, and Y_1 (N, d).

    ``refusal`` says why the exact law is missing.
    """

    times: tuple[int, ...]
    tv: tuple[Distance, ...]
    refusal: str
    final: Array


@dataclass(frozen=True, eq=False)
class Shown:
    """The player's bytes and what each of its panels shows."""

    blob: bytes
    panels: tuple[Panel, ...]

    @property
    def weight(self) -> int:
        return len(self.blob) + sum(panel.final.nbytes for panel in self.panels)


def animation(
    experiments: Sequence[Experiment], titles: Sequence[str], particles: int, place: Any
) -> Shown:
    """The reverse chains side by side; Refused where there is nothing to draw.

    place: for progress.
    """

    def make() -> Shown:
        bar = Bar("Running the reverse chain", place)
        try:
            scenes = [_scene(e, title, particles, bar) for e, title in pairs]
        finally:
            bar.clear()
        panels = tuple(
            Panel(tuple(s.animation.times), s.tv, s.refusal, s.animation.positions[-1].copy())
            for s in scenes
        )
        return Shown(pack([s.animation for s in scenes]), panels)

    pairs = tuple(zip(experiments, titles, strict=True))
    return _animations().get((pairs, particles), make)


def _scene(experiment: Experiment, title: str, particles: int, bar: Bar) -> Scene:
    made = scene(experiment, particles, bar)
    return replace(made, animation=replace(made.animation, title=title))


Outcome = Measurement | str  # a distance, or the reason why there is none


def distance(
    experiment: Experiment, metric: str, method: str, particles: int, against: str, place: Any
) -> Outcome:
    """One distance of one run; ``particles`` counts only where the method uses them."""
    return _measured().get(
        _key(experiment, metric, method, particles, against),
        lambda: _distances(experiment, (metric,), method, particles, against, place)[metric],
    )


def distances(
    experiment: Experiment, method: str, particles: int, place: Any, points: Array | None = None
) -> dict[str, Outcome]:
    """All of them, from one law or one set of particles: ``points`` where these are known."""
    return _measured().get(
        _key(experiment, "all", method, particles, "p1"),
        lambda: _distances(experiment, tuple(METRICS), method, particles, "p1", place, points),
    )


def is_known(
    experiment: Experiment, metric: str, method: str, particles: int, against: str
) -> bool:
    """Whether ``distance`` would answer at once."""
    return _key(experiment, metric, method, particles, against) in _measured()


def _key(experiment: Experiment, metric: str, method: str, particles: int, against: str) -> Any:
    """What the distance depends on: an exact law on neither the seed nor the particles."""
    if method == "exact":
        experiment, particles = experiment.with_(seed=0), 0
    return experiment, metric, method, particles, against


def _distances(
    experiment: Experiment,
    metrics: tuple[str, ...],
    method: str,
    particles: int,
    against: str,
    place: Any,
    points: Array | None = None,
) -> dict[str, Outcome]:
    """Together where all can be computed, else one by one, each with its reason."""
    bar = Bar(f"Measuring {experiment.record.label} at T = {experiment.steps:,}", place)
    try:
        known = points if method == "particles" else None
        return dict(measure_all(experiment, metrics, method, particles, against, bar, known))
    except (Refused, InputError) as reason:
        if len(metrics) == 1:
            return {metrics[0]: str(reason)}
    finally:
        bar.clear()
    how = (method, particles, against, place, points)
    return {m: _distances(experiment, (m,), *how)[m] for m in metrics}


def initialisation(experiment: Experiment) -> float:
    """TV(p_T, N(0, 1)) on the line."""
    plain = experiment.with_(sampler="ode", eta=0.0, start="noise", seed=0)  # none of them counts
    return _measured().get((plain, "initialisation"), lambda: initialisation_tv(plain))
