"""The widgets that say to which class a score is guided, and how strongly."""

from __future__ import annotations

import streamlit as st

from dashboard.link.lecture import part
from dashboard.link.widget_keys import start_again, widget
from dashboard.prose import prose
from dashboard.text.plain import plain
from diffusion_core import Experiment
from diffusion_core.scores.guided import MOST_SCALE, Guided
from diffusion_core.targets.base import Target
from diffusion_core.targets.classes import JOIN

phrase = prose("phrases/experiment")
say = prose("controls")
NAME = "score.guided.label"
OFFERED = "classes offered"
MOST_PILLS = 12


def usual(target: Target) -> Guided | None:
    """Guidance to the last two classes of a target, or to the last; None where it has none."""
    classes = target.classes
    return (
        Guided(JOIN.join(classes[-2:] if len(classes) > 2 else classes[-1:])) if classes else None
    )


def fitted(guided: Guided, target: Target) -> Guided | None:
    """The same for this target, as far as it has these classes; None where it has none."""
    known = [name for name in guided.names if name in target.classes]
    first = usual(target)
    return first and Guided(JOIN.join(known) or first.label, guided.scale)


def of_experiment(experiment: Experiment, target: Target) -> Guided | None:
    """The experiment's own guidance, else the usual; None where the target has no classes."""
    error = experiment.score_error
    return fitted(error, target) if isinstance(error, Guided) else usual(target)


def choose_class(guided: Guided, target: Target) -> str:
    """One class of the target or several as one; the usual where none is chosen."""
    classes = list(target.classes)
    if st.session_state.get(OFFERED, classes) != classes:
        start_again(NAME)
    st.session_state[OFFERED] = classes
    held = widget(NAME, [name for name in classes if name in guided.names])
    if len(classes) > MOST_PILLS:
        picked = st.multiselect(phrase("class-c"), classes, **held, help=say("score-class"))
    else:
        picked = st.pills(
            phrase("class-c"),
            classes,
            selection_mode="multi",
            format_func=plain,
            **held,
            help=say("score-class"),
        )
    if not picked:
        st.info(say("score-class-none", used=plain(guided.label)))
        return guided.label
    return JOIN.join(name for name in classes if name in picked)


@part("score")
def choose_guidance(guided: Guided, target: Target) -> Guided:
    """The class and the scale side by side."""
    left, right = st.columns(2)
    with left:
        label = choose_class(guided, target)
    scale = right.slider(
        phrase("w-the-scale-of-guidance"),
        0.0,
        MOST_SCALE,
        step=0.5,
        format="%g",
        **widget("score.guided.dial", guided.scale),
        help=say("score-scale"),
    )
    return Guided(label, float(scale))
