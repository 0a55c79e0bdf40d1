"""What the figure of distances against T says of slopes, of rounding and of who is nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from dashboard.prose import prose
from dashboard.text.numbers import rounded, scientific
from diffusion_core import Experiment, Measurement
from diffusion_core.samplers import ODE_ORDER
from diffusion_core.studies.convergence import MOST_ERROR, Fit, slopes, tells_a_rate

_say = prose("convergence")
Curves = Mapping[str, Sequence[Measurement]]


def count(runs: Sequence[Experiment]) -> str:
    """What a step of the sampler of order K costs, and its bound; empty where it is not shown."""
    records = {run.record.label: run.record for run in runs if run.sampler == ODE_ORDER}
    said = [
        _say("count-one", evaluations=r.evaluations, label=label) for label, r in records.items()
    ]
    return _say("count", counts=", ".join(said)) if said else ""


def slopes_read(curves: Curves, fits: Mapping[str, Fit | None], names: Mapping[str, str]) -> str:
    """Fitted and local slopes of every curve, with their errors; empty where no curve has two
    points that are known to a tenth."""
    said = [_slope(curve, fits.get(name), names[name]) for name, curve in curves.items()]
    known = [one for one in said if one]
    return _say("slopes", slopes="\n".join(known)) if known else ""


def _slope(curve: Sequence[Measurement], fit: Fit | None, label: str) -> str:
    sure = [m for m in curve if tells_a_rate(m.value, m.error)]
    found = slopes(*([getattr(m, of) for m in sure] for of in ("steps", "value", "error")))
    if not found:
        return ""
    last = found[-1]
    return _say(
        "slope",
        label=label,
        fitted=_fitted(fit),
        slope=f"{last.value:.3f}".replace("-", "−"),
        error=rounded(last.error, 1),
        first=f"{last.steps[0]:,}",
        last=f"{last.steps[1]:,}",
    )


def _fitted(fit: Fit | None) -> str:
    if fit is None:
        return _say("slope-no-fit")
    low, high = fit.r_interval
    return _say(
        "slope-fitted-logs" if fit.k else "slope-fitted",
        r=f"{fit.r:.2f}",
        low=f"{low:.2f}",
        high=f"{high:.2f}",
        logs=f"{fit.k:.2g}",
        first=f"{fit.steps[0]:,}",
        last=f"{fit.steps[-1]:,}",
    )


def rounding(curves: Curves, names: Mapping[str, str]) -> str:
    """Where the law's own error is more than a tenth of the distance; empty where it is nowhere."""
    doubtful = {
        names[name]: [m for m in curve if not m.estimate and not tells_a_rate(m.value, m.error)]
        for name, curve in curves.items()
    }
    said = [
        _say("rounding-runs", label=label, steps=", ".join(f"{m.steps:,}" for m in points))
        for label, points in doubtful.items()
        if points
    ]
    errors = [m.error for points in doubtful.values() for m in points]
    if not said:
        return ""
    return _say(
        "rounding",
        runs="; ".join(said),
        error=scientific(max(errors), 1),
        floor=scientific(max(errors) / MOST_ERROR, 1),
    )


def nearest(curves: Curves, names: Mapping[str, str], budgets: Sequence[int]) -> str:
    """Which sampler ends nearest for how many score evaluations; empty without two to compare."""
    best = [(budget, _best(curves, budget)) for budget in sorted(budgets)]
    known = [(budget, name) for budget, name in best if name]
    if len(curves) < 2 or not known:
        return ""
    stretches = [
        (name, [budget for budget, _ in group])
        for name, group in groupby(known, key=lambda pair: pair[1])
    ]
    said = [
        _say(
            "nearest-one" if of[0] == of[-1] else "nearest-some",
            label=names[name],
            first=f"{of[0]:,}",
            last=f"{of[-1]:,}",
        )
        for name, of in stretches
    ]
    return _say("nearest", stretches="; ".join(said))


def _best(curves: Curves, budget: int) -> str:
    """The one whose distance is surely the least with so many evaluations; empty if none is."""
    paid = {
        name: max((m for m in curve if m.nfe <= budget), key=lambda m: m.nfe, default=None)
        for name, curve in curves.items()
    }
    found = sorted(((m, name) for name, m in paid.items() if m), key=lambda pair: pair[0].value)
    if len(found) < 2:
        return ""
    (first, name), (second, _) = found[:2]
    return name if first.value + first.error < second.value - second.error else ""
