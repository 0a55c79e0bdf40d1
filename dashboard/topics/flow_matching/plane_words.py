"""What the page on flow matching says of the plane, and the Python behind its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.numbers import percent, rounded, with_error
from dashboard.text.tables import by_column
from dashboard.topics.flow_matching.page import METRICS
from dashboard.topics.flow_matching.page import SOURCES as NAMES
from dashboard.topics.flow_matching.plane import (
    DRAWN,
    EVALUATIONS,
    SOURCES,
    Point,
    Question,
    Reflow,
    say,
)
from dashboard.topics.flow_matching.words import AT
from diffusion_core.distances.from_particles import Estimate

phrase = prose("phrases/flow_matching")
Curves = Mapping[str, Sequence[Point]]
HEADER = ("integrator", "evaluations", "steps", "distance", "error", "noise_floor")


def seen(found: Estimate) -> str:
    """The value with its error, or only an upper end where that reaches down to 0."""
    if found.value > found.error:
        return with_error(found.value, found.error)
    return phrase("at-most", value=rounded(found.value + found.error, 2))


def floor(curves: Curves) -> float:
    """The highest noise floor of all points."""
    return max((one.noise_floor for points in curves.values() for *_, one in points), default=0.0)


def reading(curves: Curves, names: Mapping[str, str], question: Question) -> str:
    """All curves at 32 evaluations, and how their errors are made up."""
    at = {n: one for n, points in curves.items() for count, _, one in points if count == AT}
    if not at:
        return ""
    best = min(at, key=lambda name: at[name].value)
    rest = ", ".join(f"{names[n]} {seen(one)}" for n, one in at.items() if n != best)
    first = say(
        "plane-reading",
        at=AT,
        best=names[best],
        metric=METRICS[question.metric],
        value=seen(at[best]),
        rest=rest,
    )
    errors = say(
        "plane-errors",
        particles=f"{question.particles:,}",
        seed=question.experiment.seed,
        floor=rounded(floor(curves), 2),
    )
    return f"{first}\n\n{errors}"


def picture(steps: int) -> str:
    unit = phrase("one-step") if steps == 1 else phrase("many-steps")
    return say("plane-picture", count=DRAWN, steps=f"{steps}", unit=unit)


def reflow(found: Reflow, question: Question) -> str:
    """How bent the flow is, what one step of the pupil reaches, and whether its lines cross."""
    share, error = found.cross.value, found.cross.error
    crossed = f"{percent(share)} ± {percent(error)}" if share > error else None
    first = say(
        "plane-straight",
        straight=with_error(found.straight.value, found.straight.error),
        teacher=f"{question.teacher}",
        metric=METRICS[question.metric],
        value=seen(found.end),
        cost=f"{2 * question.teacher}",
    )
    most = phrase("at-most", value=percent(share + error))
    return f"{first}\n\n{say('plane-cross', share=crossed or most)}"


def rows(curves: Curves, names: Mapping[str, str]) -> list[tuple[object, ...]]:
    return [
        (names[name], count, steps, one.value, one.error, one.noise_floor)
        for name, points in curves.items()
        for count, steps, one in points
    ]


def table(found: Sequence[tuple[Any, ...]], metric: str) -> dict[str, list[object]]:
    names = (
        *("integrator", "evaluations", phrase("steps-or-t")),
        *(phrase("to-the-target-2", metrics=METRICS[metric]), "error", phrase("noise-floor")),
    )
    told = [
        (*run, rounded(value), rounded(error, 2), rounded(floor, 2))
        for *run, value, error, floor in found
    ]
    return by_column(names, told)


def alt(curves: Curves, names: Mapping[str, str], metric: str) -> str:
    parts = [
        phrase("from-to", names=names[n], first=seen(p[0][2]), last=seen(p[-1][2]))
        for n, p in curves.items()
    ]
    return phrase(
        "against-evaluations-by-particles", metrics=METRICS[metric], parts="; ".join(parts)
    )


def snippet(question: Question) -> str:
    """The figure's numbers with the library alone."""
    source = SOURCES[question.source]
    how = f'"{question.metric}", {question.particles}'
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.studies.flow_matching import METHODS
from diffusion_core.studies.flow_plane import PlanePath, crossing, particle_distance, straightness
from diffusion_core.targets.gaussian_mixture import GaussianMixture

{described(question.experiment)}
source = {source!r}  # {NAMES[question.source]}
path, seed = PlanePath(experiment.target, source), experiment.seed
bent = straightness(path, seed=seed)
print("straightness", bent.value, "+-", bent.error)
met = crossing(path, "midpoint", {question.teacher}, seed=seed)
print("lines that cross after a reflow", met.value, "+-", met.error)
end = particle_distance(path, "midpoint", {question.teacher}, {how}, seed)
print("one step of the pupil", end.value, "+-", end.error)
for name in {question.methods!r}:
    for count in {EVALUATIONS!r}:
        if steps := count // METHODS[name].evaluations:
            found = particle_distance(path, name, steps, {how}, seed)
            print(name, count, steps, found.value, "+-", found.error)
if experiment.schedule.kind != "custom":
    for count in {EVALUATIONS!r}:
        steps = experiment.record.steps_for(count)
        if steps >= 2:
            run = experiment.with_(steps=steps)
            found = measure(run, "{question.metric}", "particles", {question.particles}, "data")
            print(experiment.record.label, found.nfe, steps, found.value, "+-", found.error)
"""
