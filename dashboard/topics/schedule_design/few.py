"""Which sampler on which schedule, where only so many score evaluations are paid for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached, sweeps
from dashboard.compute.sweeps import Outcomes
from dashboard.figures.law import colour_scale
from dashboard.figures.marks import theme
from dashboard.figures.once import drawn_once
from dashboard.figures.style import figure_template, is_dark
from dashboard.link.widget_keys import button, widget
from dashboard.prose import prose
from dashboard.text.labels import GRIDS
from dashboard.text.numbers import rounded, with_error
from dashboard.text.plain import plain
from dashboard.topics.schedule_design import few_plane
from dashboard.topics.schedule_design import measure as design
from dashboard.topics.schedule_design import words as design_words
from dashboard.topics.schedule_design.page import BUDGETS, PAGE
from diffusion_core import SAMPLERS, Experiment, plan_evaluations
from diffusion_core.studies.noise_grids import Ends, own_runs
from diffusion_core.studies.schedule_search import LEAST_STEPS, MOST_STEPS, Optimum

phrase = prose("phrases/schedule_design")
say = prose("schedule_design")
SEARCH = "few"
TV = "TV(q₁, p₀)"
LIGHT = 3  # of the colours only the first third, on which text is read
ROW, AROUND = 30, 150  # pixels


@dataclass(frozen=True)
class Budget:
    """Every sampler on every named schedule as it is, with the steps that the evaluations pay for.

    All are compared with the data, since each schedule has a p_1 of its own.
    particles: that measure every run; 0 for exact laws.
    """

    experiment: Experiment
    evaluations: int
    particles: int = 0

    @property
    def runs(self) -> list[Experiment]:
        grids = own_runs(self.experiment, self.experiment.steps).values()
        return [
            run for e in grids for run in plan_evaluations(e, list(SAMPLERS), [self.evaluations])
        ]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "particles" if self.particles else "exact", self.particles, "data"


def section(experiment: Experiment, ends: Ends | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The question, its answer and its table; returns the page's settings that are chosen here.

    ends: of the page's grids, where there are any.
    """
    evaluations, exact = values["few"], values["exact"]
    st.header(say("few-title"))
    if not experiment.target.has_density:
        st.markdown(say("few-no-density"))
        return {}
    particles = few_plane.particles(experiment)
    st.markdown(say("few-intro"))
    if particles:
        st.markdown(say("few-particles", particles=f"{particles:,}", seed=experiment.seed))
    else:
        st.markdown(say("few-exactly"))
    chosen = st.segmented_control(
        say("few-choose"), BUDGETS[1:], **widget(f"{PAGE}.few", evaluations or None)
    )
    if not chosen:
        return {"few": 0}
    base = experiment if particles else experiment.with_(seed=0)
    budget, status = Budget(base, chosen, particles), st.empty()
    words, place = st.empty(), st.empty()

    drawn = set()  # a refusal brings nothing new

    def draw(outcomes: Outcomes, key: str = "") -> None:
        found = known(outcomes)
        name = key or f"few {len(found)} {len(exactly(outcomes))}"
        if found and name not in drawn:
            drawn.add(name)
            figure, told = few_figure(found, exactly(outcomes), is_dark()), alt(budget, found)
            page_chrome.plot(place, figure, "few-evaluations", told, name, fits=False)

    outcomes = sweeps.measured(budget, draw, status)
    if not known(outcomes):
        st.info(say("few-nothing", reason=plain(next(map(str, outcomes.values()), ""))))
        return {"few": chosen}
    if particles:
        draw(outcomes)
        outcomes, exact = few_plane.settled(outcomes, exact, draw)
    draw(outcomes, "few")
    found = known(outcomes)
    words.markdown(answer(budget, outcomes))
    _beside(budget, ends, min(found, key=found.__getitem__))
    page_chrome.table(table(budget, outcomes), say("few-table"))
    return {"few": chosen, "exact": exact}


def known(outcomes: Outcomes) -> dict[Experiment, float]:
    """What could be measured."""
    return {e: o.value for e, o in outcomes.items() if not isinstance(o, str)}


def exactly(outcomes: Outcomes) -> frozenset[Experiment]:
    """The runs whose exact laws were measured."""
    return frozenset(
        e for e, o in outcomes.items() if not isinstance(o, str) and o.estimate is None
    )


def answer(budget: Budget, outcomes: Outcomes) -> str:
    """The nearest to the data, the best of the reader's own sampler, and how far apart all are."""
    found = known(outcomes)
    least = min(found, key=found.__getitem__)
    mine = {e: v for e, v in found.items() if e.sampler == budget.experiment.sampler}
    said = [
        say(
            "few-best",
            evaluations=budget.evaluations,
            number=_number(outcomes[least]),
            sampler=least.record.label,
            grid=_grid(least),
        )
    ]
    tied = few_plane.undecided(outcomes, least)
    if tied:
        said.append(say("few-tied", count=tied) if tied > 1 else say("few-tied-one"))
    if mine and least not in mine:
        own = min(mine, key=mine.__getitem__)
        number, sampler = _number(outcomes[own]), own.record.label
        said.append(say("few-own", number=number, sampler=sampler, grid=_grid(own)))
    most = max(found, key=found.__getitem__)
    number, sampler = _number(outcomes[most]), most.record.label
    said.append(say("few-worst", number=number, sampler=sampler, grid=_grid(most)))
    refused = len(outcomes) - len(found)
    if refused:
        said.append(say("few-refused", count=refused))
    return " ".join(said)


