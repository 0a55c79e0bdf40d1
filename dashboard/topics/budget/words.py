"""Sentences about where an error comes from, made of the numbers that the figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.text.numbers import percent, rounded, with_error
from diffusion_core import SAMPLERS
from diffusion_core.studies.budget import Budget, Left

SMALL = 0.01  # of the sum: not worth a clause
BEYOND = 0.002  # of the mass: pictures leave out half of that by themselves
_say = prose("budget")
phrase = prose("phrases/budget")


def reading(found: Budget, stochastic: bool) -> str:
    """The whole account in two or three sentences."""
    whole = _say("whole", sum=rounded(found.step_sum.value), where=_where(found))
    if found.initialisation.value == 0:
        said = [_say("from-start", whole=whole)]
    else:
        said = [_say("from-noise", cost=rounded(found.initialisation.value), whole=whole)]
    if found.score.value > 0:
        said.append(_say("score", score=rounded(found.score.value)))
    total = with_error(found.total.value, found.total.error)
    if found.surplus <= SMALL * found.sum.value:
        said.append(_say("no-surplus", share=f"{100 * SMALL:g} %", total=total))
    else:
        why = _why(found, stochastic)
        said.append(_say("surplus", times=f"{found.ratio:.3g}", total=total, why=why))
    return " ".join(said)


def _where(found: Budget) -> str:
    """Which steps make most of it, on the shorter side."""
    steps = found.steps
    if len(steps) < 3 or found.step_sum.value <= 0:
        return ""
    largest = max(steps, key=lambda s: s.local.value)
    share = largest.local.value / found.step_sum.value
    if share >= 0.5:
        return _say("where-one", share=percent(share), t=f"{largest.t:,}")
    noisy, half = steps[0].t - found.half, f"{found.half:,}"
    if noisy < found.half - 1:
        return _say("where-noisy", count=f"{noisy + 1:,}", half=half)
    return _say("where-late", count=f"{found.half - 1:,}", half=half)


def _why(found: Budget, stochastic: bool) -> str:
    """Where the surplus of the sum goes."""
    if found.contraction is None or found.cancellation is None:
        return _say("lost", surplus=rounded(found.surplus))
    cancelled = rounded(found.cancellation)
    if not stochastic:
        return _say("cancelled", cancelled=cancelled)
    taken = rounded(found.contraction)
    if found.cancellation < SMALL * found.surplus:
        return _say("wiped-out", taken=taken)
    return _say("wiped-out-and-cancelled", taken=taken, cancelled=cancelled)


def without_start(found: Budget) -> str:
    """What the initialisation really does to the end."""
    if found.initialisation.value == 0:
        return ""
    end = with_error(found.without_start.value, found.without_start.error)
    change = found.total.value - found.without_start.value
    if abs(change) < 0.01 * found.total.value:
        return _say("without-start-same", end=end)
    block = "without-start-more" if change > 0 else "without-start-less"
    return _say(block, end=end, change=rounded(abs(change)))


def over(what: str, dim: int) -> str:
    """The heading of a picture of two laws."""
    return _say("over-plane" if dim == 2 else "over-line", what=what)


def switched(rows: Sequence[Left]) -> str:
    """What the table of switches shows, in two sentences."""
    alone = next(row.tv for row in rows if row.start == "noise" and not row.steps)
    if alone is None:
        return _say("switched-unknown")
    left = _say("left", amount=rounded(alone.value))
    if alone.error > alone.value:
        left = _say("left-less-than", amount=rounded(alone.value + alone.error))
    return _say("switched", left=left)


def steps_alt(found: Mapping[str, Budget], labels: Mapping[str, str]) -> str:
    """The figure of the single steps for those who do not see it."""
    said = []
    for name, seen in found.items():
        most = max(seen.steps, key=lambda s: s.local.value)
        least = min(seen.steps, key=lambda s: s.local.value)
        said.append(
            _say(
                "steps-alt-part",
                label=labels[name],
                least=rounded(least.local.value),
                t_least=least.t,
                most=rounded(most.local.value),
                t_most=most.t,
            )
        )
    return _say("steps-alt", said="; ".join(said))


def sums_alt(found: Mapping[str, Budget], labels: Mapping[str, str]) -> str:
    said = [
        _say(
            "sums-alt-part",
            label=labels[name],
            sum=rounded(seen.sum.value),
            total=rounded(seen.total.value),
        )
        for name, seen in found.items()
    ]
    return _say("sums-alt", said="; ".join(said))


def account_alt(bars: Sequence[tuple[str, float]]) -> str:
    return _say("account-alt", parts=", ".join(f"{name} {rounded(value)}" for name, value in bars))


def picture_alt(what: str, excess: float, missing: float) -> str:
    return _say("picture-alt", what=what, excess=percent(excess), missing=percent(missing))


def label(name: str) -> str:
    return "DDIM" if name == "ddim" else SAMPLERS[name].label


def areas(excess: float, missing: float) -> str:
    """What the areas of a difference are, and where they are if not in the picture."""
    if missing - excess <= BEYOND:
        return _say("areas")
    return _say("areas-beyond", beyond=percent(missing - excess))


def step_names(t: int) -> tuple[str, str]:
    """The two laws that one step's error lies between."""
    return phrase("step-of-p", t=t), f"p<sub>{t - 1}</sub>"


def of_step(found: Budget, t: int) -> str:
    """What one step adds, and its share."""
    step = next(s for s in found.steps if s.t == t)
    share = step.local.value / found.step_sum.value if found.step_sum.value > 0 else 0.0
    tv = with_error(step.local.value, step.local.error)
    return _say("of-step", t=t, before=t - 1, tv=tv, share=percent(share))
