"""The last lesson: what is proven, what is measured and how loose a bound is, on any target."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from dashboard.compute.sweeps import touching
from dashboard.lessons.figures import Curve, lines, measured
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
from dashboard.link.permalink import DEFAULT
from dashboard.prose import prose
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.laws.gaussian import is_gaussian
from diffusion_core.schedules import Theory
from diffusion_core.theory.theorems import THEOREMS, Theorem

phrase = prose("phrases/lessons")
STEPS = (16, 32, 64, 128, 256, 512)
FIRST_BOUND, LATER_BOUND = THEOREMS["ddpm"]


def is_quick(own: Experiment) -> bool:
    """Whether the laws of whole runs on this target take moments only."""
    return own.target.dim == 1 or is_gaussian(own.target)


def mine(own: Experiment, sampler: str = "ddpm") -> Experiment:
    """The reader's target on the theorems' schedule, with the exact score.

    The first target of the gallery stands in where laws in the plane would take minutes.
    """
    base = own if is_quick(own) else DEFAULT
    schedule = own.schedule if isinstance(own.schedule, Theory) else Theory()
    exact = {"start": "noise", "score_error": None, "seed": 0, "eta": 0.0}
    return base.with_(schedule=schedule, sampler=sampler, **exact)


def _applies(lab: Lab) -> Numbers:
    target = mine(lab.own).target
    support = target.support()
    hold = int(target.absolutely_continuous) + int(support.bounded)
    return {"radius": support.radius, "hold": hold}


def _loose(lab: Lab) -> Numbers:
    found = lab.curve(mine(lab.own), STEPS)
    first, before, last = found[0], found[-2], found[-1]
    numbers = {"tv_first": first.value, "tv_last": last.value, "fall": first.value / last.value}
    numbers |= {"slope": math.log2(last.value / before.value), "error": last.error}
    numbers["ratio_logs"] = (math.log(last.steps) / math.log(first.steps)) ** 3
    for name, theorem in (("", FIRST_BOUND), ("_later", LATER_BOUND)):
        numbers[f"above{name}"] = touching(theorem, found)(last.steps) / last.value
        numbers[f"top{name}"] = round(math.exp(theorem.log_power / theorem.power))
        numbers[f"useful{name}"] = math.ceil(theorem.below_one)
    return numbers


def _figure(sampler: str, *bounds: Theorem) -> Run:
    """A measured curve below the shapes of its bounds."""

    def numbers(lab: Lab) -> Numbers:
        found = lab.curve(mine(lab.own, sampler), STEPS)
        before, last = found[-2], found[-1]
        above = touching(bounds[0], found)(last.steps) / last.value
        return {"slope": math.log2(last.value / before.value), "above": above}

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        found = lab.curve(mine(lab.own, sampler), STEPS)
        curves = [measured(phrase("measured-2", label=SAMPLERS[sampler].label), sampler, found)]
        for bound, mark in zip(bounds, ("third", "fourth"), strict=False):
            label = phrase("upper-bound-shape-only-arxiv", name=bound.name, arxiv=bound.arxiv)
            shape = touching(bound, found)
            curves.append(Curve(label, mark, STEPS, [shape(t) for t in STEPS], points=False))
        return lines(curves, phrase("number-of-steps-t"), "TV(q₁, p₁)", dark, "xy")

    return Run(numbers, draw)


SEED = {SAMPLERS[name].label: name for name in ("ddpm", "ode", "ode-taylor", "ddpm-covariance")}


def _of_sampler(label: str) -> Run:
    return _figure(SEED[label], THEOREMS[SEED[label]][0])


HOLD = Scale(
    phrase("how-many-of-the-two"),
    lambda n: n["hold"],
    (1.5,),
    "ba",
    (0.0, 2.0),
)
LATER = Scale(
    phrase("how-many-times-too-high"),
    lambda n: n["above_later"],
    (2.0, 10.0),
    "abc",
    (1.0, 50.0),
    lambda n, above: (STEPS[-1], n["tv_last"] * above),
)
USEFUL = Scale(
    phrase("t-from-which-the-bound"),
    lambda n: n["useful"],
    (1e3, 1e6),
    "abc",
    (10.0, 1e9),
    log=True,
)
LOOSE = Lesson(
    "how-loose",
    (
        Read("begin"),
        Predict("applies", HOLD, Run(_applies, full=(Full("assumptions", mine),))),
        Guess(
            "above",
            1.0,
            1000.0,
            "above",
            Run(
                _loose,
                move=Move(phrase("sampler"), tuple(SEED), next(iter(SEED)), _of_sampler),
                full=(Full("theory", mine),),
            ),
            within=1.5,
            at=lambda n, above: (STEPS[-1], n["tv_last"] * above),
        ),
        Predict(
            "later",
            LATER,
            Run(_loose, _figure("ddpm", *THEOREMS["ddpm"]).figure, full=(Full("why", mine),)),
        ),
        Predict("useful", USEFUL, Run(_loose)),
        Question("report", 3, "c"),
        Question("never", 3, "a"),
    ),
    (
        *(Ground("theory", "What is proven", theorem) for theorem in THEOREMS["ddpm"]),
        Ground("why", "4. Why DDPM's first bound was 1/√T"),
        Ground("assumptions"),
    ),
    ("upper-bound", "burn-in", "continuous", "exact-law", "log-factor"),
    own=True,
)
