"""Flow matching between mixtures on the line: distance against evaluations, paths, reflow."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.text.plain import plain
from dashboard.text.readings import sentence
from dashboard.topics.flow_matching import measure
from dashboard.topics.flow_matching import words as text
from dashboard.topics.flow_matching.figures import distance_figure, paths_figure
from dashboard.topics.flow_matching.page import PAGE, SOURCE, SOURCES, TEACHER, TEACHERS

navigation.require()
state = open_link(PAGE)
say = measure.say
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
above, place = page_chrome.stage()
with above:
    status, reading = st.empty(), st.empty()
place, below = place.empty(), st.empty()
left, right = st.columns(2)
source = left.segmented_control(
    "Source",
    list(SOURCES),
    format_func=SOURCES.__getitem__,
    required=True,
    **setting(PAGE, SOURCE, state.values["source"]),
)
teacher = right.select_slider(
    "Midpoint steps of the teacher",
    TEACHERS,
    **setting(PAGE, TEACHER, state.values["teacher"]),
)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"source": source, "teacher": teacher}, notice)
dark, question = is_dark(), measure.Question(experiment, source, teacher)
if reason := measure.why_not(experiment):
    st.info(reason)
    st.stop()

with page_chrome.or_reason():
    curves, refused = measure.curves(question, status)
    names = text.labels(experiment)
    figure = distance_figure(curves, names, experiment.record.name, dark)
    page_chrome.plot(place, figure, "flow-matching", text.alt(curves, names), f"{PAGE} tv")
    page_chrome.read(text.reading(curves, names), reading, below)
    for why in refused:
        st.warning(sentence(plain(why)))
    st.markdown(say("same" if source == "noise" else "mixture"))
    st.header(say("straight-title"))
with page_chrome.or_reason():
    found = measure.paths(question, st.empty())
    st.markdown(text.straight(found, teacher))
    alt = "Paths from source to target: bent along the flow, straight after one reflow"
    page_chrome.plot(st, paths_figure(found, dark), "paths", alt, f"{PAGE} paths")
    st.markdown(say("second"))
rows = text.rows(curves, names)
page_chrome.table(text.table(rows), "TV against evaluations")
page_chrome.download("Download (CSV)", page_chrome.to_csv(text.HEADER, rows), "flow-matching.csv")
page_chrome.snippet(text.snippet(question), experiment)
