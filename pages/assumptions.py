"""What the theorems assume, checked for the target, schedule and sampler at hand."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import (
    choose_sampler,
    choose_schedule,
    choose_steps,
    described,
    setting,
    start_controls,
)
from dashboard.experiment.score import choose_score
from dashboard.experiment.target import choose_target
from dashboard.exports.snippets import assumptions_snippet
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.topics.assumptions import check, heavy_tails
from dashboard.topics.assumptions.page import PAGE, TAILS

phrase = prose("phrases/assumptions")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(prose("pages")("assumptions"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    sampler = choose_sampler(state.experiment)
    steps = choose_steps(state.experiment, schedule)
    score = choose_score(state.experiment, target[0])
    changes = {"steps": steps, "score_error": score, **sampler}
    experiment = described(state.experiment, target, schedule, **changes)

tails = st.toggle(
    phrase("break-one-measure-laws-with"), **setting(PAGE, TAILS, state.values["tails"])
)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"tails": tails}, notice)
if tails:
    with st.container(border=True):
        heavy_tails.section(experiment)

found = check.section(experiment)

navigation.page_link("convergence", phrase("see-what-is-measured-assumptions"))

numbers, code = st.tabs([phrase("numbers"), "Python"])
with numbers:
    rows = check.rows(experiment, found)
    page_chrome.table(check.table(rows), phrase("every-assumption-with-its-verdict"))
    csv = page_chrome.to_csv(check.HEADER, rows)
    page_chrome.download(phrase("download-csv"), csv, "assumptions.csv")
with code:
    page_chrome.snippet(assumptions_snippet(experiment))
