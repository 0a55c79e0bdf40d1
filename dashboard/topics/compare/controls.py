"""Choosing what the panels of a comparison change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard.link.permalink import Setting
from dashboard.link.widget_keys import widget
from dashboard.prose import prose
from dashboard.text.labels import PRESETS as PRESET_LABELS
from dashboard.text.labels import SCHEDULES
from dashboard.topics.compare.page import PAGE
from dashboard.topics.compare.panels import AS_A, Changes, plain_schedules
from diffusion_core import PRESETS, SAMPLERS, Experiment

phrase = prose("phrases/compare")
STEPS = (4, 8, 16, 25, 32, 50, 64, 100, 128, 200, 256, 400, 512, 1000)
STARTS = {"noise": "N(0, I)", "exact": "p_T"}


def choose_changes(panel: str, setting: Setting, given: Changes, base: Experiment) -> Changes:
    """The widgets of one panel; everything is as in A until the reader chooses otherwise."""

    def choose(name: str, label: str, options: Sequence[Any], shown: Callable[[Any], str]) -> Any:
        value = getattr(given, name)
        extra = [value] if value is not None and value not in options else []
        return st.selectbox(
            label,
            [None, *sorted([*options, *extra])] if extra else [None, *options],
            format_func=lambda option: AS_A if option is None else shown(option),
            **widget(f"{PAGE}.{setting.name}.{name}", value),
        )

    presets = [name for name, p in PRESETS.items() if p.target.dim == base.target.dim]
    with st.popover(phrase("panel-differs-in", panel=panel), width="stretch"):
        return Changes(
            sampler=choose(
                "sampler", phrase("sampler"), list(SAMPLERS), lambda n: SAMPLERS[n].label
            ),
            steps=choose("steps", phrase("steps-t"), STEPS, lambda n: f"{n:,}"),
            schedule=choose(
                "schedule", phrase("schedule"), plain_schedules(), SCHEDULES.__getitem__
            ),
            start=choose("start", phrase("start"), list(STARTS), STARTS.__getitem__),
            target=choose("target", phrase("target"), presets, PRESET_LABELS.__getitem__),
        )
