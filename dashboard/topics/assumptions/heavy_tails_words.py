"""What is said about heavy tails: what theorems lose, and what is measured all the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.text.tables import by_column
from diffusion_core import SAMPLERS, Measurement
from diffusion_core.targets.base import Target

phrase = prose("phrases/assumptions")
_PROSE = prose("heavy_tails")
CLOSE = 0.02  # of the Gaussian's TV: no difference to speak of

Curves = Mapping[str, Sequence[Measurement]]


def intro(sampler: str) -> str:
    return _PROSE("intro", sampler=SAMPLERS[sampler].label)


def accuracy() -> str:
    return _PROSE("accuracy")


def reading(curves: Curves) -> str:
    """The heaviest law beside the lightest at the largest T that both have."""
    (heavy, first), *_, (light, second) = curves.items()
    common = {m.steps for m in first} & {m.steps for m in second}
    if not common:
        return ""
    steps = max(common)
    ours, theirs = (next(m for m in c if m.steps == steps) for c in (first, second))
    ratio = ours.value / theirs.value
    kind = "as-well" if abs(ratio - 1) <= CLOSE else "better" if ratio < 1 else "worse"
    return _PROSE(
        "reading",
        steps=f"{steps:,}",
        heavy=heavy,
        light=light,
        tv=rounded(ours.value),
        other=rounded(theirs.value),
        verdict=_PROSE(kind),
    )


def table(
    laws: Mapping[str, Target], curves: Curves, starts: Mapping[str, float]
) -> dict[str, list[str]]:
    """What each law has of a tail, and its TV at its largest T."""
    rows = []
    for law, target in laws.items():
        mean, last = target.first_moment(), curves[law][-1] if curves[law] else None
        rows.append(
            (
                law,
                rounded(mean) if math.isfinite(mean) else phrase("infinite"),
                "–" if last is None else f"{last.steps:,}",
                "–" if last is None else _mass(target.mass_outside(float(last.steps))),
                rounded(starts[law], 2),
                "–" if last is None else rounded(last.value),
            )
        )
    tail = phrase("mass-beyond-x-t-at")
    names = ("law", phrase("e-x0-at-most"), "T", tail, "TV(p_T, N(0, 1))", "TV(q₁, p₁)")
    return by_column(names, rows)


def _mass(mass: float) -> str:
    return rounded(mass, 2) if mass >= 1e-16 else phrase("below-1016")
