"""Running a sweep in front of the reader: curves that grow, progress, stop and continue."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st

from dashboard.compute import cached, studies
from dashboard.prose import prose
from diffusion_core import (
    Experiment,
    Measurement,
    Refused,
    asymptotic_fit,
    plan,
    plan_evaluations,
)
from diffusion_core.samplers import ODE_ORDER
from diffusion_core.samplers.ode_order import DEFAULT_ORDER
from diffusion_core.studies.convergence import Fit
from diffusion_core.theory.assumptions import theorems
from diffusion_core.theory.theorems import Shape, Theorem

phrase = prose("phrases/compute")
REDRAW = 0.4  # seconds between drawings of a growing figure,
SPARING = 10  # and at least so many times what the last one took: a busy server draws less often


@dataclass(frozen=True)
class Sweep:
    """What to measure: every sampler at every point, a T or (``at_equal`` "nfe") a budget."""

    experiment: Experiment
    samplers: tuple[str, ...]
    points: tuple[int, ...]
    at_equal: str
    metric: str
    method: str
    particles: int
    against: str

    @property
    def runs(self) -> list[Experiment]:
        """Small T first, so that all curves grow together."""
        planned = plan if self.at_equal == "steps" else plan_evaluations
        return planned(self.experiment, self.samplers, self.points)

    @property
    def how(self) -> tuple[str, str, int, str]:
        return self.metric, self.method, self.particles, self.against


class Work(Protocol):
    """Runs to measure, hashable: what was stopped is known by it."""

    def __hash__(self) -> int: ...

    @property
    def runs(self) -> list[Experiment]:
        """In the order in which they are done."""
        ...

    @property
    def how(self) -> tuple[str, str, int, str]:
        """Metric, method, particles and what is compared with."""
        ...


Outcomes = dict[Experiment, cached.Outcome]
Curves = dict[str, list[Measurement]]
Refusals = list[tuple[str, int, str]]
Draw = Callable[[Curves, int], None]


def run(sweep: Sweep, draw: Draw, status: Any) -> tuple[Curves, Refusals]:
    """All curves; drawn while they grow, what is known already at once.

    draw: takes the curves so far and how many runs are done; not called for the end result.
    status: the place for the progress bar and the buttons.
    """
    runs = sweep.runs
    found = measured(sweep, lambda known: draw(_curves(runs, known)[0], len(known)), status)
    return _curves(runs, found)


def measured(work: Work, draw: Callable[[Outcomes], None], status: Any) -> Outcomes:
    """Every run's distance; ``draw`` is told now and then of those that are known so far."""
    runs, how = work.runs, work.how
    known = [e for e in runs if cached.is_known(e, *how)]
    missing = [e for e in runs if e not in set(known)]
    outcomes = {e: cached.distance(e, *how, status) for e in known}
    if missing and st.session_state.get("stopped") == work:
        _offer_to_continue(status, len(known), len(runs))
        missing = []
    if missing:
        _finish(work, missing, outcomes, draw, status)
    return outcomes


def _finish(
    work: Work,
    missing: Sequence[Experiment],
    outcomes: dict[Experiment, cached.Outcome],
    draw: Callable[[Outcomes], None],
    status: Any,
) -> None:
    with status.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            bar, place = st.progress(0.0), st.empty()
        # by its kind: a page may do two kinds of work, one after the other
        st.button(phrase("stop"), f"stop {type(work).__name__}", on_click=_stop, args=(work,))

    total = len(outcomes) + len(missing)

    def tell() -> None:
        run = next(e for e in missing if e not in outcomes)
        share = len(outcomes) / total
        bar.progress(share, f"{run.record.label}, T = {run.steps:,}")

    left, next_drawing, new = set(missing), 0.0, bool(outcomes)
    tell()
    with closing(cached.arriving(missing, *work.how, place)) as coming:
        for arrived in coming:
            outcomes |= arrived
            left -= set(arrived)
            new = new or bool(arrived)
            if new and left and time.monotonic() >= next_drawing:
                begun = time.monotonic()
                draw(outcomes)
                now, new = time.monotonic(), False
                next_drawing = now + max(REDRAW, SPARING * (now - begun))
            if arrived and left:
                tell()
    status.empty()


