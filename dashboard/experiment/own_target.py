"""Targets of the reader's own hand: a curve or points drawn, and a picture as a density."""

from __future__ import annotations

import streamlit as st

from dashboard.link.widget_keys import KEY, key
from dashboard.picture_target.density import SIZES, density, image_cells
from dashboard.picture_target.file import MAX_IMAGE_BYTES, MAX_PIXELS
from dashboard.picture_target.kinds import READ
from dashboard.picture_target.words import what_may_be_wrong, what_was_read
from dashboard.prose import prose
from dashboard.sketch import sketch_line, sketch_plane
from dashboard.text.plain import told
from diffusion_core import Experiment, InputError
from diffusion_core.targets import Boxes, Points, Target

phrase = prose("phrases/experiment")
say = prose("controls")
MOST_DRAWN = 500
SHADES = ("dark", "light")
MOST_BACKGROUND = 95  # per cent of black, or of white where light is mass
CANVASES = {"line": phrase("a-curve"), "plane": phrase("points")}


def choose_drawn(base: Experiment) -> Target | None:
    """What the reader has drawn; None while the pad is empty."""
    own: Target | None = base.target if base.preset is None else None
    canvas = st.segmented_control(
        phrase("draw"),
        list(CANVASES),
        format_func=CANVASES.__getitem__,
        required=True,
        key=key("canvas", "plane" if base.target.dim == 2 else "line"),
        help=say("drawn"),
    )
    kept = f"drawn: {canvas}"  # comes back where the reader looks at other targets first
    drawn: Target | None
    if canvas == "line":
        bars = own if isinstance(own, Boxes) and own.dim == 1 else st.session_state.get(kept)
        drawn = sketch_line(bars, "sketch on the line")
    else:
        few = isinstance(own, Points) and own.dim == 2 and len(own.points) <= MOST_DRAWN
        points = own if isinstance(own, Points) and few else st.session_state.get(kept)
        drawn = sketch_plane(points, "sketch in the plane")
    st.session_state[kept] = drawn
    return drawn


def choose_image() -> Boxes | None:
    """An uploaded picture as a density; None until there is one that can be read."""
    upload = st.file_uploader(
        phrase("a-picture"),
        key=f"{KEY}picture",
        help=say(
            "image",
            formats=READ,
            size=f"{MAX_IMAGE_BYTES / 1e6:g}",
            pixels=f"{MAX_PIXELS / 1e6:g}",
        ),
    )
    left, right = st.columns(2)
    size = left.selectbox(phrase("cells-a-side"), SIZES, key=key("picture cells", 32))
    mass = right.segmented_control(
        phrase("mass-is-what-is"),
        SHADES,
        required=True,
        key=key("picture mass", SHADES[0]),
        help=say("image-mass"),
    )
    background = st.slider(
        phrase("background-to-take-away"),
        0,
        MOST_BACKGROUND,
        format="%d %%",
        key=key("picture background", 0),
        help=say("image-background"),
    )
    if upload is None:
        return None
    try:
        return _density(upload.getvalue(), upload.name, size, mass == SHADES[0], background / 100)
    except InputError as error:
        st.error(f"{told(error)}.")
        return None


def _density(data: bytes, name: str, size: int, dark: bool, background: float) -> Boxes:
    cells = image_cells(data, name, size)
    made = density(cells, name, dark, background)
    st.caption(what_was_read(cells, made, dark, background))
    if hint := what_may_be_wrong(made, dark):
        st.info(hint)
    return made.boxes
