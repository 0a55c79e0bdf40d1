"""What the columns of a reader's table are called: names of axes, in the link beside the points.

They belong to the points that were read with them. Other targets keep x, or x₁ and x₂.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from urllib.parse import unquote

import streamlit as st

from dashboard.prose import prose
from diffusion_core import InputError
from diffusion_core.targets import Points, Target

phrase = prose("phrases/link")
AXES = "axes"
LONGEST = 60  # characters of a name
_OF = "points that the axes are named for"


def read(text: str) -> tuple[str, ...]:
    """The names in a link; InputError where there are none."""
    names = tuple(unquote(part).strip() for part in text.split(","))
    if len(names) > 2 or any(not 0 < len(n) <= LONGEST or not n.isprintable() for n in names):
        raise InputError(
            phrase("one-or-two-names-of", axes=AXES, longest=LONGEST, text=repr(text[:40]))
        )
    return names


def write(names: Sequence[str]) -> str:
    """For a link: a comma in a name is told from one between two."""
    return ",".join(name.replace("%", "%25").replace(",", "%2C") for name in names)


def name_axes(target: Target, names: Sequence[str]) -> None:
    """The axes of this target have these names from now on; InputError where that cannot be."""
    if not isinstance(target, Points) or len(names) != target.dim:
        raise InputError(phrase("one-name-for-each-column", axes=AXES))
    st.session_state[AXES] = tuple(name[:LONGEST] for name in names)
    st.session_state[_OF] = _points(target)


def axis_names(target: Target) -> tuple[str, ...]:
    """The names of the target's columns; none where it is no table of the reader's."""
    points = _points(target)
    named = points is not None and st.session_state.get(_OF) == points
    return st.session_state.get(AXES, ()) if named else ()


def axis_titles(target: Target) -> tuple[str, ...]:
    """What the axes say: the points are drawn in standardised units."""
    return tuple(phrase("standardised", name=name) for name in axis_names(target))


def _points(target: Target) -> Hashable:
    """What is named: the points, whatever their bandwidth."""
    return target.points if isinstance(target, Points) else None
