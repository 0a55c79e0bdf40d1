"""From noising to measuring: what the forward chain does, the score, particles and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.figures import Curve, lines
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import (
    Full,
    Guess,
    Lesson,
    Numbers,
    Predict,
    Question,
    Read,
    Run,
)
from diffusion_core import PRESETS, Experiment
from diffusion_core.schedules import Array, Cosine, Linear, Theory


def preset(name: str, **choices: Any) -> Experiment:
    """An experiment on a target of the gallery."""
    return Experiment(target=PRESETS[name].target, preset=name, **choices)


# ---- noising

LONG = preset("three-modes", schedule=Linear(), steps=1000)
TIMES = (1, *range(25, 1001, 25))
NOISED = {
    "linear": LONG,
    "cosine": LONG.with_(schedule=Cosine()),
    "theory": LONG.with_(schedule=Theory()),
}
NOISE_NAMES = {"linear": "linear", "cosine": "cosine", "theory": "theory's schedule"}


def half_time(times: tuple[int, ...], distances: Array) -> float:
    """The share of the chain after which half of the first distance is gone, in per cent."""
    level = distances[0] / 2
    after = int(np.argmax(distances <= level))
    t = np.interp(level, distances[after - 1 : after + 1][::-1], times[after - 1 : after + 1][::-1])
    return float(100 * t / times[-1])


def _noising(lab: Lab) -> Numbers:
    found = {name: lab.to_noise(run, TIMES) for name, run in NOISED.items()}
    numbers = {f"half_{name}": half_time(TIMES, tv) for name, tv in found.items()}
    tv = found["linear"]
    numbers |= {"tv_first": tv[0], "tv_last": tv[-1], "tv_end": tv[TIMES.index(750)]}
    return numbers | {"signal_half": float(np.sqrt(LONG.chain.abar[500]))}


def _noising_figure(*names: str) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [
            Curve(NOISE_NAMES[n], n, TIMES, lab.to_noise(NOISED[n], TIMES), points=False)
            for n in names
        ]
        return lines(curves, "t, from data to noise", "TV(p<sub>t</sub>, N(0, 1))", dark)

    return draw


def later(found: Numbers) -> str:
    """Whether cosine keeps the data longer than linear: a shorter, b the same, c longer."""
    gap = found["half_cosine"] - found["half_linear"]
    return "b" if abs(gap) < 2 else "c" if gap > 0 else "a"


NOISING = Lesson(
    "noising",
    (
        Read("begin"),
        Guess(
            "half",
            1.0,
            100.0,
            "half_linear",
            Run(_noising, _noising_figure("linear"), full=(Full("forward", LONG),)),
            within=1.25,
        ),
        Predict("cosine", 3, later, Run(_noising, _noising_figure(*NOISED))),
        Question("signal", 3, "c"),
        Question("why", 3, "b"),
    ),
)

LESSONS: tuple[Lesson, ...] = (NOISING,)
