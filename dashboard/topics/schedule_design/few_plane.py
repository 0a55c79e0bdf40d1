"""Few evaluations in the plane: particles say which runs are near, exact laws which is nearest.

The exact law of a run of few, long steps takes seconds to minutes there, and there are dozens of
runs; so particles measure them all, and the nearest are measured exactly where a reader asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.compute import sweeps
from dashboard.compute.cached import Outcome
from dashboard.compute.sweeps import Outcomes
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text.plain import plain
from dashboard.text.readings import sentence
from dashboard.topics.schedule_design.page import PAGE
from diffusion_core import Experiment, Measurement
from diffusion_core.measure import exact_metrics

say = prose("schedule_design")
PARTICLES = 20_000
NEAREST = 5  # runs that are measured exactly where a reader asks


@dataclass(frozen=True)
class Nearest:
    """The exact TV to the data of these runs."""

    chosen: tuple[Experiment, ...]

    @property
    def runs(self) -> list[Experiment]:
        return list(self.chosen)

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "exact", 0, "data"


def particles(experiment: Experiment) -> int:
    """How many measure every run; 0 where exact laws take a moment: on the line, one Gaussian."""
    slow = experiment.target.dim > 1 and "w2" not in exact_metrics(experiment)
    return PARTICLES if slow else 0


def nearest(outcomes: Mapping[Experiment, Outcome]) -> tuple[Experiment, ...]:
    """The runs whose estimates are the least."""
    known = {e: o.value for e, o in outcomes.items() if not isinstance(o, str)}
    return tuple(sorted(known, key=known.__getitem__)[:NEAREST])


def settled(
    outcomes: Outcomes, wanted: bool, draw: Callable[[Outcomes], None]
) -> tuple[Outcomes, bool]:
    """The outcomes with the exact distances of the nearest in the place of their estimates, and
    whether they are wanted. Where there is none, the estimate stays below a sentence that says why.

    draw: takes all outcomes whenever there is something new.
    """
    label = say("few-exact", count=NEAREST)
    wanted = st.toggle(label, **widget(f"{PAGE}.exact", wanted), help=say("few-exact-help"))
    if not wanted:
        return outcomes, False

    def merged(found: Outcomes) -> Outcomes:
        return outcomes | {e: o for e, o in found.items() if not isinstance(o, str)}

    work = Nearest(nearest(outcomes))
    found = sweeps.measured(work, lambda known: draw(merged(known)), st.empty())
    refused: dict[str, list[str]] = {}
    for run, reason in found.items():
        if isinstance(reason, str):
            refused.setdefault(reason, []).append(run.record.label)
    for reason, samplers in refused.items():
        who = ", ".join(dict.fromkeys(samplers))
        st.caption(say("few-not-exact", samplers=who, reason=sentence(plain(reason))))
    return merged(found), True


def undecided(outcomes: Mapping[Experiment, Outcome], least: Experiment) -> int:
    """How many other runs may be as near as the one that seems nearest, within their errors."""
    known = {e: o for e, o in outcomes.items() if isinstance(o, Measurement)}
    most = known[least].value + known[least].error
    return sum(o.value - o.error <= most for e, o in known.items() if e != least)
