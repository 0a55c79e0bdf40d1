"""What order buys, and when it does not: few steps, atoms, and a score that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from dashboard.lessons.acceleration import spending
from dashboard.lessons.beginnings import preset
from dashboard.lessons.figures import lines, measured
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
from diffusion_core import Experiment
from diffusion_core.schedules import Linear, LogSNR, Schedule, Theory
from diffusion_core.scores.errors import Shift
from diffusion_core.targets import Points
from diffusion_core.theory.theorems import THEOREMS

phrase = prose("phrases/lessons")
TV = "TV(q₁, p₁)"
T_AXIS = phrase("number-of-steps-t")
STEPS = (64, 128, 256, 512, 1024)
FEW, MORE = 130, 520
BUDGETS = (65, FEW, 260, MORE, 1040)
FIRST, LAST = 256, 1024
MOST = 8192
SHIFT = 512

PLAIN = preset("three-modes", schedule=Linear(), sampler="ode", start="exact")
ORDERS = {k: PLAIN.by(f"ode-order-{k}") for k in (2, 3, 4)}
ALL = {1: PLAIN} | ORDERS
ATOMS = {k: run.with_(target=preset("atoms").target, preset="atoms") for k, run in ALL.items()}
ALONE = ORDERS[3].with_(target=Points(((0.0,),)))
WRONG = {k: run.with_(score_error=Shift(0.05)) for k, run in ALL.items()}
GRIDS: Mapping[str, Schedule] = {
    "linear": Linear(),
    "theory's schedule": Theory(),
    "even in log-SNR": LogSNR(),
}


def _label(run: Experiment) -> str:
    return "ODE" if run.order is None else f"K = {run.order}"


def _against_steps(runs: Mapping[int, Experiment]) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [measured(_label(r), r.called, lab.curve(r, STEPS)) for r in runs.values()]
        return lines(curves, T_AXIS, TV, dark, "xy")

    return draw


# ---- the slopes


def _slopes(lab: Lab) -> Numbers:
    numbers: dict[str, float] = {}
    for k, run in ALL.items():
        before, after = (m.value for m in lab.curve(run, (LAST // 2, LAST)))
        numbers |= {f"factor_{k}": before / after, f"half_{k}": before, f"last_{k}": after}
    return numbers


# ---- at equal cost


def _few(lab: Lab) -> Numbers:
    numbers: dict[str, float] = {}
    for k, run in ALL.items():
        paid = spending(run, FEW)
        numbers |= {f"few_{k}": lab.tv(paid), f"more_{k}": lab.tv(spending(run, MORE))}
        numbers |= {f"updates_{k}": paid.steps - 1, f"beta_{k}": float(paid.chain.beta[paid.steps])}
    return numbers | {"least": min(numbers[f"few_{k}"] for k in ORDERS)}


def _few_figure(schedule: Schedule) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = []
        for run in (each.with_(schedule=schedule) for each in ALL.values()):
            found = [lab.measured(spending(run, n)) for n in BUDGETS]
            curves.append(measured(_label(run), run.called, found, "nfe"))
        return lines(curves, phrase("score-evaluations"), TV, dark, "xy")

    return draw


def _few_on(name: str) -> Run:
    schedule = GRIDS[name]

    def numbers(lab: Lab) -> Numbers:
        runs = {k: spending(run.with_(schedule=schedule), FEW) for k, run in ALL.items()}
        return {f"few_{k}": lab.tv(run) for k, run in runs.items()}

    return Run(numbers, _few_figure(schedule))


# ---- atoms


def _atoms(lab: Lab) -> Numbers:
    run = ATOMS[3]
    even, theory = (run.with_(schedule=schedule) for schedule in (LogSNR(), Theory()))
    noise = {t: run.with_(steps=t).chain.var for t in (FIRST, LAST)}
    taken = {t: float(1 - var[1] / var[2]) for t, var in noise.items()}
    return {
        "slope": lab.slope(run, FIRST, LAST),
        "slope_even": lab.slope(even, FIRST, LAST),
        "slope_theory": lab.slope(theory, FIRST, LAST),
        "first": lab.tv(run.with_(steps=FIRST)),
        "last": lab.tv(run.with_(steps=LAST)),
        "alone": lab.tv(ALONE.with_(steps=LAST)),
        "alone_most": lab.tv(ALONE.with_(steps=MOST)),
        "wide_first": taken[FIRST],
        "wide_last": taken[LAST],
    }


def _atoms_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured(name, schedule.kind, lab.curve(ATOMS[3].with_(schedule=schedule), STEPS))
        for name, schedule in GRIDS.items()
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


# ---- a wrong score


def _score(lab: Lab) -> Numbers:
    numbers: dict[str, float] = {}
    for k in ALL:
        numbers[f"clean_{k}"] = lab.tv(ALL[k].with_(steps=SHIFT))
        numbers[f"wrong_{k}"] = lab.tv(WRONG[k].with_(steps=SHIFT))
    gain = numbers["clean_1"] / numbers["clean_4"]
    numbers["gain_clean"] = int(float(f"{gain:.1e}"))  # as a count, to two digits
    return numbers | {"gain_wrong": numbers["wrong_1"] / numbers["wrong_4"]}


_SWEEP = (("samplers", "ode,ode-order-2,ode-order,ode-order-4"), ("from", "32"), ("to", "1024"))
_COST = (*_SWEEP[:2], ("to", "8192"), ("axis", "nfe"))
AHEAD = Scale(
    phrase("the-best-of-the-orders"),
    lambda n: n["least"] / n["few_1"],
    (0.95, 1.05),
    "acb",
    (0.01, 10.0),
    lambda n, ratio: (FEW, n["few_1"] * ratio),
)
FLAT = Scale(
    "slope",
    lambda n: n["slope"],
    (-2.5, -1.2),
    "abc",
    (-3.2, 0.0),
    lambda n, slope: (LAST, n["first"] * (LAST / FIRST) ** slope),
)
GAIN = Scale(
    phrase("plain-ode-over-k-4"),
    lambda n: n["gain_wrong"],
    (1.2, 5.0),
    "cba",
    (1.0, 1e6),
    lambda n, gain: (SHIFT, n["wrong_1"] / gain),
)

BUYS = Lesson(
    "what-order-buys",
    (
        Read("begin"),
        Guess(
            "slopes",
            1.0,
            40.0,
            "factor_3",
            Run(
                _slopes,
                _against_steps(ALL),
                full=(Full("convergence", PLAIN, (*_SWEEP[:2], ("to", "4096"), ("per", "2"))),),
            ),
            within=1.15,
            at=lambda n, factor: (LAST, n["half_3"] / factor),
        ),
        Predict(
            "few",
            AHEAD,
            Run(
                _few,
                move=Move(phrase("schedule"), tuple(GRIDS), next(iter(GRIDS)), _few_on),
                full=(Full("convergence", PLAIN, _COST),),
            ),
        ),
        Predict("atoms", FLAT, Run(_atoms, _atoms_figure)),
        Predict("score", GAIN, Run(_score, _against_steps(WRONG))),
        Question("pays", 3, "c"),
        Question("stuck", 3, "b"),
    ),
    (
        Ground("theory", "What is proven", THEOREMS["ode-order"][1]),
        Ground("why", "2. One step errs by a power of its size"),
    ),
    ("order", "nfe", "slope", "atoms"),
)
