"""What the page on correctors says about its own figures, and the Python behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.labels import SCORES
from dashboard.text.numbers import rounded, stated, with_error
from dashboard.text.tables import by_column
from dashboard.topics.correctors.figures import counted
from dashboard.topics.correctors.measure import (
    BUDGETS,
    DEVIATION,
    DISTANCES,
    Curves,
    Repair,
    say,
)
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.studies.mixing import Mixing

phrase = prose("phrases/correctors")
REPAIR_HEADER = ("score", "corrector_steps", "evaluations", "steps", "tv", "error")
SCORE_NAMES = {"exact": phrase("exact"), "wrong": phrase("wrong")}
MIXING_HEADER = ("distance", "noise", "size", "barrier", "steps", "tv", "error")
CLEAR = 1.05  # a ratio below that is said to be about the same


def repair(work: Repair, exact: Curves, wrong: Curves) -> str:
    """With each score what the best number of corrector steps gains at the largest budget."""
    parts = [
        found
        for block, curves in (("exact", exact), ("wrong", wrong))
        if (found := _best(block, work, curves))
    ]
    return " ".join(parts)


def _best(block: str, work: Repair, curves: Curves) -> str:
    budget = BUDGETS[-1]
    at = {n: m for n, points in curves.items() for b, m in points if b == budget}
    corrected = {n: m for n, m in at.items() if n}
    if 0 not in at or not corrected:
        return ""
    n = min(corrected, key=lambda k: corrected[k].value)
    plain, best = at[0].value, corrected[n].value
    ratio = plain / best
    block = f"{block}-gains" if ratio > CLEAR else f"{block}-costs" if ratio < 1 / CLEAR else "same"
    return say(
        block,
        budget=f"{budget:,}",
        sampler=SAMPLERS[work.sampler].label,
        score=score(work).lower(),
        plain=rounded(plain),
        best=rounded(best),
        count=counted(n),
        ratio=rounded(max(ratio, 1 / ratio), 2),
    )


def score(work: Repair) -> str:
    return SCORES[work.wrong.kind]


def defaults(work: Repair, experiment: Experiment) -> list[str]:
    """What the page took where the sidebar has nothing that fits."""
    said = []
    if experiment.score_error is None:
        said.append(say("default-score"))
    if work.sampler != experiment.sampler:
        said.append(say("default-sampler", label=experiment.record.label))
    return said


def ends(*curves: Curves) -> tuple[float, float]:
    """Logarithms of TV between which all points lie, with some room."""
    values = [m.value for each in curves for points in each.values() for _, m in points]
    low, high = min(values, default=0.01), max(values, default=1.0)
    return math.log10(low) - 0.1, math.log10(high) + 0.1


def repair_alt(name: str, curves: Curves) -> str:
    """The curves' ends in words."""
    parts = [
        phrase(
            "from-to",
            n=counted(n),
            first=rounded(points[0][1].value),
            last=rounded(points[-1][1].value),
        )
        for n, points in curves.items()
    ]
    return phrase(
        "tv-against-score-evaluations-the", name=SCORE_NAMES[name], parts="; ".join(parts)
    )


def crossing(exact: Curves) -> str:
    """From which budget on the plain sampler has the least TV with the exact score, if so."""
    best = []
    for budget in BUDGETS:
        at = {n: m.value for n, points in exact.items() for b, m in points if b == budget}
        if 0 in at and len(at) > 1:
            best.append((budget, min(at, key=lambda n: at[n])))
    if not best:
        return ""
    parts = [say("least", budget=f"{budget:,}", count=counted(n)) for budget, n in best]
    return say("least-of", parts="; ".join(parts))


def repair_rows(exact: Curves, wrong: Curves) -> list[tuple[object, ...]]:
    return [
        (name, n, m.nfe, m.steps, m.value, m.error)
        for name, curves in (("exact", exact), ("wrong", wrong))
        for n, points in curves.items()
        for _, m in points
    ]


def repair_table(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[object]]:
    names = (
        "score",
        phrase("corrector-steps"),
        phrase("score-evaluations"),
        "T",
        "TV(q₁, p₁)",
        "error",
    )
    told = [
        (SCORE_NAMES[str(which)], *run, rounded(value, 5), stated(error))
        for which, *run, value, error in rows
    ]
    return by_column(names, told)


