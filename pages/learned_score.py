"""A score learned from samples: trained in front of the reader, measured, and asked for memory."""

from functools import partial

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.link.adoption import adopted
from dashboard.link.permalink import open_link
from dashboard.link.widget_keys import is_fixed
from dashboard.prose import prose
from dashboard.text.labels import SCORES
from dashboard.topics.learned_score import snippets, training
from dashboard.topics.learned_score import views as learned_score_views
from dashboard.topics.learned_score.page import PAGE, VIEW, VIEWS

phrase = prose("phrases/learned_score")

navigation.require()
state = open_link(PAGE)
words = prose(PAGE.name)
st.title(PAGE.title)
st.markdown(words("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
run = training.trained(experiment)
view = st.segmented_control(
    phrase("view"),
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"view": view}, notice)

views = {
    "training": learned_score_views.training,
    "samples": learned_score_views.samples,
    "memory": learned_score_views.memory,
    "acceleration": learned_score_views.acceleration,
}
with page_chrome.or_reason():
    views[view](run)
if run != experiment:
    score = experiment.score_error
    told = SCORES["exact" if score is None else score.kind].lower()
    st.info(words("default", score=told, n=f"{run.score_error.samples:,}"))
with st.container(horizontal=True):
    for name, (label, _) in training.EXAMPLES.items():
        pressed = st.button(
            label, help=words("example-help"), key=f"{PAGE} {name}", disabled=is_fixed("score")
        )
        if pressed and adopted(partial(training.example, experiment, name)):
            st.rerun()
page_chrome.snippet(snippets.of_view(view, run), run)
