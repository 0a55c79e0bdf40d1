"""What decides a sampler's order: whether every step shrinks, in the sampler's own variable."""

from __future__ import annotations

import math
from typing import Any

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
from diffusion_core.schedules import Array, Custom, Linear, LogSNR, Sigmoid
from diffusion_core.studies.forward import log_snr

phrase = prose("phrases/lessons")
TV = "TV(q₁, p₁)"
T_AXIS = phrase("number-of-steps-t")
STEPS = (64, 128, 256, 512, 1024)
LONG = 40.0  # a step of more than LONG/T in lambda is cut
FIRST, LAST = 128, 1024

EVEN = preset("three-modes", schedule=LogSNR(), sampler="dpmpp-2m", start="exact")
LINEAR = EVEN.with_(schedule=Linear())
HEUN, HEUN_SIGMOID = (EVEN.with_(schedule=s, sampler="heun") for s in (Linear(), Sigmoid()))
SECOND = {run.record.label: run for run in (HEUN, LINEAR, LINEAR.with_(sampler="ode-taylor"))}


def levels(run: Experiment) -> Array:
    """lambda_1 > ... > lambda_T, half the log-SNR: log(sqrt(abar_t)/sqrt(1 - abar_t))."""
    return log_snr(run.chain, np.arange(1, run.steps + 1)) / 2


def widths(run: Experiment) -> Array:
    """lambda_{t-1} - lambda_t for t = 2..T."""
    return -np.diff(levels(run))


def on_levels(run: Experiment, points: Array) -> Experiment:
    """The run on the schedule with these lambda."""
    abar = tuple((1 / (1 + np.exp(-2 * points))).tolist())
    return run.with_(schedule=Custom(abar), steps=len(abar))


def finer_near_data(run: Experiment) -> Experiment:
    """Every step longer than LONG/T in lambda is cut into pieces that are not; the ends stay."""
    pieces = np.ceil(widths(run) * run.steps / LONG).astype(int)
    return on_levels(run, _cut(levels(run), np.maximum(pieces, 1)))


def finer_near_noise(run: Experiment) -> Experiment:
    """As many points more, in the middle of the steps nearest the noise."""
    added = finer_near_data(run).steps - run.steps
    pieces = np.ones(run.steps - 1, dtype=int)
    pieces[len(pieces) - added :] = 2
    return on_levels(run, _cut(levels(run), pieces))


def _cut(points: Array, pieces: Array) -> Array:
    """The points, with the interval after each cut into so many equal pieces."""
    parts = [
        np.linspace(a, b, n, endpoint=False)
        for a, b, n in zip(points[:-1], points[1:], pieces.tolist(), strict=True)
    ]
    return np.concatenate([*parts, points[-1:]])


def _linear(lab: Lab) -> Numbers:
    runs = {"linear": LINEAR, "even": EVEN}
    found = {f"slope_{name}": lab.slope(run, FIRST, LAST) for name, run in runs.items()}
    return found | {f"{n}_last": lab.tv(run.with_(steps=LAST)) for n, run in runs.items()}


