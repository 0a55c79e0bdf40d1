"""What a score that is not the law's own does: one that is nearly right, and one too right."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import lines, measured
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
from diffusion_core.schedules import Array, Linear
from diffusion_core.scores.errors import WaveError
from diffusion_core.scores.learned import Empirical, Learned, training_points
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")
TV = "TV(q₁, p₁)"
T_AXIS = phrase("number-of-steps-t")

# ---- score error

RIPPLE = WaveError(size=0.1, frequency=20.0)
SWELL = WaveError(size=0.1, frequency=1.0)
FREQUENCIES = ("1", "3", "10", "20")
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


def _harm(clean: str, wrong: str) -> Scale:
    """Next to nothing, clearly worse, or most of the mass elsewhere."""
    return Scale(
        phrase("tv-q1-p1-with-the"),
        lambda n: n[wrong],
        lambda n: (1.2 * n[clean], 0.8),
        "abc",
        (0.0, 1.0),
    )


SMOOTHER = Scale(
    phrase("tv-with-the-long-wave"),
    lambda n: n["ode_smooth"] / n["ode_rough"],
    (0.9,),
    "ab",
    (0.0, 1.5),
)


def _waves(frequency: str) -> Run:
    """The ODE with a wave of another frequency, of the same size."""
    run = CLEAN.with_(score_error=WaveError(size=0.1, frequency=float(frequency)))

    def numbers(lab: Lab) -> Numbers:
        size, jacobi = lab.score_sizes(run)
        return {"frequency": int(frequency), "tv": lab.tv(run), "size": size, "jacobi": jacobi}

    chains = (
        (phrase("exact-score"), CLEAN),
        (phrase("waves-of-frequency", frequency=frequency), run),
    )
    return Run(numbers, chains=chains)


SCORE_ERROR = Lesson(
    "score-error",
    (
        Read("begin"),
        Predict(
            "ode",
            _harm("ode", "ode_rough"),
            Run(
                _score_error,
                move=Move(phrase("frequency-of-the-waves"), FREQUENCIES, "20", _waves),
                full=(Full("trajectories", ROUGH),),
            ),
        ),
        Predict(
            "ddpm",
            _harm("ddpm", "ddpm_rough"),
            Run(
                _score_error,
                chains=(
                    (phrase("exact-score"), CLEAN_DDPM),
                    (phrase("score-with-ripples"), ROUGH_DDPM),
                ),
                full=(Full("trajectories", ROUGH_DDPM),),
            ),
        ),
        Predict(
            "smooth",
            SMOOTHER,
            Run(_score_error, chains=((phrase("long-wave"), SMOOTH), ("ripples", ROUGH))),
        ),
        Question("loss", 3, "b"),
    ),
    (
        Ground("theory", "What is proven", THEOREMS["ode"][0]),
        Ground("theory", "What is proven", THEOREMS["ddpm"][0]),
        Ground("assumptions"),
    ),
    ("score", "jacobian-condition", "contraction"),
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


def _over(name: str, first: str, second: str, order: str, *cuts: float) -> Scale:
    """A ratio of two numbers, drawn at T = 200."""
    return Scale(
        name,
        lambda n: n[first] / n[second],
        cuts,
        order,
        (0.1, 3.0),
        lambda n, ratio: (200, n[second] * ratio),
    )


CHANGE = _over(phrase("tv-at-t-200-over"), "copy_200", "copy_50", "abc", 0.5, 1.1)
WORSE = _over(phrase("learned-over-exact-at-t"), "learned_200", "copy_200", "ba", 1.0)
_TRUE = (phrase("exact-score-of-the-law"), TRUE, "target")
_COPY = (phrase("exact-score-of-the-50"), COPY, "output")
_LEARNED = (phrase("learned-from-the-50-samples"), LEARNED, "second")


def _from_samples(samples: str) -> Run:
    run = TRUE.with_(score_error=Empirical(samples=int(samples)))

    def numbers(lab: Lab) -> Numbers:
        found = {f"tv_{t}": lab.tv(run.with_(steps=t)) for t in (50, 200)}
        return {"samples": int(samples)} | found

    label = phrase("exact-score-of-the-samples", samples=samples)
    picture = _memory_figure(_TRUE, (label, run, "output"))
    return Run(numbers, picture, chains=((phrase("score-of-the-samples", samples=samples), run),))


MEMORISATION = Lesson(
    "memorisation",
    (
        Read("begin"),
        Predict(
            "steps",
            CHANGE,
            Run(
                _memorisation,
                move=Move(
                    phrase("samples"), ("20", "50", "100", "200"), str(SAMPLES), _from_samples
                ),
                full=(Full("trajectories", COPY),),
            ),
        ),
        Predict("learned", WORSE, Run(_memorisation, _memory_figure(_TRUE, _COPY, _LEARNED))),
        Question("loss", 3, "c"),
        Question("check", 3, "b"),
    ),
    (Ground("learned_score"), Ground("assumptions")),
    ("score", "atoms", "exact-law"),
)

LESSONS: tuple[Lesson, ...] = (SCORE_ERROR, MEMORISATION)
