"""What more steps do not mend: where the chain starts, and how it is spaced."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import (
    Full,
    Ground,
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
from diffusion_core import Experiment
from diffusion_core.schedules import Cosine, Linear
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")
TV = "TV(q₁, p₁)"
T_AXIS = phrase("number-of-steps-t")

# ---- initialisation

HEUN = preset("three-modes", schedule=Linear(), sampler="heun")
RIGHT = HEUN.with_(start="exact")
LONGER = HEUN.with_(schedule=Linear(0.1, 30.0), steps=1024)
BETAS = ("10", "15", "20", "25", "30")
HEUN_STEPS = (64, 128, 256, 512, 1024)


def _initialisation(lab: Lab) -> Numbers:
    noise = [lab.tv(HEUN.with_(steps=t)) for t in (256, 1024)]
    right = [lab.tv(RIGHT.with_(steps=t)) for t in (256, 1024)]
    return {
        "noise_256": noise[0],
        "noise_1024": noise[1],
        "factor": noise[0] / noise[1],
        "right_256": right[0],
        "right_1024": right[1],
        "factor_right": right[0] / right[1],
        "floor": lab.start(HEUN.with_(steps=1024)),
        "floor_longer": lab.start(LONGER),
        "tv_longer": lab.tv(LONGER),
    }


def _floor_figure(run: Experiment) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        floors = [lab.start(run.with_(steps=t)) for t in HEUN_STEPS]
        curves = [
            measured(phrase("heun-from-n-0-1"), "heun", lab.curve(run, HEUN_STEPS)),
            Curve("TV(p<sub>T</sub>, N(0, 1))", "target", HEUN_STEPS, floors, points=False),
        ]
        return lines(curves, T_AXIS, TV, dark, "xy")

    return draw


def _up_to(beta: str) -> Run:
    """The same with noise that grows to another beta."""
    run = HEUN.with_(schedule=Linear(0.1, float(beta)))

    def numbers(lab: Lab) -> Numbers:
        last = run.with_(steps=1024)
        return {"beta": int(beta), "floor": lab.start(last), "tv": lab.tv(last)}

    return Run(numbers, _floor_figure(run))


def _right_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured(phrase("from-n-0-1"), "heun", lab.curve(HEUN, HEUN_STEPS)),
        measured(phrase("from-p-t"), "output", lab.curve(RIGHT, HEUN_STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _fall(factor: str, first: str) -> Scale:
    """What four times as many steps do."""
    return Scale(
        phrase("by-how-much-tv-falls"),
        lambda n: n[factor],
        (2.0, 8.0),
        "cba",
        (0.5, 32.0),
        lambda n, fall: (1024, n[first] / fall),
    )


LONGER_OVER = Scale(
    phrase("tv-of-the-longer-chain"),
    lambda n: n["tv_longer"] / n["noise_1024"],
    (0.5,),
    "ab",
    (0.001, 2.0),
    log=True,
)
_SWEEP = (("samplers", "heun,ode-taylor"), ("from", "64"), ("to", "1024"))

INITIALISATION = Lesson(
    "initialisation",
    (
        Read("begin"),
        Predict(
            "more",
            _fall("factor", "noise_256"),
            Run(
                _initialisation,
                move=Move(phrase("beta-at-the-end-of"), BETAS, "20", _up_to),
                full=(Full("convergence", HEUN, _SWEEP),),
            ),
        ),
        Predict(
            "exact",
            _fall("factor_right", "right_256"),
            Run(_initialisation, _right_figure, full=(Full("convergence", RIGHT, _SWEEP),)),
        ),
        Predict("longer", LONGER_OVER, Run(_initialisation)),
        Question("first", 3, "b"),
    ),
    (Ground("budget"), Ground("why", "1. Errors add up at most"), Ground("assumptions")),
    ("initialisation", "discretisation", "slope"),
)

# ---- schedules

COSINE = preset("three-modes", schedule=Cosine(), sampler="ode", steps=512)
DDIM = COSINE.with_(sampler="ddim")
SAMPLERS = {
    run.record.label: run
    for run in (DDIM, *(COSINE.with_(sampler=name) for name in ("ddpm", "heun", "dpmpp-2m")))
}
GRID_STEPS = (16, 32, 64, 128, 256, 512)


def _schedules(lab: Lab) -> Numbers:
    return {
        "ode_first": lab.tv(COSINE.with_(steps=16)),
        "ode_last": lab.tv(COSINE),
        "ddim_first": lab.tv(DDIM.with_(steps=16)),
        "ddim_last": lab.tv(DDIM),
        "linear_last": lab.tv(COSINE.with_(schedule=Linear())),
        "stretch": 1 / math.sqrt(COSINE.chain.alpha[512]),
        "beta": float(COSINE.chain.beta[512]),
    }


def _cosine_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    linear = lab.curve(COSINE.with_(schedule=Linear()), GRID_STEPS)
    curves = [
        measured(phrase("ode-cosine"), "cosine", lab.curve(COSINE, GRID_STEPS)),
        measured(phrase("ode-linear"), "linear", linear),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _cosine_with(label: str) -> Run:
    """Another sampler on the cosine schedule, beside the ODE."""
    run = SAMPLERS[label]

    def numbers(lab: Lab) -> Numbers:
        return {"tv": lab.tv(run), "first": lab.tv(run.with_(steps=16))}

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [
            measured(phrase("ode-cosine"), "ode", lab.curve(COSINE, GRID_STEPS)),
            measured(phrase("cosine", label=label), run.record.name, lab.curve(run, GRID_STEPS)),
        ]
        return lines(curves, T_AXIS, TV, dark, "xy")

    return Run(numbers, draw)


def _level(number: str) -> Scale:
    return Scale(TV, lambda n: n[number], (0.05, 0.5), "abc", (1e-3, 1.0), lambda n, tv: (512, tv))


SCHEDULE = Lesson(
    "schedules",
    (
        Read("begin"),
        Predict("cosine", _level("ode_last"), Run(_schedules, _cosine_figure)),
        Predict(
            "ddim",
            _level("ddim_last"),
            Run(
                _schedules,
                move=Move(
                    phrase("beside-the-ode"), tuple(SAMPLERS), DDIM.record.label, _cosine_with
                ),
                full=(Full("failures", COSINE, (("failure", "cosine-ode"),)),),
            ),
        ),
        Question("reason", 3, "b"),
        Question("pair", 3, "c"),
    ),
    (
        Ground("theory", "The setting"),
        Ground("theory", "What is proven", THEOREMS["ddim"][0]),
        Ground("assumptions"),
    ),
    ("schedule", "probability-flow", "sampler"),
)

LESSONS: tuple[Lesson, ...] = (INITIALISATION, SCHEDULE)
