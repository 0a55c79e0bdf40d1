"""Watch masks and uniform noise become words again, and measure how far off they end."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.discrete import measure, views
from dashboard.topics.discrete import words as text
from dashboard.topics.discrete.controls import choose_run
from dashboard.topics.discrete.page import PAGE

phrase = prose("phrases/discrete")

navigation.require()
state = open_link(PAGE)
values = dict(state.values)
st.title(PAGE.title)
intro = st.empty()
start_controls(state)
notice = st.empty()
with st.sidebar:
    run = values["run"] = choose_run(values["run"])
    values["beside"] = views.choose_beside(values["beside"])
intro.markdown(text.intro(run))
films = views.show_films(run, values["beside"])

st.header(spoken("Distance against N"))
place, below = st.container(), st.container()
with below:
    values |= views.choose_curves(run, values)
with st.sidebar:
    page_chrome.link(PAGE, state.experiment, values, notice)
    views.file(run)
samplers = [name for name in values["samplers"] if name in measure.fitting(run.dynamics)]
metric, largest = values["metric"], values["to"]
drawn = views.show_curves(run, samplers, metric, largest, place)
parallel = views.show_dependence(run)
views.show_challenge(run)

st.header(spoken("The same words"))
st.markdown(text.same_words())

law, asked, numbers, code = st.tabs(
    [phrase("the-law"), phrase("assumptions"), phrase("numbers"), "Python"]
)
with law:
    views.law_table(films)
with asked:
    views.show_asked(run)
with numbers:
    views.number_tables(drawn, parallel, metric)
with code:
    steps = measure.numbers(largest)
    page_chrome.snippet(text.snippet(run, samplers, metric, steps), state.experiment)
