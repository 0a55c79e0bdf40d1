"""Settings that break a sampler, each beside settings that mend it."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached
from dashboard.experiment.controls import start_controls
from dashboard.exports.snippets import comparison_snippet
from dashboard.link.permalink import open_link
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text import readings, tables
from dashboard.topics.failures.cases import FAILURES, NAMES
from dashboard.topics.failures.page import PAGE

phrase = prose("phrases/failures")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(prose("pages")("failures"))
start_controls(state)
notice = st.empty()
progress, picture = page_chrome.screen()
name = st.selectbox(
    phrase("failure"),
    NAMES,
    format_func=lambda n: FAILURES[n].title,
    **widget(f"{PAGE}.failure", state.values["failure"]),
)
with st.sidebar:
    page_chrome.link(PAGE, state.experiment, {"failure": name}, notice)
failure = FAILURES[name]
runs = {phrase("it-fails"): failure.broken, failure.cure: failure.mended}

with picture, page_chrome.or_reason():
    shown = cached.animation(list(runs.values()), [*runs], 1000, progress)
    page_chrome.play(shown.blob, "failure", {"view": "density"}, list(runs.values()))
outcomes = {
    title: cached.distance(run, "tv", "exact", 0, "p1", st.empty()) for title, run in runs.items()
}
st.markdown(f"{failure.why(failure.broken)} {readings.beside(outcomes, failure.cure)}")
page_chrome.table(tables.run_table(runs, outcomes), phrase("the-two-runs-and-their"))
for note in readings.notes(runs):
    st.caption(note)
left, right = st.columns(2)
for place, title, run in zip(
    (left, right), (phrase("the-failure"), phrase("the-cure")), runs.values(), strict=True
):
    with place:
        navigation.open_button(
            phrase("open-under", title=title, page=navigation.PAGES["trajectories"].title), run
        )
methods = {title: o.method for title, o in outcomes.items() if not isinstance(o, str)}
with st.expander("Python"):
    page_chrome.snippet(comparison_snippet(runs, methods, 1000), next(iter(runs.values())))
