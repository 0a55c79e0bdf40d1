"""Sentences about where an error comes from, made of the numbers that the figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.text.numbers import percent, rounded, with_error
from diffusion_core import SAMPLERS
from diffusion_core.budget import Budget, Left

SMALL = 0.01  # of the sum: not worth a clause
BEYOND = 0.002  # of the mass: pictures leave out half of that by themselves


def _amount(value: float) -> str:
    """A total variation, or a sum of some, which may exceed 1."""
    return percent(value) if value < 1 else rounded(value)


def reading(found: Budget, stochastic: bool) -> str:
    """The whole account in two or three sentences."""
    whole = f"the steps' own errors add up to **{_amount(found.step_sum.value)}**{_where(found)}"
    if found.initialisation.value == 0:
        begin = f"The chain starts from $p_T$, so the initialisation costs nothing; {whole}."
    else:
        begin = (
            f"To start from $N(0, I)$ instead of $p_T$ costs "
            f"**{_amount(found.initialisation.value)}**; {whole}."
        )
    if found.score.value > 0:
        begin += f" The error of the score adds **{_amount(found.score.value)}**."
    total = with_error(found.total.value, found.total.error)
    if found.surplus <= SMALL * found.sum.value:
        return f"{begin} The sum of all is, within 1 %, the measured TV(q₁, p₁) = **{total}**."
    times = f"{found.ratio:.3g}"
    return (
        f"{begin} The sum is **{times} times** the measured TV(q₁, p₁) = **{total}**: "
        f"{_why(found, stochastic)}."
    )


def _where(found: Budget) -> str:
    """Which steps make most of it, on the shorter side."""
    steps = found.steps
    if len(steps) < 3 or found.step_sum.value <= 0:
        return ""
    largest = max(steps, key=lambda s: s.local.value)
    share = largest.local.value / found.step_sum.value
    if share >= 0.5:
        return f", {percent(share)} of them in the one step from t = {largest.t:,}"
    noisy = steps[0].t - found.half
    if noisy < found.half - 1:
        return f", half of them from the {noisy + 1:,} steps t ≥ {found.half:,}"
    return f", half of them from the {found.half - 1:,} steps t ≤ {found.half:,}"


def _why(found: Budget, stochastic: bool) -> str:
    """Where the surplus of the sum goes."""
    if found.contraction is None or found.cancellation is None:
        return (
            f"{_amount(found.surplus)} is lost where errors of opposite sign cancel and where a "
            "step maps two points to one, which contracts what it meets"
        )
    cancelled = _amount(found.cancellation)
    if not stochastic:
        return (
            f"errors of opposite sign cancel ({cancelled}), and nothing is forgotten, because a "
            "one-to-one map keeps every total variation"
        )
    taken = _amount(found.contraction)
    if found.cancellation < SMALL * found.surplus:
        return f"the noise of later steps wipes out {taken} that was wrong before"
    return (
        f"the noise of later steps wipes out {taken} that was wrong before them (contraction), and "
        f"errors of opposite sign cancel ({cancelled})"
    )


def without_start(found: Budget) -> str:
    """What the initialisation really does to the end."""
    if found.initialisation.value == 0:
        return ""
    end = with_error(found.without_start.value, found.without_start.error)
    change = found.total.value - found.without_start.value
    if abs(change) < 0.01 * found.total.value:
        return f"Started from $p_T$, the run ends at {end}: the initialisation hardly matters here."
    word = "more" if change > 0 else "less"
    return (
        f"Started from $p_T$, the run ends at {end}: with $N(0, I)$ it is "
        f"{_amount(abs(change))} {word}."
    )


def over(what: str, dim: int) -> str:
    """The heading of a picture of two laws."""
    return f"{what}, in the plane" if dim == 2 else f"{what}, over x"


def switched(rows: Sequence[Left]) -> str:
    """What the table of switches shows, in two sentences."""
    alone = next(row.tv for row in rows if row.start == "noise" and not row.steps)
    ideal = (
        "With exact steps in place of the sampler's no score is asked for, and only the start is "
        "left of the error"
    )
    if alone is None:
        return f"{ideal}; for an η between 0 and 1 what becomes of it is not worked out here."
    left = f"**{_amount(alone.value)}**"
    if alone.error > alone.value:
        left = f"less than **{_amount(alone.value + alone.error)}**"
    return (
        f"{ideal}: {left}. A flow without noise keeps the start's error as it "
        "is, a noisy reverse chain forgets a part of it. Without any source nothing is left."
    )


def steps_alt(found: Mapping[str, Budget], labels: Mapping[str, str]) -> str:
    """The figure of the single steps for those who do not see it."""
    said = []
    for name, seen in found.items():
        most = max(seen.steps, key=lambda s: s.local.value)
        least = min(seen.steps, key=lambda s: s.local.value)
        said.append(
            f"{labels[name]} from {rounded(least.local.value)} at t = {least.t} to "
            f"{rounded(most.local.value)} at t = {most.t}"
        )
    return f"What every single step adds to the error, against t: {'; '.join(said)}."


def sums_alt(found: Mapping[str, Budget], labels: Mapping[str, str]) -> str:
    said = [
        f"{labels[name]} ends with a sum of {rounded(seen.sum.value)} above a measured "
        f"{rounded(seen.total.value)}"
        for name, seen in found.items()
    ]
    return f"Sum of all parts so far and measured distance, from t = T to 1: {'; '.join(said)}."


def account_alt(bars: Sequence[tuple[str, float]]) -> str:
    return "Account: " + ", ".join(f"{name} {rounded(value)}" for name, value in bars) + "."


def picture_alt(what: str, excess: float, missing: float) -> str:
    return (
        f"{what}, and their difference below: {percent(excess)} of the mass is in excess in some "
        f"places, {percent(missing)} is missing in others."
    )


def label(name: str) -> str:
    return "DDIM" if name == "ddim" else SAMPLERS[name].label


def areas(excess: float, missing: float) -> str:
    """What the areas of a difference are, and where they are if not in the picture."""
    if missing - excess <= BEYOND:
        return "Each area of the difference is the TV: what is in excess here is missing there."
    return (
        f"The area that is missing is the TV; {percent(missing - excess)} of the mass has been "
        "thrown beyond this picture."
    )


def step_names(t: int) -> tuple[str, str]:
    """The two laws that one step's error lies between."""
    return f"step(p<sub>{t}</sub>)", f"p<sub>{t - 1}</sub>"


def of_step(found: Budget, t: int) -> str:
    """What one step adds, and its share."""
    step = next(s for s in found.steps if s.t == t)
    share = step.local.value / found.step_sum.value if found.step_sum.value > 0 else 0.0
    return (
        f"Given exactly $p_{{{t}}}$, this step misses $p_{{{t - 1}}}$ by TV = "
        f"{with_error(step.local.value, step.local.error)}, {percent(share)} of what all steps add."
    )
