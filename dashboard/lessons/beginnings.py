"""From noising to measuring: what the forward chain does, the score, particles and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.lessons.figures import Curve, lines
from dashboard.lessons.lab import Lab
from dashboard.lessons.structure import (
    Full,
    Guess,
    Lesson,
    Numbers,
    Predict,
    Question,
    Read,
    Run,
)
from diffusion_core import PRESETS, Experiment
from diffusion_core.schedules import Array, Cosine, Linear, Theory


def preset(name: str, **choices: Any) -> Experiment:
    """An experiment on a target of the gallery."""
    return Experiment(target=PRESETS[name].target, preset=name, **choices)


# ---- noising

LONG = preset("three-modes", schedule=Linear(), steps=1000)
TIMES = (1, *range(25, 1001, 25))
NOISED = {
    "linear": LONG,
    "cosine": LONG.with_(schedule=Cosine()),
    "theory": LONG.with_(schedule=Theory()),
}
NOISE_NAMES = {"linear": "linear", "cosine": "cosine", "theory": "theory's schedule"}


def half_time(times: tuple[int, ...], distances: Array) -> float:
    """The share of the chain after which half of the first distance is gone, in per cent."""
    level = distances[0] / 2
    after = int(np.argmax(distances <= level))
    t = np.interp(level, distances[after - 1 : after + 1][::-1], times[after - 1 : after + 1][::-1])
    return float(100 * t / times[-1])


def _noising(lab: Lab) -> Numbers:
    found = {name: lab.to_noise(run, TIMES) for name, run in NOISED.items()}
    numbers = {f"half_{name}": half_time(TIMES, tv) for name, tv in found.items()}
    tv = found["linear"]
    numbers |= {"tv_first": tv[0], "tv_last": tv[-1], "tv_end": tv[TIMES.index(750)]}
    return numbers | {"signal_half": float(np.sqrt(LONG.chain.abar[500]))}


def _noising_figure(*names: str) -> Any:
    def draw(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
        curves = [
            Curve(NOISE_NAMES[n], n, TIMES, lab.to_noise(NOISED[n], TIMES), points=False)
            for n in names
        ]
        return lines(curves, "t, from data to noise", "TV(p<sub>t</sub>, N(0, 1))", dark)

    return draw


def later(found: Numbers) -> str:
    """Whether cosine keeps the data longer than linear: a shorter, b the same, c longer."""
    gap = found["half_cosine"] - found["half_linear"]
    return "b" if abs(gap) < 2 else "c" if gap > 0 else "a"


NOISING = Lesson(
    "noising",
    (
        Read("begin"),
        Guess(
            "half",
            1.0,
            100.0,
            "half_linear",
            Run(_noising, _noising_figure("linear"), full=(Full("forward", LONG),)),
            within=1.25,
        ),
        Predict("cosine", 3, later, Run(_noising, _noising_figure(*NOISED))),
        Question("signal", 3, "c"),
        Question("why", 3, "b"),
    ),
)

# ---- score

ATOMS = preset("atoms", schedule=Linear(), steps=1000)
MUCH, LITTLE = 340, 100  # t with about 0.3 and 0.9 of the signal's variance left
ATOM = 1.75
SPOTS = np.linspace(-2.4, 2.4, 241)  # of x / sqrt(abar_t)


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


def _score_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    atoms = ATOMS.target.sample(200, np.random.default_rng(0))[:, 0]
    nearest = np.unique(atoms)[np.abs(SPOTS[:, None] - np.unique(atoms)).argmin(axis=1)]
    curves = [
        Curve(f"ᾱ = {ATOMS.chain.abar[t]:.2f}", mark, SPOTS, denoised(t, SPOTS), points=False)
        for t, mark in ((MUCH, "first"), (185, "second"), (LITTLE, "third"))
    ]
    curves.append(Curve("the nearest point", "target", SPOTS, nearest, points=False))
    return lines(curves, "x / √ᾱ<sub>t</sub>", "E[X₀ | X<sub>t</sub> = x]", dark)


def pull(found: Numbers) -> str:
    """Where the score points from where an atom is seen: a nowhere, b to the left, c right."""
    return "a" if abs(found["score_much"]) < 0.02 else "b" if found["score_much"] < 0 else "c"


SCORE = Lesson(
    "score",
    (
        Read("begin"),
        Predict(
            "pull",
            3,
            pull,
            Run(_score, _score_figure, full=(Full("trajectories", ATOMS.with_(steps=100)),)),
        ),
        Predict(
            "little",
            2,
            lambda n: "a" if n["off_little"] < 0.01 else "b",
            Run(_score, _score_figure),
        ),
        Question("between", 3, "a"),
        Question("when", 3, "b"),
    ),
)

# ---- sampling

_OTHERS = (("c", "sampler.ode-taylor"), ("d", "sampler.ddpm-covariance"))
ODE = preset("three-modes", schedule=Linear(), sampler="ode", steps=200)
DDPM, HEUN = ODE.with_(sampler="ddpm"), ODE.with_(sampler="heun")
MODES = np.array([-1.5, 0.3, 1.8])
MANY = 2000


def mode_of(y: Array) -> Array:
    """The number of the nearest mode."""
    return np.abs(y[:, None] - MODES).argmin(axis=1)


def _sampling(lab: Lab) -> Numbers:
    ode, ddpm, heun = (mode_of(lab.final(run, MANY)) for run in (ODE, DDPM, HEUN))
    ddpm_share, heun_share = float((ode == ddpm).mean()), float((ode == heun).mean())
    shares = np.bincount(ode, minlength=3) / MANY
    return {
        "same_ddpm": ddpm_share,
        "same_heun": heun_share,
        "error": float(np.sqrt(ddpm_share * (1 - ddpm_share) / MANY)),
        "chance": float(shares @ (np.bincount(ddpm, minlength=3) / MANY)),
        "tv_ode": lab.tv(ODE),
        "tv_ddpm": lab.tv(DDPM),
        "tv_both": lab.tv(ODE) + lab.tv(DDPM),
    }


def shared_share(share: float) -> str:
    """a: nearly all; b: most; c: not even half."""
    return "a" if share > 0.9 else "b" if share > 0.5 else "c"


SAMPLING = Lesson(
    "sampling",
    (
        Read("begin"),
        Predict(
            "mode",
            3,
            lambda n: shared_share(n["same_ddpm"]),
            Run(
                _sampling,
                chains=(("ODE", ODE), ("DDPM", DDPM)),
                full=(Full("compare", ODE, (("panels", "2"), *_OTHERS)),),
            ),
        ),
        Predict("laws", 2, lambda n: "a" if n["tv_both"] > 0.2 else "b", Run(_sampling)),
        Predict(
            "heun",
            3,
            lambda n: shared_share(n["same_heun"]),
            Run(_sampling, chains=(("ODE", ODE), ("Heun", HEUN))),
        ),
        Question("judge", 3, "c"),
    ),
)

# ---- measuring

FINE = preset("three-modes", schedule=Theory(), sampler="ode-taylor", steps=512)
COUNTS = (500, 1000, 2000, 5000, 10_000)


def _floor(lab: Lab, particles: int) -> float:
    found = lab.measured(FINE, particles).estimate
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


def _measuring_figure(lab: Lab, dark: bool) -> tuple[go.Figure, str]:
    ends = (COUNTS[0], COUNTS[-1])
    curves = [
        Curve(
            "histogram of particles",
            "output",
            COUNTS,
            [lab.measured(FINE, n).value for n in COUNTS],
        ),
        Curve("histogram of perfect samples", "target", COUNTS, [_floor(lab, n) for n in COUNTS]),
        Curve("exact", "second", ends, [lab.tv(FINE)] * 2, points=False),
    ]
    return lines(curves, "particles", "TV(q₁, p₁)", dark, "xy")


MEASURING = Lesson(
    "measuring",
    (
        Read("begin"),
        Predict(
            "seen",
            3,
            lambda n: "a" if n["ratio"] < 1.5 else "b" if n["ratio"] < 5 else "c",
            Run(
                _measuring,
                _measuring_figure,
                full=(Full("trajectories", FINE, (("particles", "10000"),)),),
            ),
        ),
        Predict(
            "fall",
            3,
            lambda n: "a" if n["fall"] > 6 else "b" if n["fall"] > 2.6 else "c",
            Run(_measuring, _measuring_figure),
        ),
        Question("table", 3, "b"),
        Question("way-out", 3, "c"),
    ),
)

LESSONS: tuple[Lesson, ...] = (NOISING, SCORE, SAMPLING, MEASURING)
