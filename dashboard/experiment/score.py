"""The widgets that say which score the sampler gets: exact, wrong, learned or guided."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import streamlit as st

from dashboard.experiment.guidance import choose_class, fitted
from dashboard.link.lecture import part
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text.labels import EXTRA, SCORE_PARAMETERS, SCORES, WHEN
from dashboard.text.plain import told
from diffusion_core import Experiment, InputError
from diffusion_core.scores.errors import SCORE_ERRORS, ScoreError
from diffusion_core.scores.guided import Guided
from diffusion_core.targets import Target

phrase = prose("phrases/experiment")
say = prose("controls")
EXACT = "exact"
CHOICES = {"when": WHEN, "extra": EXTRA}


@part("score")
def choose_score(base: Experiment, target: Target) -> ScoreError | None:
    """The kind of the score of this target and its parameters; None for the exact one."""
    given = base.score_error
    kind = st.selectbox(
        phrase("score"),
        [EXACT, *SCORE_ERRORS],
        format_func=SCORES.__getitem__,
        **widget("score", EXACT if given is None else given.kind),
        help=say("score"),
    )
    if kind == EXACT:
        return None
    maker: Any = SCORE_ERRORS[kind]
    last = given if given is not None and given.kind == kind else maker()
    if isinstance(last, Guided):
        last = fitted(last, target)
        if last is None:
            st.info(say("score-unlabelled"))
            return None
    names = [member.name for member in fields(maker)]
    # in two columns a number of four digits would not be seen
    values = {
        name: choose_class(last, target)
        if isinstance(last, Guided) and name == "label"
        else _field(kind, name, getattr(last, name), maker)
        for name in names
    }
    try:
        for name, value in values.items():
            if value is None:
                raise InputError(phrase("score-error-needs-a-number", name=name))
        made: ScoreError = maker(**values)
        return made
    except InputError as error:
        st.error(say("score-refused", reason=told(error)))
        return last


def _field(kind: str, name: str, value: Any, maker: Any) -> Any:
    """One parameter: a number, or one of a few words."""
    label, step = SCORE_PARAMETERS[name]
    held = widget(f"score.{kind}.{name}", value)
    if name in CHOICES:
        names = CHOICES[name]
        help = say("score-extra") if name == "extra" else None
        return st.selectbox(label, list(names), format_func=names.__getitem__, **held, help=help)
    if get_type_hints(maker)[name] is int:
        return st.number_input(label, value=None, step=int(step), **held)
    return st.number_input(label, value=None, step=step, format="%g", **held)
