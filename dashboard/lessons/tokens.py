"""What samplers of sequences lose: tokens drawn at once, and a grid that does not fit the noise."""

from __future__ import annotations

import plotly.graph_objects as go

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
from dashboard.link.permalink import DEFAULT
from dashboard.prose import prose
from diffusion_core import DiscreteExperiment
from diffusion_core.discrete.dynamics import Masked, Uniform
from diffusion_core.discrete.grids import ConstantGrid, GeometricGrid
from diffusion_core.discrete.targets import MarkovChain, Parity, TwoWords
from diffusion_core.discrete.unmasking import Unmasking

phrase = prose("phrases/lessons")
N_AXIS, TV = phrase("number-of-steps-n"), phrase("tv-output-data")


def _full(run: DiscreteExperiment) -> Full:
    return Full("discrete", DEFAULT, (("run", run.to_json()),))


# ---- all tokens at once

WORDS = DiscreteExperiment(TwoWords(8), Masked(), sampler=Unmasking(), steps=1)
CHAIN = WORDS.with_(target=MarkovChain(8, 0.25))
TARGETS = {
    "two words": WORDS,
    "chain": CHAIN,
    "even number of ones": WORDS.with_(target=Parity(8)),
}
PARALLEL = (1, 2, 4, 8)


def _once(lab: Lab) -> Numbers:
    return {"tv": lab.tokens(WORDS), "kl": lab.tokens(WORDS, "kl")}


def _of(name: str) -> Run:
    run = TARGETS[name]

    def numbers(lab: Lab) -> Numbers:
        return {f"tv_{n}": lab.tokens(run.with_(steps=n)) for n in PARALLEL}

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        found = [lab.tokens(run.with_(steps=n)) for n in PARALLEL]
        return lines([Curve("unmasking", "output", PARALLEL, found)], N_AXIS, TV, dark)

    return Run(numbers, draw)


def _four(lab: Lab) -> Numbers:
    one, four = lab.tokens(CHAIN), lab.tokens(CHAIN.with_(steps=4))
    return {"one": one, "four": four, "words": lab.tokens(WORDS.with_(steps=4))}


ONCE = Scale(phrase("tv-all-tokens-at-once"), lambda n: n["tv"], (0.1, 0.9), "abc", (0.0, 1.0))
FOUR = Scale(phrase("tv-of-one-step-over"), lambda n: n["one"] / n["four"], (2.0,), "ab", (1, 12))

AT_ONCE = Lesson(
    "all-at-once",
    (
        Read("begin"),
        Predict(
            "once",
            ONCE,
            Run(
                _once,
                move=Move(phrase("target"), tuple(TARGETS), "two words", _of),
                full=(_full(WORDS),),
            ),
        ),
        Predict("four", FOUR, Run(_four, full=(_full(CHAIN.with_(steps=4)),))),
        Question("why", 3, "b"),
    ),
    (Ground("discrete", "The same words"),),
    ("discrete", "mask", "total-correlation"),
)

# ---- masked or uniform

EVEN = DiscreteExperiment(MarkovChain(6, 0.25), Masked(), ConstantGrid(end=1e-3), steps=16)
SHORTER = EVEN.with_(grid=GeometricGrid(end=1e-3))
STEPS = ("8", "16", "32")


def _both(lab: Lab, run: DiscreteExperiment) -> Numbers:
    return {"masked": lab.tokens(run), "uniform": lab.tokens(run.with_(dynamics=Uniform()))}


def _even(lab: Lab) -> Numbers:
    return _both(lab, EVEN)


def _shorter(lab: Lab) -> Numbers:
    return _both(lab, SHORTER)


def _up_to(steps: str) -> Run:
    """Both noises with equal steps, up to so many."""
    count = tuple(n for n in (2, 4, 8, 16, 32) if n <= int(steps))

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        noises = {"masks": (Masked(), "target"), "uniform": (Uniform(), "output")}
        curves = [
            Curve(name, mark, count, [lab.tokens(EVEN.with_(dynamics=d, steps=n)) for n in count])
            for name, (d, mark) in noises.items()
        ]
        return lines(curves, N_AXIS, TV, dark, "xy")

    return Run(lambda lab: _both(lab, EVEN.with_(steps=int(steps))), draw)


def _ratio(name: str) -> Scale:
    return Scale(name, lambda n: n["uniform"] / n["masked"], (1.0,), "ab", (0.3, 3.0))


NOISE = Lesson(
    "masked-or-uniform",
    (
        Read("begin"),
        Predict(
            "even",
            _ratio(phrase("tv-with-uniform-noise-over")),
            Run(_even, move=Move(phrase("steps-n"), STEPS, "16", _up_to), full=(_full(EVEN),)),
        ),
        Predict(
            "shorter",
            _ratio(phrase("tv-with-uniform-noise-over")),
            Run(_shorter, full=(_full(SHORTER),)),
        ),
        Question("why", 3, "c"),
    ),
    (Ground("discrete", "Distance against N"),),
    ("mask", "noise-time", "leave-one-out"),
)
LESSONS = (AT_ONCE, NOISE)
