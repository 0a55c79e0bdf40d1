"""What the page of sequences lets a reader choose of a run, in the sidebar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.link.widget_keys import refilled, start_value, widget
from dashboard.prose import prose
from dashboard.text.plain import told
from dashboard.topics.discrete.measure import fitting
from dashboard.topics.discrete.page import PAGE
from dashboard.topics.discrete.targets import choose_target
from dashboard.topics.discrete.words import DYNAMICS, GRIDS, RATIO_ERRORS, SAMPLERS
from diffusion_core import DiscreteExperiment, InputError
from diffusion_core.discrete import dynamics, grids, posterior
from diffusion_core.discrete.dynamics import Dynamics
from diffusion_core.discrete.experiment import MAX_SEED
from diffusion_core.discrete.grids import Grid
from diffusion_core.discrete.posterior import RatioError
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS, AnySampler, Bridge, Trapezoidal
from diffusion_core.discrete.unmasking import ORDERS, Unmasking

phrase = prose("phrases/discrete")
say = prose("controls")
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256)
STARTS = {"noise": phrase("noise"), "exact": phrase("noised-data")}


def _widget(name: str, value: Any) -> dict[str, Any]:
    return widget(f"{PAGE}.{name}", value)


def choose_run(base: DiscreteExperiment) -> DiscreteExperiment:
    """Every part of the run, or ``base`` below a sentence that says why it cannot be."""
    target = choose_target(base.target)
    noise = _choose_dynamics(base)
    sampler = _choose_sampler(base, noise)
    steps = _choose_steps(base)
    with st.expander(phrase("grid-start-error-seed")):
        grid, start = _choose_grid(base), _choose_start(base)
        error, seed = _choose_error(base), _choose_seed(base)
    try:
        return DiscreteExperiment(target, noise, grid, sampler, steps, start, error, seed)
    except InputError as reason:
        st.error(f"{told(reason)}.")
        return base


def _choose_dynamics(base: DiscreteExperiment) -> Dynamics:
    kind = st.segmented_control(
        phrase("noise-2"),
        list(DYNAMICS),
        format_func=DYNAMICS.__getitem__,
        required=True,
        **_widget("dynamics", base.dynamics.kind),
        help=say("discrete-dynamics"),
    )
    return dynamics.DYNAMICS[kind]()


def _choose_sampler(base: DiscreteExperiment, noise: Dynamics) -> AnySampler:
    offered = fitting(noise)
    kind = base.called if base.called in offered else Bridge.kind
    kind = st.selectbox(
        phrase("sampler"),
        offered,
        format_func=SAMPLERS.__getitem__,
        **_widget(f"sampler {len(offered)}", kind),
    )
    given = base.sampler if base.called == kind else DISCRETE_SAMPLERS[kind]()
    if isinstance(given, Unmasking):
        order = st.selectbox(phrase("which-tokens-first"), ORDERS, **_widget("order", given.order))
        return Unmasking(order)
    if isinstance(given, Trapezoidal):
        theta = st.slider("θ", 0.05, 0.95, step=0.05, **_widget("theta", given.theta))
        return Trapezoidal(float(theta))
    return given


def _choose_steps(base: DiscreteExperiment) -> int:
    given = start_value(f"{PAGE}.steps", base.steps)  # what a link said stays on the scale
    steps = st.select_slider(
        phrase("steps-n"),
        sorted({*STEPS, given}),
        **_widget("steps", base.steps),
        help=say("discrete-steps"),
    )
    return int(steps)


def _choose_grid(base: DiscreteExperiment) -> Grid:
    kind = st.selectbox(
        phrase("grid-of-noise-times"),
        list(GRIDS),
        format_func=GRIDS.__getitem__,
        **_widget("grid", base.grid.kind),
        help=say("discrete-grid"),
    )
    left, right = st.columns(2)
    ends = {
        "horizon": left.number_input(
            phrase("horizon"),
            value=None,
            format="%g",
            **refilled(f"{PAGE}.horizon", base.grid.horizon),
        ),
        "end": right.number_input(
            phrase("end"), value=None, format="%g", **refilled(f"{PAGE}.end", base.grid.end)
        ),
    }
    try:
        for name, value in ends.items():
            if value is None:
                raise InputError(phrase("grid-needs-a-number", name=name))
        return grids.GRIDS[kind](**ends)
    except InputError as reason:
        st.error(f"{told(reason)}.")
        return base.grid


def _choose_start(base: DiscreteExperiment) -> str:
    start = st.segmented_control(
        phrase("start-from"),
        list(STARTS),
        format_func=STARTS.__getitem__,
        required=True,
        **_widget("start", base.start),
    )
    return str(start)


def _choose_error(base: DiscreteExperiment) -> RatioError | None:
    held = base.ratio_error
    kind = st.selectbox(
        phrase("model"),
        list(RATIO_ERRORS),
        format_func=RATIO_ERRORS.__getitem__,
        **_widget("error", held.kind if held else "exact"),
        help=say("discrete-error"),
    )
    if kind == "exact":
        return None
    given = held.size if held and held.kind == kind else 0.1
    size = st.number_input(
        phrase("size-of-the-error"),
        value=None,
        step=0.05,
        format="%g",
        **refilled(f"{PAGE}.size of {kind}", given),
    )
    try:
        if size is None:
            raise InputError(phrase("ratio-error-size-needs-a"))
        return posterior.RATIO_ERRORS[kind](float(size))
    except InputError as reason:
        st.error(f"{told(reason)}.")
        return held


def _choose_seed(base: DiscreteExperiment) -> int:
    seed = st.number_input(
        phrase("seed"), min_value=0, max_value=MAX_SEED, step=1, **_widget("seed", base.seed)
    )
    return int(seed)
