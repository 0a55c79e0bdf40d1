"""The widget that says to which class a score is guided."""

from __future__ import annotations

import streamlit as st

from dashboard.link.widget_keys import start_again, widget
from dashboard.prose import prose
from diffusion_core.scores.guided import Guided
from diffusion_core.targets.base import Target
from diffusion_core.targets.classes import JOIN

say = prose("controls")
NAME = "score.guided.label"
OFFERED = "classes offered"
MOST_PILLS = 12


def fitted(guided: Guided, target: Target) -> Guided | None:
    """The same guidance for this target: to its first class where it has not that of ``guided``;

    None where it has no classes.
    """
    classes = target.classes
    if not classes:
        return None
    known = JOIN.join(name for name in guided.names if name in classes)
    return Guided(known or classes[0], guided.scale)


def choose_class(guided: Guided, target: Target) -> str:
    """One class of the target or several as one; the first again where none is chosen."""
    classes = list(target.classes)
    if st.session_state.get(OFFERED) != classes:
        if OFFERED in st.session_state:
            start_again(NAME)
        st.session_state[OFFERED] = classes
    held = widget(NAME, [name for name in classes if name in guided.names])
    if len(classes) > MOST_PILLS:
        picked = st.multiselect("Class", classes, **held, help=say("score-class"))
    else:
        picked = st.pills("Class", classes, selection_mode="multi", **held, help=say("score-class"))
    if not picked:
        st.info(say("score-class-none", first=classes[0]))
    return JOIN.join(name for name in classes if name in (picked or classes[:1]))