def _stop(work: Work) -> None:
    st.session_state["stopped"] = work


def _offer_to_continue(status: Any, done: int, total: int) -> None:
    with status.container(horizontal=True, vertical_alignment="center"):
        st.info(phrase("stopped-of-runs-are-shown", done=done, total=total))
        st.button(phrase("continue"), on_click=lambda: st.session_state.pop("stopped", None))


def _curves(
    runs: Sequence[Experiment], outcomes: Mapping[Experiment, cached.Outcome]
) -> tuple[Curves, Refusals]:
    curves: Curves = {e.called: [] for e in runs}
    refusals: Refusals = []
    for experiment in runs:
        found = outcomes.get(experiment)
        if isinstance(found, str):
            refusals.append((experiment.called, experiment.steps, found))
        elif found is not None:
            curves[experiment.called].append(found)
    return curves, refusals


def initialisation(sweep: Sweep) -> float | None:
    """TV(p_T, N(0, 1)) at the largest T, where the chain starts from noise on the line."""
    runs = sweep.runs
    last = max(runs, key=lambda e: e.steps, default=None)
    if last is None or last.exact_start or last.target.dim != 1 or sweep.against != "p1":
        return None
    try:
        return studies.initialisation(last)
    except Refused:
        return None


def fits(experiment: Experiment, curves: Curves, kind: str) -> dict[str, Fit | None]:
    """The asymptotic fit of every curve, its log factor natural, none or free."""
    found = {}
    for name, curve in curves.items():
        power: float | None = 0.0
        if kind == "free":
            power = None
        elif kind == "natural" and experiment.schedule.kind == "theory":
            power = called(experiment, name).record.order + 1.0
        floor = max((m.estimate.noise_floor for m in curve if m.estimate), default=0.0)
        found[name] = asymptotic_fit(
            [m.steps for m in curve],
            [m.value for m in curve],
            power,
            [m.error for m in curve],
            floor / 5,
        )
    return found


def shapes(
    curves: Curves, which: str, logs: bool, anchor: str, experiment: Experiment
) -> dict[str, list[Shape]]:
    """The shapes of the proven bounds, each through one point of its curve.

    anchor: "first" and "last" name the point; "above" is the one that lifts the shape above all
    others: the smallest constant with which the bound holds for what was measured. experiment: of
    which the curves are.
    """
    drawn = {}
    for name, curve in curves.items():
        usable = [m for m in curve if m.value > 0 and m.steps >= 3]
        if usable:
            chosen = chosen_theorems(name, which, experiment)
            drawn[name] = [_anchored(theorem, logs, usable, anchor) for theorem in chosen]
    return drawn


def _anchored(theorem: Theorem, logs: bool, curve: Sequence[Measurement], anchor: str) -> Shape:
    if anchor == "above":
        return touching(theorem, curve, logs)
    point = curve[0 if anchor == "first" else -1]
    return Shape(theorem, logs, point.steps, point.value)


def touching(theorem: Theorem, curve: Sequence[Measurement], logs: bool = True) -> Shape:
    """The smallest constant with which the bound holds for what was measured."""
    tries = [Shape(theorem, logs, m.steps, m.value) for m in curve]
    return max(tries, key=lambda shape: shape(curve[0].steps))


def chosen_theorems(sampler: str, which: str, experiment: Experiment) -> tuple[Theorem, ...]:
    """None, the first one (the seed paper's for its samplers), or all; none with a corrector."""
    found = theorems(called(experiment, sampler))
    return {"none": (), "paper": found[:1], "all": found}[which]


def called(experiment: Experiment, name: str) -> Experiment:
    """The run that a sweep of the experiment calls so, at the experiment's T."""
    if experiment.called == name:
        return experiment
    return experiment.by(f"{name}-{DEFAULT_ORDER}" if name == ODE_ORDER else name)
