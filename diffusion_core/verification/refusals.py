"""Bad input is refused in one sentence that names the field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.measure import measure
from diffusion_core.targets import PRESETS
from diffusion_core.verification.record import Alter, Part, Stop

Call = Callable[[Alter], Any]


def _text(**changes: Any) -> str:
    return json.dumps(Experiment(preset="three-modes").to_dict() | changes)


def _read(text: str) -> Call:
    return lambda alter: Experiment.from_json(text)


def _mixture(weights: list[float], variance: float) -> dict[str, Any]:
    means = [[float(i)] for i in range(len(weights))]
    covariances = [[[variance]]] * len(weights)
    kind = "gaussian_mixture"
    return {"kind": kind, "weights": weights, "means": means, "covariances": covariances}


def _plane(alter: Alter) -> Any:
    run = alter(Experiment(preset="ring-of-8", target=PRESETS["ring-of-8"].target, steps=4))
    return measure(run, "w1")


def _no_density(alter: Alter) -> Any:
    run = alter(Experiment(preset="atoms", target=PRESETS["atoms"].target, steps=4))
    return measure(run, against="data")


CASES: dict[str, tuple[str, Call]] = {
    "a single step": ("steps", _read(_text(steps=1))),
    "9,000 steps": ("steps", _read(_text(steps=9000))),
    "ten and a half steps": ("steps", _read(_text(steps=10.5))),
    "a sampler that is none": ("sampler.kind", _read(_text(sampler={"kind": "euler"}))),
    "η for the ODE": ("sampler.eta", _read(_text(sampler={"kind": "ode", "eta": 0.5}))),
    "weights that sum to 1.1": (
        "target.weights",
        _read(_text(target=_mixture([0.5, 0.6], 1.0))),
    ),
    "a negative variance": ("target.covariances", _read(_text(target=_mixture([1.0], -1.0)))),
    "a number that is not one": ("experiment", _read(_text(steps=float("nan")))),
    "a key twice": ("experiment", _read('{"steps": 10, "steps": 20}')),
    "text that is no JSON": ("experiment", _read("three modes, please")),
    "an unknown key": ("experiment", _read(_text(step=10))),
    "W₁ in the plane, exactly": ("w1", _plane),
    "TV to a law without a density": ("against", _no_density),
}


def refusal_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """1 where bad input is accepted, or refused without naming the field first; else 0."""
    for what, (field, call) in CASES.items():
        stop()
        try:
            call(alter)
            said = "accepted"
        except (InputError, Refused) as refusal:
            said = str(refusal)
        wrong = not said.startswith(f"{field}:") or "\n" in said
        yield Part(f"{what}: “{said}”", float(wrong), 0.0)
