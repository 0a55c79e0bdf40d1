"""What the distance-against-T page lets a reader choose, and how its link spells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.compute.exact import is_slow
from dashboard.compute.sweeps import Sweep
from dashboard.experiment.controls import LABELS, choose_samplers
from dashboard.link.widget_keys import KEY, start_value, widget
from dashboard.prose import prose
from dashboard.topics.convergence.page import (
    AGAINST,
    ANCHORS,
    AXES,
    BOUNDS,
    FITS,
    METHODS,
    PAGE,
    POWERS,
    SAMPLES,
)
from diffusion_core import Experiment
from diffusion_core.distances.of_masses import METRIC_LABELS
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.measure import exact_metrics
from diffusion_core.schedules import Custom

say = prose("controls")
LONG = 1e9  # of ``plane_cost``, some half a minute: a sweep above that starts with particles


def labels(experiment: Experiment) -> dict[str, str]:
    """Samplers' names; the experiment's own with the η or the order that it runs at."""
    return LABELS | {experiment.record.name: experiment.record.label}


def _key(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def choose_sweep(
    experiment: Experiment, values: Mapping[str, Any]
) -> tuple[Sweep | None, dict[str, Any]]:
    """The widgets under the figure: samplers, range, distance. No sweep without a sampler."""
    chosen = dict(values)
    samplers = choose_samplers(_key("samplers", list(values["samplers"])))
    if not samplers:
        return None, chosen
    chosen["samplers"] = samplers
    left, middle, right = st.columns(3)
    chosen["axis"] = left.segmented_control(
        "Compare at equal",
        list(AXES),
        format_func=AXES.__getitem__,
        required=True,
        **_key("axis", values["axis"]),
        help=say("sweep-axis"),
    )
    if isinstance(experiment.schedule, Custom):
        middle.caption(say("sweep-own", steps=f"{experiment.steps:,}"))
    else:
        chosen["from"], chosen["to"] = middle.select_slider(
            "Range",
            POWERS,
            # not by the key: Streamlit takes two ends from the value only
            start_value(f"{PAGE}.range", (values["from"], values["to"])),
            key=f"{KEY}{PAGE}.range",
            format_func=lambda n: f"{n:,}",
        )
    chosen["metric"] = right.selectbox(
        "Distance",
        list(METRIC_LABELS),
        format_func=METRIC_LABELS.__getitem__,
        **_key("metric", values["metric"]),
    )
    method = _choose_method(experiment, values, chosen, left)
    if experiment.target.has_density:
        chosen["against"] = right.selectbox(
            "Compare q₁ with",
            list(AGAINST),
            format_func=AGAINST.__getitem__,
            **_key("against", values["against"]),
        )
    else:
        chosen["against"] = "p1"
    return _sweep(experiment, chosen, method), chosen


def _choose_method(
    experiment: Experiment, values: Mapping[str, Any], chosen: dict[str, Any], place: Any
) -> str:
    """How distances are found: exactly where that is quick, and in the plane as the reader likes.

    A choice that is the one made without a reader is not written into the link.
    """
    method = "exact" if chosen["metric"] in exact_metrics(experiment) else "particles"
    if method == "exact" and is_slow(experiment):
        runs = _sweep(experiment, chosen, method).runs
        usual = "exact" if sum(map(plane_cost, runs)) <= LONG else "particles"
        method = place.segmented_control(
            "Distances from",
            list(METHODS),
            format_func=METHODS.__getitem__,
            required=True,
            **_method_key(usual, values["method"]),
            help=say("sweep-method"),
        )
        chosen["method"] = "auto" if method == usual else method
    if method == "particles":
        chosen["particles"] = place.segmented_control(
            "Particles",
            SAMPLES,
            format_func=lambda n: f"{n:,}",
            required=True,
            **_key("particles", values["particles"]),
            help=say("sweep-particles"),
        )
    return method


def _method_key(usual: str, given: str) -> dict[str, Any]:
    """The widget starts again from what is usual whenever that changes."""
    return widget(f"{PAGE}.method, usually {usual}", usual if given == "auto" else given)


def _sweep(experiment: Experiment, chosen: Mapping[str, Any], method: str) -> Sweep:
    points = tuple(n for n in POWERS if chosen["from"] <= n <= chosen["to"])
    equal = chosen["axis"]
    if isinstance(experiment.schedule, Custom):
        points, equal = (experiment.steps,), "steps"
    how = (chosen["metric"], method, chosen["particles"], chosen["against"])
    return Sweep(experiment, chosen["samplers"], points, equal, *how)


def choose_figure(values: Mapping[str, Any], chosen: dict[str, Any]) -> None:
    """The widgets about bounds and fits, below those."""
    columns = st.columns(3)
    chosen["bounds"] = columns[0].selectbox(
        "Upper bounds",
        list(BOUNDS),
        format_func=BOUNDS.__getitem__,
        **_key("bounds", values["bounds"]),
        help=say("sweep-bounds"),
    )
    chosen["anchor"] = columns[1].selectbox(
        "Their constants",
        list(ANCHORS),
        format_func=ANCHORS.__getitem__,
        **_key("anchor", values["anchor"]),
    )
    chosen["logs"] = columns[0].toggle("with their log factors", **_key("logs", values["logs"]))
    chosen["fit"] = columns[2].selectbox(
        "Fit",
        list(FITS),
        format_func=FITS.__getitem__,
        **_key("fit", values["fit"]),
        help=say("sweep-fit"),
    )
