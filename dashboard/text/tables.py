"""The numbers behind the figures, as tables and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.labels import METRICS, PRESETS, SCHEDULES
from dashboard.text.numbers import rounded, scientific, stated, with_error
from diffusion_core import Experiment, Measurement
from diffusion_core.distances.of_masses import Distance
from diffusion_core.studies.convergence import Fit, Slope, slopes
from diffusion_core.targets import Target
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/text")
Outcome = Measurement | str
SWEEP_HEADER = ("sampler", "steps", "nfe", "metric", "value", "error")


def distance_table(outcomes: Mapping[str, Outcome]) -> dict[str, list[str]]:
    """Every distance of one run with its error and where it comes from."""
    rows = [_distance_row(METRICS[m], found) for m, found in outcomes.items()]
    return by_column(("distance", "value", "error", "how"), rows)


def _distance_row(label: str, found: Outcome) -> tuple[str, str, str, str]:
    if isinstance(found, str):
        return label, "–", "–", spoken(found)
    seen = found.estimate
    if seen is None:
        return label, rounded(found.value, 6), scientific(found.error, 1), phrase("exact-law")
    how = phrase(
        "particles-standard-error-a-perfect",
        size=f"{seen.size:,}",
        standard_error=rounded(seen.standard_error, 2),
        noise_floor=rounded(seen.noise_floor, 2),
    )
    if not found.value > found.error:  # an interval down to 0 is no answer
        return label, phrase("at-most", value=rounded(found.value + found.error, 2)), "–", how
    return label, rounded(found.value), rounded(found.error, 2), how


def _how(found: Measurement) -> str:
    return f"{found.estimate.size:,} particles" if found.estimate else phrase("exact-law")


def run_table(
    runs: Mapping[str, Experiment], outcomes: Mapping[str, Outcome]
) -> dict[str, list[str]]:
    """Runs side by side: what they are and how far they end from p_1."""
    rows = []
    for title, run in runs.items():
        found = outcomes[title]
        distance = spoken(found) if isinstance(found, str) else with_error(found.value, found.error)
        law = law_label(run)
        start = "p_T" if run.exact_start else "N(0, I)"
        what = (law, SCHEDULES[run.schedule.kind], run.record.label, f"{run.steps:,}", start)
        how = "" if isinstance(found, str) else _how(found)
        rows.append((title, distance, how, f"{run.record.nfe(run.steps):,}", *what))
    names = ("target", "schedule", "sampler", "T", "start")
    return by_column(("panel", "TV(q₁, p₁)", "how", phrase("score-evaluations"), *names), rows)


def law_label(run: Experiment) -> str:
    return PRESETS[run.preset] if run.preset else plain_kind(run.target)


def named(run: Experiment, sampled: bool = True) -> str:
    """What a run is in one line; ``sampled``: with the sampler that made it."""
    sampler = [run.record.label] if sampled else []
    return ", ".join([law_label(run), SCHEDULES[run.schedule.kind], *sampler, f"T = {run.steps:,}"])


def plain_kind(target: Target) -> str:
    return spoken(target.kind.replace("_", " "))


STEP_HEADER = ("t", "beta_t", "abar_t", "tv", "tv_error")


def step_rows(
    experiment: Experiment, times: Sequence[int], tv: Sequence[Distance]
) -> list[tuple[Any, ...]]:
    """For each t on the screen: beta_t, abar_t and, where it is known, TV(q_t, p_t)."""
    chain = experiment.chain
    known: list[tuple[Any, Any]] = [(d.value, d.error) for d in tv] or [("", "")] * len(times)
    return [
        (t, float(chain.beta[t]), float(chain.abar[t]), *distance)
        for t, distance in zip(times, known, strict=True)
    ]


def step_table(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    names = ["t", "β_t", "ᾱ_t", "TV(q_t, p_t)", phrase("its-error")]
    columns = by_column(names, rows)
    return columns if rows[0][3] != "" else dict(list(columns.items())[:3])


def sweep_rows(curves: Mapping[str, Sequence[Measurement]]) -> list[tuple[Any, ...]]:
    """The rows of the command line's CSV."""
    return [
        (name, m.steps, m.nfe, m.metric, repr(m.value), repr(m.error))
        for name, curve in curves.items()
        for m in curve
    ]


def slope_table(
    curves: Mapping[str, Sequence[Measurement]],
    labels: Mapping[str, str],
    fits: Mapping[str, Fit | None],
) -> dict[str, list[Any]]:
    """Every measured point with the slope that leads to it, and whether the fit uses it."""
    rows = []
    for name, curve in curves.items():
        arriving = {s.steps[1]: s for s in _slopes(curve)}
        fit = fits.get(name)
        for m in curve:
            slope = arriving.get(m.steps)
            rows.append(
                (
                    labels[name],
                    m.steps,
                    m.nfe,
                    rounded(m.value, 5),
                    stated(m.error),
                    f"{slope.value:+.3f}" if slope else "",
                    _place(m.steps, fit),
                )
            )
    names = (
        "sampler",
        "T",
        phrase("score-evaluations"),
        "distance",
        "error",
        "slope",
        phrase("in-the-fit"),
    )
    return by_column(names, rows)


def _slopes(curve: Sequence[Measurement]) -> list[Slope]:
    return slopes([m.steps for m in curve], [m.value for m in curve], [m.error for m in curve])


def _place(steps: int, fit: Fit | None) -> str:
    if fit is None:
        return phrase("no-fit")
    if steps in fit.steps:
        return "yes"
    return "pre-asymptotic" if steps < fit.steps[0] else phrase("left-out")


def fit_table(fits: Mapping[str, Fit | None], labels: Mapping[str, str]) -> dict[str, list[Any]]:
    """Fitted decay C (log T)^l T^-r of every curve."""
    rows = []
    for name, fit in fits.items():
        if fit is None:
            rows.append((labels[name], "–", "–", "–", phrase("too-few-points-follow-the")))
            continue
        low, high = fit.r_interval
        span = phrase(
            "t-to-within-per-cent",
            first=f"{fit.steps[0]:,}",
            last=f"{fit.steps[-1]:,}",
            misfit=f"{100 * fit.misfit:.2g}",
        )
        k = f"{fit.k:.2f}"
        if fit.k_interval is not None:
            low_k, high_k = (f"{end:.2f}" for end in fit.k_interval)
            k = phrase("to", ratio=k, low=low_k, high=high_k)
        rows.append(
            (
                labels[name],
                phrase("to", ratio=f"{fit.r:.3f}", low=f"{low:.3f}", high=f"{high:.3f}"),
                k,
                rounded(fit.C),
                span,
            )
        )
    names = (
        "sampler",
        phrase("r-in-t-minusr-95"),
        phrase("l-in-log-t-l"),
        "C",
        phrase("fitted-over"),
    )
    return by_column(names, rows)


def bound_table(
    theorems: Mapping[str, Sequence[Theorem]], labels: Mapping[str, str]
) -> dict[str, list[Any]]:
    """The proven upper bounds with their sources."""
    rows = [
        (
            labels[name],
            theorem.formula,
            f"{theorem.source}, arXiv {theorem.arxiv}, {spoken(theorem.name)}",
            spoken(theorem.evidence),
        )
        for name, found in theorems.items()
        for theorem in found
    ]
    rows += [
        (labels[name], phrase("none-listed"), "", "")
        for name, found in theorems.items()
        if not found
    ]
    names = ("sampler", phrase("tv-q1-p1-at-most"), "source", phrase("how-we-know-it"))
    return by_column(names, rows)


def by_column(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """A table's columns by their names, from its rows."""
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
