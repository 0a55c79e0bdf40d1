"""The forward page's own choices, and the figure of p_t with its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from scipy.special import ndtri

from dashboard import page_chrome
from dashboard.experiment.controls import setting
from dashboard.figures.law import colours_end, multiples_figure, space_time_figure
from dashboard.figures.style import is_dark
from dashboard.link.permalink import keep
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.labels import SCHEDULES as LABELS
from dashboard.topics.forward import words as text
from dashboard.topics.forward.figures import level_figure, step_figure
from dashboard.topics.forward.measure import LEVELS, Forward, LineField, noise_map
from dashboard.topics.forward.measure import chains as chains_of
from dashboard.topics.forward.measure import facts as facts_of
from dashboard.topics.forward.page import BESIDE, NAMED, PAGE
from diffusion_core import Experiment
from diffusion_core.distances.of_masses import Distance

phrase = prose("phrases/forward")
say = prose("controls")


@st.fragment
def schedules(experiment: Experiment, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Schedules side by side, and what is promised of them; returns those beside the chosen one."""
    beside, dark = _choose_beside(experiment, values), is_dark()
    keep(PAGE, beside=beside)
    chains, facts = chains_of(experiment, beside), facts_of(experiment)
    bound = facts[0].bound if facts else None
    drawn = {
        "steps": (phrase("steps"), step_figure(chains, LABELS, bound, dark)),
        "levels": (phrase("signal"), level_figure(chains, LABELS, dark)),
    }
    for column, (name, (title, figure)) in zip(st.columns(2), drawn.items(), strict=True):
        alt = text.schedules_alt(chains, LABELS, title)
        page_chrome.plot(column, figure, f"schedules-{name}", alt, f"{PAGE} {name}")
    st.caption(text.capped_notes(chains, LABELS))
    st.markdown(text.promises(facts, experiment.steps))
    return beside


def _choose_beside(experiment: Experiment, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The named schedules to draw beside the chosen one."""
    chosen = st.pills(
        phrase("beside-the-chosen-one-faintly", labels=LABELS[experiment.schedule.kind]),
        NAMED,
        selection_mode="multi",
        format_func=LABELS.__getitem__,
        **setting(PAGE, BESIDE, list(values["beside"])),
        help=say("forward-beside"),
    )
    return tuple(chosen)


def law_figure(shown: Forward, end: Distance | None, dark: bool) -> tuple[Any, str, str]:
    """p_t over time: the figure, what it shows in words, and its caption."""
    field = shown.field
    if isinstance(field, LineField):
        quantiles = dict(zip(LEVELS, np.asarray(field.quantiles).T, strict=True))
        noise = dict(zip(LEVELS, (float(x) for x in ndtri(LEVELS)), strict=True))
        figure = space_time_figure(field.times, field.x, field.density, quantiles, noise, dark)
        alt = text.space_time_alt(field.times, quantiles[0.5], field.tv[-1])
        peak = float(field.density.max())
        return figure, alt, text.space_time_caption(peak, colours_end(field.density, 1))
    times = [t for t, _ in field.pictures]
    pictures = [(f"t = {t:,}", raster) for t, raster in field.pictures]
    pictures.append(("N(0, I)", noise_map(field)))
    figure = multiples_figure(pictures, field.extent, dark)
    peak = max(float(raster.max()) for _, raster in pictures)
    end_of_colours = max(colours_end(raster, 2) for _, raster in pictures)
    alt = in_words(figure, text.multiples_alt(times))
    return figure, alt, text.multiples_caption(peak, end_of_colours)
