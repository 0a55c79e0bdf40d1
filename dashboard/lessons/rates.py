"""How fast errors fall: log factors, bounds, and what a second order costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import Full, Guess, Lesson, Numbers, Predict, Question, Read, Run
from diffusion_core import Experiment
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.schedules import Linear, Theory

TV = "TV(q₁, p₁)"
T_AXIS = "number of steps T"

# ---- rates

STEPS = (64, 128, 256, 512, 1024)
THEORY = preset("three-modes", schedule=Theory(), sampler="ode")
LINEAR = THEORY.with_(schedule=Linear())
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
                full=(Full("convergence", THEORY, _ALL_SWEEP),),
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
                full=(Full("convergence", LINEAR, _ALL_SWEEP),),
            ),
        ),
        Question("slope", 3, "b"),
        Question("trust", 3, "c"),
    ),
)

# ---- bounds

DDPM = LINEAR.with_(sampler="ddpm")
FAST, FREE = (LINEAR.with_(sampler=name) for name in ("ddpm-covariance", "ddpm-accelerated"))
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


def _bounds_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    found = lab.curve(DDPM, BOUND_STEPS)
    first = found[0].value
    shapes = [
        Curve(
            label,
            mark,
            BOUND_STEPS,
            [first * (t / BOUND_STEPS[0]) ** -r for t in BOUND_STEPS],
            False,
        )
        for label, mark, r in (("shape of 1/√T", "third", 0.5), ("shape of 1/T", "fourth", 1.0))
    ]
    return lines([measured("DDPM, measured", "ddpm", found), *shapes], T_AXIS, TV, dark, "xy")


def _fast_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured("DDPM", "ddpm", lab.curve(DDPM, BOUND_STEPS)),
        measured("accelerated DDPM", "ddpm-covariance", lab.curve(FAST, BOUND_STEPS)),
        measured("training-free", "ddpm-accelerated", lab.curve(FREE, BOUND_STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def nearest_slope(slope: float) -> str:
    """a: about -1/2; b: about -1; c: about -2."""
    return "a" if slope > -0.75 else "b" if slope > -1.5 else "c"


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
            3,
            lambda n: nearest_slope(n["slope"]),
            Run(_bounds, _bounds_figure, full=(Full("convergence", DDPM, _DDPM_SWEEP),)),
        ),
        Read("why"),
        Predict(
            "gain",
            3,
            lambda n: "a" if n["gain"] < 1.5 else "b" if n["gain"] < 8 else "c",
            Run(_bounds, _fast_figure),
        ),
        Question("says", 3, "b"),
        Question("report", 3, "c"),
    ),
)

# ---- acceleration

SECOND = THEORY.with_(sampler="ode-accelerated")
DPM = THEORY.with_(sampler="dpmpp-2m")
BUDGETS = (8, 16, 32, 64, 128, 256)


def spending(run: Experiment, evaluations: int) -> Experiment:
    """The run with the largest T that so many score evaluations pay for."""
    return run.with_(steps=run.record.steps_for(evaluations))


def _acceleration(lab: Lab) -> Numbers:
    numbers = {
        f"{name}_{n}": lab.tv(spending(run, n))
        for name, run in (("ode", THEORY), ("second", SECOND), ("dpm", DPM))
        for n in (16, 256)
    }
    for name, run in (("ode", spending(THEORY, 16)), ("second", spending(SECOND, 16))):
        numbers[f"steps_{name}"] = run.steps
        numbers[f"beta_{name}"] = float(run.chain.beta[run.steps])
        numbers[f"far_{name}"] = float(np.median(np.abs(lab.final(run, 2000))))
    data = THEORY.target.sample(2000, np.random.default_rng(0))
    numbers["far_data"] = float(np.median(np.abs(data)))
    return numbers | {"gain": numbers["ode_256"] / numbers["second_256"]}


def _acceleration_figure(*runs: tuple[str, Experiment]) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [
            measured(
                label, run.record.name, [lab.measured(spending(run, n)) for n in BUDGETS], "nfe"
            )
            for label, run in runs
        ]
        return lines(curves, "score evaluations", TV, dark, "xy")

    return draw


PAIR = (("ODE", THEORY), ("training-free accelerated ODE", SECOND))


def closer(first: float, second: float) -> str:
    """a: the first is clearly closer; b: the second is; c: within five per cent."""
    ratio = first / second
    return "c" if 0.95 < ratio < 1.05 else "a" if ratio < 1 else "b"


_NFE_SWEEP = (
    ("samplers", "ode,ode-accelerated,dpmpp-2m"),
    ("axis", "nfe"),
    ("from", "8"),
    ("to", "256"),
)

ACCELERATION = Lesson(
    "acceleration",
    (
        Read("begin"),
        Predict(
            "few",
            3,
            lambda n: closer(n["second_16"], n["ode_16"]),
            Run(
                _acceleration,
                _acceleration_figure(*PAIR),
                full=(Full("convergence", THEORY, _NFE_SWEEP),),
            ),
        ),
        Guess(
            "many", 0.1, 30.0, "gain", Run(_acceleration, _acceleration_figure(*PAIR)), within=1.3
        ),
        Predict(
            "dpm",
            2,
            lambda n: "a" if n["dpm_16"] > min(n["ode_16"], n["second_16"]) else "b",
            Run(_acceleration, _acceleration_figure(*PAIR, ("DPM-Solver++(2M)", DPM))),
        ),
        Question("cost", 3, "c"),
    ),
)

LESSONS: tuple[Lesson, ...] = (RATES, BOUNDS, ACCELERATION)
