"""Measure how the distance to the target falls as the number of steps grows."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import sweeps
from dashboard.experiment.controls import (
    choose_schedule,
    choose_seed,
    choose_start,
    described,
    start_controls,
)
from dashboard.experiment.score import choose_score
from dashboard.experiment.target import choose_target
from dashboard.exports.snippets import sweep_snippet
from dashboard.figures.convergence import convergence_figure
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text import readings, tables
from dashboard.text.labels import METRICS
from dashboard.topics.convergence import words as said
from dashboard.topics.convergence.controls import (
    choose_figure,
    choose_sweep,
    labels,
    ready_views,
)
from dashboard.topics.convergence.page import PAGE
from diffusion_core.studies.convergence import Fit

phrase = prose("phrases/convergence")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(prose("pages")("convergence"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    rest = {"start": choose_start(state.experiment)}
    rest["score_error"] = choose_score(state.experiment, target[0])
    rest["seed"] = choose_seed(state.experiment)
    experiment = described(state.experiment, target, schedule, **rest)

reading, place = page_chrome.stage()
with reading:
    status, words = st.empty(), st.empty()
place = place.empty()
ready_views()
sweep, values = choose_sweep(experiment, state.values)
if sweep:
    choose_figure(state.values, values)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
if sweep is None:
    st.stop()
names, label = labels(sweep), METRICS[sweep.metric]
quantity = readings.quantity(sweep.metric, sweep.against)
bounds = values["bounds"] if sweep.metric == "tv" and sweep.against == "p1" else "none"


def draw(curves: sweeps.Curves, done: object, fits: dict[str, Fit | None] | None = None) -> None:
    """The figure and its reading, from the runs that are done so far."""
    shapes = sweeps.shapes(curves, bounds, values["logs"], values["anchor"], experiment)
    axis, dark = values["axis"], is_dark()
    figure = convergence_figure(curves, names, shapes, fits or {}, axis, quantity, dark)
    named = {names[name]: curve for name, curve in curves.items()}
    alt = readings.alt(named, quantity)
    page_chrome.plot(place, figure, "distance-against-steps", alt, f"{PAGE} {done}", numbers=False)
    if done == "all":
        words.markdown(readings.doubling(named, label))


curves, refusals = sweeps.run(sweep, draw, status)
fits = sweeps.fits(experiment, curves, values["fit"])
draw(curves, "all", fits)
cost = said.count(sweep.runs)
for why in (
    said.slopes_read(curves, fits, names) if cost else "",
    said.nearest(curves, names, sweep.points) if sweep.at_equal == "nfe" else "",
    readings.headline(curves) if bounds != "none" else "",
):
    if why:
        st.markdown(why)
for sentence in readings.refused(refusals, names):
    st.warning(sentence)
if not any(curves.values()) and not refusals:
    st.info(prose("pages")("no-run"))
floor = readings.floors(curves, sweeps.initialisation(sweep), sweep.metric)
beyond = readings.beyond(sweep.metric, sweep.against, experiment)
notes = (said.rounding(curves, names), floor, cost, beyond)
for note in (*notes, readings.sweep_notes(sweep.runs)):
    if note:
        st.caption(note)

navigation.page_link("discrete", phrase("the-same-curves-for-sequences"))

points, decay, proven, code = st.tabs(
    [phrase("points-and-slopes"), phrase("fits"), phrase("proven-bounds"), "Python"]
)
with points:
    page_chrome.table(tables.slope_table(curves, names, fits), quantity)
    rows = tables.sweep_rows(curves)
    page_chrome.download(
        phrase("download-csv"), page_chrome.to_csv(tables.SWEEP_HEADER, rows), "distances.csv"
    )
with decay:
    page_chrome.table(tables.fit_table(fits, names), phrase("fitted-decay-of-every-curve"))
    st.caption(prose("pages")("fits"))
with proven:
    proofs = {name: sweeps.chosen_theorems(name, "all", experiment) for name in names}
    page_chrome.table(tables.bound_table(proofs, names), phrase("proven-upper-bounds"))
    st.caption(prose("pages")("bounds"))
with code:
    page_chrome.snippet(sweep_snippet(sweep), sweep.experiment, sweep.samplers)
