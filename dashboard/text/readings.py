"""One-sentence readings of the figures, made of the numbers that the figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.labels import METRICS
from dashboard.text.mathematics import worded
from dashboard.text.numbers import percent, rounded, with_error
from diffusion_core import SAMPLERS, Experiment, Measurement
from diffusion_core.distances.of_masses import Distance
from diffusion_core.samplers.ode_order import spelled
from diffusion_core.theory.assumptions import exact_score

say = prose("readings")
Outcome = Measurement | str


def final_distance(experiment: Experiment, outcome: Outcome) -> str:
    """What TV(q_1, p_1) says about the run on the screen."""
    updates = experiment.steps - 1
    run = say(
        "run-of-one" if updates == 1 else "run",
        updates=f"{updates:,}",
        sampler=experiment.record.label,
    )
    if isinstance(outcome, str):
        return say("final-refused", run=run, reason=sentence(spoken(outcome)))
    if outcome.method == "exact":
        number = with_error(outcome.value, outcome.error)
        return say("final-exact", run=run, tv=number, share=percent(outcome.value))
    seen = outcome.estimate
    assert seen is not None
    if not outcome.value > outcome.error:
        most = rounded(outcome.value + outcome.error, 2)
        return say("final-unseen", run=run, most=most, floor=rounded(seen.noise_floor))
    return say("final-estimated", run=run, tv=with_error(outcome.value, outcome.error))


def on_the_way(
    experiment: Experiment, times: Sequence[int], tv: Mapping[int, Distance], refusal: str
) -> str:
    """How the distance, known at the t of ``tv``, arises along the chain; what is left out."""
    parts = []
    if tv:
        start = next(iter(tv.values())).value
        if start > 1e-8:
            parts.append(say("start", tv=rounded(start)))
        parts.append(_growth(list(tv), list(tv.values())))
    if refusal:
        parts.append(say("not-drawn", reason=worded(refusal)))
    if len(times) < experiment.steps:
        parts.append(say("times", drawn=len(times), steps=f"{experiment.steps:,}"))
    parts += map(worded, experiment.notes)
    return " ".join(sentence(part) for part in parts if part)


def notes(runs: Mapping[str, Experiment]) -> list[str]:
    """Every note of these runs once, with the names of those that it is about unless all are."""
    about: dict[str, list[str]] = {}
    for name, run in runs.items():
        for note in run.notes:
            about.setdefault(note, []).append(name)
    return [
        sentence(worded(note))
        if len(names) == len(runs)
        else sentence(say("note-of", runs=", ".join(names), note=worded(note)))
        for note, names in about.items()
    ]


def sweep_notes(runs: Sequence[Experiment]) -> str:
    """The notes of the smallest T that has any, and which other T have some like them."""
    noted = {e.steps: e.notes for e in sorted(runs, key=lambda e: -e.steps) if e.notes}
    if not noted:
        return ""
    *others, first = noted
    said = say("notes-at", steps=f"{first:,}", notes=worded("; ".join(map(spoken, noted[first]))))
    return f"{said} {say('notes-others', steps=_listed(others[::-1]))}" if others else said


def not_exact(reasons: Sequence[str]) -> str:
    """Why numbers of the plane come from particles where one would expect exact ones."""
    return " ".join(say("not-exact", reason=worded(reason.rstrip("."))) for reason in reasons)


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
        largest = max(range(len(tv)), key=lambda i: tv[i].value)
        return say("largest", t=f"{times[largest]:,}")
    return say("growth", share=percent(share), t=f"{times[middle]:,}")


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
    where = (
        say("doubling-from", first=f"{found[0][1]:,}", last=f"{found[0][2]:,}")
        if len(spans) == 1
        else say("doubling-largest")
    )
    factors = ", ".join(
        say("doubling-factor", factor=f"{factor:.2f}", label=label) for label, _, _, factor in found
    )
    return say("doubling", where=where, metric=metric, factors=factors)


def headline(curves: Mapping[str, Curve]) -> str:
    """Why DDPM can lie below the ODE, whose proven rate is better; empty where it does not.

    curves: TV(q_1, p_1) by the sampler's name.
    """
    ode, ddpm = ({m.steps: m for m in curves.get(name, ())} for name in ("ode", "ddpm"))
    both = sorted(set(ode) & set(ddpm))
    below = all(ddpm[t].value + ddpm[t].error < ode[t].value - ode[t].error for t in both)
    if len(both) < 2 or not below or ddpm[both[-1]].value <= 0:
        return ""
    before, last = both[-2:]
    slopes = {
        name: math.log(found[before].value / found[last].value) / math.log(last / before)
        for name, found in (("ode", ode), ("ddpm", ddpm))
    }
    return say(
        "headline",
        ratio=f"{ode[last].value / ddpm[last].value:.1f}",
        last=f"{last:,}",
        before=f"{before:,}",
        ode=f"{slopes['ode']:.2f}",
        ddpm=f"{slopes['ddpm']:.2f}",
    )


def quantity(metric: str, against: str) -> str:
    """The label of the distance axis."""
    return say("quantity-p1" if against == "p1" else "quantity-data", metric=METRICS[metric])


def alt(curves: Mapping[str, Curve], of: str) -> str:
    """The figure for those who do not see it."""
    said = [
        say(
            "alt-curve",
            label=label,
            first=rounded(c[0].value),
            low=c[0].steps,
            last=rounded(c[-1].value),
            high=c[-1].steps,
        )
        for label, c in curves.items()
        if c
    ]
    if not said:
        return say("alt-empty", of=of)
    return say("alt", of=of, curves="; ".join(said))


def floors(curves: Mapping[str, Curve], initialisation: float | None, metric: str) -> str:
    """What no number of steps can beat."""
    seen = [m.estimate.noise_floor for c in curves.values() for m in c if m.estimate]
    if seen:
        return say("floor-particles", floor=rounded(max(seen)))
    ends = [
        c[-1].value for name, c in curves.items() if c and not SAMPLERS[spelled(name)[0]].stochastic
    ]
    if initialisation is not None and metric == "tv" and ends and initialisation > 0.1 * min(ends):
        return say("floor-start", tv=rounded(initialisation))
    return ""


def refused(refusals: Sequence[tuple[str, int, str]], labels: Mapping[str, str]) -> list[str]:
    """One sentence for each reason, with the runs (sampler, T, reason) that it stopped."""
    runs: dict[str, dict[str, list[int]]] = {}
    for sampler, steps, reason in refusals:
        runs.setdefault(reason, {}).setdefault(sampler, []).append(steps)
    found = []
    for reason, which in runs.items():
        stopped = [
            say("refused-runs", sampler=labels[sampler], steps=_listed(steps))
            for sampler, steps in which.items()
        ]
        found.append(say("refused", runs="; ".join(stopped), reason=worded(reason.rstrip("."))))
    return found


def _listed(steps: Sequence[int]) -> str:
    return ", ".join(f"{t:,}" for t in steps)


def beyond(metric: str, against: str, experiment: Experiment) -> str:
    """How far the theorems apply to what is shown; empty where they do."""
    if metric != "tv":
        return say("beyond-metric")
    if against != "p1":
        return say("beyond-data")
    missing = []
    if experiment.schedule.kind != "theory":
        missing.append(say("beyond-schedule"))
    if not experiment.target.absolutely_continuous:
        missing.append(say("beyond-continuous"))
    if not exact_score(experiment):
        missing.append(say("beyond-score"))
    return " ".join(missing)


def beside(outcomes: Mapping[str, Outcome], cure: str) -> str:
    """A failure's distance and its cure's, given in this order."""
    broken, mended = outcomes.values()
    if isinstance(broken, str) or isinstance(mended, str):
        return " ".join(sentence(found) for found in outcomes.values() if isinstance(found, str))
    return say(
        "beside",
        broken=with_error(broken.value, broken.error),
        cure=cure,
        mended=with_error(mended.value, mended.error),
    )


def compared(outcomes: Mapping[str, Outcome]) -> str:
    """Which panel ends closest to its target, and by how much."""
    known = {title: m for title, m in outcomes.items() if not isinstance(m, str)}
    if len(known) < 2:
        return ""
    order = sorted(known, key=lambda title: known[title].value)
    best, worst = known[order[0]], known[order[-1]]
    if worst.value - best.value <= worst.error + best.error:
        return say("closest-unknown")
    farthest = ""
    if best.value > best.error:
        times = rounded(worst.value / best.value)
        farthest = say("closest-farthest", worst=order[-1], times=times)
    return say(
        "closest",
        best=order[0],
        tv=with_error(best.value, best.error),
        estimated=say("closest-estimated") if best.estimate else "",
        farthest=farthest,
    )
