"""What a second order costs, in evaluations of the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.figures import lines, measured
from dashboard.lessons.lab import Lab
from dashboard.lessons.rates import OTHERS, THEORY, TV
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
from diffusion_core import Experiment
from diffusion_core.schedules import Schedule, Theory
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")
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
        return lines(curves, phrase("score-evaluations"), TV, dark, "xy")

    return draw


def _pair(schedule: Schedule) -> tuple[tuple[str, Experiment], ...]:
    runs = (("ODE", THEORY), (phrase("training-free-accelerated-ode"), SECOND))
    return tuple((label, run.with_(schedule=schedule)) for label, run in runs)


PAIR = _pair(Theory())
GRIDS: Mapping[str, Schedule] = {"theory's schedule": Theory()} | dict(OTHERS)


def _paid_on(name: str) -> Run:
    pair = _pair(GRIDS[name])

    def numbers(lab: Lab) -> Numbers:
        found = {n: [lab.tv(spending(run, n)) for _, run in pair] for n in (16, 256)}
        return {"gain_few": found[16][0] / found[16][1], "gain": found[256][0] / found[256][1]}

    return Run(numbers, _acceleration_figure(*pair))


_NFE_SWEEP = (
    ("samplers", "ode,ode-accelerated,dpmpp-2m"),
    ("axis", "nfe"),
    ("from", "8"),
    ("to", "256"),
)
FEW = Scale(
    phrase("accelerated-over-plain-at-16"),
    lambda n: n["second_16"] / n["ode_16"],
    (0.95, 1.05),
    "acb",
    (0.2, 5.0),
    lambda n, ratio: (16, n["ode_16"] * ratio),
)
BEST = Scale(
    phrase("dpm-solver-over-the-better"),
    lambda n: n["dpm_16"] / min(n["ode_16"], n["second_16"]),
    (1.0,),
    "ba",
    (0.01, 10.0),
    lambda n, ratio: (16, min(n["ode_16"], n["second_16"]) * ratio),
)
ACCELERATION = Lesson(
    "acceleration",
    (
        Read("begin"),
        Predict(
            "few",
            FEW,
            Run(
                _acceleration,
                move=Move(phrase("schedule"), tuple(GRIDS), next(iter(GRIDS)), _paid_on),
                full=(Full("convergence", THEORY, _NFE_SWEEP),),
            ),
        ),
        Guess(
            "many",
            0.1,
            30.0,
            "gain",
            Run(_acceleration, _acceleration_figure(*PAIR)),
            within=1.3,
            at=lambda n, gain: (256, n["ode_256"] / gain),
        ),
        Predict(
            "dpm",
            BEST,
            Run(_acceleration, _acceleration_figure(*PAIR, ("DPM-Solver++(2M)", DPM))),
        ),
        Question("cost", 3, "c"),
    ),
    (
        Ground("theory", "What is proven", THEOREMS["ode-accelerated"][0]),
        Ground("theory", "What is proven", THEOREMS["ode"][0]),
        Ground("why", "2. One step errs by a power of its size"),
    ),
    ("nfe", "order", "training-free"),
)
