"""Distances against the dimension, computed once and remembered, and the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import rounded
from dashboard.text.tables import by_column
from dashboard.topics.dimension.controls import DIMS, Question
from diffusion_core import Experiment
from diffusion_core.schedules import MAX_STEPS, Custom
from diffusion_core.studies.dimension import (
    GaussianAxes,
    Growth,
    axis_law,
    gaussian_growth,
    needed_steps,
)
from diffusion_core.studies.product_laws import ProductGrowth, coordinate, product_growth
from diffusion_core.theory.theorems import Theorem, theorems

phrase = prose("phrases/dimension")
NEEDED_DIMS = (*(m * 10**e for e in range(6) for m in (1, 3)), 10**6)
HEADER = ("sampler", "d", "steps", "distance", "value", "error")
ROUNDING = 1e-9  # of a variance, at every T


@dataclass(frozen=True)
class Curve:
    """A distance against d; where ``high`` is above ``low`` the truth is between them."""

    dims: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    error: tuple[float, ...]

    @property
    def exact(self) -> bool:
        return self.low == self.high


Found = Growth | ProductGrowth | str
say = prose("controls")


def _law(question: Question, sampler: str, steps: int | None = None) -> Experiment:
    """What the distances depend on; the target of the experiment only for copies of it."""
    e = question.experiment
    eta = e.eta if sampler == "ddim" and e.sampler == "ddim" else 0.0
    steps = e.steps if steps is None else steps
    asked = e.with_(sampler=sampler, eta=eta, seed=0, steps=steps, score_error=None)
    return asked if question.axes is None else asked.with_(target=Experiment().target)


def measured(question: Question, place: Any, steps: int | None = None) -> dict[str, Found]:
    """For every sampler the distances by d, or the sentence that says why there are none."""
    runs = {name: _law(question, name, steps) for name in question.samplers}
    studies = [Study(_growth, (e, question.axes), _cost(e, "growth")) for e in runs.values()]
    return dict(zip(runs, outcomes(studies, say("dimension-growth"), place), strict=True))


def _cost(experiment: Experiment, name: str) -> cost.Cost:
    return cost.study(experiment.with_(target=Experiment().target), name, 5)


def _growth(
    experiment: Experiment, axes: GaussianAxes | None, progress: Progress
) -> Growth | ProductGrowth:
    e = experiment
    if axes is not None:
        return gaussian_growth(e.record, e.chain, axes, DIMS, e.exact_start)
    return product_growth(coordinate(e, progress), DIMS)


def needed(question: Question, place: Any) -> dict[str, dict[int, int | None]]:
    """The T from which on TV <= 0.1, by sampler and d; empty where T cannot be chosen freely."""
    axes = question.axes
    if axes is None or isinstance(question.experiment.schedule, Custom):
        return {}
    runs = {name: _law(question, name, 2) for name in question.samplers}
    studies = [Study(_needed, (e, axes), cost.about("needed", 1.0)) for e in runs.values()]
    found = outcomes(studies, say("dimension-needed"), place)
    return {name: t for name, t in zip(runs, found, strict=True) if not isinstance(t, str)}


def _needed(e: Experiment, axes: GaussianAxes, progress: Progress) -> dict[int, int | None]:
    return needed_steps(e.record, e.schedule, axes, NEEDED_DIMS, e.exact_start, stop=progress)


def payers(question: Question) -> list[str]:
    """The samplers whose steps leave an error on an empty axis, one of variance 0.

    From p_T on, so that what the start has missed is not counted. None where no axis is empty.
    """
    axes = question.axes
    if axes is None or axes.rest > 0:
        return []
    found = []
    for name in question.samplers:
        e = _law(question, name)
        q, p = axis_law(e.record, e.chain, axes.rest, exact_start=True)
        if abs(q / p - 1) > ROUNDING:
            found.append(name)
    return found


def other_steps(experiment: Experiment) -> int | None:
    """Twice the T, or half where that is too much; None where the schedule has one T only."""
    if isinstance(experiment.schedule, Custom):
        return None
    return 2 * experiment.steps if 2 * experiment.steps <= MAX_STEPS else experiment.steps // 2


def curves(found: Mapping[str, Found], metric: str) -> dict[str, Curve]:
    """What there is to draw of this distance."""
    drawn = {}
    for name, growth in found.items():
        if isinstance(growth, Growth):
            values = growth.of(metric)
        elif isinstance(growth, ProductGrowth) and metric != "tv":
            values = growth.kl if metric == "kl" else growth.hellinger
        elif isinstance(growth, ProductGrowth):
            none = (0.0,) * len(growth.dims)
            drawn[name] = Curve(growth.dims, growth.tv_low, growth.tv_high, none)
            continue
        else:
            continue
        if values:
            flat = tuple(v.value for v in values)
            drawn[name] = Curve(growth.dims, flat, flat, tuple(v.error for v in values))
    return drawn


def refusals(found: Mapping[str, Found], metric: str) -> dict[str, str]:
    """Why a sampler has no curve."""
    said = {name: growth for name, growth in found.items() if isinstance(growth, str)}
    if metric == "kl":
        for name, growth in found.items():
            if isinstance(growth, ProductGrowth) and growth.refusal:
                said[name] = growth.refusal
    return said


def bounds(question: Question, which: str) -> dict[str, tuple[Theorem, ...]]:
    """The theorems to draw: none, the first of each sampler, or all."""
    count = {"none": 0, "paper": 1, "all": None}[which]
    laws = {name: _law(question, name) for name in question.samplers}
    found = {
        name: () if law.record.corrections else theorems(name, law.eta)[:count]
        for name, law in laws.items()
    }
    axes = question.axes
    if axes is None or axes.signal is None or axes.rest:
        return found
    return {name: tuple(map(_at_fixed_k, proven)) for name, proven in found.items()}


def _at_fixed_k(theorem: Theorem) -> Theorem:
    """Where only k axes vary, a bound in the intrinsic dimension k does not grow with d."""
    if theorem.dim != "k":
        return theorem
    terms = tuple(replace(term, dim=0) for term in theorem.terms)
    return replace(theorem, constant=f"{theorem.constant} k", terms=terms)


def sampler_labels(question: Question) -> dict[str, str]:
    """DDIM's with the eta that it runs at."""
    return {name: _law(question, name).record.label for name in question.samplers}


