"""What more steps do not mend: where the chain starts, how it is spaced, and the score."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.order import ORDER
from dashboard.lessons.structure import Full, Lesson, Numbers, Predict, Question, Read, Run
from diffusion_core import Experiment
from diffusion_core.schedules import Array, Cosine, Linear
from diffusion_core.scores.errors import WaveError
from diffusion_core.scores.learned import Empirical, Learned, training_points

TV = "TV(q₁, p₁)"
T_AXIS = "number of steps T"

# ---- initialisation

HEUN = preset("three-modes", schedule=Linear(), sampler="heun")
RIGHT = HEUN.with_(start="exact")
LONGER = HEUN.with_(schedule=Linear(0.1, 30.0), steps=1024)
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


def _floor_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    floors = [lab.start(HEUN.with_(steps=t)) for t in HEUN_STEPS]
    curves = [
        measured("Heun, from N(0, 1)", "heun", lab.curve(HEUN, HEUN_STEPS)),
        Curve("TV(p<sub>T</sub>, N(0, 1))", "target", HEUN_STEPS, floors, points=False),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _right_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured("from N(0, 1)", "heun", lab.curve(HEUN, HEUN_STEPS)),
        measured("from p<sub>T</sub>", "output", lab.curve(RIGHT, HEUN_STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def fall(factor: float) -> str:
    """What four times as many steps did: a about 16, b about 4, c next to nothing."""
    return "a" if factor > 8 else "b" if factor > 2 else "c"


_SWEEP = (("samplers", "heun,ode-taylor"), ("from", "64"), ("to", "1024"))

INITIALISATION = Lesson(
    "initialisation",
    (
        Read("begin"),
        Predict(
            "more",
            3,
            lambda n: fall(n["factor"]),
            Run(_initialisation, _floor_figure, full=(Full("convergence", HEUN, _SWEEP),)),
        ),
        Predict(
            "exact",
            3,
            lambda n: fall(n["factor_right"]),
            Run(_initialisation, _right_figure, full=(Full("convergence", RIGHT, _SWEEP),)),
        ),
        Predict(
            "longer",
            2,
            lambda n: "a" if n["tv_longer"] < n["noise_1024"] / 2 else "b",
            Run(_initialisation),
        ),
        Question("first", 3, "b"),
    ),
)

# ---- schedules

COSINE = preset("three-modes", schedule=Cosine(), sampler="ode", steps=512)
DDIM = COSINE.with_(sampler="ddim")
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
        measured("ODE, cosine", "cosine", lab.curve(COSINE, GRID_STEPS)),
        measured("ODE, linear", "linear", linear),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _ddim_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured("ODE, cosine", "ode", lab.curve(COSINE, GRID_STEPS)),
        measured("DDIM, cosine", "ddim", lab.curve(DDIM, GRID_STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def level(tv: float) -> str:
    """a: small; b: visible; c: most of the mass is elsewhere."""
    return "a" if tv < 0.05 else "b" if tv < 0.5 else "c"


SCHEDULE = Lesson(
    "schedules",
    (
        Read("begin"),
        Predict("cosine", 3, lambda n: level(n["ode_last"]), Run(_schedules, _cosine_figure)),
        Predict(
            "ddim",
            3,
            lambda n: level(n["ddim_last"]),
            Run(
                _schedules,
                _ddim_figure,
                full=(Full("failures", COSINE, (("failure", "cosine-ode"),)),),
            ),
        ),
        Question("reason", 3, "b"),
        Question("pair", 3, "c"),
    ),
)

# ---- score error

RIPPLE = WaveError(size=0.1, frequency=20.0)
SWELL = WaveError(size=0.1, frequency=1.0)
CLEAN = preset("three-modes", schedule=Linear(), sampler="ode", steps=100)
CLEAN_DDPM = CLEAN.with_(sampler="ddpm")
ROUGH, ROUGH_DDPM = (run.with_(score_error=RIPPLE) for run in (CLEAN, CLEAN_DDPM))
SMOOTH, SMOOTH_DDPM = (run.with_(score_error=SWELL) for run in (CLEAN, CLEAN_DDPM))


def _score_error(lab: Lab) -> Numbers:
    numbers = {"ode": lab.tv(CLEAN), "ddpm": lab.tv(CLEAN_DDPM)}
    numbers |= {"ode_rough": lab.tv(ROUGH), "ddpm_rough": lab.tv(ROUGH_DDPM)}
    numbers |= {"ode_smooth": lab.tv(SMOOTH), "ddpm_smooth": lab.tv(SMOOTH_DDPM)}
    numbers["size_rough"], numbers["jacobi_rough"] = lab.score_sizes(ROUGH)
    numbers["size_smooth"], numbers["jacobi_smooth"] = lab.score_sizes(SMOOTH)
    return numbers


def harm(clean: float, wrong: float) -> str:
    """a: next to nothing; b: clearly worse; c: most of the mass is elsewhere."""
    return "c" if wrong > 0.8 else "b" if wrong > 1.2 * clean else "a"


SCORE_ERROR = Lesson(
    "score-error",
    (
        Read("begin"),
        Predict(
            "ode",
            3,
            lambda n: harm(n["ode"], n["ode_rough"]),
            Run(
                _score_error,
                chains=(("exact score", CLEAN), ("score with ripples", ROUGH)),
                full=(Full("trajectories", ROUGH),),
            ),
        ),
        Predict(
            "ddpm",
            3,
            lambda n: harm(n["ddpm"], n["ddpm_rough"]),
            Run(
                _score_error,
                chains=(("exact score", CLEAN_DDPM), ("score with ripples", ROUGH_DDPM)),
                full=(Full("trajectories", ROUGH_DDPM),),
            ),
        ),
        Predict(
            "smooth",
            2,
            lambda n: "a" if n["ode_smooth"] < 0.9 * n["ode_rough"] else "b",
            Run(_score_error, chains=(("long wave", SMOOTH), ("ripples", ROUGH))),
        ),
        Question("loss", 3, "b"),
    ),
)

# ---- memorisation

SAMPLES, MANY, NEAR = 50, 2000, 0.02
TRUE = preset("three-modes", schedule=Linear(), sampler="ddpm", steps=200)
COPY = TRUE.with_(score_error=Empirical(samples=SAMPLES))
LEARNED = TRUE.with_(score_error=Learned(samples=SAMPLES))


def near_share(y: Array, data: Array) -> float:
    """The share of y that is within ``NEAR`` of a training point."""
    return float((np.abs(y[:, None] - data).min(axis=1) < NEAR).mean())


def _memorisation(lab: Lab) -> Numbers:
    data = training_points(Empirical(samples=SAMPLES), TRUE.target)[:, 0]
    numbers = {}
    for name, run in (("true", TRUE), ("copy", COPY), ("learned", LEARNED)):
        numbers[f"{name}_50"] = lab.tv(run.with_(steps=50))
        numbers[f"{name}_200"] = lab.tv(run)
        numbers[f"near_{name}"] = near_share(lab.final(run, MANY), data)
    return numbers


def _memory_figure(*runs: tuple[str, Experiment, str]) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [measured(label, mark, lab.curve(run, (50, 200))) for label, run, mark in runs]
        return lines(curves, T_AXIS, TV, dark, "xy")

    return draw


def change(before: float, after: float) -> str:
    """a: at least halved; b: about the same, or a little better; c: grown."""
    return "a" if after < before / 2 else "c" if after > 1.1 * before else "b"


_TRUE = ("exact score of the law", TRUE, "target")
_COPY = ("exact score of the 50 samples", COPY, "output")
_LEARNED = ("learned from the 50 samples", LEARNED, "second")

MEMORISATION = Lesson(
    "memorisation",
    (
        Read("begin"),
        Predict(
            "steps",
            3,
            lambda n: change(n["copy_50"], n["copy_200"]),
            Run(
                _memorisation,
                _memory_figure(_TRUE, _COPY),
                chains=(("score of the 50 samples", COPY),),
                full=(Full("trajectories", COPY),),
            ),
        ),
        Predict(
            "learned",
            2,
            lambda n: "a" if n["learned_200"] > n["copy_200"] else "b",
            Run(_memorisation, _memory_figure(_TRUE, _COPY, _LEARNED)),
        ),
        Question("loss", 3, "c"),
        Question("check", 3, "b"),
    ),
)

LESSONS: tuple[Lesson, ...] = (INITIALISATION, SCHEDULE, ORDER, SCORE_ERROR, MEMORISATION)
