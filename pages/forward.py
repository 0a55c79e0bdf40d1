"""Watch noise take the target away, compare noise schedules, and draw one by hand."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import (
    PARTICLE_COUNTS,
    choose_schedule,
    choose_seed,
    described,
    setting,
    start_controls,
)
from dashboard.experiment.target import choose_target
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.schedule_editor import choose_length, schedule_editor
from dashboard.topics.forward import measure
from dashboard.topics.forward import words as text
from dashboard.topics.forward.page import PAGE, PARTICLES
from dashboard.topics.forward.views import law_figure, schedules

phrase = prose("phrases/forward")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(prose("pages")("forward"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    steps = choose_length(state.experiment, schedule)
    seed = choose_seed(state.experiment)
    experiment = described(state.experiment, target, schedule, steps=steps, seed=seed)
    particles = st.select_slider(
        phrase("particles"),
        PARTICLE_COUNTS,
        format_func=lambda n: f"{n:,}",
        **setting(PAGE, PARTICLES, state.values["particles"]),
    )
    foot = st.container()
chain, dim, dark = experiment.chain, experiment.target.dim, is_dark()

shown, (progress, picture) = None, page_chrome.screen()
with picture, page_chrome.or_reason():
    shown = measure.animation(experiment, particles, progress)
    page_chrome.play(shown.blob, "forward chain", {}, [experiment], sampled=False)
end = measure.to_noise(experiment, experiment.steps)
if shown:
    st.markdown(text.cost_of_noise(chain, end, dim))
    st.caption(text.frames_note(experiment, shown.times, measure.line_tv(shown)))
    st.header(phrase("what-the-schedule-does-to"))
    figure, alt, caption = law_figure(shown, end, dark)
    page_chrome.plot(st, figure, "law-against-t", alt, f"{PAGE} law", of=experiment.target)
    st.caption(caption)
else:
    st.markdown(text.cost_of_noise(chain, end, dim))

st.header(phrase("schedules-side-by-side"))
values = {"particles": particles, "beside": schedules(experiment, state.values)}
with foot:
    page_chrome.link_and_file(PAGE, experiment, values, notice)

st.header(phrase("draw-your-own-schedule"))
schedule_editor(experiment)

navigation.page_link("trajectories", phrase("see-what-a-sampler-makes"))
navigation.page_link("discrete", phrase("text-has-no-gaussian-noise"))

numbers, code = st.tabs([phrase("numbers"), "Python"])
with numbers:
    rows = measure.schedule_rows(chain)
    page_chrome.table(measure.schedule_table(rows), phrase("the-chosen-schedule-step-by"))
    page_chrome.download(
        phrase("download-csv"), page_chrome.to_csv(measure.HEADER, rows), "schedule.csv"
    )
with code:
    page_chrome.snippet(text.forward_snippet(experiment, particles, end))
