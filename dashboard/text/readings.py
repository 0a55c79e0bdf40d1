"""One-sentence readings of the figures, made of the numbers that the figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.text.numbers import percent, rounded, with_error
from dashboard.text.plain import plain
from diffusion_core import SAMPLERS, Experiment, Measurement
from diffusion_core.distances import METRIC_LABELS, Distance

Outcome = Measurement | str


def final_distance(experiment: Experiment, outcome: Outcome) -> str:
    """What TV(q_1, p_1) says about the run on the screen."""
    record, updates = experiment.record, experiment.steps - 1
    run = f"After {updates:,} {'update' if updates == 1 else 'updates'} of {record.label}"
    if isinstance(outcome, str):
        return f"{run} the distance to $p_1$ cannot be given. {sentence(outcome)}"
    if outcome.method == "exact":
        number = with_error(outcome.value, outcome.error)
        return (
            f"{run}, **TV(q₁, p₁) = {number}**: {percent(outcome.value)} of the mass is not where "
            "the target has it. This is the exact law's, without sampling noise."
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
    experiment: Experiment, times: Sequence[int], tv: Mapping[int, Distance], refusal: str
) -> str:
    """How the distance, known at the t of ``tv``, arises along the chain; what is left out."""
    parts = []
    if tv:
        start = next(iter(tv.values())).value
        if start > 1e-8:
            parts.append(f"At the start $\\mathrm{{TV}}(q_T, p_T)$ is {rounded(start)}")
        parts.append(_growth(list(tv), list(tv.values())))
    if refusal:
        parts.append(f"The exact $q_t$ is not drawn: {plain(refusal)}")
    if len(times) < experiment.steps:
        parts.append(f"{len(times)} of {experiment.steps:,} values of t are drawn, evenly spread")
    parts += [plain(note) for note in experiment.chain.notes]
    return " ".join(sentence(part) for part in parts if part)


def not_exact(reasons: Sequence[str]) -> str:
    """Why numbers of the plane come from particles where one would expect exact ones."""
    return " ".join(f"From particles only: {plain(reason.rstrip('.'))}." for reason in reasons)


def sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a field, and a full stop."""
    first = text[:1] if text.split(" ", 1)[0].endswith(":") else text[:1].upper()
    return f"{first}{text[1:].rstrip('.')}."


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
    said = ", ".join(f"**{factor:.2f}** for {label}" for label, _, _, factor in found)
    where = f"From T = {found[0][1]:,} to {found[0][2]:,}"
    return (
        f"{where if len(spans) == 1 else 'At its largest T'}, "
        f"each doubling of T divides {metric} by {said}."
    )


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
    if not said:
        return f"{of} against the number of steps: no run to show."
    return f"{of} against the number of steps, both on logarithmic axes: {'; '.join(said)}."


def floors(curves: Mapping[str, Curve], initialisation: float | None, metric: str) -> str:
    """What no number of steps can beat."""
    seen = [m.estimate.noise_floor for c in curves.values() for m in c if m.estimate]
    if seen:
        return (
            f"Estimated from particles: a perfect sampler would show {rounded(max(seen))}, so "
            "values near that are not seen to differ from zero."
        )
    ends = [c[-1].value for name, c in curves.items() if c and not SAMPLERS[name].stochastic]
    if initialisation is not None and metric == "tv" and ends and initialisation > 0.1 * min(ends):
        return (
            f"At the largest T, $\\mathrm{{TV}}(p_T, N(0, 1))$ is {rounded(initialisation)}: a "
            "deterministic sampler that starts from noise carries about as much to the end, and "
            "its curve flattens there. Start from $p_T$ to take it away."
        )
    return ""


def refused(refusals: Sequence[tuple[str, int, str]], labels: Mapping[str, str]) -> list[str]:
    """One sentence for each reason, with the runs (sampler, T, reason) that it stopped."""
    runs: dict[str, dict[str, list[int]]] = {}
    for sampler, steps, reason in refusals:
        runs.setdefault(reason, {}).setdefault(sampler, []).append(steps)
    return [
        "; ".join(f"{labels[sampler]} at T = {_listed(steps)}" for sampler, steps in which.items())
        + f": {plain(reason.rstrip('.'))}."
        for reason, which in runs.items()
    ]


def _listed(steps: Sequence[int]) -> str:
    return ", ".join(f"{t:,}" for t in steps)


def beyond(metric: str, against: str, schedule: str) -> str:
    """How far the theorems apply to what is shown; empty where they do."""
    if metric != "tv":
        return "The theorems bound total variation: no bound is drawn for another distance."
    if against != "p1":
        return "The theorems compare q₁ with p₁: no bound is drawn for the distance to the data."
    if schedule != "theory":
        return (
            "The bounds are proven for the theory's schedule. On this one they are shapes to "
            "compare with, no more."
        )
    return ""


def beside(outcomes: Mapping[str, Outcome], cure: str) -> str:
    """A failure's distance and its cure's, given in this order."""
    broken, mended = outcomes.values()
    if isinstance(broken, str) or isinstance(mended, str):
        return " ".join(sentence(found) for found in outcomes.values() if isinstance(found, str))
    return (
        f"TV(q₁, p₁) ends at **{with_error(broken.value, broken.error)}**. "
        f"{cure} it is {with_error(mended.value, mended.error)}."
    )


def compared(outcomes: Mapping[str, Outcome]) -> str:
    """Which panel ends closest to its target, and by how much."""
    known = {title: m for title, m in outcomes.items() if not isinstance(m, str)}
    if len(known) < 2:
        return ""
    order = sorted(known, key=lambda title: known[title].value)
    best, worst = known[order[0]], known[order[-1]]
    if worst.value - best.value <= worst.error + best.error:
        return "The distances cannot be told apart: they differ by less than their errors."
    said = f"**{order[0]}** ends closest, at TV(q₁, p₁) = {with_error(best.value, best.error)}"
    if best.estimate:
        said += ", estimated from particles"
    if best.value > best.error:
        said += f"; {order[-1]} ends {rounded(worst.value / best.value)} times as far"
    return f"{said}."
