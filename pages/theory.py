"""The theory: setting, samplers with their terms and code, theorems with their assumptions."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import sweeps
from dashboard.experiment.controls import choose_experiment, start_controls
from dashboard.figures.convergence import convergence_figure
from dashboard.figures.style import is_dark
from dashboard.lessons import resting_on
from dashboard.lessons.show import query
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text import readings
from dashboard.text.labels import SCHEDULES
from dashboard.text.sections import card, slug
from dashboard.topics.assumptions import check
from dashboard.topics.assumptions.words import verdict
from dashboard.topics.theory import bounds, cards
from dashboard.topics.theory.page import PAGE
from dashboard.topics.why import measure

phrase = prose("phrases/theory")
say = prose("theory")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
    foot = st.container()
record, values = experiment.record, dict(state.values)

st.header(spoken("The setting"), anchor=slug("The setting"))
for block in ("forward", "score", "reverse", "why-p1"):
    st.markdown(say(block))
st.markdown(cards.trace_of_noise(experiment))
st.markdown(say("schedule"))
st.markdown(cards.schedule_numbers(experiment, SCHEDULES[experiment.schedule.kind]))
navigation.page_link("forward", phrase("watch-the-forward-process"), icon=navigation.ARROW)

st.header(phrase("the-sampler", label=record.label, equation=record.equation))
st.markdown(say("samplers"))
st.markdown(f"$$\n{experiment.record.latex}\n$$")
values["at"] = bounds.terms(experiment, state.values["at"])
st.caption(phrase("source", reference=record.reference, source=say("source")))
st.code(cards.source(record), language="python", wrap_lines=True)
if experiment.sampler in cards.EXTRAS:
    st.markdown(say(f"extra-{experiment.sampler}"))
    with st.expander(phrase("the-closed-form-in-python")):
        st.code(cards.extra_source(experiment.sampler), language="python", wrap_lines=True)
formulas = "The formulas of all samplers"
with st.expander(
    spoken(formulas), expanded=values["section"] == slug(formulas), key=slug(formulas)
):
    st.caption(say("orders"))
    st.markdown(cards.all_formulas())

st.header(spoken("What is proven"), anchor=slug("What is proven"))
found = check.checked(experiment)
if found:
    st.markdown(say("theorems"))
else:
    st.info(cards.no_theorem(experiment))
for theorem, lines in found:
    with st.container(border=True, key=card(theorem)):
        st.markdown(cards.heading(theorem))
        st.markdown(cards.statement(theorem))
        st.markdown("\n\n".join(line.markdown for line in lines))
        st.caption(verdict(experiment, lines))
        st.markdown(cards.not_said(theorem))
        for lesson in resting_on(theorem):
            label, asked = (
                phrase("lesson", title=lesson.title),
                query(experiment, lesson=lesson.name),
            )
            navigation.page_link("lessons", label, icon=navigation.ARROW, query=asked)
if found:
    st.caption(say("evidence"))
navigation.page_link("literature", phrase("all-results-from-2022-on"), icon=navigation.ARROW)
navigation.page_link("assumptions", phrase("the-assumptions-in-detail"), icon=navigation.ARROW)
st.markdown(say("discrete"))
navigation.page_link("discrete", phrase("sequences-of-tokens-with-exact"), icon=navigation.ARROW)

bounds_measured = "Bounds against measurement"
st.header(spoken(bounds_measured), anchor=slug(bounds_measured))
progress, place = st.empty(), st.container()
navigation.page_link("why", phrase("why-1-t-why-1"), icon=navigation.ARROW)
with foot:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
if experiment.schedule.kind == "custom":
    place.info(prose("why")("one-t"))
elif not measure.quick(experiment):
    place.info(say("measured-plane"))
else:
    curve, refused = bounds.measured(experiment, progress)
    with place:
        st.markdown(say("measured"))
        curves, names = {experiment.called: curve}, {experiment.called: record.label}
        shapes = sweeps.shapes(curves, "all", True, "above", experiment)
        quantity = readings.quantity("tv", "p1")
        figure = convergence_figure(curves, names, shapes, {}, "steps", quantity, is_dark())
        alt = readings.alt({record.label: curve}, quantity)
        if len(curve) > 1:
            figure = bounds.tell_apart(figure)
            page_chrome.plot(st, figure, "bounds-and-measurement", alt, f"{PAGE} bounds")
            st.markdown(bounds.reading(experiment, curve))
            page_chrome.table(bounds.table(experiment, curve), phrase("measured-and-proven"))
            with st.expander("Python"):
                page_chrome.snippet(bounds.snippet(experiment))
    if refused:
        place.info(readings.sentence(refused))
if state.fresh and values["section"]:
    page_chrome.scroll_to(values["section"])