def _linear_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    curves = [
        measured(phrase("even-in-log-snr"), "log-snr", lab.curve(EVEN, STEPS)),
        measured("linear", "linear", lab.curve(LINEAR, STEPS)),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _where(lab: Lab) -> Numbers:
    run = LINEAR.with_(steps=LAST)
    data, noise = finer_near_data(run), finer_near_noise(run)
    before = lab.tv(run)
    first = LINEAR.with_(steps=FIRST)
    return {
        "steps": LAST,
        "added": data.steps - run.steps,
        "before": before,
        "data": lab.tv(data),
        "noise": lab.tv(noise),
        "gain_data": before / lab.tv(data),
        "gain_noise": before / lab.tv(noise),
        "slope_data": _slope(lab.tv(finer_near_data(first)), lab.tv(data)),
        "wide_first": float(widths(first)[0]),
        "wide_last": float(widths(run)[0]),
        "even_first": float(widths(EVEN.with_(steps=FIRST))[0]),
        "even_last": float(widths(EVEN.with_(steps=LAST))[0]),
    }


def _slope(first: float, last: float) -> float:
    """d log TV / d log T, T counted before the points were added."""
    return math.log(last / first) / math.log(LAST / FIRST)


def _where_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    runs = [LINEAR.with_(steps=t) for t in STEPS]
    curves = [
        measured("linear", "linear", lab.curve(LINEAR, STEPS)),
        Curve(
            phrase("finer-near-the-noise"),
            "second",
            STEPS,
            [lab.tv(finer_near_noise(r)) for r in runs],
        ),
        Curve(
            phrase("finer-near-the-data"),
            "output",
            STEPS,
            [lab.tv(finer_near_data(r)) for r in runs],
        ),
    ]
    return lines(curves, T_AXIS, TV, dark, "xy")


def _heun(lab: Lab) -> Numbers:
    run = HEUN_SIGMOID.with_(steps=LAST)
    jump = float(np.exp(widths(run)[-1]))
    return {
        "slope_heun": lab.slope(HEUN, FIRST, LAST),
        "slope_dpm": lab.slope(LINEAR, FIRST, LAST),
        "slope_sigmoid": lab.slope(HEUN_SIGMOID, FIRST, LAST),
        "heun_last": lab.tv(HEUN.with_(steps=LAST)),
        "jump": jump,
    }


def _heun_figure(run: Experiment) -> Any:
    """The run on the linear and on the sigmoid schedule, beside DPM-Solver++."""

    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        label, sigmoid = run.record.label, run.with_(schedule=Sigmoid())
        curves = [
            measured(phrase("dpm-solver-2m-linear"), "dpmpp-2m", lab.curve(LINEAR, STEPS)),
            measured(phrase("linear", label=label), run.record.name, lab.curve(run, STEPS)),
            measured(phrase("sigmoid", label=label), "sigmoid", lab.curve(sigmoid, STEPS)),
        ]
        return lines(curves, T_AXIS, TV, dark, "xy")

    return draw


def _with_sampler(label: str) -> Run:
    run = SECOND[label]

    def numbers(lab: Lab) -> Numbers:
        sigmoid = run.with_(schedule=Sigmoid())
        return {
            "slope": lab.slope(run, FIRST, LAST),
            "slope_sigmoid": lab.slope(sigmoid, FIRST, LAST),
        }

    return Run(numbers, _heun_figure(run))


def _slope_scale(slope: str, last: str) -> Scale:
    """Of order two, between, or about one; drawn at the last T."""
    return Scale(
        "slope",
        lambda n: n[slope],
        (-1.8, -1.2),
        "abc",
        (-2.6, -0.6),
        lambda n, value: (LAST, n[last] * (LAST / FIRST) ** (value - n[slope])),
    )


WHERE = Scale(
    phrase("times-smaller-minus-near-the"),
    lambda n: n["gain_data"] if n["gain_data"] > n["gain_noise"] else -n["gain_noise"],
    (-2.0, 2.0),
    "acb",
    (-10.0, 10.0),
)
_SWEEP = (("samplers", "dpmpp-2m,heun"), ("from", "64"), ("to", "1024"))

ORDER = Lesson(
    "order",
    (
        Read("begin"),
        Predict(
            "linear",
            _slope_scale("slope_linear", "linear_last"),
            Run(_linear, _linear_figure, full=(Full("convergence", LINEAR, _SWEEP),)),
        ),
        Predict("where", WHERE, Run(_where, _where_figure)),
        Predict(
            "heun",
            _slope_scale("slope_heun", "heun_last"),
            Run(
                _heun,
                move=Move(phrase("sampler"), tuple(SECOND), HEUN.record.label, _with_sampler),
                full=(Full("convergence", HEUN_SIGMOID, _SWEEP),),
            ),
        ),
        Question("cure", 3, "b"),
        Question("says", 3, "c"),
    ),
    (
        Ground("why", "2. One step errs by a power of its size"),
        Ground("why", "3. T steps together, and the logarithms"),
        Ground("theory", "The formulas of all samplers"),
    ),
    ("order", "slope", "nfe"),
)
