"""The widgets that describe an experiment, in the sidebar of every page.

Each is seeded from the experiment of the link or of the page before. What is entered is checked by
the same code as a link or a file: a refusal appears as one sentence under the widget, and the last
experiment that works stays on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from dashboard.experiment.corrector import choose_corrector
from dashboard.experiment.score import choose_score
from dashboard.experiment.target import Choice, choose_target
from dashboard.link.lecture import part, presenter
from dashboard.link.permalink import Page, Setting, State
from dashboard.link.widget_keys import forget, refilled, start_value, widget
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.labels import PARAMETERS, SCHEDULES
from dashboard.text.plain import told
from diffusion_core import SAMPLERS, Experiment, InputError
from diffusion_core import SCHEDULES as SCHEDULE_KINDS
from diffusion_core.samplers import (
    ODE_ORDER,
    PAPER_SAMPLERS,
    SEED_ARXIV,
    Sampler,
    sampler_record,
)
from diffusion_core.samplers.ode_order import DEFAULT_ORDER, ORDERS
from diffusion_core.schedules import Custom, Schedule

phrase = prose("phrases/experiment")
say = prose("controls")
STEPS = (
    *(2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400),
    *(512, 640, 800, 1000, 1024, 1500, 2048, 3000, 4096, 6000, 8192),
)
LABELS = {name: record.label for name, record in SAMPLERS.items()}
ANY_ORDER = phrase("ode-of-order-k")
# the samplers of a link that compares some and does not say which
FIRST_SAMPLERS = ("ode", "ddpm", "ode-accelerated", "ddpm-accelerated")
PARTICLE_COUNTS = (200, 500, 1000, 2000, 5000, 10_000, 20_000)
_OWN = "own schedule"
START_LABELS = {"noise": phrase("noise-n-0-i"), "exact": phrase("exact-p-t")}


def start_controls(state: State) -> None:
    """Before the first widget of a page, in its main part."""
    if state.fresh:
        forget()
    presenter()


def setting(page: Page, chosen: Setting, value: Any) -> dict[str, Any]:
    """``key`` and ``disabled`` of the widget for a page's own setting."""
    return widget(f"{page}.{chosen.name}", value)


@part("schedule")
def choose_schedule(base: Experiment) -> Schedule:
    """The schedule's kind and its parameters."""
    if isinstance(base.schedule, Custom):
        st.session_state[_OWN] = base.schedule  # stays on offer beside the others
    kinds = [k for k in SCHEDULE_KINDS if k != "custom" or _OWN in st.session_state]
    kind = st.selectbox(
        phrase("noise-schedule"),
        kinds,
        format_func=SCHEDULES.__getitem__,
        **widget("schedule", base.schedule.kind),
    )
    if kind == "custom":
        own: Custom = st.session_state[_OWN]
        st.caption(say("schedule-own", values=f"{len(own.abar):,}"))
        return own
    maker: Any = SCHEDULE_KINDS[kind]
    given = base.schedule if base.schedule.kind == kind else maker()
    columns = st.columns(2)
    values = {}
    for i, field in enumerate(fields(maker)):
        label, step = PARAMETERS[kind, field.name]
        values[field.name] = columns[i % len(columns)].number_input(
            label,
            value=None,
            step=step,
            format="%g",
            **refilled(f"schedule.{kind}.{field.name}", float(getattr(given, field.name))),
        )
    return _or_last(given, lambda: maker(**_filled(values)))


def _filled(values: dict[str, float | None]) -> dict[str, float]:
    for name, value in values.items():
        if value is None:
            raise InputError(phrase("schedule-needs-a-number", name=name))
    return {name: float(value) for name, value in values.items() if value is not None}


