"""What the forward chain does, and what the score knows about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.figures import Curve, arrows, lines
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
from diffusion_core.schedules import Array, Constant, Cosine, Linear, Schedule, Sigmoid, Theory

phrase = prose("phrases/lessons")


def preset(name: str, **choices: Any) -> Experiment:
    """An experiment on a target of the gallery."""
    return Experiment(target=PRESETS[name].target, preset=name, **choices)


# ---- noising

LONG = preset("three-modes", schedule=Linear(), steps=1000)
TIMES = (1, *range(25, 1001, 25))
BESIDE: Mapping[str, Schedule] = {
    "cosine": Cosine(),
    "theory's schedule": Theory(),
    "sigmoid": Sigmoid(),
    "constant": Constant(),
}


def half_time(times: tuple[int, ...], distances: Array) -> float:
    """The share of the chain after which half of the first distance is gone, in per cent."""
    level = distances[0] / 2
    after = int(np.argmax(distances <= level))
    t = np.interp(level, distances[after - 1 : after + 1][::-1], times[after - 1 : after + 1][::-1])
    return float(100 * t / times[-1])


def _noising(lab: Lab) -> Numbers:
    runs = {"cosine": LONG.with_(schedule=Cosine()), "theory": LONG.with_(schedule=Theory())}
    found = {name: lab.to_noise(run, TIMES) for name, run in ({"linear": LONG} | runs).items()}
    numbers = {f"half_{name}": half_time(TIMES, tv) for name, tv in found.items()}
    tv = found["linear"]
    numbers |= {"tv_first": tv[0], "tv_last": tv[-1], "tv_end": tv[TIMES.index(750)]}
    return numbers | {"signal_half": float(np.sqrt(LONG.chain.abar[500]))}


def _noising_figure(*names: str) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        runs = {"linear": LONG} | {n: LONG.with_(schedule=BESIDE[n]) for n in names}
        curves = [
            Curve(name, run.schedule.kind, TIMES, lab.to_noise(run, TIMES), points=False)
            for name, run in runs.items()
        ]
        return lines(curves, phrase("t-from-data-to-noise"), "TV(p<sub>t</sub>, N(0, 1))", dark)

    return draw


def _noised(name: str) -> Run:
    run = LONG.with_(schedule=BESIDE[name])

    def numbers(lab: Lab) -> Numbers:
        return {"half": half_time(TIMES, lab.to_noise(run, TIMES))}

    return Run(numbers, _noising_figure(name))


def _half_way(found: Numbers, percent: float) -> tuple[float, float]:
    """On the level of half of the distance."""
    return TIMES[-1] * percent / 100, found["tv_first"] / 2


LATER = Scale(
    phrase("how-much-later-half-of"),
    lambda n: n["half_cosine"] - n["half_linear"],
    (-2.0, 2.0),
    "abc",
    (-15.0, 80.0),
    lambda n, gap: _half_way(n, n["half_linear"] + gap),
)
NOISING = Lesson(
    "noising",
    (
        Read("begin", Run(noised=LONG)),
        Guess(
            "half",
            1.0,
            100.0,
            "half_linear",
            Run(_noising, _noising_figure(), full=(Full("forward", LONG),)),
            within=1.25,
            at=_half_way,
        ),
        Predict(
            "cosine",
            LATER,
            Run(_noising, move=Move(phrase("beside-linear"), tuple(BESIDE), "cosine", _noised)),
        ),
        Question("signal", 3, "c"),
        Question("why", 3, "b"),
    ),
    (Ground("theory", "The setting"), Ground("forward")),
    ("forward-process", "schedule", "tv"),
)

# ---- score

ATOMS = preset("atoms", schedule=Linear(), steps=1000)
MUCH, LITTLE = 340, 100  # t with about 0.3 and 0.9 of the signal's variance left
ATOM = 1.75
SPOTS = np.linspace(-2.4, 2.4, 241)  # of x / sqrt(abar_t)
BELOW = -2.9  # where the arrows are drawn
ARROWS = slice(8, None, 16)  # of SPOTS
REACH = 0.35  # of the way to the expected point that an arrow goes


def _level(t: int) -> str:
    return f"{ATOMS.chain.abar[t]:.2f}"


LEVELS = {_level(t): t for t in (550, MUCH, 185, LITTLE, 40)}


def denoised(t: int, spots: Array) -> Array:
    """E[X_0 | X_t = x] = (x + (1 - abar_t) s_t(x)) / sqrt(abar_t) at x = sqrt(abar_t) spots."""
    level = ATOMS.chain.level(t)
    x = np.sqrt(level.abar) * spots
    score = ATOMS.target.marginal(level).score(x[:, None])[:, 0]
    return np.asarray((x + level.var * score) / np.sqrt(level.abar))


def _score(lab: Lab) -> Numbers:
    numbers = {"atom": ATOM}
    for name, t in (("much", MUCH), ("little", LITTLE)):
        level = ATOMS.chain.level(t)
        mean = float(denoised(t, np.array([ATOM]))[0])
        x = float(np.sqrt(level.abar) * ATOM)
        pull = (np.sqrt(level.abar) * mean - x) / level.var
        numbers |= {f"abar_{name}": level.abar, f"x_{name}": x, f"mean_{name}": mean}
        numbers |= {f"score_{name}": float(pull), f"off_{name}": abs(ATOM - mean)}
    return numbers


def _score_figure(*times: int) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        atoms = np.unique(ATOMS.target.sample(200, np.random.default_rng(0))[:, 0])
        nearest = atoms[np.abs(SPOTS[:, None] - atoms).argmin(axis=1)]
        curves = [
            Curve(f"ᾱ = {_level(t)}", mark, SPOTS, denoised(t, SPOTS), points=False)
            for t, mark in zip(times, ("first", "second", "third"), strict=False)
        ]
        curves.append(Curve(phrase("the-nearest-point"), "target", SPOTS, nearest, points=False))
        figure, alt = lines(curves, "x / √ᾱ<sub>t</sub>", "E[X₀ | X<sub>t</sub> = x]", dark)
        return (_with_arrows(figure, times[0], dark), alt) if len(times) == 1 else (figure, alt)

    return draw


def _with_arrows(figure: go.Figure, t: int, dark: bool) -> go.Figure:
    """The score, as arrows from some places below the curves, and the place that is asked about.

    In these coordinates it is (1 - abar_t) s_t / sqrt(abar_t), from x / sqrt(abar_t) to the
    expected clean point.
    """
    spots = np.append(SPOTS[ARROWS], ATOM)
    ends = spots + REACH * (denoised(t, spots) - spots)
    figure.update_yaxes(range=[BELOW - 0.4, 2.4])
    return arrows(figure, spots, ends, BELOW, ATOM, dark)


def _pulled(abar: str) -> Run:
    """The arrows at another level of noise."""
    t = LEVELS[abar]

    def numbers(lab: Lab) -> Numbers:
        mean = float(denoised(t, np.array([ATOM]))[0])
        return {"abar": float(ATOMS.chain.abar[t]), "mean": mean, "atom": ATOM}

    return Run(numbers, _score_figure(t))


PULL = Scale(
    phrase("the-score"),
    lambda n: n["score_much"],
    (-0.02, 0.02),
    "bac",
    (-0.8, 0.5),
    lambda n, s: (ATOM, (n["x_much"] + (1 - n["abar_much"]) * s) / n["abar_much"] ** 0.5),
)
CLOSE = Scale(
    phrase("how-far-the-expected-point"),
    lambda n: n["off_little"],
    (0.01,),
    "ab",
    (0.0, 0.6),
    lambda n, off: (ATOM, ATOM - off),
)
SCORE = Lesson(
    "score",
    (
        Read("begin"),
        Predict(
            "pull",
            PULL,
            Run(
                _score,
                move=Move(phrase("share-of-the-signal-left"), tuple(LEVELS), _level(MUCH), _pulled),
                full=(Full("trajectories", ATOMS.with_(steps=100)),),
            ),
        ),
        Predict("little", CLOSE, Run(_score, _score_figure(MUCH, 185, LITTLE))),
        Question("between", 3, "a"),
        Question("when", 3, "b"),
    ),
    (Ground("theory", "The setting"), Ground("notation", "Glossary")),
    ("score", "reverse-process", "atoms"),
)

LESSONS: tuple[Lesson, ...] = (NOISING, SCORE)
