"""All computing that pages ask for, and the only place that remembers results.

Keys are experiments: small, frozen and hashable. Work that takes longer than a moment shows a bar,
and ends when the reader changes something or presses stop, unless somebody else waits for it too.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.animation.ladder import Dial
from dashboard.animation.plane import PlaneLaw
from dashboard.compute import cost, shipped, tasks, work
from dashboard.compute.disk import kept
from dashboard.compute.pool import Work
from dashboard.compute.progress import Bar, TooLong
from dashboard.compute.tasks import Outcome, Shown
from dashboard.memory import Store
from dashboard.prose import prose
from diffusion_core import Experiment
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Array

phrase = prose("phrases/compute")
__all__ = ["Bar", "Outcome", "TooLong"]

ANIMATION_BYTES = 96_000_000
LADDER_BYTES = 16_000_000
LAW_BYTES = 48_000_000
RUNS = 20_000
LONG = 0.5  # seconds; what took longer is kept on disk
say = prose("controls")


@st.cache_resource(show_spinner=False)
def _animations() -> Store:
    return Store(ANIMATION_BYTES, lambda shown: shown.weight)


@st.cache_resource(show_spinner=False)
def _ladders() -> Store:
    return Store(LADDER_BYTES, len)


@st.cache_resource(show_spinner=False)
def _laws() -> Store:
    return Store(LAW_BYTES, lambda law: law.weight)


@st.cache_resource(show_spinner=False)
def _measured() -> Store:
    return Store(RUNS)


def animation(
    experiments: Sequence[Experiment],
    titles: Sequence[str],
    particles: int,
    place: Any,
    laws: bool = False,
) -> Shown:
    """The reverse chains side by side; Refused where there is nothing to draw, or it was stopped.

    place: for progress. laws: in the plane, with the exact q_t, from ``find_laws``; on the line it
    is there always.
    """
    pairs = tuple(zip(experiments, titles, strict=True))
    key, store = (pairs, particles, laws), _animations()
    drawn = [_laws().find(e.with_(seed=0)) if laws else None for e in experiments]
    costs = [cost.picture(e, particles) for e in experiments]
    job = Work(
        ("animation", key),
        (tasks.shown, pairs, particles, drawn),
        replace(costs[0], units=sum(c.units for c in costs)),
        partial(store.find, key),
        lambda made, seconds: store.put(key, made),
    )
    made: Shown = work.answer(job, say("animation-wait"), place)
    return made


def ladder(experiment: Experiment, dial: Dial | None, place: Any) -> bytes | None:
    """What the player needs to make the run at all values of a dial; None without one."""
    if dial is None:
        return None
    key, store = ("ladder", dial.of(experiment)), _ladders()
    job = Work(
        key,
        (tasks.ladder, experiment, dial),
        cost.ladder(experiment, dial.values),
        partial(store.find, key),
        lambda made, seconds: store.put(key, made),
        lambda reason: None,  # the run then follows when the number is let go
    )
    made: bytes | None = work.answer(job, say("ladder-wait"), place)
    return made


def laws_known(experiments: Sequence[Experiment]) -> bool:
    """Whether ``find_laws`` would have nothing to do."""
    return all(e.target.dim != 2 or e.with_(seed=0) in _laws() for e in experiments)


def find_laws(experiments: Sequence[Experiment], place: Any) -> bool:
    """Whether the exact q_t in the plane of all runs, or why it is refused, is known now.

    It is not where the reader has stopped it. What its TV(q_1, p_1) says about the distances is
    kept with them: none is computed twice.
    """
    works = {e: _law(e.with_(seed=0)) for e in experiments if e.target.dim == 2}
    found = work.answers(list(works.values()), say("law-wait"), place)
    for run, asked in works.items():
        if not work.is_stopped(asked.key):  # a lost one is kept: a page would ask again and again
            _laws().put(run.with_(seed=0), found[asked.key])
    return laws_known(experiments)


def law_tv(experiment: Experiment) -> Distance | None:
    """TV(q_1, p_1) where ``find_laws`` has found it, to about a hundredth."""
    law: PlaneLaw | None = _laws().find(experiment.with_(seed=0))
    return law.tv.get(1) if law else None


def _law(plain: Experiment) -> Work:
    store, file = _laws(), kept()

    def keep(found: PlaneLaw, seconds: float) -> None:
        store.put(plain, found)
        if found.measured is not None:
            _measured().put(_key(plain, "tv", "exact", 0, "p1"), found.measured)
            if file is not None and seconds > LONG:
                file.put(plain, "tv", "p1", found.measured)

    return Work(
        ("law", plain),
        (tasks.law, plain),
        cost.study(plain, "pictures"),
        partial(store.find, plain),
        keep,
        lambda reason: PlaneLaw(refusal=reason),
    )


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
    most: float | None = None,
) -> dict[str, Outcome]:
    """Several, from one law or one set of particles: ``points`` where these are known.

    most: TooLong where that takes more than so many seconds; the page has a Stop of its own.
    """
    how = (method, particles, against)
    found = {m: o for m in metrics if (o := _known(experiment, m, *how)) is not None}
    missing = tuple(m for m in metrics if m not in found)
    if missing:
        job = _measuring(experiment, missing, *how, points)
        text = say("measuring-run", label=experiment.record.label, steps=f"{experiment.steps:,}")
        if most is None:
            found |= work.answer(job, text, place)
        else:
            bar = Bar(text, place, most)
            try:
                found |= work.done(job, bar)
            finally:
                bar.clear()
    return {m: found[m] for m in metrics}


def all_distances(
    runs: Sequence[Experiment],
    place: Any,
    metric: str = "tv",
    method: str = "exact",
    particles: int = 0,
    against: str = "p1",
) -> list[Outcome]:
    """One distance of every run, all together; what the reader stops is a reason, too."""
    how = (method, particles, against)
    works = {e: _measuring(e, (metric,), *how) for e in runs}
    known = {e: outcome for e in works if (outcome := _known(e, metric, *how)) is not None}
    left = [w for e, w in works.items() if e not in known]
    found = work.answers(left, say("measuring", count=len(left)), place)
    return [known[e] if e in known else found[works[e].key][metric] for e in runs]


def arriving(
    runs: Sequence[Experiment], metric: str, method: str, particles: int, against: str, place: Any
) -> Generator[dict[Experiment, Outcome]]:
    """One distance of every run, as they come; often nothing has come yet. To be closed."""
    how = (method, particles, against)
    jobs: dict[Hashable, Experiment] = {(_key(e, metric, *how),): e for e in runs}
    works = [_measuring(e, (metric,), *how) for e in jobs.values()]
    with closing(work.each(works, Bar(phrase("measuring"), place))) as landing:
        for landed in landing:
            yield {jobs[key]: found[metric] for key, found in landed.items()}


def is_known(
    experiment: Experiment, metric: str, method: str, particles: int, against: str
) -> bool:
    """Whether ``distance`` would answer at once."""
    return _known(experiment, metric, method, particles, against) is not None


def _known(
    experiment: Experiment, metric: str, method: str, particles: int, against: str
) -> Outcome | None:
    """What is remembered, comes with the project, or is kept on disk."""
    key = _key(experiment, metric, method, particles, against)
    found: Outcome | None = _measured().find(key)
    file = kept()
    if found is None and file is not None and method == "exact":
        found = shipped.find(experiment, metric, against) or file.get(experiment, metric, against)
        if found is not None:
            _measured().put(key, found)
    return found


def _key(experiment: Experiment, metric: str, method: str, particles: int, against: str) -> Any:
    """What the distance depends on: an exact law on neither the seed nor the particles."""
    if method == "exact":
        experiment, particles = experiment.with_(seed=0), 0
    return experiment, metric, method, particles, against


def _measuring(
    experiment: Experiment,
    metrics: tuple[str, ...],
    method: str,
    particles: int,
    against: str,
    points: Array | None = None,
) -> Work:
    """The work of finding these distances; kept in memory and, where it takes long, on disk."""
    how = (method, particles, against)
    keys = {m: _key(experiment, m, *how) for m in metrics}
    store, file = _measured(), kept() if method == "exact" else None

    def known() -> dict[str, Outcome] | None:
        found = {m: store.find(key) for m, key in keys.items()}
        return None if None in found.values() else found

    def keep(found: dict[str, Outcome], seconds: float) -> None:
        for metric, outcome in found.items():
            store.put(keys[metric], outcome)
            if file is not None and seconds > LONG:
                file.put(experiment, metric, against, outcome)

    points = points if method == "particles" else None
    return Work(
        tuple(keys.values()),
        (tasks.measured, experiment, metrics, *how, points),
        cost.measuring(experiment, method, particles),
        known,
        keep,
        lambda reason: dict.fromkeys(metrics, reason),
    )
