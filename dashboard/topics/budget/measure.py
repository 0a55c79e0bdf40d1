"""Accounts of the error for the page that shows them: computed once, shared by all sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress, Share
from dashboard.prose import prose
from dashboard.text.numbers import percent, rounded, scientific
from dashboard.text.tables import by_column
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.density_grid import points
from diffusion_core.laws.line.law import marginal_bounds
from diffusion_core.laws.plane.coordinates import law_box
from diffusion_core.schedules import Array
from diffusion_core.studies.budget import (
    Budget,
    Left,
    budget,
    local_difference,
    outcome_difference,
    plane_difference,
    plane_outcome_difference,
    switches,
)

phrase = prose("phrases/budget")
CELLS = 600  # of a picture in x
SEEN = 5e-4  # of the mass lies beyond either end of a picture
LOOK = 4001
MAP, MAP_LOOK, MAP_SEEN = (
    140,
    240,
    1e-4,
)  # nodes along each axis of a map in the plane, and to find what it shows
SINGLE = tuple(name for name, record in SAMPLERS.items() if not record.multistep)

Account = Budget | str  # or the reason why there is none


def _account(experiment: Experiment, progress: Progress) -> Budget:
    told = Share(progress)
    return budget(experiment, told, told)


def _study(experiment: Experiment) -> Study:
    plain = experiment.with_(seed=0)
    return Study(_account, (plain,), cost.study(plain, "account", 10))


def account(experiment: Experiment, place: Any) -> Account:
    """Where this run's error comes from; place: for progress."""
    return accounts({"": experiment}, place)[""]


def accounts(runs: Mapping[str, Experiment], place: Any) -> dict[str, Account]:
    """The same of several runs, together."""
    labels = ", ".join(run.record.label for run in runs.values())
    found = outcomes(
        [_study(run) for run in runs.values()], phrase("step-by-step-2", labels=labels), place
    )
    return dict(zip(runs, found, strict=True))


def left_over(experiment: Experiment, found: Budget, place: Any) -> tuple[Left, ...] | str:
    """What is left of the error when sources are switched off, or why that is not known."""
    plain = experiment.with_(seed=0)
    study = Study(switches, (plain,), cost.study(plain, "switches", 5), (found,))
    [left] = outcomes([study], phrase("what-is-left-when-a"), place)
    return left


def samplers(experiment: Experiment, beside: Sequence[str]) -> dict[str, Experiment]:
    """The chosen run first, then the same with other samplers."""
    others = (name for name in beside if name != experiment.sampler)
    runs = {name: experiment.with_(sampler=name, eta=0.0) for name in others}
    return {experiment.record.name: experiment, **runs}


@dataclass(frozen=True, eq=False)
class Picture:
    """Two laws as mean densities in cells: what a sampler makes, and what it should be."""

    edges: Array
    wanted: Array
    difference: Array

    @property
    def x(self) -> Array:
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    @property
    def made(self) -> Array:
        return np.maximum(self.wanted + self.difference, 0.0)

    @property
    def excess(self) -> float:
        """The mass that is too much, within the picture."""
        return float(np.maximum(self.difference, 0.0) @ np.diff(self.edges))

    @property
    def missing(self) -> float:
        """The mass that is too little, within the picture."""
        return float(np.maximum(-self.difference, 0.0) @ np.diff(self.edges))


@dataclass(frozen=True, eq=False)
class Map:
    """Two laws in the plane on a grid: (X,), (Y,), and the difference of their densities (X, Y)."""

    x: Array
    y: Array
    difference: Array

    @property
    def cell(self) -> float:
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))

    @property
    def excess(self) -> float:
        """The mass that is too much, within the picture."""
        return float(np.maximum(self.difference, 0.0).sum()) * self.cell

    @property
    def missing(self) -> float:
        """The mass that is too little, within the picture."""
        return float(np.maximum(-self.difference, 0.0).sum()) * self.cell


def outcome_map(experiment: Experiment, place: Any) -> Map:
    """q_1 - p_1 in the plane."""
    return _shown(_outcome_map, (experiment.with_(seed=0),), place)


def step_map(experiment: Experiment, t: int, place: Any) -> Map:
    """What the step from t makes of p_t, minus p_{t-1}, in the plane."""
    return _shown(_step_map, (experiment.with_(seed=0), t), place)


def _shown(function: Callable[..., Any], args: tuple[Any, ...], place: Any) -> Any:
    """One of the pictures; Refused where there is none."""
    study = Study(function, args, cost.study(args[0], function.__name__, 5))
    return value(study, phrase("where-mass-is-in-excess"), place)


def _outcome_map(experiment: Experiment, progress: Progress) -> Map:
    axes = _map_axes(experiment, 1)
    return Map(*axes, plane_outcome_difference(experiment, axes, progress))


def _step_map(experiment: Experiment, t: int, progress: Progress) -> Map:
    axes = _map_axes(experiment, t - 1)
    return Map(*axes, plane_difference(experiment, t, axes, progress))


def _map_axes(experiment: Experiment, t: int) -> tuple[Array, Array]:
    """Axes of one scale that hold p_t but for a little, with a margin."""
    level = experiment.chain.level(t)
    box = law_box(experiment.target, level)
    wide = np.linspace(box[0, 0], box[1, 0], MAP_LOOK), np.linspace(box[0, 1], box[1, 1], MAP_LOOK)
    p = np.exp(experiment.target.marginal(level).log_density(points(wide)))
    ends = []
    for k, nodes in enumerate(wide):
        share = np.cumsum(p.reshape(MAP_LOOK, MAP_LOOK).sum(axis=1 - k))
        first, last = np.searchsorted(share / share[-1], [MAP_SEEN, 1 - MAP_SEEN])
        ends.append((nodes[max(first - 1, 0)], nodes[min(last + 1, MAP_LOOK - 1)]))
    half = 0.56 * max(high - low for low, high in ends)
    x, y = (np.linspace(-half, half, MAP) + (low + high) / 2 for low, high in ends)
    return x, y


