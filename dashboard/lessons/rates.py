"""How fast errors fall: log factors, bounds, and what a second order costs."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import Full, Guess, Lesson, Numbers, Predict, Question, Read, Run
from diffusion_core.schedules import Linear, Theory

TV = "TV(q₁, p₁)"
T_AXIS = "number of steps T"

# ---- rates

STEPS = (64, 128, 256, 512, 1024)
THEORY = preset("three-modes", schedule=Theory(), sampler="ode")
LINEAR = THEORY.with_(schedule=Linear())


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


def _rates_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured("theory's schedule", "theory", lab.curve(THEORY, STEPS)),
        measured("linear schedule", "linear", lab.curve(LINEAR, STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _rates_first(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [measured("theory's schedule", "theory", lab.curve(THEORY, STEPS))]
    return lines(curves, T_AXIS, TV, dark, "xy")


def nearest_factor(factor: float) -> str:
    """a: clearly less than 2; b: about 2; c: clearly more."""
    return "a" if factor < 1.85 else "b" if factor <= 2.2 else "c"


RATES = Lesson(
    "rates",
    (
        Read("begin"),
        Guess(
            "double",
            1.0,
            4.0,
            "factor",
            Run(
                _rates,
                _rates_first,
                full=(Full("convergence", THEORY, (("from", "64"), ("to", "1024"))),),
            ),
        ),
        Read("logs"),
        Predict(
            "linear",
            3,
            lambda n: nearest_factor(n["factor_linear"]),
            Run(
                _rates,
                _rates_figure,
                full=(Full("convergence", LINEAR, (("from", "64"), ("to", "1024"))),),
            ),
        ),
        Question("slope", 3, "b"),
        Question("trust", 3, "c"),
    ),
)

LESSONS: tuple[Lesson, ...] = (RATES,)