def table_rows(found: Mapping[str, Found], steps: int) -> list[tuple[Any, ...]]:
    """Every number of every curve."""
    rows = []
    for metric in ("tv", "kl", "hellinger"):
        for name, curve in curves(found, metric).items():
            for d, low, high, error in zip(
                curve.dims, curve.low, curve.high, curve.error, strict=True
            ):
                if curve.exact:
                    rows.append((name, d, steps, metric, repr(low), repr(error)))
                else:
                    rows.append((name, d, steps, phrase("tv-at-least"), repr(low), ""))
                    rows.append((name, d, steps, phrase("tv-at-most"), repr(high), ""))
    return rows


def table(found: Mapping[str, Found], labels: Mapping[str, str]) -> dict[str, list[Any]]:
    """One row for each sampler and d."""
    columns: dict[str, list[Any]] = {"sampler": [], "d": []}
    by_metric = {m: curves(found, m) for m in ("tv", "kl", "hellinger")}
    names = {"tv": "TV", "kl": phrase("kl-p-q-nats"), "hellinger": phrase("hellinger")}
    for name in found:
        dims = next((c[name].dims for c in by_metric.values() if name in c), ())
        columns["sampler"] += [labels[name]] * len(dims)
        columns["d"] += dims
        for metric, title in names.items():
            cells = columns.setdefault(title, [])
            curve = by_metric[metric].get(name)
            cells += ["–"] * len(dims) if curve is None else _cells(curve)
    return columns


def _cells(curve: Curve) -> list[str]:
    return [
        rounded(low, 5) if low == high else f"{rounded(low)} to {rounded(high)}"
        for low, high in zip(curve.low, curve.high, strict=True)
    ]


def bound_table(
    which: Mapping[str, Sequence[Theorem]], labels: Mapping[str, str]
) -> dict[str, list[Any]]:
    """The theorems' powers of d with their sources."""
    rows = [
        (
            labels[name],
            bound.formula,
            f"d^{bound.steps_power:g}",
            f"{bound.source}, arXiv {bound.arxiv}, {spoken(bound.name)}",
            spoken(bound.evidence),
        )
        for name, found in which.items()
        for bound in found
    ]
    names = (
        "sampler",
        "TV(q₁, p₁) ≤",
        phrase("so-t-may-have-to"),
        "source",
        phrase("how-we-know-it"),
    )
    return by_column(names, rows)
