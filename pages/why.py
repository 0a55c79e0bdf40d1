"""Why 1/T and why 1/T^2: the argument, one step at a time, each inequality computed."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_experiment, start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.budget import measure
from dashboard.topics.budget import words as budget_text
from dashboard.topics.budget.figures import sums_figure
from dashboard.topics.why import measure as why_measure
from dashboard.topics.why import one_step, words
from dashboard.topics.why.figures import local_figure, path_figure
from dashboard.topics.why.page import PAGE

phrase = prose("phrases/why")
say = prose("why")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
    foot = st.container()
if experiment.score_error is not None:
    st.caption(say("exact-score"))
run, dark, values = experiment.with_(score_error=None), is_dark(), dict(state.values)

# all words and choices first, so that there is something to read while numbers are computed
st.header(spoken("1. Errors add up at most"))
st.markdown(say("adding"))
sums, sums_progress = st.container(), st.empty()
st.header(spoken("2. One step errs by a power of its size"))
st.markdown(say("one-step"))
values["noise"] = words.choose_noise(state.values["noise"])
step, step_progress = st.container(), st.empty()
for paragraph in words.identities(run, values["noise"]):
    st.markdown(paragraph)
moments = st.container()
st.header(spoken("3. T steps together, and the logarithms"))
st.markdown(say("together"))
together, together_progress = st.container(), st.empty()
st.header(spoken("4. Why DDPM's first bound was 1/√T"))
st.markdown(say("paths"))
values["variance"] = words.choose_variance(state.values["variance"])
paths = st.container()
st.caption(say("paths-source"))
st.header(spoken("5. What this argument leaves out"))
st.markdown(say("left-out"))
navigation.page_link("budget", icon=navigation.ARROW)
navigation.page_link("imperfect_scores", icon=navigation.ARROW)
navigation.page_link("convergence", icon=navigation.ARROW)
python = st.expander("Python")
with foot:
    page_chrome.link_and_file(PAGE, experiment, values, notice)

with paths, page_chrome.or_reason():
    kind = why_measure.any_steps(run.schedule)
    points = why_measure.paths(kind, values["variance"], st.empty())
    figure = path_figure(points, dark)
    page_chrome.plot(st, figure, "paths-and-marginals", words.paths_alt(points), f"{PAGE} paths")
    st.markdown(words.paths_reading(points))
    if kind != run.schedule:
        st.caption(say("paths-linear"))
    elif kind.kind == "theory":
        st.caption(say("paths-logs"))
    page_chrome.table(words.paths_table(points), phrase("kl-of-paths-and-of"))

with sums:
    if not why_measure.quick(run):
        st.info(say("too-slow"))
    elif isinstance(found := measure.account(run, sums_progress), str):
        st.info(words.refusal(found, run))
    else:
        st.markdown(words.adding(run, found))
        names = why_measure.labels([run.sampler])
        figure = sums_figure({run.sampler: found}, names, "log", dark)
        alt = budget_text.sums_alt({run.sampler: found}, names)
        page_chrome.plot(st, figure, "errors-add-up", alt, f"{PAGE} sums")

with step:
    local, refused = why_measure.one_step(run, values["noise"], step_progress)
    if local:
        figure = local_figure(local, why_measure.labels(list(local)), words.orders(local), dark)
        page_chrome.plot(st, figure, "one-step", words.local_alt(local), f"{PAGE} local")
        st.markdown(words.local_reading(local))
        page_chrome.table(words.local_table(local), phrase("the-error-of-one-step"))
    if refused:
        st.info(words.refusal(refused, run))
    if run.record.multistep:
        st.caption(say("local-why-not", label=run.record.label))

with moments, page_chrome.or_reason():
    found_moments = why_measure.moments(run, values["noise"], st.empty())
    if found_moments:
        st.markdown(one_step.reading(found_moments))
        page_chrome.table(one_step.table(found_moments), phrase("what-one-step-misses-in"))
        st.caption(say("moments-how"))

with together:
    if run.schedule.kind == "custom":
        st.info(say("one-t"))
    elif not why_measure.quick(run):
        st.info(say("too-slow"))
    elif isinstance(rows := why_measure.together(run, together_progress), str):
        st.info(words.refusal(rows, run))
    else:
        st.markdown(words.together_reading(run, rows))
        page_chrome.table(words.together_table(run, rows), phrase("distance-over-its-form-for"))
        if run.schedule.kind != "theory":
            st.caption(say("other-schedule", order=run.record.order))
with python:
    page_chrome.snippet(words.snippet(run, kind, values["noise"], values["variance"]), run)
