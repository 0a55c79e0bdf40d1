"""The distances of runs on a page: something correct at once, the exact ones as soon as possible.

On the line, and for one Gaussian, the exact law takes a moment. In the plane it takes seconds to
minutes: particles answer first, and the exact numbers follow, by themselves where that is quick,
else when the reader asks for them. They can be stopped, and a change of anything stops them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard.compute import cached
from dashboard.compute.cached import Outcome
from dashboard.link.widget_keys import button
from dashboard.prose import prose
from diffusion_core import Experiment, Measurement
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.measure import REFUSED_ABOVE, exact_metrics
from diffusion_core.schedules import Array

phrase = prose("phrases/compute")
say = prose("controls")
QUICK = 2e8  # of ``plane_cost``: some five seconds
MOST = 10.0  # seconds for numbers that nobody has asked for
PICTURED = "picture"  # how TV is known that the picture of q_t brought along
RUNS = "runs of which the exact distances"  # are wanted, or not

Found = dict[str, Outcome]


def is_slow(experiment: Experiment) -> bool:
    """Whether the exact law takes more than a moment: where it goes by quadrature in the plane."""
    return experiment.target.dim == 2 and "w2" not in exact_metrics(experiment)


def at_once(
    runs: Sequence[Experiment],
    metrics: Sequence[str],
    particles: int,
    place: Any,
    points: Sequence[Array | None],
) -> list[Found]:
    """Every distance of every run: exactly where that is known or quick, else from particles.

    points: the Y_1 of a run where they are known.
    """
    return [_at_once(*one, metrics, particles, place) for one in zip(runs, points, strict=True)]


def _at_once(
    run: Experiment, points: Array | None, metrics: Sequence[str], particles: int, place: Any
) -> Found:
    exact = [m for m in metrics if m in exact_metrics(run)]
    if is_slow(run):
        exact = [m for m in exact if _is_known(run, m)]
    found = cached.distances(run, exact, "exact", 0, place) if exact else {}
    refused = is_slow(run) and [m for m in exact if isinstance(found[m], str)]
    rest = [m for m in metrics if m not in exact or (refused and m in refused)]
    seen = cached.distances(run, rest, "particles", particles, place, points) if rest else {}
    if "tv" in rest and is_slow(run):
        seen |= _drawn(run)
    return {m: seen[m] if m in seen else found[m] for m in metrics}


def _drawn(run: Experiment) -> Found:
    """TV as the picture of q_t knows it, where that is there."""
    tv, nfe = cached.law_tv(run), run.record.nfe(run.steps)
    if tv is None or tv.error > REFUSED_ABOVE * tv.value:
        return {}
    notes = run.notes
    return {"tv": Measurement("tv", tv.value, tv.error, "exact", run.steps, nfe, 0.0, notes)}


def _is_known(run: Experiment, metric: str) -> bool:
    return cached.is_known(run, metric, "exact", 0, "p1")


def methods(run: Experiment, found: Found) -> dict[str, str]:
    """How each distance that has a value was found: exactly, from particles, or PICTURED."""
    seen = {m: outcome.method for m, outcome in found.items() if not isinstance(outcome, str)}
    drawn = is_slow(run) and seen.get("tv") == "exact" and not _is_known(run, "tv")
    return seen | {"tv": PICTURED} if drawn else seen


def refusals(runs: Sequence[Experiment], metrics: Sequence[str]) -> list[str]:
    """Why some exact distances in the plane are not there, each reason once."""
    found = []
    for run in runs:
        known = [m for m in metrics if m in exact_metrics(run) and _is_known(run, m)]
        if is_slow(run) and known:
            outcomes = cached.distances(run, known, "exact", 0, st.empty())
            found += [reason for reason in outcomes.values() if isinstance(reason, str)]
    return list(dict.fromkeys(found))


def pending(runs: Sequence[Experiment], metrics: Sequence[str]) -> list[Experiment]:
    """The runs whose exact distances exist and are still to be computed."""
    return [
        run
        for run in runs
        if is_slow(run) and any(m in exact_metrics(run) and not _is_known(run, m) for m in metrics)
    ]


def finish(
    runs: Sequence[Experiment], metrics: Sequence[str], place: Any, tell: Callable[[], None]
) -> None:
    """Compute what is pending, in front of the reader; tell: called when there is something new."""
    missing = pending(runs, metrics)
    if not missing:
        return
    known, wanted = st.session_state.get(RUNS, ((), False))
    asked = known == tuple(runs)
    if not (wanted if asked else sum(map(plane_cost, missing)) <= QUICK):
        _offer(runs, place)
        return
    with place.container():
        text, stop = st.columns([4, 1], vertical_alignment="center")
        text.caption(say("exact-computing"))
        stop.button(phrase("stop"), key="stop exact", on_click=_want, args=(runs, False))
        progress = st.empty()
    most = math.inf if asked else MOST
    try:
        for run in missing:
            slow = [m for m in metrics if m in exact_metrics(run)]
            cached.distances(run, slow, "exact", 0, progress, most=most)
            tell()
    except cached.TooLong:
        _want(runs, False)
        _offer(runs, place)
    else:
        place.empty()


def _offer(runs: Sequence[Experiment], place: Any) -> None:
    with place.container():
        text, ask = st.columns([3, 2], vertical_alignment="center")
    text.caption(say("exact-offer"))
    button(ask, phrase("compute-the-exact-distances"), _want, (runs, True), key="ask exact")


def _want(runs: Sequence[Experiment], wanted: bool) -> None:
    st.session_state[RUNS] = tuple(runs), wanted
