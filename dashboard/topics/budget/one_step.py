"""What the step does that the reader chooses: a part of the page that runs for itself."""

from __future__ import annotations

import streamlit as st

from dashboard import page_chrome
from dashboard.compute.progress import Silent
from dashboard.figures.style import is_dark
from dashboard.link.permalink import keep
from dashboard.prose import prose
from dashboard.topics.budget import words as text
from dashboard.topics.budget.controls import choose_step
from dashboard.topics.budget.figures import drawn_step
from dashboard.topics.budget.page import PAGE
from diffusion_core import Experiment
from diffusion_core.studies.budget import Budget

phrase = prose("phrases/budget")


@st.fragment
def one_step(experiment: Experiment, found: Budget, value: int) -> int:
    """The step's picture above the choice of its t; returns what the link says about it."""
    place = st.container()
    t, said = choose_step(found, value)
    keep(PAGE, step=said)
    with page_chrome.or_reason():
        shown, figure = drawn_step(experiment, t, is_dark(), Silent())
        alt = text.picture_alt(
            phrase("step-p-and-p", t=t, earlier=t - 1), shown.excess, shown.missing
        )
        page_chrome.plot(place, figure, "one-step", alt, f"{PAGE} step", of=experiment.target)
        st.caption(f"{text.of_step(found, t)} {text.areas(shown.excess, shown.missing)}")
    return said
