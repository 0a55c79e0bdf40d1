"""Flow matching on the line and in the plane: distance against evaluations, paths, reflow."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.plain import plain
from dashboard.text.readings import sentence
from dashboard.topics.flow_matching import measure, plane, plane_words
from dashboard.topics.flow_matching import words as text
from dashboard.topics.flow_matching.figures import distance_figure, paths_figure, plane_figure
from dashboard.topics.flow_matching.page import (
    COUNTS,
    DRAWN,
    METRIC,
    METRICS,
    PAGE,
    PARTICLES,
    SOURCE,
    SOURCES,
    STEPS,
    TEACHER,
    TEACHERS,
)

phrase = prose("phrases/flow_matching")

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
    phrase("source"),
    list(SOURCES),
    format_func=SOURCES.__getitem__,
    required=True,
    **setting(PAGE, SOURCE, state.values["source"]),
)
teacher = right.select_slider(
    phrase("midpoint-steps-of-the-teacher"),
    TEACHERS,
    **setting(PAGE, TEACHER, state.values["teacher"]),
)
values = state.values | {"source": source, "teacher": teacher}
if experiment.target.dim == 2:
    left, middle, right = st.columns(3)
    values["metric"] = left.segmented_control(
        phrase("distance"),
        list(METRICS),
        format_func=METRICS.__getitem__,
        required=True,
        **setting(PAGE, METRIC, values["metric"]),
    )
    values["particles"] = middle.select_slider(
        phrase("particles"), COUNTS, **setting(PAGE, PARTICLES, values["particles"])
    )
    values["drawn"] = right.select_slider(
        phrase("euler-steps-in-the-picture"), DRAWN, **setting(PAGE, STEPS, values["drawn"])
    )
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
dark, names = is_dark(), text.labels(experiment)


def show_line() -> None:
    """Exact laws on the line."""
    question = measure.Question(experiment, source, teacher)
    with page_chrome.or_reason():
        curves, refused = measure.curves(question, status)
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
        figure, alt = paths_figure(found, dark), text.paths_alt(found)
        page_chrome.plot(st, figure, "paths", alt, f"{PAGE} paths")
        st.markdown(say("second"))
    rows = text.rows(curves, names)
    page_chrome.table(text.table(rows), phrase("tv-against-evaluations"))
    data = page_chrome.to_csv(text.HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "flow-matching.csv")
    page_chrome.snippet(text.snippet(question), experiment)


def show_plane() -> None:
    """Particles in the plane."""
    metric, drawn = values["metric"], values["drawn"]
    question = plane.Question(experiment, source, teacher, metric, values["particles"], drawn)
    curves: dict[str, list[plane.Point]] = {}
    with page_chrome.or_reason():
        curves, refused = plane.curves(question, status)
        floor, look = plane_words.floor(curves), (experiment.record.name, dark, METRICS[metric])
        figure = distance_figure(curves, names, *look, floor=floor)
        alt = plane_words.alt(curves, names, metric)
        page_chrome.plot(place, figure, "flow-matching", alt, f"{PAGE} {metric}")
        page_chrome.read(plane_words.reading(curves, names, question), reading, below)
        for why in refused:
            st.warning(sentence(plain(why)))
        if not question.path.paired:
            st.caption(say("no-heun"))
        st.markdown(say("same" if source == "noise" else "plane-mixture"))
    st.header(say("plane-title"))
    with page_chrome.or_reason():
        shown = plane.picture(question, st.empty())
        st.markdown(plane_words.picture(drawn))
        figure, of = plane_figure(shown, dark), experiment.target
        alt = in_words(figure, phrase("paths-from-source-to-target-the-flow"))
        page_chrome.plot(st, figure, "paths", alt, f"{PAGE} plane", of=of)
    st.header(say("straight-title"))
    with page_chrome.or_reason():
        st.markdown(plane_words.reflow(plane.reflow(question, st.empty()), question))
    rows = plane_words.rows(curves, names)
    page_chrome.table(
        plane_words.table(rows, metric), phrase("against-evaluations", metrics=METRICS[metric])
    )
    data = page_chrome.to_csv(plane_words.HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "flow-matching.csv")
    page_chrome.snippet(plane_words.snippet(question), experiment)


in_plane = experiment.target.dim == 2
if reason := plane.why_not(experiment, source) if in_plane else measure.why_not(experiment):
    st.info(sentence(plain(reason)) if in_plane else reason)
elif in_plane:
    show_plane()
else:
    show_line()
