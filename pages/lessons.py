"""Ten-minute lessons: predict, run, explain. Where a reader is stands in the link."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.lessons import LESSONS, show
from dashboard.lessons.kept import kept
from dashboard.lessons.progress import OVERVIEW
from dashboard.lessons.visit import Visit
from dashboard.link.permalink import open_link
from dashboard.topics.forward import measure
from dashboard.topics.lessons.page import PAGE

navigation.require()
state = open_link(PAGE)
name = state.values["lesson"]
st.title(PAGE.title if name == OVERVIEW else LESSONS[name].title)
start_controls(state)
notice = st.empty()
with st.sidebar:
    page_chrome.link(PAGE, state.experiment, state.values, notice)
    show.contents()
answers = kept(state.values)
if name == OVERVIEW:
    show.overview(state.experiment, answers)
else:
    show.lesson(
        Visit(
            LESSONS[name],
            state.values,
            state.experiment,
            lambda run, particles, place: measure.animation(run, particles, place).blob,
        )
    )
