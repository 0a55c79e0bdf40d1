"""Measure how the distance to the target grows with the dimension, up to a million."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text import readings
from dashboard.text.plain import plain
from dashboard.topics.dimension import measure
from dashboard.topics.dimension import words as text
from dashboard.topics.dimension.controls import choose_curves, choose_law
from dashboard.topics.dimension.figures import growth_figure, needed_figure
from dashboard.topics.dimension.page import PAGE

phrase = prose("phrases/dimension")

navigation.require()
state = open_link(PAGE)
values = dict(state.values)
st.title(PAGE.title)
st.markdown(prose("pages")("dimension"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment, axes = choose_law(state.experiment, values)
reading, place = page_chrome.stage()
with reading:
    status, words = st.empty(), st.empty()
question = choose_curves(experiment, axes, values)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
if question is None:
    st.stop()

dark, steps = is_dark(), experiment.steps
labels = measure.sampler_labels(question)
found = measure.measured(question, status)
for name, reason in measure.refusals(found, question.metric).items():
    st.warning(f"{labels[name]}: {plain(readings.sentence(reason))}")
drawn = measure.curves(found, question.metric)
bounds = measure.bounds(question, values["bounds"])
shapes = bounds if question.metric == "tv" else {}
quantity = f"{readings.quantity(question.metric, 'p1')}, T = {steps:,}"
figure = growth_figure(drawn, labels, shapes, steps, quantity, dark)
page_chrome.plot(
    place, figure, "distance-against-dimension", text.alt(drawn, labels, quantity), str(PAGE)
)
twice = measure.other_steps(experiment)
other = measure.measured(question, status, twice) if axes and twice else {}
page_chrome.read(text.reading(question, found, other, labels, twice), words, place)
st.caption(text.about_bounds(question, values["bounds"]))
for note in readings.notes({"": experiment}):
    st.caption(note)

enough = measure.needed(question, status)
if enough:
    st.header(phrase("how-many-steps-a-dimension"))
    figure = needed_figure(enough, labels, bounds, dark)
    page_chrome.plot(
        st, figure, "steps-for-dimension", text.needed_alt(enough, labels), f"{PAGE} T"
    )
    st.markdown(text.needed(enough, labels, bounds, axes.signal or 1 if axes else 1))
    st.caption(f"{text.unreached(enough, labels)} {text.flattered(question.samplers)}")

navigation.page_link("assumptions", phrase("what-these-theorems-assume-and"))

numbers, proven, code = st.tabs([phrase("numbers"), phrase("proven-bounds"), "Python"])
with numbers:
    page_chrome.table(measure.table(found, labels), quantity)
    rows = measure.table_rows(found, steps)
    page_chrome.download(
        phrase("download-csv"), page_chrome.to_csv(measure.HEADER, rows), "dimension.csv"
    )
with proven:
    every = measure.bounds(question, "all")
    page_chrome.table(measure.bound_table(every, labels), phrase("proven-upper-bounds-with-powers"))
    st.caption(prose("pages")("bounds"))
with code:
    page_chrome.snippet(text.snippet(question))
