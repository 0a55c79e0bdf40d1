"""Measure how the distance to the target grows with the dimension, up to a million."""

import streamlit as st

from dashboard import dimension, frame, navigation
from dashboard.controls import start_controls
from dashboard.dimension_controls import PAGE, SETTINGS, choose_curves, choose_law
from dashboard.figures.dimension import growth_figure, needed_figure
from dashboard.figures.style import is_dark
from dashboard.permalink import open_link
from dashboard.prose import prose
from dashboard.text import dimension as text
from dashboard.text import readings
from dashboard.text.plain import plain

navigation.require()
state = open_link(PAGE, SETTINGS)
values = dict(state.values)
st.title("Dimension")
st.markdown(prose("pages")("dimension"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment, axes = choose_law(state.experiment, values)
question = choose_curves(experiment, axes, values)
with st.sidebar:
    frame.link_and_file(PAGE, SETTINGS, experiment, values, notice)
if question is None:
    st.stop()

status, dark, steps = st.empty(), is_dark(), experiment.steps
labels = dimension.sampler_labels(question)
found = dimension.measured(question, status)
for name, reason in dimension.refusals(found, question.metric).items():
    st.warning(f"{labels[name]}: {plain(readings.sentence(reason))}")
drawn = dimension.curves(found, question.metric)
bounds = dimension.bounds(question, values["bounds"])
shapes = bounds if question.metric == "tv" else {}
quantity = f"{readings.quantity(question.metric, 'p1')}, T = {steps:,}"
figure = growth_figure(drawn, labels, shapes, steps, quantity, dark)
frame.plot(st, figure, "distance-against-dimension", text.alt(drawn, labels, quantity), PAGE)
twice = dimension.other_steps(experiment)
other = dimension.measured(question, status, twice) if axes and twice else {}
st.markdown(text.reading(question, found, other, labels, twice))
st.caption(text.about_bounds(question, values["bounds"]))
for note in readings.notes({"": experiment}):
    st.caption(note)

enough = dimension.needed(question, status)
if enough:
    st.subheader("How many steps a dimension needs")
    figure = needed_figure(enough, labels, bounds, dark)
    frame.plot(st, figure, "steps-for-dimension", text.needed_alt(enough, labels), f"{PAGE} T")
    st.markdown(text.needed(enough, labels, bounds, axes.signal or 1 if axes else 1))
    st.caption(f"{text.unreached(enough, labels)} {text.flattered(question.samplers)}")

st.page_link("pages/assumptions.py", label="What these theorems assume, and whether it is true")

numbers, proven, code = st.tabs(["Numbers", "Proven bounds", "Python"])
with numbers:
    frame.table(dimension.table(found, labels), quantity)
    rows = dimension.table_rows(found, steps)
    frame.download("Download (CSV)", frame.to_csv(dimension.HEADER, rows), "dimension.csv")
with proven:
    every = dimension.bounds(question, "all")
    frame.table(dimension.bound_table(every, labels), "Proven upper bounds with powers of d")
    st.caption(prose("pages")("bounds"))
with code:
    frame.snippet(text.snippet(question))
