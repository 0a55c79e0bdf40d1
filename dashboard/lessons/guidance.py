"""What guidance to a class samples: not the tilted law, and not the same with every sampler."""

from __future__ import annotations

import numpy as np
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
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.guidance import Guidance

phrase = prose("phrases/lessons")
CLASS = "2+3"
FEW, MANY, LATE = 64, 1024, 200
STEPS = (FEW, 128, 256, 512, MANY)
ODE = preset("three-modes", sampler="ode", steps=MANY, score_error=Guided(CLASS, 3.0))
DDPM = ODE.with_(sampler="ddpm")
STRONG = ODE.with_(steps=LATE, score_error=Guided(CLASS, 8.0))
MIDDLE = 0  # of the class's modes: the component in the middle, beside the other class
SEEN = 1e-4  # of the largest density: what is drawn
PLAIN = Guided(CLASS, 1.0)


def _tv(lab: Lab, run: Experiment) -> float:
    return lab.tv(run, "tilted")


def _limit(lab: Lab) -> Numbers:
    plain = ODE.with_(score_error=PLAIN)
    return {
        "few": _tv(lab, ODE.with_(steps=FEW)),
        "many": _tv(lab, ODE),
        "plain_few": _tv(lab, plain.with_(steps=FEW)),
        "plain_many": _tv(lab, plain),
    }


def _curves(*runs: tuple[str, Experiment, str]) -> Run:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [
            measured(label, mark, [lab.measured(run.with_(steps=t), 0, "tilted") for t in STEPS])
            for label, run, mark in runs
        ]
        return lines(
            curves, phrase("number-of-steps-t"), phrase("tv-to-the-tilted-law"), dark, "xy"
        )

    return Run(figure=draw)


def _at_scale(scale: str) -> Run:
    run = ODE.with_(score_error=Guided(CLASS, float(scale)))

    def numbers(lab: Lab) -> Numbers:
        few = _tv(lab, run.with_(steps=FEW))
        return {"moved_few": few, "moved_many": _tv(lab, run)}

    picture = _curves((f"ODE, w = {scale}", run, "ode"), ("ODE, w = 1", _plain(), "target"))
    return Run(numbers, picture.figure)


def _plain() -> Experiment:
    return ODE.with_(score_error=PLAIN)


def _samplers(lab: Lab) -> Numbers:
    return {"many": _tv(lab, ODE), "ddpm": _tv(lab, DDPM)}


def _mode(lab: Lab) -> Numbers:
    found = lab.guided(STRONG)
    mode = found.modes[MIDDLE]
    kept = lab.guided(STRONG.with_(sampler="ddpm")).modes[MIDDLE]
    return {
        "left": mode.share["output"],
        "of_class": mode.share["class"],
        "of_tilted": mode.share["tilted"],
        "ddpm_left": kept.share["output"],
        "spread": found.spread["output"],
        "class_spread": found.spread["class"],
    }


def _laws(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    found = lab.guided(STRONG)
    shown = _shown(found)
    curves = [
        Curve(label, mark, found.axes[0][shown], found.densities[name][shown], points=False)
        for label, mark, name in (
            (phrase("what-comes-out"), "output", "output"),
            (phrase("tilted-law"), "target", "tilted"),
            ("class", "third", "class"),
        )
    ]
    return lines(curves, "x", "density", dark)


def _shown(found: Guidance) -> slice:
    tallest = np.max([f / f.max() for f in found.densities.values()], axis=0)
    some = np.flatnonzero(tallest > SEEN)
    return slice(int(some[0]), int(some[-1]) + 1, max(1, len(some) // 400))


LIMIT = Scale(
    phrase("tv-at-t-1-024"),
    lambda n: n["many"] / n["few"],
    (0.5, 1.1),
    "abc",
    (0.1, 1.5),
)
NEARER = Scale(
    phrase("tv-of-ddpm-over-tv"),
    lambda n: n["ddpm"] / n["many"],
    (0.8, 1.25),
    "abc",
    (0.2, 2.0),
)
LEFT = Scale(
    phrase("share-of-the-middle-mode"),
    lambda n: n["left"],
    (0.05, 0.4),
    "cba",
    (0.0, 0.7),
)

GUIDANCE = Lesson(
    "guidance",
    (
        Read("begin"),
        Predict(
            "limit",
            LIMIT,
            Run(
                _limit,
                _curves(("ODE, w = 3", ODE, "ode"), ("ODE, w = 1", _plain(), "target")).figure,
                move=Move("w", ("1.5", "2", "3", "6"), "3", _at_scale),
                full=(Full("guidance", ODE, (("view", "steps"),)),),
            ),
        ),
        Predict(
            "samplers",
            NEARER,
            Run(
                _samplers,
                _curves(("ODE, w = 3", ODE, "ode"), ("DDPM, w = 3", DDPM, "ddpm")).figure,
                full=(Full("guidance", DDPM, (("view", "scale"),)),),
            ),
        ),
        Predict("mode", LEFT, Run(_mode, _laws, full=(Full("guidance", STRONG),))),
        Question("why", 3, "b"),
    ),
    (Ground("guidance"), Ground("literature")),
    ("score", "guidance", "tilted", "exact-law"),
)
