"""Sentences about distances against the dimension, made of the numbers that the figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.numbers import rounded, scientific
from dashboard.topics.dimension.controls import Question
from dashboard.topics.dimension.measure import Curve, Found, curves, payers
from diffusion_core.schedules import MAX_STEPS
from diffusion_core.studies.dimension import (
    LEVEL,
    SATURATED,
    GaussianAxes,
    Growth,
    growth_exponent,
    power,
)
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/dimension")
FULL = 0.95  # a TV this large tells hardly anything about T
LAST = 3  # points that make the slope of T against d
NAMES = {"tv": "TV", "kl": "KL", "hellinger": phrase("hellinger")}
_say = prose("dimension")


def listed(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else _say("list", others=", ".join(said[:-1]), last=said[-1])


def reading(
    question: Question,
    found: Mapping[str, Found],
    other: Mapping[str, Found],
    labels: Mapping[str, str],
    other_steps: int | None,
) -> str:
    """What the figure shows, in as many paragraphs as there are things to see."""
    axes, said = question.axes, [between(found, labels)]
    if axes is not None:
        growing = exponents(found, labels)
        said = [growing]
        if axes.signal:
            pay = [labels[name] for name in payers(question)]
            said = [low_dimension(found, axes, labels, pay)]
    if other_steps is not None:
        said.append(saturation(found, other, labels, question.experiment.steps, other_steps))
    return "\n\n".join(part for part in said if part)


def exponents(found: Mapping[str, Found], labels: Mapping[str, str]) -> str:
    """The measured powers of d, before TV saturates."""
    tv, kl = [], []
    for name, growth in found.items():
        if isinstance(growth, Growth):
            r, k = growth_exponent(growth, "tv"), growth_exponent(growth, "kl")
            if r is not None:
                tv.append(_say("of-sampler", value=_power(r), label=labels[name]))
            if k is not None:
                kl.append(_power(k))
    if not kl:
        return ""
    said = [_say("kl-grows", powers=kl[0] if len(set(kl)) == 1 else listed(kl))]
    if tv:
        said.append(_say("tv-grows", saturated=f"{SATURATED:g}", powers=listed(tv)))
    return " ".join(said)


def _power(r: float) -> str:
    """A power of d in mathematics; whole ones without decimals."""
    text = f"{round(r, 2) + 0.0:.2f}"  # no minus before zero
    return "$d$" if text == "1.00" else f"$d^{{{text.removesuffix('.00')}}}$"


def saturation(
    now: Mapping[str, Found],
    other: Mapping[str, Found],
    labels: Mapping[str, str],
    steps: int,
    other_steps: int,
) -> str:
    """At the first d where TV is nearly 1: what it and KL still say about T."""
    for name, growth in now.items():
        beside = other.get(name)
        if not (isinstance(growth, Growth) and isinstance(beside, Growth)):
            continue
        both = zip(growth.dims, growth.tv, beside.tv, growth.kl, beside.kl, strict=True)
        for d, tv, tv2, kl, kl2 in both:
            if min(tv.value, tv2.value) < FULL or not math.isfinite(kl.value + kl2.value):
                continue
            return _say(
                "saturation",
                d=f"{d:,}",
                label=labels[name],
                steps=f"{steps:,}",
                tv=_near_one(tv.value),
                kl=rounded(kl.value),
                steps_other=f"{other_steps:,}",
                tv_other=_near_one(tv2.value),
                kl_other=rounded(kl2.value),
            )
    return ""


def _near_one(value: float) -> str:
    gap = 1 - value
    if gap < 1e-12:
        return _say("one")
    return _say("near-one", gap=scientific(gap, 2)) if gap < 1e-3 else rounded(value)


def between(found: Mapping[str, Found], labels: Mapping[str, str]) -> str:
    """What is known of the TV of products: how far apart its bounds are at most."""
    widest = []
    for name, curve in curves(found, "tv").items():
        if not curve.exact:
            ratio = max(b / a for a, b in zip(curve.low, curve.high, strict=True) if a > 0)
            widest.append(_say("between-part", factor=rounded(ratio), label=labels[name]))
    return _say("between", widest=listed(widest)) if widest else ""


def low_dimension(
    found: Mapping[str, Found],
    axes: GaussianAxes,
    labels: Mapping[str, str],
    pay: Sequence[str],
) -> str:
    """What an axis that varies adds to KL, what one that does not, and whose steps fail there."""
    parts = []
    for name, growth in found.items():
        if isinstance(growth, Growth) and not math.isnan(growth.shares[-1]):
            idle = growth.dims[-1] - (axes.signal or growth.dims[-1])
            empty = (1 - growth.shares[-1]) * growth.kl[-1].value / idle if idle else 0.0
            varies = rounded(growth.kl[0].value)
            parts.append(
                _say("low-dimension-part", varies=varies, empty=rounded(empty), label=labels[name])
            )
    if not parts:
        return ""
    said = [_say("low-dimension", parts=listed(parts))]
    if pay:
        said.append(_say("low-dimension-pays", payers=listed(pay)))
        if "ddim" not in found:
            said.append(_say("low-dimension-ddim"))
    return " ".join(said)


def needed(
    found: Mapping[str, Mapping[int, int | None]],
    labels: Mapping[str, str],
    bounds: Mapping[str, Sequence[Theorem]],
    least: int,
) -> str:
    """How T has to grow with d >= least, measured and proven."""
    parts = []
    for name, by_d in found.items():
        points = [(d, steps) for d, steps in by_d.items() if steps is not None and d >= least]
        slope = power(points[-LAST:]) if len(points) >= LAST else None
        if slope is None:
            continue
        enough = [_power(b.steps_power) for b in bounds.get(name, ())]
        parts.append(
            _say(
                "needed-part-proven" if enough else "needed-part",
                power=_power(slope),
                label=labels[name],
                first=f"{points[-LAST][0]:,}",
                last=f"{points[-1][0]:,}",
                enough=listed(enough) if enough else "",
            )
        )
    if not parts:
        return _say("needed-none", level=f"{LEVEL:g}")
    return _say("needed", level=f"{LEVEL:g}", parts=listed(parts))


def flattered(samplers: Sequence[str]) -> str:
    """What a Gaussian target hides."""
    return _say("flattered") if "ddpm-accelerated" in samplers else ""


def unreached(found: Mapping[str, Mapping[int, int | None]], labels: Mapping[str, str]) -> str:
    """From which d on no T of the dashboard is enough."""
    parts = []
    for name, by_d in found.items():
        missing = [d for d, steps in by_d.items() if steps is None]
        if missing:
            parts.append(_say("unreached-part", label=labels[name], d=f"{min(missing):,}"))
    return _say("unreached", steps=f"{MAX_STEPS:,}", parts=listed(parts)) if parts else ""


def alt(drawn: Mapping[str, Curve], labels: Mapping[str, str], quantity: str) -> str:
    """The figure for those who do not see it."""
    parts = []
    for name, curve in drawn.items():
        ends = [
            rounded(a) if a == b else _say("alt-between", low=rounded(a), high=rounded(b))
            for a, b in zip(curve.low, curve.high, strict=True)
        ]
        parts.append(
            _say(
                "alt-part",
                label=labels[name],
                start=ends[0],
                first=f"{curve.dims[0]:,}",
                end=ends[-1],
                last=f"{curve.dims[-1]:,}",
            )
        )
    if not parts:
        return _say("alt-nothing", quantity=quantity)
    return _say("alt", quantity=quantity, parts="; ".join(parts))


def needed_alt(found: Mapping[str, Mapping[int, int | None]], labels: Mapping[str, str]) -> str:
    parts = []
    for name, by_d in found.items():
        points = [(d, steps) for d, steps in by_d.items() if steps is not None]
        if points:
            (a, s), (b, t) = points[0], points[-1]
            parts.append(
                _say(
                    "needed-alt-part",
                    label=labels[name],
                    steps_first=f"{s:,}",
                    first=f"{a:,}",
                    steps_last=f"{t:,}",
                    last=f"{b:,}",
                )
            )
    return _say("needed-alt", level=f"{LEVEL:g}", parts="; ".join(parts))


def about_bounds(question: Question, which: str) -> str:
    """How far the theorems apply."""
    if question.metric != "tv":
        return _say("bounds-tv-only")
    if which == "none":
        return ""
    proven = question.experiment.schedule.kind == "theory"
    return _say("bounds" if proven else "bounds-shapes", above_one=_say("bounds-above-one"))


def snippet(question: Question) -> str:
    """The numbers of the figure with the library alone."""
    e, axes = question.experiment, question.axes
    dims = [10**k for k in range(7)]
    eta = f'{e.eta} if name == "ddim" else 0.0' if e.eta else "0.0"
    if axes is None:
        body = f"""from diffusion_core.studies.product_laws import coordinate, product_growth

{described(e)}
for name in {list(question.samplers)!r}:
    found = product_growth(coordinate(experiment.with_(sampler=name, eta={eta})), {dims!r})
    print(name, found.tv_low, found.tv_high, found.kl, found.hellinger)
"""
    else:
        body = f"""from diffusion_core.studies.dimension import (
    GaussianAxes,
    gaussian_growth,
    needed_steps,
)

{described(e)}
dims = {dims!r}
axes = {axes!r}
for name in {list(question.samplers)!r}:
    e = experiment.with_(sampler=name, eta={eta})
    found = gaussian_growth(e.record, e.chain, axes, dims, e.exact_start)
    print(name, found.tv, found.kl, found.hellinger)
    print(needed_steps(e.record, e.schedule, axes, dims, e.exact_start))  # T for TV <= 0.1
"""
    return f"from diffusion_core import Experiment\n{body}"
