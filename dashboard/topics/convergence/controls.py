"""What the distance-against-T page lets a reader choose, and how its link spells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import navigation
from dashboard.compute.exact import is_slow
from dashboard.compute.sweeps import Sweep
from dashboard.experiment.controls import choose_samplers
from dashboard.link.permalink import encode
from dashboard.link.widget_keys import KEY, forget_start, start_value, widget
from dashboard.prose import prose
from dashboard.text.labels import METRICS
from dashboard.topics.convergence.page import (
    AGAINST,
    ANCHORS,
    AXES,
    BOUNDS,
    BUDGETS,
    DENSITIES,
    FITS,
    METHODS,
    PAGE,
    POWERS,
    SAMPLES,
)
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.measure import exact_metrics
from diffusion_core.samplers import ODE_ORDER
from diffusion_core.samplers.ode_order import SPELLED
from diffusion_core.schedules import Custom, Linear
from diffusion_core.targets import DEFAULT_1D

phrase = prose("phrases/convergence")
say = prose("controls")
_MODES = Experiment(preset=DEFAULT_1D, start="exact")
ORDERS_SHOWN = {
    "samplers": "ode,ode-order-2,ode-order,ode-order-4",
    **{"from": "32", "to": "4096", "per": "2"},
}
VIEWS: Mapping[str, tuple[Experiment, Mapping[str, str]]] = {
    "linear": (_MODES.with_(schedule=Linear()), {}),
    "theory": (_MODES, {}),
    "cost": (_MODES.with_(schedule=Linear()), {"axis": "nfe", "to": "65536", "per": "1"}),
}
LONG = 1e9  # of ``plane_cost``, some half a minute: a sweep above that starts with particles


def labels(sweep: Sweep) -> dict[str, str]:
    """The labels of a sweep's samplers, with the η and the orders that they run at."""
    return {run.called: run.record.label for run in sweep.runs}


def offered(experiment: Experiment) -> dict[str, str]:
    """What may be compared, by the name that a sweep is asked for: with all orders, each once."""
    own = experiment.by(ODE_ORDER)
    orders = [ODE_ORDER if experiment.by(name) == own else name for name in SPELLED]
    names = [*(name for name in SAMPLERS if name != ODE_ORDER), *orders]
    return {name: experiment.by(name).record.label for name in names}


def asked(experiment: Experiment, names: Sequence[str]) -> list[str]:
    """A link's samplers, by the names of ``offered``."""
    own = experiment.by(ODE_ORDER)
    return list(dict.fromkeys(ODE_ORDER if experiment.by(n) == own else n for n in names))


def ready_views() -> None:
    """Links to settings of this page that show one thing."""
    labels = {
        "linear": say("sweep-view-linear"),
        "theory": say("sweep-view-theory"),
        "cost": say("sweep-view-cost"),
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, (experiment, axis) in VIEWS.items():
            query = {"e": encode(experiment) or ""} | ORDERS_SHOWN | dict(axis)
            navigation.page_link(PAGE.name, labels[name], ":material/bookmark:", query)


def _key(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def choose_sweep(
    experiment: Experiment, values: Mapping[str, Any]
) -> tuple[Sweep | None, dict[str, Any]]:
    """The widgets under the figure: samplers, range, distance. No sweep without a sampler."""
    chosen = dict(values)
    held = _key("samplers", asked(experiment, values["samplers"]))
    samplers = choose_samplers(held, offered(experiment))
    if not samplers:
        return None, chosen
    chosen["samplers"] = samplers
    left, middle, right = st.columns(3)
    chosen["axis"] = left.segmented_control(
        phrase("compare-at-equal"),
        list(AXES),
        format_func=AXES.__getitem__,
        required=True,
        **_key("axis", values["axis"]),
        help=say("sweep-axis"),
    )
    if isinstance(experiment.schedule, Custom):
        middle.caption(say("sweep-own", steps=f"{experiment.steps:,}"))
    else:
        chosen["from"], chosen["to"] = _choose_range(middle, values, chosen["axis"])
        twice = middle.toggle(
            phrase("two-points-a-doubling"), **_key("per", values["per"] == DENSITIES[1])
        )
        chosen["per"] = DENSITIES[twice]
    chosen["metric"] = right.selectbox(
        phrase("distance"),
        list(METRICS),
        format_func=METRICS.__getitem__,
        **_key("metric", values["metric"]),
    )
    method = _choose_method(experiment, values, chosen, left)
    if experiment.target.has_density:
        chosen["against"] = right.selectbox(
            phrase("compare-q1-with"),
            list(AGAINST),
            format_func=AGAINST.__getitem__,
            **_key("against", values["against"]),
        )
    else:
        chosen["against"] = "p1"
    return _sweep(experiment, chosen, method), chosen


def _choose_range(place: Any, values: Mapping[str, Any], axis: str) -> tuple[int, int]:
    """The first and the last point; evaluations go on where T ends."""
    scale, other = (POWERS, "nfe") if axis == "steps" else (BUDGETS, "steps")
    forget_start(f"{PAGE}.range {other}")
    ends = (min(values["from"], scale[-1]), min(values["to"], scale[-1]))
    # not by the key: Streamlit takes two ends from the value only, and for a new widget only
    start = start_value(f"{PAGE}.range {axis}", ends)
    first, last = place.select_slider(
        phrase("range"),
        scale,
        start,
        key=f"{KEY}{PAGE}.range {axis} {start}",
        format_func=lambda n: f"{n:,}",
    )
    return first, last


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
            phrase("distances-from"),
            list(METHODS),
            format_func=METHODS.__getitem__,
            required=True,
            **_method_key(usual, values["method"]),
            help=say("sweep-method"),
        )
        chosen["method"] = "auto" if method == usual else method
    if method == "particles":
        chosen["particles"] = place.segmented_control(
            phrase("particles"),
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
    first, last, per = chosen["from"], chosen["to"], chosen["per"]
    points = tuple(
        round(first * 2 ** (k / per))
        for k in range(per * (BUDGETS.index(last) - BUDGETS.index(first)) + 1)
    )
    equal = chosen["axis"]
    if isinstance(experiment.schedule, Custom):
        points, equal = (experiment.steps,), "steps"
    how = (chosen["metric"], method, chosen["particles"], chosen["against"])
    return Sweep(experiment, chosen["samplers"], points, equal, *how)


def choose_figure(values: Mapping[str, Any], chosen: dict[str, Any]) -> None:
    """The widgets about bounds and fits, below those."""
    columns = st.columns(3)
    chosen["bounds"] = columns[0].selectbox(
        phrase("upper-bounds"),
        list(BOUNDS),
        format_func=BOUNDS.__getitem__,
        **_key("bounds", values["bounds"]),
        help=say("sweep-bounds"),
    )
    chosen["anchor"] = columns[1].selectbox(
        phrase("their-constants"),
        list(ANCHORS),
        format_func=ANCHORS.__getitem__,
        **_key("anchor", values["anchor"]),
    )
    chosen["logs"] = columns[0].toggle(
        phrase("with-their-log-factors"), **_key("logs", values["logs"])
    )
    chosen["fit"] = columns[2].selectbox(
        phrase("fit"),
        list(FITS),
        format_func=FITS.__getitem__,
        **_key("fit", values["fit"]),
        help=say("sweep-fit"),
    )
