"""The project's own ground truth, run in front of the reader."""

from functools import partial

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import (
    choose_sampler,
    choose_schedule,
    choose_steps,
    described,
    setting,
    start_controls,
)
from dashboard.experiment.target import choose_target
from dashboard.exports.snippets import verification_snippet
from dashboard.link.permalink import open_link
from dashboard.link.widget_keys import button
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.verified import checks as verified_checks
from dashboard.topics.verified.page import FAULT, PAGE
from dashboard.topics.verified.versions import versions
from diffusion_core.verification import FAULTS

phrase = prose("phrases/verified")

navigation.require()
state = open_link(PAGE)
say, code = prose(PAGE.name), versions()
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
fault = st.selectbox(
    phrase("put-a-fault-in"),
    list(FAULTS),
    format_func=lambda name: spoken(FAULTS[name].label),
    **setting(PAGE, FAULT, state.values["fault"]),
    help=say("fault"),
    on_change=verified_checks.stop,
)
with st.sidebar:
    st.caption(phrase("your-experiment-which-some-checks"))
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    sampler = choose_sampler(state.experiment)
    steps = choose_steps(state.experiment, schedule)
    changes = {"steps": steps, **sampler}
    experiment = described(state.experiment, target, schedule, **changes)
    page_chrome.link_and_file(PAGE, experiment, {"fault": fault}, notice)

board = verified_checks.Board(experiment, fault, code["sources"])
with st.container(horizontal=True):
    button(st, phrase("run-all-checks"), verified_checks.ask, (board.checks,), type="primary")
    for group, checks in board.groups.items():
        button(
            st, spoken(group), verified_checks.ask, (checks,), help=phrase("run-the-checks-of-this")
        )
status, total, table = st.empty(), st.empty(), st.empty()
verified_checks.show(board, total, table)
if board.done:
    csv = page_chrome.to_csv(verified_checks.HEADER, verified_checks.rows(board))
    page_chrome.download(phrase("download-csv"), csv, "verified.csv")

for group, checks in board.groups.items():
    st.header(spoken(group))
    for check in checks:
        result = board.result(check)
        sign = f"{verified_checks.SIGNS[result.holds]} " if result else ""
        with st.expander(sign + spoken(check.title)):
            st.markdown(verified_checks.about(check))
            if result and result.reason:
                st.info(verified_checks.why(result))
            if result and result.parts:
                page_chrome.table(
                    verified_checks.parts(result),
                    phrase("comparisons-of", title=spoken(check.title)),
                )
            name = f"run {check.name}"
            button(st, phrase("run-this-check"), verified_checks.ask, ([check],), key=name)

st.header(phrase("everything"))
st.markdown(say("suite"))
st.code("make test", language="sh")
st.caption(say("versions", **code))
page_chrome.snippet(verification_snippet(experiment, fault))

if verified_checks.work(board, status, partial(verified_checks.show, board, total, table)):
    st.rerun()
