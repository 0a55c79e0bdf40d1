"""Sentences and tables of the page that explains the rates, made of its numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.exports.snippets import described
from dashboard.link.widget_keys import key
from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.numbers import percent, rounded, scientific, superscript
from dashboard.text.readings import sentence
from dashboard.topics.assumptions.words import FAILS, HOLDS, MARKS
from dashboard.topics.why import measure
from dashboard.topics.why.page import NOISES, PAGE, VARIANCES
from diffusion_core import Experiment
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Schedule
from diffusion_core.studies.budget import Budget
from diffusion_core.studies.orders import PathAndMarginal

phrase = prose("phrases/why")
GAUSSIAN_NAMES = {1.0: phrase("n-0-1-pure-noise"), 0.25: "N(0, 1/4)", 0.04: "N(0, 1/25)"}
_say = prose("why")


def choose_noise(value: float) -> float:
    """The noise level at which one step is tried."""
    return float(
        st.select_slider(
            phrase("noise-level-1-minus-abart"),
            NOISES,
            key=key(f"{PAGE}.noise", value),
            help=phrase("small-close-to-the-data"),
        )
    )


def choose_variance(value: float) -> float:
    """The Gaussian whose paths are compared."""
    chosen: Any = st.segmented_control(
        phrase("gaussian-target"),
        VARIANCES,
        format_func=GAUSSIAN_NAMES.__getitem__,
        required=True,
        key=key(f"{PAGE}.variance", value),
    )
    return float(chosen)


def refusal(reason: str, run: Experiment) -> str:
    return phrase("not-computed-for-here", label=run.record.label, reason=sentence(worded(reason)))


def adding(run: Experiment, found: Budget) -> str:
    """The sum of the parts above the total, and the inequality of every step."""
    tried = measure.inequalities(found)
    holds = tried.true == tried.steps and found.total.value <= found.sum.value + found.sum.error
    return _say(
        "adding-numbers",
        mark=MARKS[HOLDS if holds else FAILS],
        label=run.record.label,
        steps=f"{run.steps:,}",
        total=rounded(found.total.value),
        start=rounded(found.initialisation.value),
        sum=rounded(found.step_sum.value),
        bound=rounded(found.sum.value),
        ratio=rounded(found.ratio),
        tried=tried.steps,
        true=tried.true,
        tightest=percent(tried.tightest),
    )


# ---- one step


def orders(points: Mapping[str, measure.Points]) -> dict[str, int]:
    """The power that is expected of one step: the order and one more."""
    return {name: SAMPLERS[name].order + 1 for name in points}


def local_reading(points: Mapping[str, measure.Points]) -> str:
    names = measure.labels(list(points))
    said = [
        phrase(
            "for-expected",
            p=f"{measure.slopes(p)[-1]:.2f}",
            names=names[n],
            order=SAMPLERS[n].order + 1,
        )
        for n, p in points.items()
        if measure.slopes(p)
    ]
    return _say("local-reading", slopes=", ".join(said))


def local_table(points: Mapping[str, measure.Points]) -> dict[str, list[Any]]:
    names, power = measure.labels(list(points)), orders(points)
    rows = [(n, p, measure.slopes(p)) for n, p in points.items()]
    return {
        "sampler": [names[n] for n, _, _ in rows],
        "expected power of β": [power[n] for n, _, _ in rows],
        "slope, largest β": [f"{s[0]:.3f}" if s else "–" for _, _, s in rows],
        "slope, smallest β": [f"{s[-1]:.3f}" if s else "–" for _, _, s in rows],
        "TV / β^power": [rounded(p[-1][1].value / p[-1][0] ** power[n]) for n, p, _ in rows],
    }


def local_alt(points: Mapping[str, measure.Points]) -> str:
    names = measure.labels(list(points))
    said = [
        phrase(
            "from-at-beta-to-at",
            names=names[n],
            first=rounded(p[0][1].value),
            begin=rounded(p[0][0]),
            last=rounded(p[-1][1].value),
            end=rounded(p[-1][0]),
        )
        for n, p in points.items()
    ]
    return phrase("the-error-of-one-step-against-its", said="; ".join(said))


def identities(run: Experiment, noise: float) -> list[str]:
    """What the orders rest on, tried to rounding."""
    difference, kernel = measure.identities(run, noise)
    said = [_say("euler", difference=scientific(difference, 1))]
    if kernel is None:
        return [*said, _say("identities-plane")]
    least, most = kernel.ddpm_ratio
    told = _say(
        "kernel",
        probes=len(kernel.x),
        beta=rounded(kernel.beta),
        mean=scientific(kernel.mean_defect, 1),
        variance=scientific(kernel.variance_defect, 1),
        least=rounded(least),
        most=rounded(most),
    )
    return [*said, told]


# ---- T steps


def together_reading(run: Experiment, rows: Sequence[measure.Row]) -> str:
    """Which form settles, and what the raw slope shows instead."""
    a, b = rows[-2], rows[-1]
    slope = "–" if b.slope is None else f"{b.slope:+.2f}".replace("-", "−")
    span = {"before": a.steps, "last": b.steps, "slope": slope, "order": run.record.order}
    if not measure.log_power(run):
        return _say("together-plain", settled=_change(a.settled, b.settled), **span)
    power = settled_power(run, rows)
    fewer = power < measure.log_power(run)
    said = _say(
        "together-logs",
        form=form_text(run, power),
        settled=_change(a.fewer, b.fewer) if fewer else _change(a.settled, b.settled),
        sum=_change(a.sum, b.sum),
        **span,
    )
    if not fewer:
        return said
    return f"{said} {_say('fewer-logs-noise' if run.record.stochastic else 'fewer-logs')}"


def settled_power(run: Experiment, rows: Sequence[measure.Row]) -> int:
    """The power of log T, of the two that are tried, whose column changes less at the end."""
    a, b, power = rows[-2], rows[-1], measure.log_power(run)
    if min(a.tv.value, b.tv.value) <= 0:
        return power
    moves = [abs(math.log(b.settled / a.settled)), abs(math.log(b.fewer / a.fewer))]
    return power if moves[0] <= moves[1] else power - 1


def _change(a: float, b: float) -> str:
    return f"{100 * (b / a - 1):+.1f} %".replace("-", "−") if a > 0 else "–"


def form_text(run: Experiment, power: int) -> str:
    """Such as log²T/T."""
    order = run.record.order
    above = {0: "1", 1: "log T"}.get(power, f"log{superscript(power)}T")
    return f"{above}/T{superscript(order) if order > 1 else ''}"


def together_table(run: Experiment, rows: Sequence[measure.Row]) -> dict[str, list[Any]]:
    power = measure.log_power(run)
    found: dict[str, list[Any]] = {
        "T": [r.steps for r in rows],
        "TV(q₁, p₁), from p_T": [rounded(r.tv.value, 4) for r in rows],
        "raw slope": ["" if r.slope is None else f"{r.slope:+.3f}" for r in rows],
        f"TV over {form_text(run, power)}": [rounded(r.settled, 4) for r in rows],
    }
    if power:
        fewer = phrase("tv-over", run=form_text(run, power - 1))
        found[fewer] = [rounded(r.fewer, 4) for r in rows]
    sums = phrase("sum-ht-over", order=superscript(run.record.order + 1), run=form_text(run, power))
    return found | {sums: [rounded(r.sum, 4) for r in rows]}


# ---- paths


def paths_reading(points: Sequence[PathAndMarginal]) -> str:
    last = points[-1]
    return _say(
        "paths-reading",
        path=_slope([p.path for p in points]),
        marginal=_slope([p.marginal.value for p in points]),
        tv=_slope([p.tv.value for p in points]),
        steps=f"{last.steps:,}",
        value=rounded(last.path),
        floor=rounded(last.floor),
        path_bound=rounded(last.path_bound),
        marginal_bound=rounded(last.marginal_bound),
        truth=rounded(last.tv.value),
    )


def _slope(values: Sequence[float]) -> str:
    if min(values[-2:]) <= 0:
        return "–"
    return f"{measure.last_slope(values):+.2f}".replace("-", "−")


def paths_table(points: Sequence[PathAndMarginal]) -> dict[str, list[Any]]:
    return {
        "T": [p.steps for p in points],
        "KL of paths": [rounded(p.path, 4) for p in points],
        "at least (Cauchy, Schwarz)": [rounded(p.floor, 4) for p in points],
        "KL of marginals": [rounded(p.marginal.value, 4) for p in points],
        "√(paths/2)": [rounded(p.path_bound, 4) for p in points],
        "√(marginals/2)": [rounded(p.marginal_bound, 4) for p in points],
        "TV(q₁, p₁)": [rounded(p.tv.value, 4) for p in points],
    }


def paths_alt(points: Sequence[PathAndMarginal]) -> str:
    a, b = points[0], points[-1]
    return phrase(
        "from-t-to-the-bound",
        first=a.steps,
        last=b.steps,
        path_first=rounded(a.path_bound),
        path_last=rounded(b.path_bound),
        marginal_first=rounded(a.marginal_bound),
        marginal_last=rounded(b.marginal_bound),
        value_first=rounded(a.tv.value),
        value_last=rounded(b.tv.value),
    )


def snippet(run: Experiment, schedule: Schedule, noise: float, variance: float) -> str:
    """The numbers of this page with the library alone."""
    kind = json.dumps(run.with_(schedule=schedule, steps=64).to_dict()["schedule"])
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.experiment import schedule_from_dict
from diffusion_core.studies.orders import path_and_marginal, single_step, step_sizes

{described(run)}
for beta in step_sizes({noise}):  # the error of one step
    print(beta, measure(single_step(experiment, {noise}, beta)).value)
schedule = schedule_from_dict({kind})
for steps in {list(measure.STEPS)}:
    found = path_and_marginal(schedule, steps, {variance})
    print(steps, found.path, found.marginal.value, found.tv.value)
"""
