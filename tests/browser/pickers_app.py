"""A page with the gallery and the sketch pads in its sidebar, for the browser tests.

?show=gallery-1|gallery-2|line|plane; the buttons set ``current`` from outside, as a link does.
"""

import streamlit as st

from dashboard.gallery import pick_preset
from dashboard.sketch import sketch_line, sketch_plane
from diffusion_core.targets import Boxes, Points

show = st.query_params.get("show", "gallery-1")
state = st.session_state
state["runs"] = state.get("runs", 0) + 1
OUTSIDE = {
    "gallery-1": "claw",
    "gallery-2": "spiral",
    "line": Boxes((0.5, 0.5), ((-1.5,), (0.0,)), ((0.0,), (1.5,))),
    "plane": Points(((1.0, 1.0), (-1.0, 0.5), (4.0, 0.0)), 0.2),
}
if st.button("From outside"):
    state["current"] = OUTSIDE[show]
if st.button("Empty"):
    state["current"] = None
page = st.radio("Page", ["pickers", "other"], horizontal=True)
current = state.get("current")
with st.sidebar:
    if page == "pickers":
        if show.startswith("gallery"):
            value = pick_preset(int(show[-1]), current or "", key="gallery")
        else:
            value = (sketch_line if show == "line" else sketch_plane)(current, key="sketch")
        state["current"] = value
st.write(f"runs: {state['runs']}")
st.write(f"value: {state.get('current')!r}")
