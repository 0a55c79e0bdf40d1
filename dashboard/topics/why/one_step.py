"""What one step of a stochastic sampler misses of the mean and of the variance, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.prose import prose
from dashboard.text.numbers import rounded
from diffusion_core.samplers import SAMPLERS
from diffusion_core.studies.orders import StepMoments

Found = Mapping[str, Sequence[StepMoments]]
ROUNDING = 1e-14  # a root mean square below it is nothing
_say = prose("why")


def reading(found: Found) -> str:
    """The powers of beta in mean and variance, and the training-free mean against its formula."""
    free = found["ddpm-accelerated"][-1]
    said = _say(
        "moments",
        probes=len(free.x),
        powers="; ".join(_powers(name, steps) for name, steps in found.items()),
    )
    if free.shifts == 0:
        return f"{said} {_say('moments-linear')}"
    i = int(np.abs(free.shift).argmax())
    unit = free.beta**2 / math.sqrt(1 - free.beta)
    shift = _say(
        "moments-shift",
        beta=rounded(free.beta),
        x=rounded(float(free.x[i])).replace("-", "−"),
        mean=rounded(float(free.mean_error[i]) / unit, 4).replace("-", "−"),
        quarter=rounded(float(free.shift[i]) / unit, 4).replace("-", "−"),
        shifts=rounded(free.shifts, 4),
    )
    return f"{said} {shift}"


def _powers(name: str, steps: Sequence[StepMoments]) -> str:
    return _say(
        "moments-powers",
        label=SAMPLERS[name].label,
        mean=_power([m.mean_size for m in steps]),
        variance=_power([m.variance_size for m in steps]),
    )


def _power(sizes: Sequence[float]) -> str:
    """By which power of 2 the last halving of beta divides; exact where nothing is left."""
    a, b = sizes[-2:]
    return _say("moments-exact") if max(a, b) < ROUNDING else f"**{math.log2(a / b):.2f}**"


def table(found: Found) -> dict[str, list[Any]]:
    """Root mean squares over the points, for every beta."""
    columns: dict[str, list[Any]] = {"β": [rounded(m.beta) for m in found["ddpm"]]}
    for name, steps in found.items():
        columns[f"mean, {SAMPLERS[name].label}"] = [_size(m.mean_size) for m in steps]
    free = found["ddpm-accelerated"]
    columns["(β²/4) s″/√α"] = [_size(float(np.sqrt((m.shift**2).mean()))) for m in free]
    for name, steps in found.items():
        columns[f"variance, {SAMPLERS[name].label}"] = [_size(m.variance_size) for m in steps]
    return columns


def _size(value: float) -> str:
    return "0" if value < ROUNDING else rounded(value)
