"""A Streamlit app for scale: a slider, 30 ms of work and a small chart, and nothing else."""

import time

import streamlit as st

st.title("Bare")
steps = st.select_slider("Steps T", [2 * n for n in range(4, 201)], 100, key="control: steps")
begun = time.thread_time()
while time.thread_time() - begun < 0.03:
    pass
st.line_chart([steps / n for n in range(1, 500)])
