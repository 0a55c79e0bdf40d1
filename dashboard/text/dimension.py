"""Sentences about distances against the dimension, made of the numbers that the figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.dimension import Curve, Found, curves
from dashboard.dimension_controls import Question
from dashboard.text.numbers import rounded, scientific
from diffusion_core.dimension import (
    SATURATED,
    GaussianAxes,
    Growth,
    growth_exponent,
    power,
)
from diffusion_core.dimension_bounds import DimensionBound
from diffusion_core.schedules import MAX_STEPS

FULL = 0.95  # a TV this large tells hardly anything about T
LAST = 3  # points that make the slope of T against d
NAMES = {"tv": "TV", "kl": "KL", "hellinger": "Hellinger"}


def listed(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


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
        said = [low_dimension(found, axes, labels) if axes.signal else growing]
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
                tv.append(f"{_power(r)} ({labels[name]})")
            if k is not None:
                kl.append(_power(k))
    if not kl:
        return ""
    powers = kl[0] if len(set(kl)) == 1 else listed(kl)
    said = f"KL grows like {powers}: independent coordinates add up."
    if tv:
        said += (
            f" TV, as long as it is below {SATURATED:g}, grows like {listed(tv)}, near √d: the "
            "errors of coordinates add up like those of independent measurements."
        )
    return said


def _power(r: float) -> str:
    """A power of d in mathematics; whole ones without decimals."""
    text = f"{r:.2f}"
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
            return (
                f"At d = {d:,} TV is {_near_one(tv.value)} for {labels[name]} at T = {steps:,} and "
                f"{_near_one(tv2.value)} at T = {other_steps:,}: it cannot be more than 1 and "
                f"hardly tells one T from another. KL still can: {rounded(kl.value)} against "
                f"{rounded(kl2.value)} nats."
            )
    return ""


def _near_one(value: float) -> str:
    gap = 1 - value
    if gap < 1e-12:
        return "1 to twelve digits"
    return f"1 − {scientific(gap, 2)}" if gap < 1e-3 else rounded(value)


def between(found: Mapping[str, Found], labels: Mapping[str, str]) -> str:
    """What is known of the TV of products: how far apart its bounds are at most."""
    widest = []
    for name, curve in curves(found, "tv").items():
        if not curve.exact:
            ratio = max(b / a for a, b in zip(curve.low, curve.high, strict=True) if a > 0)
            widest.append(f"{rounded(ratio)} for {labels[name]}")
    if not widest:
        return ""
    return (
        "KL and Hellinger of independent copies are exact: they add up and multiply. TV does "
        "neither, so what is drawn are **bounds**, at most a factor of "
        f"{listed(widest)} apart. From below: the square of Hellinger, the TV of one coordinate, "
        "and a test that counts in how many coordinates p₁ has the larger density. From above: "
        "$\\sqrt{H^2(2-H^2)}$, Pinsker's $\\sqrt{\\mathrm{KL}/2}$, Bretagnolle and Huber's "
        "$\\sqrt{1-e^{-\\mathrm{KL}}}$, and d times the TV of one coordinate."
    )


def low_dimension(found: Mapping[str, Found], axes: GaussianAxes, labels: Mapping[str, str]) -> str:
    """What an axis that varies adds to KL, and what one that does not."""
    said = []
    for name, growth in found.items():
        if isinstance(growth, Growth) and not math.isnan(growth.shares[-1]):
            idle = growth.dims[-1] - (axes.signal or growth.dims[-1])
            empty = (1 - growth.shares[-1]) * growth.kl[-1].value / idle if idle else 0.0
            said.append(
                f"{rounded(growth.kl[0].value)} and **{rounded(empty)}** for {labels[name]}"
            )
    if not said:
        return ""
    lead = (
        "KL is k times what an axis that varies adds, plus d − k times what one of the others "
        f"adds, in nats: {listed(said)}."
    )
    if axes.rest == 0 and "ddim" not in found:
        lead += (
            " These samplers pay for every empty axis. Add DDIM: its update is exact on an axis of "
            "variance 0, so its error follows the intrinsic dimension k, not d."
        )
    return lead


def needed(
    found: Mapping[str, Mapping[int, int | None]],
    labels: Mapping[str, str],
    bounds: Mapping[str, Sequence[DimensionBound]],
    least: int,
) -> str:
    """How T has to grow with d >= least, measured and proven."""
    parts = []
    for name, by_d in found.items():
        points = [(d, steps) for d, steps in by_d.items() if steps is not None and d >= least]
        slope = power(points[-LAST:]) if len(points) >= LAST else None
        if slope is None:
            continue
        span = f"d = {points[-LAST][0]:,} to {points[-1][0]:,}"
        enough = [_power(b.steps_power) for b in bounds.get(name, ())]
        rest = f"; proven enough: {listed(enough)}" if enough else ""
        parts.append(f"{_power(slope)} for {labels[name]} ({span}{rest})")
    if not parts:
        return "No sampler here reaches TV ≤ 0.1 in enough dimensions to tell a power of d."
    return (
        f"To keep TV at 0.1, T has to grow like {listed(parts)}. With independent coordinates TV "
        "is about √d times the error of one, so a sampler of order r needs $T^r$ to grow like √d, "
        "up to logarithms. Theorems have to allow for much worse targets."
    )


def flattered(samplers: Sequence[str]) -> str:
    """What a Gaussian target hides."""
    if "ddpm-accelerated" not in samplers:
        return ""
    return (
        "A Gaussian flatters the accelerated DDPM: its errors cancel to second order there, and "
        "on mixtures they do not. Choose Copies to see it."
    )


def unreached(found: Mapping[str, Mapping[int, int | None]], labels: Mapping[str, str]) -> str:
    """From which d on no T of the dashboard is enough."""
    said = []
    for name, by_d in found.items():
        missing = [d for d, steps in by_d.items() if steps is None]
        if missing:
            said.append(f"{labels[name]} from d = {min(missing):,} on")
    return f"More than T = {MAX_STEPS:,} steps are needed by {listed(said)}." if said else ""


def alt(drawn: Mapping[str, Curve], labels: Mapping[str, str], quantity: str) -> str:
    """The figure for those who do not see it."""
    said = []
    for name, curve in drawn.items():
        ends = [
            rounded(a) if a == b else f"between {rounded(a)} and {rounded(b)}"
            for a, b in zip(curve.low, curve.high, strict=True)
        ]
        said.append(
            f"{labels[name]} from {ends[0]} at d = {curve.dims[0]:,} to {ends[-1]} at "
            f"d = {curve.dims[-1]:,}"
        )
    if not said:
        return f"{quantity} against the dimension: nothing to show."
    return f"{quantity} against the dimension, both on logarithmic axes: {'; '.join(said)}."


def needed_alt(found: Mapping[str, Mapping[int, int | None]], labels: Mapping[str, str]) -> str:
    said = []
    for name, by_d in found.items():
        points = [(d, steps) for d, steps in by_d.items() if steps is not None]
        if points:
            (a, s), (b, t) = points[0], points[-1]
            said.append(f"{labels[name]} from T = {s:,} at d = {a:,} to T = {t:,} at d = {b:,}")
    return f"Steps T for a total variation of 0.1 against the dimension: {'; '.join(said)}."


def about_bounds(question: Question, which: str) -> str:
    """How far the theorems apply."""
    if question.metric != "tv":
        return "The theorems bound total variation: no bound is drawn for another distance."
    if which == "none":
        return ""
    end = "A bound above 1 says nothing."
    if question.experiment.schedule.kind != "theory":
        return f"The bounds are proven for the theory's schedule; here they are shapes only. {end}"
    return (
        "Dotted lines are shapes of proven upper bounds at this T, drawn through the first point: "
        f"their constants are unknown, so compare how steep they are. {end}"
    )


def snippet(question: Question) -> str:
    """The numbers of the figure with the library alone."""
    e, axes = question.experiment, question.axes
    text = e.to_json()
    given = f"{text!r}" if len(text) <= 2000 else 'open("experiment.json").read()'
    dims = [10**k for k in range(7)]
    eta = f'{e.eta} if name == "ddim" else 0.0' if e.eta else "0.0"
    if axes is None:
        body = f"""from diffusion_core.product_laws import coordinate, product_growth

experiment = Experiment.from_json({given})
for name in {list(question.samplers)!r}:
    found = product_growth(coordinate(experiment.with_(sampler=name, eta={eta})), {dims!r})
    print(name, found.tv_low, found.tv_high, found.kl, found.hellinger)
"""
    else:
        body = f"""from diffusion_core.dimension import GaussianAxes, gaussian_growth, needed_steps

experiment, dims = Experiment.from_json({given}), {dims!r}
axes = {axes!r}
for name in {list(question.samplers)!r}:
    e = experiment.with_(sampler=name, eta={eta})
    found = gaussian_growth(e.record, e.chain, axes, dims, e.exact_start)
    print(name, found.tv, found.kl, found.hellinger)
    print(needed_steps(e.record, e.schedule, axes, dims, e.exact_start))  # T for TV <= 0.1
"""
    return f"from diffusion_core import Experiment\n{body}"
