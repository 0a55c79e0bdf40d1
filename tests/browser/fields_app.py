"""A page with two of the fields that start from a value of ours, for the browser tests."""

import streamlit as st

from dashboard.link.widget_keys import widget

state = st.session_state
state["runs"] = state.get("runs", 0) + 1
exponent = st.number_input("Exponent", value=None, format="%g", **widget("exponent", 4.5))
steps = st.select_slider("Steps", [2, 10, 50, 100], **widget("steps", 50))
st.write(f"{exponent} and {steps} in run {state['runs']}")
