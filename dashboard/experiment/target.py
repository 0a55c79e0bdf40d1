"""Choosing a target: the gallery, measured data, or the reader's own file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import permutations

import streamlit as st

from dashboard.csv_table.controls import choose_classes, choose_columns, choose_table
from dashboard.csv_table.upload import Rows, Table, standardise
from dashboard.experiment.datasets import (
    PENGUIN_CLASSES,
    PENGUIN_COLUMNS,
    load_penguins,
    penguin_columns,
)
from dashboard.experiment.own_target import choose_drawn, choose_image
from dashboard.gallery import pick_preset
from dashboard.link.axis_names import name_axes
from dashboard.link.lecture import part
from dashboard.link.widget_keys import is_fixed, key, start_value
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.labels import PRESETS as PRESET_LABELS
from dashboard.text.plain import plain, told
from dashboard.text.tables import plain_kind
from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.targets import DEFAULT_1D, DEFAULT_2D, Boxes, Points, Target

phrase = prose("phrases/experiment")
say = prose("controls")
DIGITS = 4  # of a standardised value: enough for data, and short enough for links
BANDWIDTH = 0.1
FAMILIES = {
    "line": phrase("line"),
    "plane": phrase("plane"),
    "data": phrase("data"),
    "draw": phrase("draw"),
    "own": phrase("custom"),
}
SOURCES = {
    "penguins": phrase("palmer-penguins"),
    "file": phrase("my-table"),
    "picture": phrase("my-picture"),
}

_OWN = "own target"
_POINTS = "own points"

Choice = tuple[Target, str | None]


@part("target")
def choose_target(base: Experiment) -> Choice:
    """The target, and its name if it is one of the gallery."""
    if is_fixed("target"):
        name = PRESET_LABELS[base.preset] if base.preset else _described(base.target)
        st.caption(say("target-fixed", target=name))
        return base.target, base.preset
    family = _family_of(base)
    if family == "own":
        st.session_state[_OWN] = base.target, base.preset  # stays on offer beside the others
    known = [f for f in FAMILIES if f != "own" or _OWN in st.session_state]
    chosen = st.segmented_control(
        phrase("target"),
        known,
        format_func=FAMILIES.__getitem__,
        required=True,
        key=key("family", family),
        help=say("target"),
    )
    if chosen == "own":
        own: Choice = st.session_state[_OWN]
        st.caption(say("target-own", target=_described(own[0])))
        return own
    if chosen == "data":
        return _choose_data(base)
    if chosen == "draw":
        return _choose_drawn(base)
    return _choose_preset(base, 1 if chosen == "line" else 2)


def _family_of(base: Experiment) -> str:
    if base.preset is not None:
        return "line" if base.target.dim == 1 else "plane"
    if isinstance(base.target, Boxes) and base.target.dim == 1:
        return "draw"
    return "data" if isinstance(base.target, Points) and base.target.dim <= 2 else "own"


def _described(target: Target) -> str:
    kind = plain_kind(target)
    kind = kind[:1].upper() + kind[1:]
    if target.dim == 1:
        return say("target-line", kind=kind)
    return say("target-dimensions", kind=kind, dim=target.dim)


def _choose_preset(base: Experiment, dim: int) -> Choice:
    names = [name for name, preset in PRESETS.items() if preset.target.dim == dim]
    current = base.preset if base.preset in names else (DEFAULT_1D if dim == 1 else DEFAULT_2D)
    listed = key(f"preset {dim}", current)
    name = st.selectbox(
        phrase("law-on-the-line") if dim == 1 else phrase("law-in-the-plane"),
        names,
        format_func=PRESET_LABELS.__getitem__,
        key=listed,
    )

    def picked(name: str) -> None:
        st.session_state[listed] = name

    with st.popover(phrase("choose-by-picture"), width="stretch"):
        pick_preset(dim, name, f"gallery {dim}", picked)
    st.caption(spoken(PRESETS[name].description).replace("_0", "₀").replace("_t", "ₜ"))
    return PRESETS[name].target, name


def _choose_data(base: Experiment) -> Choice:
    own = base.target if isinstance(base.target, Points) and base.preset is None else None
    columns = penguins_in(own) if own else PENGUIN_COLUMNS
    if own and not columns:
        st.session_state[_POINTS] = own  # comes back where the reader looks at other data first
    source = st.selectbox(
        phrase("data"),
        list(SOURCES),
        format_func=SOURCES.__getitem__,
        key=key("source", "penguins" if columns else "file"),
    )
    table = None
    try:
        if source == "picture":
            if picture := choose_image():
                return picture, None
            st.info(say("image-none"))
            return base.target, base.preset
        table = (
            _penguins(columns or PENGUIN_COLUMNS, own) if source == "penguins" else choose_table()
        )
    except InputError as error:
        st.error(f"{told(error)}.")
    if table is None:
        own = st.session_state.get(_POINTS) if source == "file" else own
        if own is None:
            st.info(say("data-none"))
            return base.target, base.preset
        st.caption(_in_use(own))
        return _smoothed(own), None
    points, shift, scale = _points(table)
    _tell_units(table, shift, scale)
    given = BANDWIDTH if own is None else own.bandwidth
    chosen = Points(points, given, table.labels)
    name_axes(chosen, table.columns)
    return _smoothed(chosen), None


def _in_use(points: Points) -> str:
    n = len(points.points)
    return say("data-point") if n == 1 else say("data-points", points=f"{n:,}")


def _choose_drawn(base: Experiment) -> Choice:
    drawn = choose_drawn(base)
    if drawn is None:
        st.info(say("drawn-none"))
        return base.target, base.preset
    return (_smoothed(drawn) if isinstance(drawn, Points) else drawn), None


def _points(table: Table) -> tuple[Rows, tuple[float, ...], tuple[float, ...]]:
    """Standardised and rounded, with shift and scale."""
    points, shift, scale = standardise(table.rows)
    return tuple(tuple(round(v, DIGITS) for v in row) for row in points), shift, scale


@lru_cache(maxsize=64)
def penguins_in(points: Points) -> tuple[str, ...]:
    """The columns of the penguins that these points are, if they are: a link holds points only."""
    names = penguin_columns()
    for columns in permutations(names, points.dim) if points.dim <= 2 else ():
        if _penguin_points(columns) == points.points:
            return columns
    return ()


@lru_cache
def _penguin_points(columns: tuple[str, ...]) -> Rows:
    return _points(load_penguins(columns))[0]


def _smoothed(points: Points) -> Points:
    width = st.slider(
        phrase("bandwidth"),
        0.0,
        max(1.0, start_value("bandwidth", points.bandwidth)),
        step=0.01,
        key=key("bandwidth", points.bandwidth),
        help=say("bandwidth"),
    )
    return replace(points, bandwidth=float(width))


def _tell_units(table: Table, shift: tuple[float, ...], scale: tuple[float, ...]) -> None:
    units = "; ".join(
        say("data-constant", column=plain(name), zero=f"{zero:,.5g}")
        if all(row[j] == zero for row in table.rows)
        else say("data-unit", column=plain(name), zero=f"{zero:,.5g}", one=f"{one:,.4g}")
        for j, (name, zero, one) in enumerate(zip(table.columns, shift, scale, strict=True))
    )
    n = len(table.rows)
    told = [say("data-row") if n == 1 else say("data-rows", rows=f"{n:,}")]
    if table.dropped:
        told.append(say("data-dropped", dropped=f"{table.dropped:,}"))
    st.caption(" ".join([*told, say("data-units", units=units)]))


def _penguins(first: Sequence[str], own: Points | None) -> Table | None:
    given = PENGUIN_CLASSES if own and own.labels else None
    classes = choose_classes("penguins", [PENGUIN_CLASSES], given)
    return choose_columns(
        "penguins", penguin_columns(), first, lambda names: load_penguins(names, classes)
    )
