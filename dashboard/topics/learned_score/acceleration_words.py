"""What the page says about acceleration with learned w_t and v_t."""

from __future__ import annotations

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.topics.learned_score.acceleration import (
    EXACT,
    PAIRS,
    Acceleration,
    Curves,
    Name,
    Sizes,
    least,
    names,
)
from dashboard.topics.learned_score.generalisation import Samples
from diffusion_core import Measurement
from diffusion_core.scores.learned import BOTH, DERIVATIVES, ONLY
from diffusion_core.studies.score_sizes import ScoreSize

phrase = prose("phrases/learned_score")
_PROSE = prose("learned_score")
SAMPLERS = {
    "ode": "ODE (23)",
    "ode-taylor": phrase("accelerated-ode-27"),
    "ddpm": "DDPM (30)",
    "ddpm-covariance": phrase("accelerated-ddpm-33"),
}
EXTRAS = {"ode-taylor": "w_t", "ddpm-covariance": "v_t"}
ALIKE = 0.05  # relative: less is no difference to speak of
KNOWN = 1e-3  # relative error


def parts(name: Name) -> tuple[str, str]:
    """Which score, and which w_t or v_t: "–" where the sampler needs none."""
    sampler, score = name
    own = phrase("exact") if score in (EXACT, ONLY) else phrase("learned")
    extra = {EXACT: phrase("exact"), DERIVATIVES: phrase("derivatives")}.get(
        score, phrase("regressed")
    )
    return own, extra if sampler in EXTRAS else "–"


def curve_label(name: Name) -> str:
    """Short enough for the legend of a narrow figure."""
    (sampler, way), (score, extra) = name, parts(name)
    if sampler not in EXTRAS:
        return phrase("score", samplers=SAMPLERS[sampler], score=score)
    short = phrase("accelerated", sampler=SAMPLERS[sampler].split()[-1])
    if way == EXACT:
        return phrase("all-exact", short=short)
    given = extra if way == DERIVATIVES else f"{EXTRAS[sampler][0]}<sub>t</sub> {extra}"
    return phrase("score-2", short=short, score=score, given=given)


def reading(curves: Curves) -> str:
    """What acceleration gains at the largest T at which all curves of a pair are known."""
    return "\n\n".join(filter(None, (_pair(curves, *pair) for pair in PAIRS)))


def _pair(curves: Curves, plain: str, fast: str) -> str:
    by_steps = {n: {m.steps: m for m in curves.get(n, ())} for n in names(plain, fast)}
    common = set.intersection(*(set(points) for points in by_steps.values()))
    if not common:
        return ""
    at = {name: points[max(common)] for name, points in by_steps.items()}
    slow, quick = at[plain, DERIVATIVES], at[fast, BOTH]
    derived, alone, exact = at[fast, DERIVATIVES], at[fast, ONLY], at[fast, EXACT]
    floor = least(curves, (plain, fast)) or quick
    return _PROSE(
        "accel",
        steps=f"{max(common):,}",
        plain=SAMPLERS[plain],
        fast=SAMPLERS[fast],
        extra=f"${EXTRAS[fast]}$",
        gain_exact=_gain(at[plain, EXACT], exact),
        gain_regressed=_gain(slow, quick),
        gain_derived=_gain(slow, derived),
        alike=_PROSE(_compared(quick, derived)),
        alone=_shown(alone),
        exact=_shown(exact),
        blame=_PROSE(_blame(exact, alone, quick)),
        floor=_shown(floor),
        at=f"{floor.steps:,}",
    )


def _gain(slow: Measurement, quick: Measurement) -> str:
    factor = slow.value / quick.value
    kind = "accel-divides" if factor >= 1 else "accel-multiplies"
    return _PROSE(
        kind,
        factor=rounded(max(factor, 1 / factor)),
        before=_shown(slow),
        after=_shown(quick),
    )


def _compared(regressed: Measurement, derived: Measurement) -> str:
    if abs(regressed.value - derived.value) <= ALIKE * derived.value:
        return "accel-alike"
    return "accel-better" if regressed.value < derived.value else "accel-worse"


def _blame(exact: Measurement, alone: Measurement, both: Measurement) -> str:
    """Whether the score or w_t and v_t cost more, read off what each adds."""
    extra, score = alone.value - exact.value, both.value - alone.value
    return "accel-score" if score > extra else "accel-extra"


def _shown(found: Measurement | ScoreSize) -> str:
    error = found.stated if isinstance(found, ScoreSize) else found.error
    if error < KNOWN * found.value:
        return rounded(found.value)
    return with_error(found.value, error)


def sizes(found: Sizes) -> str:
    """eps_score, and eps_w and eps_v both ways."""
    given = {f"w_{k}": _shown(size) for k, size in found.w.items()}
    given |= {f"v_{k}": _shown(size) for k, size in found.v.items()}
    return _PROSE("accel-sizes", steps=f"{found.steps:,}", score=_shown(found.score), **given)


HEADER = ("sampler", "score", "w_or_v", "steps", "tv", "tv_error")


def rows(curves: Curves) -> list[tuple[object, ...]]:
    return [
        (name[0], *parts(name), m.steps, m.value, m.error)
        for name, curve in curves.items()
        for m in curve
    ]


def table(curves: Curves, steps: tuple[int, ...], particles: bool) -> dict[str, list[str]]:
    """particles: where TV is from particles, and then a value to be read as "at least"."""
    at = [{m.steps: _shown(m) for m in curve} for curve in curves.values()]
    least_value = phrase("tv-at-least") if particles else ", TV"
    return {
        "sampler": [SAMPLERS[name[0]] for name in curves],
        "score": [parts(name)[0] for name in curves],
        "w_t or v_t": [parts(name)[1] for name in curves],
        **{f"T = {t:,}{least_value}": [points.get(t, "–") for points in at] for t in steps},
    }


def snippet(work: Acceleration) -> str:
    """The same runs, one line each."""
    model = Samples(work.experiment).model
    every = [name for pair in PAIRS for name in names(*pair)]
    metric, method, particles, _ = work.how
    return f"""from dataclasses import replace

from diffusion_core import Experiment, measure

{described(work.experiment.with_(score_error=model))}
learned = experiment.score_error
for steps in {work.steps}:
    for sampler, extra in {every}:
        error = None if extra == "{EXACT}" else replace(learned, extra=extra)
        run = experiment.with_(sampler=sampler, eta=0.0, steps=steps, score_error=error)
        tv = measure(run, "{metric}", "{method}", {particles or 1000}).value
        print(steps, sampler, extra, tv)
"""
