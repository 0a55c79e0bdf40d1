"""Watch the reverse process turn noise into the target, and read how far off it ends."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.animation import dragging
from dashboard.animation.controls import choose_picture, look
from dashboard.compute import cached, exact
from dashboard.experiment.controls import (
    PARTICLE_COUNTS,
    choose_experiment,
    setting,
    start_controls,
)
from dashboard.exports.snippets import trajectory_snippet
from dashboard.link.axis_names import axis_names
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text import readings, tables
from dashboard.topics.trajectories.page import PAGE, PARTICLES
from diffusion_core.distances.of_masses import METRICS

phrase = prose("phrases/trajectories")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
say, intro = prose("pages"), st.empty()
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
    particles = st.select_slider(
        phrase("particles"),
        PARTICLE_COUNTS,
        format_func=lambda n: f"{n:,}",
        **setting(PAGE, PARTICLES, state.values["particles"]),
    )

whose = say("exact-score" if experiment.score_error is None else "wrong-score")
intro.markdown(say("trajectories", whose=whose))
progress, picture = page_chrome.screen()
dim = experiment.target.dim
values = {"particles": particles, **choose_picture(PAGE, state.values, dim)}
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
mapped = dim == 2 and values["map"] != "p"  # needs q_t: p_t is shown until it is there
drawn = mapped and cached.laws_known([experiment])
shown = None
with picture, page_chrome.or_reason():
    made = cached.animation([experiment], [""], particles, progress, drawn)
    shown = made.panels[0]
    dials = dragging.offered(experiment, particles) if shown.made else []
    ladder = cached.ladder(experiment, dragging.asked(experiment, dials), progress)
    drag = dragging.drag_of(experiment, dials, ladder)
    page_chrome.play(made.blob, "reverse chain", look(values, dim), [experiment], drag=drag)

words, wait, status, notes = st.empty(), *page_chrome.waits(dim), st.container()
numbers, steps, update, code = st.tabs(
    [phrase("distances"), phrase("step-by-step"), phrase("the-update"), "Python"]
)
with numbers:
    distances, why = st.empty(), st.empty()
    st.caption(say("distances"))
    if shown:
        axes = axis_names(experiment.target) or ("x", "y")[:dim]
        page_chrome.download(
            phrase("download-the-particles-csv"),
            lambda: page_chrome.to_csv(axes, shown.final.tolist()),
            "particles.csv",
        )
with steps:
    tv = shown.tv if shown else {}
    times = list(tv) or (shown.times if shown else range(experiment.steps, 0, -1))
    rows = tables.step_rows(experiment, times, list(tv.values()))
    page_chrome.table(tables.step_table(rows), phrase("the-chain-step-by-step"))
    page_chrome.download(
        phrase("download-this-table-csv"), page_chrome.to_csv(tables.STEP_HEADER, rows), "steps.csv"
    )
with update:
    st.latex(experiment.record.latex)
    st.caption(f"{experiment.record.label}: {experiment.record.reference}.")
with code:
    source, methods = st.empty(), dict[str, str]()
    page_chrome.notebook_button(lambda: trajectory_snippet(experiment, methods, particles))


def tell() -> None:
    """What is known by now about the distances."""
    final = [shown.final if shown else None]
    [found] = exact.at_once([experiment], METRICS, particles, status, final)
    words.markdown(readings.final_distance(experiment, found["tv"]))
    with distances.container():
        page_chrome.table(tables.distance_table(found), phrase("distances-between-the-output-and"))
    why.caption(readings.not_exact(exact.refusals([experiment], METRICS)))
    methods.update(exact.methods(experiment, found))
    with source.container():
        page_chrome.show_code(trajectory_snippet(experiment, methods, particles))


tell()
if shown:
    notes.caption(readings.on_the_way(experiment, shown.times, shown.tv, shown.refusal))
    if mapped and not drawn and cached.find_laws([experiment], wait):
        st.rerun()
exact.finish([experiment], METRICS, status, tell)