def repair_snippet(work: Repair) -> str:
    """The figure's numbers with the library alone."""
    made = work.experiment.with_(
        sampler=work.sampler, score_error=work.wrong, corrector=None, seed=0
    )
    return f"""from diffusion_core import Experiment, Refused, measure
from diffusion_core.samplers import Corrector

{described(made)}
for name, error in {{"exact": None, "wrong": experiment.score_error}}.items():
    for count in {work.counts!r}:
        corrector = Corrector(count, {work.size!r})
        run = experiment.with_(corrector=corrector, score_error=error)
        for budget in {BUDGETS!r}:
            steps = run.record.steps_for(budget)
            if steps < 2:
                continue
            try:
                found = measure(run.with_(steps=steps))
            except Refused as reason:
                print(name, count, steps, reason)
            else:
                print(name, count, steps, found.nfe, found.value, "+-", found.error)
"""


# ---- one noise level


def mixing(found: Sequence[Mixing]) -> str:
    """How the number of steps grows from the nearest to the farthest modes that are known."""
    known = [m for m in found if m.needed]
    if len(known) < 2:
        return say("mixing-quick")
    near, far = known[0], known[-1]
    assert near.needed
    assert far.needed
    words = say(
        "mixing",
        near=f"{near.modes.distance:g}",
        far=f"{far.modes.distance:g}",
        few=f"{near.needed:,}",
        many=f"{far.needed:,}",
        low=f"{near.modes.barrier:.2f}",
        high=f"{far.modes.barrier:.2f}",
        ratio=_times(far.needed / near.needed),
        kramers=_times(math.exp(far.modes.barrier - near.modes.barrier)),
    )
    lost = [f"D = {m.modes.distance:g}" for m in found if m.needed is None]
    if lost:
        words += " " + say("mixing-lost", which=", ".join(lost), steps=f"{found[-1].steps[-1]:.1e}")
    return words


def bias(found: Sequence[Mixing]) -> str:
    """What is left when the law no longer changes."""
    kept = [m for m in found if m.settled]
    if not kept:
        return ""
    low, high = (pick(kept, key=lambda m: m.tv[-1].value).tv[-1].value for pick in (min, max))
    return say("bias", low=rounded(low), high=rounded(high), size=f"{kept[0].modes.size:g}")


def along(found: Mapping[float, Sequence[Mixing]]) -> str:
    """Of the farthest modes: the noisiest and the quietest level whose number is known."""
    known = [m for m in found[max(found)] if m.needed]
    if len(known) < 2:
        return ""
    quiet, noisy = known[0], known[-1]
    return say(
        "along",
        distance=f"{quiet.modes.distance:g}",
        noisy=f"{noisy.modes.noise:g}",
        few=f"{noisy.needed:,}",
        quiet=f"{quiet.modes.noise:g}",
        many=f"{quiet.needed:,}",
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else rounded(ratio, 2)


def mixing_rows(found: Sequence[Mixing]) -> list[tuple[object, ...]]:
    return [
        (m.modes.distance, m.modes.noise, m.modes.size, m.modes.barrier, k, d.value, d.error)
        for m in found
        for k, d in zip(m.steps, m.tv, strict=True)
    ]


def needed_table(found: Mapping[float, Sequence[Mixing]]) -> dict[str, list[str]]:
    laws = [m for each in found.values() for m in each]
    return {
        "D": [f"{m.modes.distance:g}" for m in laws],
        "1 − ᾱ": [f"{m.modes.noise:g}" for m in laws],
        "barrier": [f"{m.modes.barrier:.3f}" for m in laws],
        "steps until TV ≤ 1/4": [
            phrase("more-than", steps=f"{m.steps[-1]:,}") if m.needed is None else f"{m.needed:,}"
            for m in laws
        ],
        "last TV": [with_error(m.tv[-1].value, m.tv[-1].error) for m in laws],
        "settled": [phrase("yes") if m.settled else phrase("no") for m in laws],
    }


def mixing_snippet(noises: Sequence[float], size: float) -> str:
    return f"""from diffusion_core.studies.mixing import Modes, mixing

for distance in {DISTANCES!r}:
    for noise in {tuple(noises)!r}:
        modes = Modes(distance, {DEVIATION!r}, noise, {size!r})
        found = mixing(modes)
        print(distance, noise, "barrier", modes.barrier, "steps to TV 1/4:", found.needed)
        for k, tv in zip(found.steps, found.tv):
            print(k, tv.value, "+-", tv.error)
"""
