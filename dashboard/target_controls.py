"""Choosing a target: the gallery, measured data, or the reader's own file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.cells import MAX_BYTES, MAX_ROWS
from dashboard.datasets import PENGUIN_COLUMNS, load_penguins, penguin_columns
from dashboard.keys import KEY, key
from dashboard.upload import Table, numeric_columns, parse_table, standardise
from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.targets import DEFAULT_1D, DEFAULT_2D, Points, Target

DIGITS = 4  # of a standardised value: enough for data, and short enough for links
BANDWIDTH = 0.1
FAMILIES = {"line": "Line", "plane": "Plane", "data": "Data", "own": "Custom"}
SOURCES = {"penguins": "Palmer penguins", "file": "My file"}

Choice = tuple[Target, str | None]


def choose_target(base: Experiment) -> Choice:
    """The target, and its name if it is one of the gallery."""
    family = _family_of(base)
    known = [f for f in FAMILIES if f != "own" or family == "own"]
    chosen = st.segmented_control(
        "Target",
        known,
        format_func=FAMILIES.__getitem__,
        required=True,
        key=key("family", family),
        help="The law that the sampler should produce. On the line, laws and distances are exact.",
    )
    if chosen == "own":
        st.caption(f"{_described(base.target)}, from the link or file.")
        return base.target, base.preset
    if chosen == "data":
        return _choose_data(base)
    return _choose_preset(base, 1 if chosen == "line" else 2)


def _family_of(base: Experiment) -> str:
    if base.preset is not None:
        return "line" if base.target.dim == 1 else "plane"
    return "data" if isinstance(base.target, Points) and base.target.dim <= 2 else "own"


def _described(target: Target) -> str:
    kind = target.kind.replace("_", " ").capitalize()
    return f"{kind} in {target.dim} dimension{'s' if target.dim > 1 else ''}"


def _choose_preset(base: Experiment, dim: int) -> Choice:
    names = [name for name, preset in PRESETS.items() if preset.target.dim == dim]
    current = base.preset if base.preset in names else (DEFAULT_1D if dim == 1 else DEFAULT_2D)
    name = st.selectbox(
        "Law on the line" if dim == 1 else "Law in the plane",
        names,
        format_func=lambda option: PRESETS[option].label,
        key=key(f"preset {dim}", current),
    )
    st.caption(PRESETS[name].description.replace("_0", "₀").replace("_t", "ₜ"))
    return PRESETS[name].target, name


def _choose_data(base: Experiment) -> Choice:
    own = base.target if isinstance(base.target, Points) and base.preset is None else None
    source = st.selectbox(
        "Data",
        list(SOURCES),
        format_func=SOURCES.__getitem__,
        key=key("source", "penguins" if own is None else "file"),
    )
    try:
        table = _penguins() if source == "penguins" else _file()
    except InputError as error:
        st.error(f"{error}.")
        table = None
    if table is None:
        if own is None:
            st.info("Until a file is chosen, the target stays as it was.")
            return base.target, base.preset
        st.caption(f"In use: {len(own.points):,} points, in their own standardised units.")
        return _smoothed(own), None
    points, shift, scale = standardise(table.rows)
    rounded = tuple(tuple(round(v, DIGITS) for v in row) for row in points)
    _tell_units(table, shift, scale)
    given = BANDWIDTH if own is None else own.bandwidth
    return _smoothed(Points(rounded, given)), None


def _smoothed(points: Points) -> Points:
    width = st.slider(
        "Bandwidth",
        0.0,
        1.0,
        step=0.01,
        key=key("bandwidth", points.bandwidth),
        help="Each point becomes a Gaussian of this standard deviation, so the score stays exact. "
        "At 0 the target is the points themselves.",
    )
    return replace(points, bandwidth=float(width))


def _tell_units(table: Table, shift: tuple[float, ...], scale: tuple[float, ...]) -> None:
    units = "; ".join(
        f"{name}: 0 is {zero:,.5g}, 1 is {one:,.4g} more"
        for name, zero, one in zip(table.columns, shift, scale, strict=True)
    )
    dropped = f" {table.dropped:,} without a value were left out." if table.dropped else ""
    st.caption(f"{len(table.rows):,} rows.{dropped} Axes are standardised ({units}).")


def _penguins() -> Table | None:
    return _columns("penguins", penguin_columns(), PENGUIN_COLUMNS, load_penguins)


def _file() -> Table | None:
    upload = st.file_uploader(
        "A table of numbers: CSV with one or two columns",
        key=f"{KEY}file",
        help=f"Up to {MAX_ROWS:,} rows and {MAX_BYTES / 1e6:g} MB, with or without a header; tabs, "
        "semicolons, bars, commas or blanks between the columns. It is read in memory only.",
    )
    if upload is None:
        return None
    data, name = upload.getvalue(), upload.name
    found = numeric_columns(data, name)
    drop = st.toggle("Leave out rows without a value", key=key("drop", False))
    return _columns(
        f"file {name}", found, found[:2], lambda chosen: parse_table(data, name, chosen, drop)
    )


def _columns(
    name: str, found: list[str], first: tuple[str, ...] | list[str], load: Callable[..., Table]
) -> Table | None:
    """The table of the one or two columns that the reader chooses."""
    if len(found) == 1:
        return load(found)
    chosen = st.multiselect(
        "Columns", found, max_selections=2, key=key(f"columns of {name}", list(first))
    )
    if not chosen:
        st.info("Choose one or two columns.")
        return None
    return load(chosen)
