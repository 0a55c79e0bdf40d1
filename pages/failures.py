"""Settings that break a sampler, each beside settings that mend it."""

import streamlit as st

from dashboard import compute, frame, navigation, tables
from dashboard.failures import FAILURES, NAMES
from dashboard.keys import widget
from dashboard.permalink import choice, open_link
from dashboard.prose import prose
from dashboard.text import readings
from dashboard.text.snippets import comparison_snippet

PAGE = "failures"
FAILURE = choice("failure", NAMES[0], NAMES)

navigation.require()
state = open_link(PAGE, [FAILURE])
st.title("When it fails")
st.markdown(prose("pages")("failures"))
notice = st.empty()
name = st.selectbox(
    "Failure",
    NAMES,
    format_func=lambda n: FAILURES[n].title,
    **widget(f"{PAGE}.failure", state.values["failure"]),
)
with st.sidebar:
    frame.link(PAGE, [FAILURE], state.experiment, {"failure": name}, notice)
failure = FAILURES[name]
runs = {"It fails": failure.broken, failure.cure: failure.mended}

progress = st.empty()
shown = compute.animation(list(runs.values()), [*runs], 1000, progress)
frame.play(shown.blob, "failure", {"view": "density"}, list(runs.values()))
outcomes = {
    title: compute.distance(run, "tv", "exact", 0, "p1", st.empty()) for title, run in runs.items()
}
st.markdown(f"{failure.why(failure.broken)} {readings.beside(outcomes, failure.cure)}")
frame.table(tables.run_table(runs, outcomes), "The two runs and their distances")
for note in readings.notes(runs):
    st.caption(note)
left, right = st.columns(2)
for place, title, run in zip(
    (left, right), ("the failure", "the cure"), runs.values(), strict=True
):
    with place:
        navigation.open_button(f"Open {title} under Reverse trajectories", run)
methods = {title: o.method for title, o in outcomes.items() if not isinstance(o, str)}
with st.expander("Python"):
    frame.snippet(comparison_snippet(runs, methods, 1000))
