"""One-sentence readings of the figures, made of the numbers that the figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.text.numbers import percent, rounded, with_error
from diffusion_core import Experiment, Measurement
from diffusion_core.distances import METRIC_LABELS, Distance

Outcome = Measurement | str


def final_distance(experiment: Experiment, outcome: Outcome) -> str:
    """What TV(q_1, p_1) says about the run on the screen."""
    record, updates = experiment.record, experiment.steps - 1
    run = f"After {updates:,} {'update' if updates == 1 else 'updates'} of {record.label}"
    if isinstance(outcome, str):
        return f"{run} the distance to $p_1$ cannot be given: {outcome}."
    if outcome.method == "exact":
        number = with_error(outcome.value, outcome.error)
        return (
            f"{run}, **TV(q₁, p₁) = {number}**: {percent(outcome.value)} of the mass is not where "
            "the target has it. Exact law, no sampling noise."
        )
    seen = outcome.estimate
    assert seen is not None
    if outcome.value <= seen.noise_floor + 3 * seen.standard_error:
        return (
            f"{run}, TV(q₁, p₁) is **too small to be seen with these particles**: the estimate is "
            f"{rounded(outcome.value)}, and perfect samples would show {rounded(seen.noise_floor)}."
        )
    return (
        f"{run}, **TV(q₁, p₁) ≈ {rounded(outcome.value)}**, estimated from particles (standard "
        f"error {rounded(seen.standard_error, 2)}; perfect samples would show "
        f"{rounded(seen.noise_floor)})."
    )


def on_the_way(
    experiment: Experiment, times: Sequence[int], tv: Sequence[Distance], refusal: str
) -> str:
    """How the distance arises along the chain, and what the picture leaves out."""
    parts = []
    if tv:
        start = tv[0].value
        if start > 1e-8:
            parts.append(f"At the start TV(q_T, p_T) is {rounded(start)}")
        parts.append(_growth(times, tv))
    if refusal:
        parts.append(f"The exact q_t is not drawn: {refusal}")
    if len(times) < experiment.steps:
        parts.append(f"{len(times)} of {experiment.steps:,} values of t are drawn, evenly spread")
    parts += experiment.chain.notes
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part)


def _growth(times: Sequence[int], tv: Sequence[Distance]) -> str:
    if len(tv) < 4 or tv[-1].value <= 0:
        return ""
    middle = len(tv) // 2
    share = 1 - tv[middle].value / tv[-1].value
    if not 0 <= share <= 1:
        return f"It is largest at t = {times[max(range(len(tv)), key=lambda i: tv[i].value)]:,}"
    return f"{percent(share)} of the final distance arises after t = {times[middle]:,}"


Curve = Sequence[Measurement]


def doubling(curves: Mapping[str, Curve], metric: str) -> str:
    """What the last doubling of T did to each curve (curves by their label)."""
    found = []
    for label, curve in curves.items():
        sure = [m for m in curve if m.value > 0 and m.error < 0.1 * m.value]
        if len(sure) > 1:
            a, b = sure[-2:]
            factor = (a.value / b.value) ** (1 / math.log2(b.steps / a.steps))
            found.append((label, a.steps, b.steps, factor))
    if not found:
        return ""
    spans = {(a, b) for _, a, b, _ in found}
    said = ", ".join(f"{label} **{factor:.2f}**" for label, _, _, factor in found)
    where = f"between T = {found[0][1]:,} and {found[0][2]:,}" if len(spans) == 1 else "at the end"
    return f"Doubling T divides {metric} by ({where}): {said}."


def quantity(metric: str, against: str) -> str:
    """The label of the distance axis."""
    law = "p₁" if against == "p1" else "p₀, the data"
    return f"{METRIC_LABELS[metric]} between q₁ and {law}"


def alt(curves: Mapping[str, Curve], of: str) -> str:
    """The figure for those who do not see it."""
    said = [
        f"{label} from {rounded(c[0].value)} at T = {c[0].steps} to {rounded(c[-1].value)} "
        f"at T = {c[-1].steps}"
        for label, c in curves.items()
        if c
    ]
    return f"{of} against the number of steps, both on logarithmic axes: {'; '.join(said)}."


def floors(curves: Mapping[str, Curve], initialisation: float | None, metric: str) -> str:
    """What no number of steps can beat."""
    seen = [m.estimate.noise_floor for c in curves.values() for m in c if m.estimate]
    if seen:
        return (
            f"Estimated from particles: a perfect sampler would show {rounded(max(seen))}, so "
            "values near that are not seen to differ from zero."
        )
    ends = [c[-1].value for c in curves.values() if c]
    if initialisation is not None and metric == "tv" and ends and initialisation > 0.1 * min(ends):
        return (
            f"At the largest T, TV(p_T, N(0, 1)) is {rounded(initialisation)}: a deterministic "
            "sampler that starts from noise carries this to the end, and its curve flattens there. "
            "Start from p_T to take it away."
        )
    return ""
