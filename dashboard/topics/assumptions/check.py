"""The assumptions of the theorems about a run, ticked or crossed: a section for any page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.tables import by_column
from dashboard.topics.assumptions import words as text
from dashboard.topics.forward.measure import to_noise
from diffusion_core import Experiment
from diffusion_core.schedules import Theory
from diffusion_core.theory.assumptions import theorems
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/assumptions")
HEADER = ("assumption", "verdict", "finding", "assumed", "theorem")

Checked = list[tuple[Theorem, list[text.Line]]]


def checked(experiment: Experiment) -> Checked:
    """Every theorem about the experiment's sampler with the lines of its assumptions."""
    return [(theorem, text.lines(experiment, theorem)) for theorem in theorems(experiment)]


def section(experiment: Experiment) -> Checked:
    """Draw the assumptions of every theorem about the experiment's sampler; returns them.

    Theorems that assume the same share a frame.
    """
    found = checked(experiment)
    if not found:
        st.info(text.nothing(experiment))
    for assumed in dict.fromkeys((t.needs, t.burn_in) for t, _ in found):
        alike = [(t, lines) for t, lines in found if (t.needs, t.burn_in) == assumed]
        lines = alike[0][1]
        with st.container(border=True):
            for theorem, _ in alike:
                st.markdown(text.heading(theorem))
            st.markdown("\n\n".join(line.markdown for line in lines))
            st.caption(text.verdict(experiment, lines))
    extra = schedule_line(experiment, found)
    if extra:
        st.markdown(extra.markdown)
        st.caption(phrase("li-and-yan-arxiv-2409"))
    st.markdown(text.consequence(experiment, to_noise(experiment, experiment.steps)))
    for note in experiment.chain.notes:
        st.caption(worded(note))
    return found


def schedule_line(experiment: Experiment, found: Checked) -> text.Line | None:
    """What a proof uses of a schedule other than the theory's, unless a theorem says it already."""
    if isinstance(experiment.schedule, Theory) or any("facts" in t.needs for t, _ in found):
        return None
    return text.some_constant(experiment)


def rows(experiment: Experiment, found: Checked) -> list[tuple[Any, ...]]:
    """One row an assumption, for the table and the CSV."""
    listed = [
        (f"{t.source}, arXiv {t.arxiv}, {t.name}", line) for t, lines in found for line in lines
    ]
    extra = schedule_line(experiment, found)
    if extra:
        listed.append(("Li, Yan, arXiv 2409.18959", extra))
    return [(line.name, line.verdict, line.finding, line.assumed, who) for who, line in listed]


def table(found: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return by_column(HEADER, found)
