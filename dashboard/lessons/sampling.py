"""What samplers do to particles and to laws, and what particles can tell about a law."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, lines
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
from diffusion_core.schedules import Array, Index, Linear, Theory
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")

# ---- sampling

_OTHERS = (("c", "sampler.ode-taylor"), ("d", "sampler.ddpm-covariance"))
ODE = preset("three-modes", schedule=Linear(), sampler="ode", steps=200)
DDPM, HEUN = ODE.with_(sampler="ddpm"), ODE.with_(sampler="heun")
MODES = np.array([-1.5, 0.3, 1.8])
MANY, DRAWN = 2000, 500
BY_END = ("particles", "target", "output", "histogram", "ends")
PLACES = (("left", "first"), ("middle", "second"), ("right", "third"))
OTHERS = {run.record.label: run for run in (DDPM, HEUN, ODE.with_(sampler="dpmpp-2m"))}


def mode_of(y: Array) -> Index:
    """The number of the nearest mode."""
    return np.abs(y[:, None] - MODES).argmin(axis=1)


def _same(lab: Lab, other: Experiment) -> float:
    """The share of particles that end in the same mode as with the ODE."""
    ends = (mode_of(lab.final(run, MANY)) for run in (ODE, other))
    return float(np.equal(*ends).mean())


def _sampling(lab: Lab) -> Numbers:
    share = _same(lab, DDPM)
    shares = [np.bincount(mode_of(lab.final(run, MANY)), minlength=3) / MANY for run in (ODE, DDPM)]
    return {
        "same_ddpm": share,
        "same_heun": _same(lab, HEUN),
        "error": float(np.sqrt(share * (1 - share) / MANY)),
        "chance": float(shares[0] @ shares[1]),
        "tv_ode": lab.tv(ODE),
        "tv_ddpm": lab.tv(DDPM),
        "tv_both": lab.tv(ODE) + lab.tv(DDPM),
    }


def _ends_figure(run: Experiment) -> Any:
    """Where particles end by where they start, marked by the mode that the ODE takes them to."""

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        start, end = lab.begun(run, MANY)[:DRAWN], lab.final(run, MANY)[:DRAWN]
        by_ode = mode_of(lab.final(ODE, MANY)[:DRAWN])
        groups = [
            Curve(phrase("the-odes", name=name), mark, start[by_ode == i], end[by_ode == i])
            for i, (name, mark) in enumerate(PLACES)
        ]
        figure, alt = lines(
            groups, phrase("start-y-t"), phrase("end-y1", label=run.record.label), dark
        )
        for trace, symbol in zip(figure.data, ("circle", "triangle-up", "square"), strict=True):
            trace.update(mode="markers", marker={"symbol": symbol, "size": 6, "opacity": 0.7})
        return figure, alt

    return draw


def _other(label: str) -> Run:
    run = OTHERS[label]

    def numbers(lab: Lab) -> Numbers:
        return {"same": _same(lab, run)}

    chains = (("ODE", ODE), (label, run))
    return Run(numbers, _ends_figure(run), chains=chains, layers=BY_END)


SAME = phrase("the-share-that-ends-in")
SAMPLING = Lesson(
    "sampling",
    (
        Read("begin"),
        Predict(
            "mode",
            Scale(SAME, lambda n: n["same_ddpm"], (0.5, 0.9), "cba", (0.0, 1.0)),
            Run(
                _sampling,
                move=Move(phrase("beside-the-ode"), tuple(OTHERS), DDPM.record.label, _other),
                full=(Full("compare", ODE, (("panels", "2"), *_OTHERS)),),
            ),
        ),
        Predict(
            "laws",
            Scale(
                phrase("tv-between-the-two-at"), lambda n: n["tv_both"], (0.2,), "ba", (0.0, 1.0)
            ),
            Run(_sampling),
        ),
        Predict(
            "heun",
            Scale(SAME, lambda n: n["same_heun"], (0.5, 0.9), "cba", (0.0, 1.0)),
            Run(
                _sampling,
                _ends_figure(HEUN),
                chains=(("ODE", ODE), ("Heun", HEUN)),
                layers=BY_END,
            ),
        ),
        Question("judge", 3, "c"),
    ),
    (
        Ground("theory", "The formulas of all samplers"),
        Ground("theory", "What is proven", THEOREMS["ode"][0]),
        Ground("theory", "What is proven", THEOREMS["ddpm"][0]),
    ),
    ("sampler", "probability-flow", "tv"),
)

# ---- measuring

FINE = preset("three-modes", schedule=Theory(), sampler="ode-taylor", steps=512)
COUNTS = (500, 1000, 2000, 5000, 10_000)
STEPS = ("16", "64", "256", "512")


def _floor(lab: Lab, particles: int, run: Experiment = FINE) -> float:
    found = lab.measured(run, particles).estimate
    assert found is not None
    return found.noise_floor


def _measuring(lab: Lab) -> Numbers:
    exact, seen = lab.tv(FINE), lab.measured(FINE, 10_000).value
    few, many = _floor(lab, 1000), _floor(lab, 10_000)
    return {
        "exact": exact,
        "seen": seen,
        "ratio": seen / exact,
        "floor_few": few,
        "floor": many,
        "fall": few / many,
    }


def _measuring_figure(run: Experiment) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        ends = (COUNTS[0], COUNTS[-1])
        seen = [lab.measured(run, n).value for n in COUNTS]
        perfect = [_floor(lab, n, run) for n in COUNTS]
        curves = [
            Curve(phrase("histogram-of-particles"), "output", COUNTS, seen),
            Curve(phrase("histogram-of-perfect-samples"), "target", COUNTS, perfect),
            Curve("exact", "second", ends, [lab.tv(run)] * 2, points=False),
        ]
        return lines(curves, "particles", "TV(q₁, p₁)", dark, "xy")

    return draw


def _with_steps(steps: str) -> Run:
    run = FINE.with_(steps=int(steps))

    def numbers(lab: Lab) -> Numbers:
        return {"steps": run.steps, "exact": lab.tv(run), "seen": lab.measured(run, 10_000).value}

    return Run(numbers, _measuring_figure(run))


SEEN = Scale(
    phrase("histogram-over-exact"),
    lambda n: n["ratio"],
    (1.5, 5.0),
    "abc",
    (1.0, 200.0),
    lambda n, ratio: (COUNTS[-1], n["exact"] * ratio),
)
FALL = Scale(
    phrase("by-how-much-the-floor"),
    lambda n: n["fall"],
    (2.6, 6.0),
    "cba",
    (1.0, 10.0),
    lambda n, fall: (COUNTS[-1], n["floor_few"] / fall),
)
MEASURING = Lesson(
    "measuring",
    (
        Read("begin"),
        Predict(
            "seen",
            SEEN,
            Run(
                _measuring,
                move=Move(phrase("steps-t-of-the-sampler"), STEPS, str(FINE.steps), _with_steps),
                full=(Full("trajectories", FINE, (("particles", "10000"),)),),
            ),
        ),
        Predict("fall", FALL, Run(_measuring, _measuring_figure(FINE))),
        Question("table", 3, "b"),
        Question("way-out", 3, "c"),
    ),
    (Ground("theory", "The setting"), Ground("verified"), Ground("notation", "Glossary")),
    ("exact-law", "noise-floor", "tv"),
)

LESSONS: tuple[Lesson, ...] = (SAMPLING, MEASURING)
