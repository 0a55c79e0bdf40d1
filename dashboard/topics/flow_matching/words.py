"""What the page on flow matching says about its figures, and the Python behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.numbers import rounded, scientific, stated, with_error
from dashboard.text.tables import by_column
from dashboard.topics.flow_matching.measure import EVALUATIONS, SOURCES, Paths, Point, Question, say
from dashboard.topics.flow_matching.page import SOURCES as NAMES
from diffusion_core import Experiment
from diffusion_core.studies.flow_matching import METHODS

phrase = prose("phrases/flow_matching")
AT = 32  # evaluations at which curves are compared
HEADER = ("integrator", "evaluations", "steps", "tv", "error")


def labels(experiment: Experiment) -> dict[str, str]:
    """The curves' names."""
    return {name: phrase("flow-by", label=m.label) for name, m in METHODS.items()} | {
        "sampler": experiment.record.label
    }


def reading(curves: Mapping[str, Sequence[Point]], names: Mapping[str, str]) -> str:
    """All curves at 32 evaluations, and how fast the flows' fall from there."""
    at = {n: tv.value for n, points in curves.items() for count, _, tv in points if count == AT}
    if not at:
        return ""
    best = min(at, key=lambda name: at[name])
    rest = ", ".join(f"{names[n]} {rounded(v)}" for n, v in at.items() if n != best)
    words = say("reading", at=AT, best=names[best], tv=rounded(at[best]), rest=rest)
    parts = [f"{names[n]} {s:.2f}" for n in METHODS if (s := _slope(curves.get(n, ()))) is not None]
    return f"{words}\n\n{say('slopes', slopes=', '.join(parts))}" if parts else words


def _slope(points: Sequence[Point]) -> float | None:
    """The power with which TV falls over the last doubling of the steps."""
    if len(points) < 2 or min(tv.value for _, _, tv in points[-2:]) <= 0:
        return None
    (_, few, a), (_, many, b) = points[-2:]
    return math.log(a.value / b.value) / math.log(many / few)


def straight(found: Paths, teacher: int) -> str:
    return say(
        "straight",
        straight=with_error(found.straight.value, found.straight.error),
        teacher=f"{teacher}",
        cost=f"{2 * teacher}",
        tv=rounded(found.end.value),
        off=scientific(max(found.pupil, 1e-16), 1),
    )


def paths_alt(found: Paths) -> str:
    """The paths for those who do not see them."""
    (_, count), at = found.flow.shape, [0, len(found.u) // 2, -1]
    places = {"lowest": found.flow[at, 0], "highest": found.flow[at, -1]}
    return say(
        "paths-alt",
        count=f"{count}",
        straight=with_error(found.straight.value, found.straight.error),
        **{name: ", ".join(rounded(float(x)) for x in path) for name, path in places.items()},
    )


def rows(
    curves: Mapping[str, Sequence[Point]], names: Mapping[str, str]
) -> list[tuple[object, ...]]:
    return [
        (names[name], count, steps, tv.value, tv.error)
        for name, points in curves.items()
        for count, steps, tv in points
    ]


def table(found: Sequence[tuple[Any, ...]]) -> dict[str, list[object]]:
    names = ("integrator", "evaluations", phrase("steps-or-t"), phrase("tv-to-the-target"), "error")
    told = [(*run, rounded(value, 5), stated(error)) for *run, value, error in found]
    return by_column(names, told)


def alt(curves: Mapping[str, Sequence[Point]], names: Mapping[str, str]) -> str:
    parts = [
        phrase(
            "from-to", names=names[n], first=rounded(p[0][2].value), last=rounded(p[-1][2].value)
        )
        for n, p in curves.items()
    ]
    return phrase("tv-against-evaluations-2", parts="; ".join(parts))


def snippet(question: Question) -> str:
    """The figure's numbers with the library alone."""
    source = SOURCES[question.source]
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.studies.flow_matching import METHODS, StraightPath, flow_distance, straightness
from diffusion_core.targets.gaussian_mixture import GaussianMixture

{described(question.experiment)}
source = {source!r}  # {NAMES[question.source]}
path = StraightPath(experiment.target, source)
bent = straightness(path)
print("straightness", bent.value, "+-", bent.error)
for name, method in METHODS.items():
    for count in {EVALUATIONS!r}:
        if steps := count // method.evaluations:
            found = flow_distance(path, name, steps)
            print(name, count, steps, found.value, "+-", found.error)
if experiment.schedule.kind != "custom":
    for count in {EVALUATIONS!r}:
        steps = experiment.record.steps_for(count)
        if steps >= 2:
            found = measure(experiment.with_(steps=steps), "tv", against="data")
            print(experiment.record.label, found.nfe, steps, found.value, "+-", found.error)
"""
