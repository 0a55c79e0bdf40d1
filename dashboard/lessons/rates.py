"""How fast errors fall: log factors, and what a proven bound says about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import (
    Full,
    Ground,
    Guess,
    Lesson,
    Move,
    Numbers,
    Predict,
    Question,
    Read,
    Run,
    Scale,
)
from dashboard.prose import prose
from diffusion_core import PRESETS, Experiment
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.schedules import Constant, Linear, LogSNR, Schedule, Sigmoid, Theory
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")
TV = "TV(q₁, p₁)"
T_AXIS = phrase("number-of-steps-t")

# ---- rates

STEPS = (64, 128, 256, 512, 1024)
THEORY = preset("three-modes", schedule=Theory(), sampler="ode")
LINEAR = THEORY.with_(schedule=Linear())
OTHERS: Mapping[str, Schedule] = {
    "linear": Linear(),
    "sigmoid": Sigmoid(),
    "constant": Constant(),
    "even in log-SNR": LogSNR(),
}
_ALL_SWEEP = (("samplers", ",".join(PAPER_SAMPLERS)), ("from", "64"), ("to", "1024"))


def _rates(lab: Lab) -> Numbers:
    theory = [lab.tv(THEORY.with_(steps=t)) for t in (512, 1024)]
    linear = [lab.tv(LINEAR.with_(steps=t)) for t in (512, 1024)]
    return {
        "theory_512": theory[0],
        "theory_1024": theory[1],
        "factor": theory[0] / theory[1],
        "form": 2 * (math.log(512) / math.log(1024)) ** 2,
        "linear_512": linear[0],
        "linear_1024": linear[1],
        "factor_linear": linear[0] / linear[1],
        "slope": lab.slope(THEORY, 128, 1024),
        "slope_linear": lab.slope(LINEAR, 128, 1024),
    }


def _rates_figure(name: str = "") -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [measured(phrase("theorys-schedule"), "theory", lab.curve(THEORY, STEPS))]
        if name:
            run = THEORY.with_(schedule=OTHERS[name])
            curves.append(measured(name, run.schedule.kind, lab.curve(run, STEPS)))
        return lines(curves, T_AXIS, TV, dark, "xy")

    return draw


def _on(name: str) -> Run:
    run = THEORY.with_(schedule=OTHERS[name])

    def numbers(lab: Lab) -> Numbers:
        found = [lab.tv(run.with_(steps=t)) for t in (512, 1024)]
        return {"factor": found[0] / found[1], "slope": lab.slope(run, 128, 1024)}

    return Run(numbers, _rates_figure(name))


FACTOR = Scale(
    phrase("by-how-much-tv-falls"),
    lambda n: n["factor_linear"],
    (1.85, 2.2),
    "abc",
    (1.0, 4.0),
    lambda n, factor: (1024, n["linear_512"] / factor),
)
RATES = Lesson(
    "rates",
    (
        Read("begin"),
        Guess(
            "double",
            1.0,
            4.0,
            "factor",
            Run(_rates, _rates_figure(), full=(Full("convergence", THEORY, _ALL_SWEEP),)),
            at=lambda n, factor: (1024, n["theory_512"] / factor),
        ),
        Read("logs"),
        Predict(
            "linear",
            FACTOR,
            Run(
                _rates,
                move=Move(phrase("schedule"), tuple(OTHERS), "linear", _on),
                full=(Full("convergence", LINEAR, _ALL_SWEEP),),
            ),
        ),
        Question("slope", 3, "b"),
        Question("trust", 3, "c"),
    ),
    (
        Ground("theory", "What is proven", THEOREMS["ode"][0]),
        Ground("theory", "The setting"),
        Ground("why", "3. T steps together, and the logarithms"),
    ),
    ("slope", "log-factor", "upper-bound"),
)

# ---- bounds

DDPM = LINEAR.with_(sampler="ddpm")
FAST, FREE = (LINEAR.with_(sampler=name) for name in ("ddpm-covariance", "ddpm-accelerated"))
TARGETS = {
    PRESETS[name].label: name for name in ("three-modes", "two-modes", "skewed", "claw", "uniform")
}
BOUND_STEPS = (32, 64, 128, 256, 512)


def _bounds(lab: Lab) -> Numbers:
    plain, fast, free = (lab.tv(run.with_(steps=256)) for run in (DDPM, FAST, FREE))
    return {
        "slope": lab.slope(DDPM, 128, 512),
        "slope_theory": lab.slope(DDPM.with_(schedule=Theory()), 128, 512),
        "tv_first": lab.tv(DDPM.with_(steps=32)),
        "tv_last": lab.tv(DDPM.with_(steps=512)),
        "plain": plain,
        "fast": fast,
        "gain": plain / fast,
        "fast_slope": lab.slope(FAST, 128, 512),
        "free": free,
        "gain_free": plain / free,
        "free_slope": lab.slope(FREE, 128, 512),
    }


def _bounds_figure(run: Experiment) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        found = lab.curve(run, BOUND_STEPS)
        shapes = [
            Curve(label, mark, BOUND_STEPS, _above([m.value for m in found], r), False)
            for label, mark, r in (
                (phrase("shape-of-1-roott"), "third", 0.5),
                (phrase("shape-of-1-t"), "fourth", 1.0),
            )
        ]
        return lines(
            [measured(phrase("ddpm-measured"), "ddpm", found), *shapes], T_AXIS, TV, dark, "xy"
        )

    return draw


def _above(values: Sequence[float], r: float) -> list[float]:
    """C T^{-r} with the least C that leaves none of the values above it."""
    least = max(v * t**r for v, t in zip(values, BOUND_STEPS, strict=True))
    return [least * t**-r for t in BOUND_STEPS]


def _for_target(label: str) -> Run:
    run = preset(TARGETS[label], schedule=Linear(), sampler="ddpm")

    def numbers(lab: Lab) -> Numbers:
        return {"slope": lab.slope(run, 128, 512), "tv": lab.tv(run.with_(steps=512))}

    return Run(numbers, _bounds_figure(run))


def _fast_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured("DDPM", "ddpm", lab.curve(DDPM, BOUND_STEPS)),
        measured(phrase("accelerated-ddpm"), "ddpm-covariance", lab.curve(FAST, BOUND_STEPS)),
        measured("training-free", "ddpm-accelerated", lab.curve(FREE, BOUND_STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


SLOPE = Scale(
    "slope",
    lambda n: n["slope"],
    (-1.5, -0.75),
    "cba",
    (-2.5, 0.0),
    lambda n, slope: (512, n["tv_last"] * 4 ** (slope - n["slope"])),
)
GAIN = Scale(
    phrase("how-many-times-smaller"),
    lambda n: n["gain"],
    (1.5, 8.0),
    "abc",
    (1.0, 50.0),
    lambda n, gain: (256, n["plain"] / gain),
)
_DDPM_SWEEP = (
    ("samplers", "ddpm,ddpm-covariance,ddpm-accelerated"),
    ("from", "32"),
    ("to", "512"),
    ("bounds", "all"),
)

BOUNDS = Lesson(
    "bounds",
    (
        Read("begin"),
        Predict(
            "slope",
            SLOPE,
            Run(
                _bounds,
                move=Move(phrase("target"), tuple(TARGETS), next(iter(TARGETS)), _for_target),
                full=(Full("convergence", DDPM, _DDPM_SWEEP),),
            ),
        ),
        Read("why"),
        Predict("gain", GAIN, Run(_bounds, _fast_figure)),
        Question("says", 3, "b"),
        Question("report", 3, "c"),
    ),
    (
        *(Ground("theory", "What is proven", theorem) for theorem in THEOREMS["ddpm"]),
        Ground("theory", "What is proven", THEOREMS["ddpm-covariance"][0]),
        Ground("why", "4. Why DDPM's first bound was 1/√T"),
    ),
    ("upper-bound", "burn-in", "kl", "pinsker"),
)

LESSONS: tuple[Lesson, ...] = (RATES, BOUNDS)
