"""Choose where a chain ends and how its points are spread; see what the error makes of it."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import choose_sampler, choose_start, described, start_controls
from dashboard.experiment.target import choose_target
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.link.widget_keys import button
from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.readings import sentence
from dashboard.topics.schedule_design import few, tables
from dashboard.topics.schedule_design import measure as design
from dashboard.topics.schedule_design import words as text
from dashboard.topics.schedule_design.controls import (
    begin_as_linked,
    choose_elsewhere,
    choose_ends,
    choose_grid,
    choose_length,
    put_on_sliders,
    stay_here,
    straighten,
)
from dashboard.topics.schedule_design.figures import axis_figure, comparison_figure, transfer_figure
from dashboard.topics.schedule_design.page import NONE, PAGE
from dashboard.topics.schedule_design.snippets import design_snippet
from diffusion_core.studies.schedule_search import Optimum

phrase = prose("phrases/schedule_design")

navigation.require()
state = open_link(PAGE)
values, dark = dict(state.values), is_dark()
st.title(PAGE.title)
st.markdown(text.INTRO)
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    sampler = choose_sampler(state.experiment)
    start = choose_start(state.experiment)
    experiment = described(
        state.experiment, target, state.experiment.schedule, start=start, **sampler
    )
    values["T"] = choose_length(values, experiment)
    foot = st.container()
if reason := design.refusal(experiment, values["T"]):
    st.info(f"{sentence(worded(reason))} {text.BELOW}")
    values |= few.section(experiment, None, values)
    with foot:
        page_chrome.link_and_file(PAGE, experiment, values, notice)
    st.stop()

status, words, place, axis = (st.empty() for _ in range(4))
ends = choose_ends(values)
st.caption(text.ENDS)
shape, bend = choose_grid(values, ends)
values |= {"high": int(ends.high), "low": int(ends.low), "shape": shape, "bend": bend}
task = design.Task.of(experiment, ends, values["T"])
begin_as_linked(state.fresh, values, task)

columns = st.columns(4)
for column, (kind, label) in zip(columns, design.KINDS.items(), strict=False):
    button(column, label, design.want, (kind, task), type="primary")
button(columns[2], phrase("no-bend"), straighten)
rows = design.grid_rows({"yours": design.yours(task, shape, bend)}, status)
nfe = experiment.record.nfe(task.steps)
if not design.named_are_known(task):
    words.markdown(text.comparison(rows, nfe))
found = {}
for kind in design.KINDS:
    outcome = design.searched(kind, task, status)
    if outcome is not None:
        found[kind] = outcome
        if not isinstance(outcome, str):
            rows += design.grid_rows({kind: outcome.experiment}, status)
values["found"] = tuple(found) or (NONE,)
best, designed = found.get("least"), tuple(rows)

grids = design.grids_shown(task, shape, designed)
page_chrome.plot(axis, axis_figure(grids, dark), "grids", text.axis_alt(grids, task.steps), "grids")
rows += design.named_rows(task, status)
words.markdown(text.reading(rows, found, nfe))
figure = comparison_figure(rows, experiment.sampler, dark)
page_chrome.plot(place, figure, "grids-compared", text.comparison_alt(rows), "grids compared")
st.caption(text.alone(rows))
for column, row in zip(st.columns(3), designed, strict=False):
    with column:
        navigation.open_button(phrase("use-everywhere", label=row.label), row.run)

if isinstance(best, Optimum):
    button(columns[3], phrase("bend-as-found"), put_on_sliders, (best.base, best.bend))
    st.header(phrase("does-it-transfer"))
    values["elsewhere"], values["there"] = choose_elsewhere(values, task)
    moved = design.transfer(task, best, values["elsewhere"], status)
    there = {}
    for row in moved:
        if row.name == values["there"]:
            known = design.found("least", row.task, status, stay_here, "there")
            there |= {} if isinstance(known, str) else {row.name: known.found.value}
    here = design.origin(task, values["elsewhere"])
    figure = transfer_figure(moved, there, here, dark)
    page_chrome.plot(st, figure, "grid-moved", text.transfer_alt(moved), "grid moved")
    st.markdown(text.transferred(moved, here, values["elsewhere"], there))
    st.caption(text.left_out(task, values["elsewhere"]))
    page_chrome.table(tables.transfer_table(moved, there), phrase("the-least-error-grid-elsewhere"))
values |= few.section(experiment, ends, values)
with foot:
    page_chrome.link_and_file(PAGE, experiment, values, notice)

numbers, code = st.tabs([phrase("numbers"), "Python"])
with numbers:
    page_chrome.table(tables.grid_table(rows), phrase("every-grid-and-its-distances"))
    page_chrome.download(
        phrase("download-csv"),
        page_chrome.to_csv(tables.HEADER, tables.csv_rows(rows)),
        "grids.csv",
    )
with code:
    asked = list(found), values["elsewhere"], values["few"]
    page_chrome.snippet(design_snippet(task, shape, bend, *asked))
