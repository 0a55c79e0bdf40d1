"""Instructive failures: settings that break a sampler, each beside settings that mend it.

The words are a file of prose; every number in them is computed when it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.prose import prose
from dashboard.text.numbers import percent, rounded
from diffusion_core import PRESETS, Experiment
from diffusion_core.laws.front import law_of
from diffusion_core.laws.line.law import transport_law
from diffusion_core.schedules import Cosine, Linear, LinearDDPM, Theory
from diffusion_core.studies.convergence import initialisation_tv

_say = prose("failures")


@dataclass(frozen=True)
class Failure:
    """``broken`` fails, ``mended`` does not. ``numbers`` of the broken run fill its sentence."""

    name: str
    broken: Experiment
    mended: Experiment
    numbers: Callable[[Experiment], Mapping[str, object]]

    @property
    def title(self) -> str:
        return _say(f"{self.name}-title")

    @property
    def cure(self) -> str:
        """What was changed in the mended run."""
        return _say(f"{self.name}-cure", steps=f"{self.mended.steps:,}")

    def why(self, run: Experiment) -> str:
        """One sentence: what goes wrong in the broken run."""
        return _say(f"{self.name}-why", **self.numbers(run))


def _experiment(preset: str, **choices: object) -> Experiment:
    base = Experiment(target=PRESETS[preset].target, preset=preset)
    return base.with_(**choices)


def _signal_left(e: Experiment) -> Mapping[str, object]:
    left = float(np.sqrt(e.chain.abar[e.steps]))
    return {"steps": e.steps, "left": percent(left), "tv": rounded(initialisation_tv(e))}


def _first_step(e: Experiment) -> Mapping[str, object]:
    return {"stretch": rounded(1 / float(np.sqrt(e.chain.alpha[e.steps])))}


def _fold_share(e: Experiment) -> Mapping[str, object]:
    law = transport_law(e)
    backwards = np.diff(law.y) < 0
    return {"share": percent(float(law.masses[backwards].sum()))}


def _light_mode(e: Experiment) -> Mapping[str, object]:
    grid = np.linspace(1.25, 6.0, 401)
    last = list(law_of(e).over_time(grid, [1]))[-1]
    width = grid[1] - grid[0]
    q, p = float(last.output.sum() * width), float(last.target.sum() * width)
    return {"left": f"{grid[0]:g}", "target": percent(p), "output": percent(q)}


def _no_density(e: Experiment) -> Mapping[str, object]:
    return {"width": rounded(float(np.sqrt(e.chain.var[1])), 2)}


def _no_numbers(e: Experiment) -> Mapping[str, object]:
    return {}


def _capped(e: Experiment) -> Mapping[str, object]:
    return {"capped": len(e.chain.capped), "steps": e.steps}


_ALL = (
    Failure(
        "signal-left",
        _experiment("three-modes", schedule=LinearDDPM(), sampler="ode", steps=100),
        _experiment("three-modes", schedule=LinearDDPM(), sampler="ode", steps=1000),
        _signal_left,
    ),
    Failure(
        "cosine-ode",
        _experiment("three-modes", schedule=Cosine(), sampler="ode", steps=128),
        _experiment("three-modes", schedule=Cosine(), sampler="ddim", steps=128),
        _first_step,
    ),
    Failure(
        "fold",
        _experiment("two-modes", schedule=Linear(), sampler="dpmpp-2m", steps=12),
        _experiment("two-modes", schedule=Linear(), sampler="dpmpp-2m", steps=64),
        _fold_share,
    ),
    Failure(
        "light-mode",
        _experiment("skewed", sampler="ode", steps=16),
        _experiment("skewed", sampler="ode", steps=256),
        _light_mode,
    ),
    Failure(
        "atoms",
        _experiment("atoms", sampler="ode", steps=50),
        _experiment("atoms", sampler="ode-taylor", steps=50),
        _no_density,
    ),
    Failure(
        "heavy-tail",
        _experiment("student-t", sampler="ode", steps=50),
        _experiment("student-t", sampler="ode", steps=200),
        _no_numbers,
    ),
    Failure(
        "capped",
        _experiment("three-modes", schedule=Theory(2.0, 8.0), sampler="ode", steps=25),
        _experiment("three-modes", schedule=Theory(2.0, 4.0), sampler="ode", steps=25),
        _capped,
    ),
)

FAILURES = {failure.name: failure for failure in _ALL}
NAMES = tuple(FAILURES)
