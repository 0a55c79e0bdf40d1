"""The Diffusion Convergence Lab: page config and navigation."""

import streamlit as st

st.set_page_config(page_title="Diffusion Convergence Lab", page_icon="〽", layout="wide")
st.navigation(
    [
        st.Page("pages/trajectories.py", title="Reverse trajectories", default=True),
        st.Page("pages/convergence.py", title="Distance against T"),
    ],
    position="top",
).run()
