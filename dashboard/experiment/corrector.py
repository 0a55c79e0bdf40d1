"""The widgets for Langevin steps: those after a sampler's update, and annealed Langevin's own."""

from __future__ import annotations

import streamlit as st

from dashboard.link.widget_keys import start_value, widget
from dashboard.prose import prose
from diffusion_core import Experiment
from diffusion_core.samplers import LANGEVIN, Corrector
from diffusion_core.samplers.langevin import ANNEALED, MOST_STEPS

phrase = prose("phrases/experiment")
say = prose("controls")
SIZES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
AFTER = Corrector(0, 0.3)


def choose_corrector(name: str, base: Experiment) -> Corrector | None:
    """How many Langevin steps of which size: after the update, or annealed Langevin's own."""
    alone = name == LANGEVIN
    same = base.corrector if (base.sampler == LANGEVIN) == alone else None
    given = same or (ANNEALED if alone else AFTER)
    steps = st.number_input(
        phrase("langevin-steps-at-each-level") if alone else phrase("corrector-steps-after-each"),
        min_value=1 if alone else 0,
        max_value=MOST_STEPS,
        step=1,
        help=say("corrector"),
        **widget(f"{name} steps" if alone else "corrector", given.steps),
    )
    if not steps:
        return None
    return Corrector(int(steps), choose_size(f"{LANGEVIN} size" if alone else "size", given.size))


def choose_size(name: str, given: float) -> float:
    """A size of the scale, or what a link said."""
    return float(
        st.select_slider(
            phrase("size-of-a-langevin-step"),
            sorted({*SIZES, start_value(name, given)}),
            format_func=lambda size: f"{size:g}",
            help=say("corrector-size"),
            **widget(name, given),
        )
    )
