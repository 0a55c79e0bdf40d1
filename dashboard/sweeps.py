"""Running a sweep in front of the reader: curves that grow, progress, stop and continue."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import compute
from diffusion_core import (
    Experiment,
    Measurement,
    Refused,
    asymptotic_fit,
    plan,
    plan_evaluations,
)
from diffusion_core.convergence import Fit
from diffusion_core.samplers import Rate
from diffusion_core.theory import Shape, rates

REDRAW = 0.4  # seconds between drawings of a growing figure


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


Curves = dict[str, list[Measurement]]
Refusals = list[tuple[str, int, str]]
Draw = Callable[[Curves, int], None]


def run(sweep: Sweep, draw: Draw, status: Any) -> tuple[Curves, Refusals]:
    """All curves; drawn while they grow, what is known already at once.

    draw: takes the curves so far and how many runs are done; not called for the end result.
    status: the place for the progress bar and the buttons.
    """
    runs, how = sweep.runs, sweep.how
    known = [e for e in runs if compute.is_known(e, *how)]
    missing = [e for e in runs if e not in set(known)]
    outcomes = {e: compute.distance(e, *how, status) for e in known}
    if missing and st.session_state.get("stopped") == sweep:
        _offer_to_continue(status, len(known), len(runs))
        missing = []
    if missing:
        _finish(sweep, missing, outcomes, draw, status)
    return _curves(runs, outcomes)


def _finish(
    sweep: Sweep,
    missing: Sequence[Experiment],
    outcomes: dict[Experiment, compute.Outcome],
    draw: Draw,
    status: Any,
) -> None:
    with status.container():
        bar = st.progress(0.0)
        st.button("Stop", on_click=_stop, args=(sweep,))
        place = st.empty()
    runs, drawn = sweep.runs, 0.0
    for experiment in missing:
        share = len(outcomes) / len(runs)
        bar.progress(share, f"{experiment.record.label}, T = {experiment.steps:,}")
        if outcomes and time.monotonic() - drawn > REDRAW:
            draw(_curves(runs, outcomes)[0], len(outcomes))
            drawn = time.monotonic()
        outcomes[experiment] = compute.distance(experiment, *sweep.how, place)
    status.empty()


def _stop(sweep: Sweep) -> None:
    st.session_state["stopped"] = sweep


def _offer_to_continue(status: Any, done: int, total: int) -> None:
    with status.container():
        st.info(f"Stopped: {done} of {total} runs are shown.")
        st.button("Continue", on_click=lambda: st.session_state.pop("stopped", None))


def _curves(
    runs: Sequence[Experiment], outcomes: Mapping[Experiment, compute.Outcome]
) -> tuple[Curves, Refusals]:
    curves: Curves = {e.sampler: [] for e in runs}
    refusals: Refusals = []
    for experiment in runs:
        found = outcomes.get(experiment)
        if isinstance(found, str):
            refusals.append((experiment.sampler, experiment.steps, found))
        elif found is not None:
            curves[experiment.sampler].append(found)
    return curves, refusals


def initialisation(sweep: Sweep) -> float | None:
    """TV(p_T, N(0, 1)) at the largest T, where the chain starts from noise on the line."""
    runs = sweep.runs
    last = max(runs, key=lambda e: e.steps, default=None)
    if last is None or last.exact_start or last.target.dim != 1 or sweep.against != "p1":
        return None
    try:
        return compute.initialisation(last)
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
            power = experiment.with_(sampler=name, eta=0.0).record.order + 1.0
        floor = max((m.estimate.noise_floor for m in curve if m.estimate), default=0.0)
        found[name] = asymptotic_fit(
            [m.steps for m in curve],
            [m.value for m in curve],
            power,
            [m.error for m in curve],
            floor / 5,
        )
    return found


def shapes(curves: Curves, which: str, logs: bool, anchor: str) -> dict[str, list[Shape]]:
    """The shapes of the proven bounds, each through one point of its curve.

    anchor: "first" and "last" name the point; "above" is the one that lifts the shape above all
    others: the smallest constant with which the bound holds for what was measured.
    """
    drawn = {}
    for name, curve in curves.items():
        usable = [m for m in curve if m.value > 0 and m.steps >= 3]
        if usable:
            drawn[name] = [_anchored(r, logs, usable, anchor) for r in chosen_rates(name, which)]
    return drawn


def _anchored(rate: Rate, logs: bool, curve: Sequence[Measurement], anchor: str) -> Shape:
    tries = [Shape(rate, logs, m.steps, m.value) for m in curve]
    if anchor == "above":
        return max(tries, key=lambda shape: shape(curve[0].steps))
    return tries[0 if anchor == "first" else -1]


def chosen_rates(sampler: str, which: str) -> tuple[Rate, ...]:
    """None, the first one (the paper's), or all."""
    return {"none": (), "paper": rates(sampler)[:1], "all": rates(sampler)}[which]
