"""For who starts from nothing: a diffusion model, a law, a score and a distance."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.marks import OUTPUT
from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import Curve, arrows, lines
from dashboard.lessons.lab import Lab
from dashboard.lessons.sampling import MODES, mode_of
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
from diffusion_core.schedules import CLEAN, Array
from diffusion_core.targets import GaussianMixture

phrase = prose("phrases/lessons")
RUN = preset("three-modes", sampler="ode", steps=50)
AGAIN = RUN.with_(seed=1)
MANY, NEAR = 2000, 0.1
X = np.linspace(-4.0, 4.0, 4001)

# ---- a law


def _law(lab: Lab) -> Numbers:
    first, second = lab.final(RUN, MANY), lab.final(AGAIN, MANY)
    shares = [np.bincount(mode_of(y), minlength=len(MODES)) / MANY for y in (first, second)]
    return {
        "alone": float((np.abs(first - second) < NEAR).mean()),
        "moved": float(100 * np.abs(shares[0] - shares[1]).max()),
    }


TOGETHER = Scale(
    phrase("percentage-points-by-which-a"),
    lambda n: n["moved"],
    (5.0, 20.0),
    "abc",
    (0.0, 40.0),
)

# ---- a score

T, PLACE = 20, -0.4
SPOTS = np.linspace(-2.4, 2.6, 21)
REACH = 0.06  # of the score, drawn


def _score_at(x: Array) -> Array:
    return np.asarray(RUN.target.marginal(RUN.chain.level(T)).score(x[:, None])[:, 0])


def _density(x: Array) -> Array:
    return np.exp(RUN.target.marginal(RUN.chain.level(T)).log_density(x[:, None]))


def _score(lab: Lab) -> Numbers:
    before, here, after = _density(np.array([PLACE - NEAR, PLACE, PLACE + NEAR])).tolist()
    score = float(_score_at(np.array([PLACE]))[0])
    return {"place": PLACE, "score": score, "left": before, "here": here, "right": after}


def _score_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    x = np.linspace(-3.0, 3.0, 301)
    density = _density(x)
    figure, alt = lines([Curve("density", "target", x, density, points=False)], "x", "p", dark)
    return arrows(figure, SPOTS, SPOTS + REACH * _score_at(SPOTS), -0.05, PLACE, dark), alt


UPHILL = Scale(phrase("the-score"), lambda n: n["score"], (-0.02, 0.02), "abc", (-3.0, 3.0))

# ---- a distance

SHARES = ("0 %", "20 %", "40 %", "60 %", "80 %", "100 %")


def _data() -> Array:
    return np.exp(RUN.target.marginal(CLEAN).log_density(X[:, None]))


def _machine(share: str) -> Array:
    """The density of a machine that gives this share of its points in the middle bump."""
    law = RUN.target
    assert isinstance(law, GaussianMixture)
    middle = float(share.removesuffix(" %")) / 100
    weights = ((1 - middle) / 2, middle, (1 - middle) / 2)
    kept = [i for i, weight in enumerate(weights) if weight]
    machine = GaussianMixture(
        tuple(weights[i] for i in kept),
        tuple(law.means[i] for i in kept),
        tuple(law.covariances[i] for i in kept),
    )
    return np.exp(machine.marginal(CLEAN).log_density(X[:, None]))


def _wrong(share: str) -> float:
    """TV between the machine and the data."""
    return float(np.trapezoid(np.maximum(_machine(share) - _data(), 0.0), X))


def _only(share: str) -> Run:
    def numbers(lab: Lab) -> Numbers:
        tv = _wrong(share)
        return {"tv": tv, "wrong": 100 * tv}

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        data, machine = _data(), _machine(share)
        curves = [
            Curve("data", "target", X[::10], data[::10], points=False),
            Curve("machine", "output", X[::10], machine[::10], points=False),
        ]
        figure, alt = lines(curves, "x", "density", dark)
        excess = {"x": X[::10], "y": np.maximum(machine - data, 0)[::10], "fill": "tozeroy"}
        look = {"color": OUTPUT.colour(dark), "width": 0}
        figure.add_scatter(**excess, mode="lines", name=phrase("too-much-tv-is-its"), line=look)
        return figure, alt

    return Run(numbers, draw)


FIRST = Lesson(
    "first-words",
    (
        Read("begin", Run(chains=((phrase("noise-becomes-data"), RUN),))),
        Predict(
            "law",
            TOGETHER,
            Run(
                _law,
                chains=((phrase("first-noise"), RUN), (phrase("other-noise"), AGAIN)),
                full=(Full("trajectories", RUN),),
            ),
        ),
        Predict("score", UPHILL, Run(_score, _score_figure)),
        Guess(
            "distance",
            0.0,
            100.0,
            "wrong",
            Run(
                _only(SHARES[-1]).numbers,
                move=Move(phrase("points-in-the-middle-bump"), SHARES, SHARES[-1], _only),
            ),
            within=1.15,
            axis=phrase("per-cent-of-the-mass"),
        ),
        Question("looks", 3, "b"),
        Question("theorem", 3, "b"),
    ),
    (Ground("theory", "The setting"), Ground("notation", "Glossary"), Ground("trajectories")),
    ("forward-process", "reverse-process", "score", "tv"),
)
