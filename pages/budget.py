"""Where the error of a run comes from: its start, each of its steps, and what became of them."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_experiment, start_controls
from dashboard.exports.snippets import budget_snippet
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.readings import notes, sentence
from dashboard.topics.budget import measure
from dashboard.topics.budget import words as text
from dashboard.topics.budget.controls import choose_figure
from dashboard.topics.budget.figures import (
    account_bars,
    account_figure,
    drawn_outcome,
    steps_figure,
    sums_figure,
)
from dashboard.topics.budget.one_step import one_step
from dashboard.topics.budget.page import PAGE

phrase = prose("phrases/budget")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(prose("pages")("budget"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
    foot = st.container()

words, picture = page_chrome.stage()
progress = words.empty()
values = dict(state.values) | choose_figure(state.values, experiment.sampler)
runs = measure.samplers(experiment, values["beside"])
outcomes = measure.accounts(runs, progress)
found = {name: seen for name, seen in outcomes.items() if not isinstance(seen, str)}
for reason in dict.fromkeys(seen for seen in outcomes.values() if isinstance(seen, str)):
    st.warning(sentence(worded(reason)))
for note in notes(runs):
    st.caption(note)
own, dark = found.get(experiment.sampler), is_dark()
labels = {name: run.record.label for name, run in runs.items()}

if own:
    with words:
        st.markdown(text.reading(own, experiment.record.stochastic))
    with picture:
        bars = account_bars(own)
        account = account_figure(bars, dark)
        page_chrome.plot(st, account, "account", text.account_alt(bars), f"{PAGE} account")
        if text.without_start(own):
            st.caption(text.without_start(own))
if found:
    left, right = st.columns(2)
    left.header(phrase("what-each-step-adds"))
    figure = steps_figure(found, labels, values["axis"], dark)
    page_chrome.plot(
        left, figure, "error-of-each-step", text.steps_alt(found, labels), f"{PAGE} steps"
    )
    right.header(phrase("what-has-added-up"))
    figure = sums_figure(found, labels, values["axis"], dark)
    page_chrome.plot(right, figure, "error-so-far", text.sums_alt(found, labels), f"{PAGE} sums")
if own:
    left, right = st.columns(2)
    with left:
        st.header(text.over(phrase("in-the-end"), experiment.target.dim))
        place = st.container()
    with right:
        st.header(text.over(phrase("one-step"), experiment.target.dim))
        values["step"] = one_step(experiment, own, values["step"])
    with place, page_chrome.or_reason():
        shown, figure = drawn_outcome(experiment, dark, progress)
        alt = text.picture_alt(phrase("q1-and-p1"), shown.excess, shown.missing)
        page_chrome.plot(st, figure, "outcome", alt, f"{PAGE} outcome", of=experiment.target)
        st.caption(text.areas(shown.excess, shown.missing))
    st.header(phrase("what-is-left-when-a"))
    left_over = measure.left_over(experiment, own, progress)
    if isinstance(left_over, str):
        st.caption(sentence(worded(left_over)))
    else:
        st.markdown(text.switched(left_over))
        page_chrome.table(
            measure.switches_table(left_over), phrase("sources-of-the-error-switched")
        )
with foot:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
if own is None:
    st.stop()

parts, steps, code = st.tabs([phrase("parts"), phrase("step-by-step"), "Python"])
with parts:
    page_chrome.table(measure.parts_table(own), phrase("where-the-error-comes-from"))
with steps:
    rows = measure.step_rows(runs, found)
    page_chrome.table(measure.step_table(rows), phrase("every-step-and-what-it"))
    data = page_chrome.to_csv(measure.STEP_HEADER, rows)
    page_chrome.download(phrase("download-this-table-csv"), data, "error-by-step.csv")
with code:
    page_chrome.snippet(budget_snippet(experiment))
