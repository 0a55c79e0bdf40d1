"""The picker of presets: a group of radio buttons with pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.figures.marks import TARGET, css_colours
from dashboard.gallery.thumbnails import HEIGHT, SIDE, WIDTH, thumbnails
from dashboard.javascript import script
from dashboard.link.component_value import choose, hold
from dashboard.link.widget_keys import mounted
from dashboard.prose import prose
from diffusion_core.targets import DEFAULT_1D, DEFAULT_2D

phrase = prose("phrases/gallery")
FOLDER = Path(__file__).parent
LABELS = {1: phrase("law-on-the-line"), 2: phrase("law-in-the-plane")}
DEFAULTS = {1: DEFAULT_1D, 2: DEFAULT_2D}

_mount = st.components.v2.component(
    "preset_gallery",
    html='<div class="gallery"></div>',
    css=css_colours(".gallery", {"--gallery-law": TARGET})
    + (FOLDER / "gallery.css").read_text(encoding="utf-8"),
    js=script(FOLDER / "gallery.js"),
)


def pick_preset(
    dim: int, current: str, key: str, tell: Callable[[str], None] = lambda name: None
) -> str:
    """The name of the preset in use: the reader's choice, or ``current`` where it has changed.

    dim: 1 or 2, the dimension of the laws on offer.
    current: what the page shows; a name of another dimension stands for the default one.
    key: names the picker; what it holds is forgotten by ``dashboard.link.widget_keys.forget``.
    tell: called with the name that the reader chooses, before the page's script runs.
    """
    pictures = thumbnails(dim)
    names = {picture["name"] for picture in pictures}
    held = hold(key, current if current in names else DEFAULTS[dim])

    def picked(name: str) -> None:
        if name in names:
            choose(key, name)
            tell(name)

    data = {
        "label": LABELS[dim],
        "current": held.value,
        "size": (WIDTH, HEIGHT) if dim == 1 else (SIDE, SIDE),
        "items": pictures,
    }
    mounted(_mount, f"{key} gallery", "picked", picked, data)
    return str(held.value)
