"""The project's own ground truth, run in front of the reader."""

from functools import partial

import streamlit as st

from dashboard import frame, navigation, verified
from dashboard.controls import (
    choose_sampler,
    choose_schedule,
    choose_steps,
    described,
    setting,
    start_controls,
)
from dashboard.permalink import choice, open_link
from dashboard.prose import prose
from dashboard.target_controls import choose_target
from dashboard.text.snippets import verification_snippet
from dashboard.versions import versions
from diffusion_core.verification import FAULTS

PAGE = "verified"
FAULT = choice("fault", "none", tuple(FAULTS))

navigation.require()
state = open_link(PAGE, [FAULT])
say, code = prose(PAGE), versions()
st.title("Verified")
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
fault = st.selectbox(
    "Put a fault in",
    list(FAULTS),
    format_func=lambda name: FAULTS[name].label,
    **setting(PAGE, FAULT, state.values["fault"]),
    help=say("fault"),
    on_change=verified.stop,
)
with st.sidebar:
    st.caption("Your experiment, which some checks are run on")
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    sampler, eta = choose_sampler(state.experiment)
    steps = choose_steps(state.experiment, schedule)
    changes = {"sampler": sampler, "eta": eta, "steps": steps}
    experiment = described(state.experiment, target, schedule, **changes)
    frame.link_and_file(PAGE, [FAULT], experiment, {"fault": fault}, notice)

board = verified.Board(experiment, fault, code["sources"])
with st.container(horizontal=True):
    st.button("Run all checks", type="primary", on_click=verified.ask, args=(board.checks,))
    for group, checks in board.groups.items():
        st.button(group, on_click=verified.ask, args=(checks,), help="Run the checks of this group")
status, total, table = st.empty(), st.empty(), st.empty()
verified.show(board, total, table)
if board.done:
    csv = frame.to_csv(verified.HEADER, verified.rows(board))
    frame.download("Download (CSV)", csv, "verified.csv")

for group, checks in board.groups.items():
    st.subheader(group)
    for check in checks:
        result = board.result(check)
        sign = f"{verified.SIGNS[result.holds]} " if result else ""
        with st.expander(sign + check.title):
            st.markdown(verified.about(check))
            if result and result.reason:
                st.info(verified.why(result))
            if result and result.parts:
                frame.table(verified.parts(result), f"Comparisons of: {check.title}")
            st.button(
                "Run this check", key=f"run {check.name}", on_click=verified.ask, args=([check],)
            )

st.subheader("Everything")
st.markdown(say("suite"))
st.code("make test", language="sh")
st.caption(say("versions", **code))
frame.snippet(verification_snippet(experiment, fault))

if verified.work(board, status, partial(verified.show, board, total, table)):
    st.rerun()
