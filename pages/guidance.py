"""What guidance to a class returns, beside the tilted law that it is commonly taken for."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import (
    choose_sampler,
    choose_schedule,
    choose_seed,
    choose_start,
    choose_steps,
    described,
    setting,
    start_controls,
)
from dashboard.experiment.guidance import choose_guidance
from dashboard.experiment.target import choose_target
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.topics.guidance import measure, views
from dashboard.topics.guidance.page import PAGE, VIEW, VIEWS

phrase = prose("phrases/guidance")
AROUND = 26.0  # rem: class and scale stand below the figure, on the first screen
navigation.require()
state = open_link(PAGE)
say = prose("guidance")
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    sampler = choose_sampler(state.experiment)
    steps = choose_steps(state.experiment, schedule)
    rest = {"start": choose_start(state.experiment), "seed": choose_seed(state.experiment)}
reading, place = page_chrome.stage(AROUND)
with reading:
    status, words, more = st.empty(), st.empty(), st.empty()
place = place.empty()
subject, told = measure.subject(target[0])
begun = measure.begun(state.experiment, subject)
guided = choose_guidance(begun, subject)
experiment = described(
    state.experiment,
    target,
    schedule,
    steps=steps,
    score_error=measure.kept(state.experiment, target[0], guided, begun),
    **sampler,
    **rest,
)
shown = measure.shown(experiment, subject, guided)
view = st.segmented_control(
    phrase("view"),
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
below = st.empty()
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"view": view}, notice)
if told:
    st.info(say(told, target=measure.FALLBACK_LABEL, dim=target[0].dim))
if experiment.target.dim == 2 and view in ("scale", "steps"):
    st.caption(say("no-plane"))

with page_chrome.or_reason():
    views.distances(shown, guided, words, status)
    views.SHOW[view](shown, views.Screen(place, status, more, below))
