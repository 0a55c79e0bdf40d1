"""Bounds against measurement: how steep each is, and by how much a shape comes out too high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.compute import cached
from dashboard.compute.sweeps import Sweep, touching
from dashboard.exports.snippets import sweep_snippet
from dashboard.figures.convergence import rate_text
from dashboard.link.permalink import keep
from dashboard.link.widget_keys import key
from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.topics.theory.cards import place_in_chain, term_table
from dashboard.topics.theory.page import PAGE, PLACES
from diffusion_core import Experiment, Measurement
from diffusion_core.theory.assumptions import theorems
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/theory")
STEPS = (16, 32, 64, 128, 256, 512)
DASHES = ("dot", "dashdot", "longdash")
_say = prose("theory")


@st.fragment
def terms(experiment: Experiment, value: int) -> int:
    """The sampler's terms somewhere in the chain: how far from noise to data, in percent."""
    steps = experiment.steps
    at = st.select_slider(
        phrase("where-in-the-chain"),
        PLACES,
        format_func=lambda percent: f"t = {place_in_chain(steps, percent):,}",
        key=key(f"{PAGE}.at", value),
    )
    st.markdown(term_table(experiment, place_in_chain(steps, at)))
    keep(PAGE, at=int(at))
    return int(at)


def measured(experiment: Experiment, place: Any) -> tuple[list[Measurement], str]:
    """TV(q_1, p_1) at T = 16..512; and why the first one that is refused is."""
    found: list[Measurement] = []
    runs = [experiment.with_(steps=steps, score_error=None) for steps in STEPS]
    for outcome in cached.all_distances(runs, place):
        if isinstance(outcome, str):
            return found, outcome
        found.append(outcome)
    return found, ""


@dataclass(frozen=True)
class Looseness:
    """A proven shape beside a measured curve, over the last two of its points."""

    theorem: Theorem
    slope: float
    bound_slope: float
    above: float

    @property
    def top(self) -> float:
        """The T until which (log T)^k T^{-r} grows: e^{k/r}."""
        return math.exp(self.theorem.log_power / self.theorem.power)


def looseness(theorem: Theorem, curve: Sequence[Measurement]) -> Looseness:
    a, b = curve[-2], curve[-1]
    shape = touching(theorem, curve)
    width = math.log(b.steps / a.steps)
    return Looseness(
        theorem,
        math.log(b.value / a.value) / width,
        math.log(shape(b.steps) / shape(a.steps)) / width,
        shape(b.steps) / b.value,
    )


def reading(experiment: Experiment, curve: Sequence[Measurement]) -> str:
    """Measured slope, every bound's slope, and by how much it comes out too high."""
    a, b = curve[-2], curve[-1]
    proven = theorems(experiment)
    said = [_bound(looseness(theorem, curve), curve) for theorem in proven]
    slope = math.log(b.value / a.value) / math.log(b.steps / a.steps)
    return _say(
        "measured-reading",
        before=a.steps,
        last=b.steps,
        slope=signed(slope),
        bounds=" ".join(said),
    )


def _bound(found: Looseness, curve: Sequence[Measurement]) -> str:
    theorem, first, last = found.theorem, curve[0].steps, curve[-1].steps
    shape = rate_text(theorem.power, theorem.log_power)
    common = {
        "shape": shape,
        "arxiv": theorem.arxiv,
        "bound": signed(found.bound_slope),
        "last": last,
        "above": rounded(found.above, 2),
    }
    grows = ""
    if found.top > first:
        grows = _say("bound-grows", top=round(found.top), shape=shape)
    said = _say("bound-reading", grows=grows, **common)
    start = math.ceil(theorem.below_one)
    return f"{said} {_say('bound-vacuous', **{'from': f'{start:,}'})}" if start > 1 else said


def tell_apart(figure: go.Figure) -> go.Figure:
    """A copy with the shapes of several bounds each with a dash of its own."""
    figure = go.Figure(figure)
    bounds = [trace for trace in figure.data if "upper bound" in trace.name]
    for trace, dash in zip(bounds, DASHES, strict=False):
        trace.line.dash = dash
    return figure


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def table(experiment: Experiment, curve: Sequence[Measurement]) -> dict[str, list[Any]]:
    """Every measured point, its slope, and each shape where it touches them from above."""
    slopes = [""] + [
        f"{math.log(b.value / a.value) / math.log(b.steps / a.steps):+.3f}"
        for a, b in pairwise(curve)
    ]
    found: dict[str, list[Any]] = {
        "T": [m.steps for m in curve],
        "TV(q₁, p₁), measured": [rounded(m.value, 4) for m in curve],
        "slope": slopes,
    }
    for theorem in theorems(experiment):
        shape = touching(theorem, curve)
        name = f"{rate_text(theorem.power, theorem.log_power)}, arXiv {theorem.arxiv}"
        found[name] = [rounded(shape(m.steps), 4) for m in curve]
    return found


def snippet(experiment: Experiment) -> str:
    """The measured curve with the library alone."""
    exact = experiment.with_(score_error=None)
    return sweep_snippet(Sweep(exact, (exact.called,), STEPS, "steps", "tv", "exact", 0, "p1"))
