"""All computing that pages ask for, and the only place that remembers results.

Keys are experiments: small, frozen and hashable. Work that takes longer than a moment shows a bar,
and ends when the reader changes something or presses stop: drawing the bar is where Streamlit
interrupts a script.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.animation.line import Scene, scene
from dashboard.animation.plane import PlaneLaw, plane_law
from dashboard.compute.disk import kept
from dashboard.memory import Flights, Store
from dashboard.player import pack
from diffusion_core import Experiment, InputError, Measurement, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.measure import measure_each
from diffusion_core.schedules import Array
from diffusion_core.studies.convergence import initialisation_tv

ANIMATION_BYTES = 96_000_000
LAW_BYTES = 48_000_000
RUNS = 20_000
PATIENCE = 0.6  # seconds before a progress bar appears
REDRAW = 0.1
LONG = 0.5  # seconds; what took longer is kept on disk


@st.cache_resource(show_spinner=False)
def _animations() -> Store:
    return Store(ANIMATION_BYTES, lambda shown: shown.weight)


@st.cache_resource(show_spinner=False)
def _laws() -> Store:
    return Store(LAW_BYTES, lambda law: law.weight)


@st.cache_resource(show_spinner=False)
def _measured() -> Store:
    return Store(RUNS)


@st.cache_resource(show_spinner=False)
def _measuring() -> Flights:
    return Flights()


class TooLong(Exception):
    """Work that nobody asked for took longer than it may."""


class Bar:
    """Progress that appears when work takes longer than a moment; without a share, the seconds.

    most: TooLong is raised after so many seconds of computing; waiting for others does not count.
    """

    def __init__(self, text: str, place: Any, most: float = math.inf) -> None:
        self._text, self._begun, self._drawn = text, time.monotonic(), 0.0
        self._place, self._last = place, time.thread_time() + most

    def __call__(self, share: float | None = None) -> None:
        now = time.monotonic()
        if time.thread_time() > self._last:
            raise TooLong
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
    """The t of the frames, TV(q_t, p_t) by t where it is known, and Y_1 (N, d).

    ``refusal`` says why the exact law is missing.
    """

    times: tuple[int, ...]
    tv: Mapping[int, Distance]
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
    experiments: Sequence[Experiment],
    titles: Sequence[str],
    particles: int,
    place: Any,
    laws: bool = False,
) -> Shown:
    """The reverse chains side by side; Refused where there is nothing to draw.

    place: for progress. laws: in the plane, with the exact q_t, from ``find_laws``; on the line it
    is there always.
    """

    def make() -> Shown:
        bar = Bar("Running the reverse chain", place)
        try:
            scenes = [_scene(e, title, particles, bar, laws) for e, title in pairs]
        finally:
            bar.clear()
        panels = tuple(Panel(tuple(s.animation.times), s.tv, s.refusal, s.final) for s in scenes)
        return Shown(pack([s.animation for s in scenes]), panels)

    pairs = tuple(zip(experiments, titles, strict=True))
    return _animations().get((pairs, particles, laws), make)


def _scene(experiment: Experiment, title: str, particles: int, bar: Bar, laws: bool) -> Scene:
    law = _law(experiment, bar) if laws and experiment.target.dim == 2 else None
    made = scene(experiment, particles, bar, law)
    return replace(made, animation=replace(made.animation, title=title))


def laws_known(experiments: Sequence[Experiment]) -> bool:
    """Whether ``find_laws`` would have nothing to do."""
    return all(e.target.dim != 2 or e.with_(seed=0) in _laws() for e in experiments)


def find_laws(experiments: Sequence[Experiment], place: Any) -> None:
    """The exact q_t in the plane of all runs, or why it is refused, with progress."""
    bar = Bar("Computing the exact law q_t", place)
    try:
        for experiment in experiments:
            if experiment.target.dim == 2:
                _law(experiment, bar)
    finally:
        bar.clear()


def law_tv(experiment: Experiment) -> Distance | None:
    """TV(q_1, p_1) where ``find_laws`` has found it: to about a thousandth."""
    plain = experiment.with_(seed=0)
    return _law(plain, Bar("", st.empty())).tv.get(1) if plain in _laws() else None


def _law(experiment: Experiment, bar: Bar) -> PlaneLaw:
    plain = experiment.with_(seed=0)
    return _laws().get(plain, lambda: plane_law(plain, bar))


Outcome = Measurement | str  # a distance, or the reason why there is none


def distance(
    experiment: Experiment, metric: str, method: str, particles: int, against: str, place: Any
) -> Outcome:
    """One distance of one run; ``particles`` counts only where the method uses them."""
    return distances(experiment, (metric,), method, particles, place, against=against)[metric]


def distances(
    experiment: Experiment,
    metrics: Sequence[str],
    method: str,
    particles: int,
    place: Any,
    points: Array | None = None,
    against: str = "p1",
    most: float = math.inf,
) -> dict[str, Outcome]:
    """Several, from one law or one set of particles: ``points`` where these are known.

    TooLong where that takes more than ``most`` seconds.
    """
    how = (method, particles, against)
    keys = {m: _key(experiment, m, *how) for m in metrics}
    missing = tuple(m for m in metrics if keys[m] not in _measured())

    def make() -> dict[str, Outcome]:
        left = tuple(m for m in missing if keys[m] not in _measured())
        found = _distances(experiment, left, *how, place, points, most) if left else {}
        for metric, outcome in found.items():
            _measured().put(keys[metric], outcome)
        return found

    fresh = _measuring().get(tuple(keys[m] for m in missing), make) if missing else {}

    def again(metric: str) -> Outcome:  # once in a while another session has pushed it out
        return fresh.get(metric) or _distances(experiment, (metric,), *how, place, points)[metric]

    return {m: _measured().get(keys[m], partial(again, m)) for m in metrics}


def is_known(
    experiment: Experiment, metric: str, method: str, particles: int, against: str
) -> bool:
    """Whether ``distance`` would answer at once."""
    key = _key(experiment, metric, method, particles, against)
    if key not in _measured() and method == "exact":
        found = _from_disk(experiment, metric, against)
        if found is not None:
            _measured().put(key, found)
    return key in _measured()


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
    most: float = math.inf,
) -> dict[str, Outcome]:
    """From the disk what is kept there, the others together; what took long is kept."""
    if method != "exact":
        return _measure(experiment, metrics, method, particles, against, place, points, most)
    found = {m: _from_disk(experiment, m, against) for m in metrics}
    known: dict[str, Outcome] = {m: f for m, f in found.items() if f is not None}
    missing = tuple(m for m in metrics if m not in known)
    if not missing:
        return known
    begun = time.monotonic()
    fresh = _measure(experiment, missing, method, particles, against, place, None, most)
    file = kept()
    if file is not None and time.monotonic() - begun > LONG:
        for metric, outcome in fresh.items():
            file.put(experiment, metric, against, outcome)
    return known | fresh


def _from_disk(experiment: Experiment, metric: str, against: str) -> Outcome | None:
    file = kept()
    return None if file is None else file.get(experiment, metric, against)


def _measure(
    experiment: Experiment,
    metrics: tuple[str, ...],
    method: str,
    particles: int,
    against: str,
    place: Any,
    points: Array | None = None,
    most: float = math.inf,
) -> dict[str, Outcome]:
    """Together; a distance that is refused by its name leaves the others, with its reason."""
    bar = Bar(f"Measuring {experiment.record.label} at T = {experiment.steps:,}", place, most)
    try:
        known = points if method == "particles" else None
        each = measure_each(experiment, metrics, method, particles, against, bar, known)
        return {m: str(f) if isinstance(f, Refused) else f for m, f in each.items()}
    except (Refused, InputError) as reason:
        text = str(reason)
    finally:
        bar.clear()
    named = text.split(":")[0].split(", ")
    refused = [m for m in metrics if m in named] or metrics
    rest = tuple(m for m in metrics if m not in refused)
    how = (method, particles, against, place, points, most)
    return dict.fromkeys(refused, text) | (_measure(experiment, rest, *how) if rest else {})


def initialisation(experiment: Experiment) -> float:
    """TV(p_T, N(0, 1)) on the line."""
    plain = experiment.with_(sampler="ode", eta=0.0, start="noise", seed=0)  # none of them counts
    return _measured().get((plain, "initialisation"), lambda: initialisation_tv(plain))
