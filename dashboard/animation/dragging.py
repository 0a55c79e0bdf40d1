"""Dragging a number in the player: what it tells the page, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import streamlit as st

from dashboard.animation.ladder import Dial
from dashboard.animation.layers import MOST_COST, score_of
from dashboard.experiment.controls import STEPS
from dashboard.link.widget_keys import KEY, is_fixed
from dashboard.player import Drag
from dashboard.player.run import cost_of
from dashboard.prose import prose
from diffusion_core import Experiment
from diffusion_core.schedules import Custom, Theory
from diffusion_core.scores.closed_form import ClosedForm
from diffusion_core.targets.base import Target
from diffusion_core.targets.forms import Gaussians

phrase = prose("phrases/animation")
LONGEST = 400  # the largest T that is dragged
UPDATES = 2400  # of all runs of a ladder of eta or c0: some 100 kB at most
NORMALS = 4_000_000  # of a run, which the browser keeps
LEAST = 4  # values, or it is not offered
ETAS = tuple(k / 20 for k in range(21))  # those of the slider in the sidebar
C0S = tuple(k / 4 for k in range(2, 25))
SEEDS = 40
HEARD = "the drag that was heard last"
ASKED = "the ladder that was asked for"


def dials(experiment: Experiment, particles: int) -> list[Dial]:
    """What can be dragged of a run that the browser makes.

    p_t, and Y_T ~ p_T, are only remade where the browser knows what they are made of.
    """
    score = score_of(experiment)
    if score is None:
        return []
    found, noise = list[Dial](), experiment.start == "noise"
    known = _is_law(score, experiment.target)
    T, schedule, sampler = experiment.steps, experiment.schedule, experiment.record
    evaluations = MOST_COST / (cost_of(score) * particles)
    longest = min(LONGEST, NORMALS // (experiment.target.dim * particles))
    if longest < T:
        return []
    if noise and known and not isinstance(schedule, Custom):
        steps = [s for s in sorted({*STEPS, T}) if s <= longest and sampler.nfe(s) <= evaluations]
        found.append(Dial("steps", "T", "steps", "steps", tuple(steps), T))
    if sampler.name == "ddim":
        found.append(_dial("eta", "η", "sampler", "eta", ETAS, experiment.eta, T))
    if noise and known and isinstance(schedule, Theory):
        found.append(_dial("c0", "c₀", "schedule", "schedule.theory.c0", C0S, schedule.c0, T))
    if noise:
        first = experiment.seed // SEEDS * SEEDS
        seeds = tuple(range(first, first + SEEDS))
        found.append(Dial("seed", phrase("seed"), "seed", "seed", seeds, experiment.seed))
    return [dial for dial in found if len(dial.values) >= LEAST]


def _is_law(score: ClosedForm, target: Target) -> bool:
    """Whether the score's numbers say p_t, too: those of the target, a mixture of Gaussians."""
    form = target.form
    if score.kind != "gaussians" or not isinstance(form, Gaussians):
        return False
    numbers = score.numbers()
    return all(np.array_equal(numbers[name], own) for name, own in form._asdict().items())


def _dial(
    name: str, label: str, part: str, widget: str, all: Sequence[float], value: float, steps: int
) -> Dial:
    """With fewer values the longer the run."""
    some = all[:: max(1, ceil(len(all) * steps / UPDATES))]
    return Dial(name, label, part, widget, tuple(sorted({*some, value})), value)


def offered(experiment: Experiment, particles: int) -> list[Dial]:
    """What the reader may drag: nothing that a class's link locks or hides."""
    return [d for d in dials(experiment, particles) if not is_fixed(d.part)]


def asked(experiment: Experiment, among: list[Dial]) -> Dial | None:
    """The dial whose ladder the player has asked for, of this very experiment."""
    wanted = st.session_state.get(ASKED)
    return next((dial for dial in among if dial.of(experiment) == wanted), None)


def drag_of(experiment: Experiment, among: list[Dial], ladder: bytes | None) -> Drag:
    """For the player: a drop becomes the value of the widget in the sidebar before the next run."""
    by_name = {dial.name: dial for dial in among}

    def told(sent: Any) -> None:
        dial = by_name.get(sent.get("name"))
        if dial is None:
            return
        st.session_state[ASKED] = dial.of(experiment)
        if "value" not in sent:
            return
        st.session_state[HEARD] = sent.get("id")
        if sent["value"] in dial.values:
            st.session_state[KEY + dial.widget] = type(dial.values[-1])(sent["value"])

    shown = [
        {
            "name": dial.name,
            "label": dial.label,
            "values": dial.values,
            "value": dial.value,
            "of": dial.of(experiment),
        }
        for dial in among
    ]
    return Drag(shown, st.session_state.get(HEARD), told, ladder)