def outcome(experiment: Experiment, place: Any) -> Picture:
    """q_1 beside p_1."""
    return _shown(_outcome, (experiment.with_(seed=0),), place)


def one_step(experiment: Experiment, t: int, place: Any) -> Picture:
    """What the step from t makes of p_t, beside p_{t-1}."""
    return _shown(_one_step, (experiment.with_(seed=0), t), place)


def _outcome(experiment: Experiment, progress: Progress) -> Picture:
    edges, wanted = _wanted(experiment, 1)
    return Picture(edges, wanted, outcome_difference(experiment, edges, progress))


def _one_step(experiment: Experiment, t: int, progress: Progress) -> Picture:
    edges, wanted = _wanted(experiment, t - 1)
    return Picture(edges, wanted, local_difference(experiment, t, edges))


def _wanted(experiment: Experiment, t: int) -> tuple[Array, Array]:
    """The edges of cells that hold p_t but for a little, and its mean density in them."""
    level = experiment.chain.level(t)
    marginal = experiment.target.marginal(level)
    x = np.linspace(*marginal_bounds(experiment.target, level), LOOK)
    below = marginal.cdf(x)
    first, last = np.searchsorted(below, [SEEN, 1 - SEEN])
    low, high = x[max(first - 1, 0)], x[min(last, LOOK - 1)]
    margin = 0.12 * (high - low)
    edges = np.linspace(low - margin, high + margin, CELLS + 1)
    return edges, marginal.interval_mass(edges) / np.diff(edges)


# ---- the numbers as tables

STEP_HEADER = (
    *("sampler", "t", "beta_t", "local", "local_error", "score", "score_error"),
    *("sum", "tv", "tv_error", "taken"),
)


def step_rows(runs: Mapping[str, Experiment], found: Mapping[str, Budget]) -> list[tuple[Any, ...]]:
    """Every step of every sampler."""
    rows = []
    for name, seen in found.items():
        beta = runs[name].chain.beta
        for step, total in zip(seen.steps, seen.partial_sums[1:], strict=True):
            local, reached = step.local, step.reached
            share = (step.score.value, step.score.error)
            known = (*share, total, reached.value, reached.error)
            here = (name, step.t, float(beta[step.t]), local.value, local.error)
            rows.append((*here, *known, step.contracted))
    return rows


def step_table(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    steps = (
        "sampler",
        "t",
        "β_t",
        phrase("error-of-the-step"),
        phrase("pm-that"),
        phrase("of-the-score"),
        phrase("pm-of-that"),
    )
    names = (*steps, phrase("sum-so-far"), "TV(q_{t−1}, p_{t−1})", phrase("pm-this"), "contracted")
    return by_column(names, rows)


def parts_table(found: Budget) -> dict[str, list[str]]:
    """The account of one run, line by line."""
    rows: list[tuple[str, Distance | None, float]] = [
        (phrase("initialisation"), found.initialisation, found.initialisation.value)
    ]
    rows += [(group_name(g.first, g.last), g.sum, g.sum.value) for g in found.groups()]
    exact = found.score.value == 0
    score = phrase("score-exact") if exact else phrase("score")
    rows.append((score, found.score, found.score.value))
    rows.append((phrase("their-sum"), found.sum, found.sum.value))
    if found.contraction is None or found.cancellation is None:
        rows.append((phrase("contraction-and-cancellation"), None, -found.surplus or 0.0))
    else:
        rows.append((phrase("contraction"), None, -found.contraction or 0.0))
        rows.append((phrase("cancellation"), None, -found.cancellation or 0.0))
    rows.append((phrase("tv-q1-p1-measured"), found.total, found.total.value))
    rows.append((phrase("the-same-started-from-p"), found.without_start, found.without_start.value))
    whole = found.sum.value
    return {
        "part": [name for name, _, _ in rows],
        "TV": [rounded(value, 4).replace("-", "−") for _, _, value in rows],
        "error": [scientific(d.error, 1) if d and d.error else "–" for _, d, _ in rows],
        "of the sum": [
            percent(value / whole).replace("-", "−") if whole else "–" for _, _, value in rows
        ],
    }


def switches_table(rows: Sequence[Left]) -> dict[str, list[str]]:
    """What is left of the error when its sources are switched off."""
    starts = {"noise": "N(0, I)", "exact": phrase("p-t-no-error")}
    known = [(row.tv.value, row.tv.error) if row.tv else None for row in rows]
    return {
        "start": [starts[row.start] for row in rows],
        "score": [
            phrase("as-given")
            if row.score
            else phrase("exact")
            if row.steps
            else phrase("not-asked-for")
            for row in rows
        ],
        "steps": [
            phrase("of-the-sampler") if row.steps else phrase("exact-no-error") for row in rows
        ],
        "TV(q₁, p₁) left": [rounded(d[0], 4) if d else phrase("not-known") for d in known],
        "error": [scientific(d[1], 1) if d and d[1] else "–" for d in known],
    }


def group_name(first: int, last: int) -> str:
    return (
        phrase("step-t", first=f"{first:,}")
        if first == last
        else phrase("steps-t-to", first=f"{first:,}", last=f"{last:,}")
    )