def _grid(run: Experiment) -> str:
    return GRIDS[run.schedule.kind]


def _number(outcome: cached.Outcome) -> str:
    if isinstance(outcome, str):
        return outcome
    if outcome.estimate and not outcome.value > outcome.error:
        return say("few-at-most", most=rounded(outcome.value + outcome.error, 2))
    return with_error(outcome.value, outcome.error)


def _beside(budget: Budget, ends: Ends | None, best: Experiment) -> None:
    """The least-error grid between the page's ends for the best sampler, at the same cost."""
    open_it, search = st.columns(2)
    with open_it:
        navigation.open_button(say("few-open"), best)
    if ends is None or not LEAST_STEPS <= best.steps <= MOST_STEPS:
        return
    task = design.Task.of(best, ends, best.steps)
    label = say("few-search", sampler=best.record.label)
    button(search, label, design.want, (SEARCH, task))
    found = design.searched("least", task, st.empty(), SEARCH)
    if isinstance(found, Optimum):
        outcome = cached.distance(found.experiment, *budget.how, st.empty())
        told = say(
            "few-found",
            sampler=best.record.label,
            steps=best.steps,
            number=_number(outcome),
            high=design_words.signed(ends.high),
            low=design_words.signed(ends.low),
        )
        st.markdown(told)
    elif found is not None:
        st.caption(say("few-not-found", reason=str(found)))


def table(budget: Budget, outcomes: Outcomes) -> dict[str, Sequence[Any]]:
    """Every run, the nearest first, those without a number last, with its reason."""
    found = known(outcomes)
    runs = sorted(outcomes, key=lambda e: found.get(e, math.inf))
    return {
        "sampler": [run.record.label for run in runs],
        "schedule": [_grid(run) for run in runs],
        "T": [run.steps for run in runs],
        "score evaluations": [run.record.nfe(run.steps) for run in runs],
        "asks beside the score for": [run.record.derivatives for run in runs],
        TV: [_number(outcomes[run]) for run in runs],
        "from": [_source(outcomes[run]) for run in runs],
    }


def _source(outcome: cached.Outcome) -> str:
    if isinstance(outcome, str):
        return ""
    if outcome.estimate is None:
        return say("few-law")
    return say("few-sample", particles=f"{outcome.estimate.size:,}")


def alt(budget: Budget, found: Mapping[Experiment, float]) -> str:
    least = min(found, key=found.__getitem__)
    return say(
        "few-alt",
        evaluations=budget.evaluations,
        count=len(found),
        number=rounded(found[least]),
        sampler=least.record.label,
        grid=_grid(least),
    )


@drawn_once
def few_figure(
    found: Mapping[Experiment, float], exact: frozenset[Experiment], dark: bool
) -> go.Figure:
    """Samplers by schedules, each number as text and by its logarithm as colour; best first.

    exact: whose numbers are; others are estimates and marked so.
    """
    cells = {(e.record.name, e.schedule.kind): value for e, value in found.items()}
    sure = {(e.record.name, e.schedule.kind) for e in exact}
    samplers = _ordered(
        [s for s, _ in cells], lambda s: [v for (k, _), v in cells.items() if k == s]
    )
    grids = _ordered([g for _, g in cells], lambda g: [v for (_, k), v in cells.items() if k == g])
    levels = [_level(value) for value in cells.values()]
    rows = [[cells.get((s, g)) for g in grids] for s in samplers]
    heat = {
        "type": "heatmap",
        "x": [GRIDS[g] for g in grids],
        "y": [SAMPLERS[s].label for s in samplers],
        "z": [[None if v is None else _level(v) for v in row] for row in rows],
        "text": [[_told(cells.get((s, g)), (s, g) in sure) for g in grids] for s in samplers],
        "texttemplate": "%{text}",
        "textfont": {"color": theme(dark).text},
        "zmin": min(levels),
        "zmax": min(levels) + LIGHT * max(max(levels) - min(levels), 1e-3),
        "hovertemplate": f"%{{y}}, %{{x}}<br>{TV} = %{{text}}<extra></extra>",
        "hoverongaps": False,
        "colorscale": colour_scale(dark),
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    layout = {
        "template": figure_template(dark),
        "height": ROW * len(samplers) + AROUND,
        "margin": {"t": 24},
        "xaxis": {"showgrid": False, "title": {"text": phrase("nearest-at-the-top-left", tv=TV)}},
        "yaxis": {"showgrid": False, "autorange": "reversed", "automargin": True},
    }
    return go.Figure({"data": [heat], "layout": layout})


def _told(value: float | None, sure: bool) -> str:
    if value is None:
        return ""
    return rounded(value, 2) if sure else f"≈ {rounded(value, 2)}"


def _ordered(names: Sequence[str], of: Any) -> list[str]:
    """Each once, by the least of its numbers."""
    return sorted(dict.fromkeys(names), key=lambda name: min(of(name)))


def _level(value: float) -> float:
    return math.log10(max(value, 1e-16))