def _or_last(last: Any, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except InputError as error:
        st.error(say("schedule-refused", reason=told(error)))
        return last


def choose_samplers(
    held: Mapping[str, Any], offered: Mapping[str, str] = LABELS
) -> tuple[str, ...]:
    """The samplers to compare, by a widget with this ``setting``; without any it asks for one.

    offered: their labels by name.
    """
    chosen = st.pills(
        phrase("samplers"),
        list(offered),
        selection_mode="multi",
        format_func=offered.__getitem__,
        help=say("samplers", numbers=_numbers()),
        **held,
    )
    if not chosen:
        st.info(say("samplers-none"))
    return tuple(chosen)


def numbered(kind: str) -> str:
    """A sampler's label with the number of its equation in the seed paper."""
    return f"{LABELS[kind]} {SAMPLERS[kind].equation}".strip()


def _numbers() -> str:
    return ", ".join(numbered(kind) for kind in PAPER_SAMPLERS)


@part("sampler")
def choose_sampler(base: Experiment) -> dict[str, Any]:
    """The experiment's fields for its sampler: its own, and its Langevin steps."""
    name = st.selectbox(
        phrase("sampler"),
        list(SAMPLERS),
        format_func=lambda kind: ANY_ORDER if kind == ODE_ORDER else numbered(kind),
        **widget("sampler", base.sampler),
    )
    words, fields = st.empty(), _own_fields(name, base)
    if not SAMPLERS[name].multistep:
        fields["corrector"] = choose_corrector(name, base)
    words.caption(_in_words(sampler_record(name, **fields)))
    return {"sampler": name, "eta": 0.0, **fields}


def _own_fields(name: str, base: Experiment) -> dict[str, Any]:
    """What a sampler alone takes: DDIM its eta, the one of order K its order."""
    if name == ODE_ORDER:
        order = st.segmented_control(
            phrase("k-the-order"),
            ORDERS,
            required=True,
            **widget("order", base.order or DEFAULT_ORDER),
        )
        return {"order": order, "rounds": base.rounds if order == base.order else None}
    if name != "ddim":
        return {}
    eta = st.slider(
        phrase("eta-the-share-of-fresh"),
        0.0,
        1.0,
        step=0.05,
        **widget("eta", base.eta),
        help=say("eta"),
    )
    return {"eta": float(eta)}


def _in_words(record: Sampler) -> str:
    """Order, cost and kind of a sampler."""
    count = record.evaluations
    one = say("sampler-evaluation")
    evaluations = one if count == 1 else say("sampler-evaluations", count=count)
    kind = say("sampler-stochastic" if record.stochastic else "sampler-deterministic")
    used = record.derivatives and say("sampler-derivatives", derivatives=spoken(record.derivatives))
    if not record.order:
        return say("sampler-langevin", evaluations=evaluations, kind=kind, derivatives=used)
    words = say("sampler", order=record.order, evaluations=evaluations, kind=kind, derivatives=used)
    if not record.equation:
        return words
    return f"{words} {say('sampler-equation', number=record.equation, arxiv=SEED_ARXIV)}"


@part("steps")
def choose_steps(base: Experiment, schedule: Schedule, offered: Sequence[int] = STEPS) -> int:
    """T, one of those offered or what a link said."""
    if isinstance(schedule, Custom):
        st.caption(say("steps-own", steps=len(schedule.abar)))
        return len(schedule.abar)
    given = start_value("steps", base.steps)  # what a link said stays on the scale
    return int(
        st.select_slider(
            phrase("steps-t"),
            sorted({*offered, given}),
            format_func=lambda steps: f"{steps:,}",
            **widget("steps", base.steps),
            help=say("steps"),
        )
    )


@part("start")
def choose_start(base: Experiment) -> str:
    """Where the reverse chain starts."""
    start = st.segmented_control(
        phrase("start-from"),
        list(START_LABELS),
        format_func=START_LABELS.__getitem__,
        required=True,
        **widget("start", base.start),
        help=say("start"),
    )
    return str(start)


@part("seed")
def choose_seed(base: Experiment) -> int:
    seed = st.number_input(
        phrase("seed"),
        min_value=0,
        max_value=2**32 - 1,
        step=1,
        **widget("seed", base.seed),
        help=say("seed"),
    )
    return int(seed)


def choose_experiment(base: Experiment) -> Experiment:
    """Everything that describes a run, from the target to the seed."""
    target, schedule = choose_target(base), choose_schedule(base)
    sampler = choose_sampler(base)
    steps, start = choose_steps(base, schedule), choose_start(base)
    rest = {"score_error": choose_score(base, target[0]), "seed": choose_seed(base)}
    return described(base, target, schedule, steps=steps, start=start, **sampler, **rest)


def described(base: Experiment, target: Choice, schedule: Schedule, **rest: Any) -> Experiment:
    """``base`` with what the reader chose, or unchanged below a sentence that says why."""
    if isinstance(schedule, Custom):
        rest["steps"] = len(schedule.abar)
    try:
        return base.with_(target=target[0], preset=target[1], schedule=schedule, **rest)
    except InputError as error:
        st.error(f"{told(error)}.")
        return base
