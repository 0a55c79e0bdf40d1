"""The sentences of the page of sequences, from the numbers that it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.text.numbers import rounded
from dashboard.topics.discrete.measure import Film
from diffusion_core import DiscreteExperiment, Measurement, fit
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS
from diffusion_core.discrete.unmasking import Reveals
from diffusion_core.studies.discrete import Asked, Dependence

phrase = prose("phrases/discrete")
_say = prose("discrete")
TARGETS = {
    "markov_chain": phrase("markov-chain"),
    "two_words": phrase("two-words-0-0-and"),
    "parity": phrase("even-number-of-ones"),
    "ising": phrase("ising-grid"),
    "words": phrase("words-of-your-own"),
    "histogram": phrase("histogram-on-a-cycle"),
    "independent": phrase("independent-tokens-as-given"),
}
DYNAMICS = {"uniform": phrase("uniform"), "masked": phrase("masks"), "cycle": phrase("cycle")}
GRIDS = {
    "constant": phrase("steps-of-one-length"),
    "geometric": phrase("geometric"),
    "theory": phrase("of-the-theorems"),
}
RATIO_ERRORS = {
    "exact": phrase("exact"),
    "blurred": phrase("blurred"),
    "sharpened": phrase("too-sure-or-unsure"),
}
SAMPLERS = {kind: sampler.label for kind, sampler in DISCRETE_SAMPLERS.items()}
METRICS = {"tv": "TV", "kl": "KL"}
QUANTITIES = {"tv": phrase("tv-output-truth"), "kl": phrase("kl-truth-output-nats")}
SURE = 10.0  # times its error, for a point that says something about a rate


def intro(run: DiscreteExperiment) -> str:
    """What the page shows."""
    return _say("intro", states=f"{run.model.alphabet**run.model.length:,}")


def panel_title(film: Film) -> str:
    """Noise and sampler of a film."""
    return f"{DYNAMICS[film.run.dynamics.kind]}, {SAMPLERS[film.run.called]}"


def frame_reading(film: Film, k: int) -> str:
    """Where the run is at frame k, and how far off."""
    known = film.tv[k]
    tv = _say("frame-unknown") if known is None else _say("frame-tv", tv=rounded(known))
    step, steps = film.steps[k], film.moves
    if isinstance(film.run.sampler, Reveals):
        masked = int((film.tokens[k][0] == film.run.model.symbols).sum())
        drawn = f"{film.run.model.length - masked}"
        return _say("frame-count", step=step, steps=steps, tokens=drawn, tv=tv)
    return _say("frame", step=step, steps=steps, time=f"{film.times[k]:.3g}", tv=tv)


def ends(films: Sequence[Film]) -> str:
    """How far off each run ends."""
    return " ".join(
        _say(
            "end",
            noise=DYNAMICS[film.run.dynamics.kind],
            sampler=SAMPLERS[film.run.called],
            tv=rounded(film.tv[-1] or 0.0),
            steps=film.moves,
            asked=f"{film.asked:.3g}",
        )
        for film in films
    )


def about_film(films: Sequence[Film]) -> str:
    """How the film is read."""
    run = films[0].run
    if run.model.length == 1:
        return _say("film-cycle", symbols=run.model.symbols)
    said = [_say("film", seed=run.seed, words=films[0].words)]
    if any(tv is None for film in films for tv in film.tv):
        said.append(_say("film-order"))
    return " ".join(said)


def refused_beside(reason: str) -> str:
    return _say("beside-refused", reason=reason.rstrip("."))


def slider() -> str:
    return _say("slider")


def reading(curves: Mapping[str, Sequence[Measurement]], metric: str) -> str:
    """What the last doubling of N does to every curve, and the powers that are fitted."""
    factors, slopes, exact = [], [], []
    for name, curve in curves.items():
        sure = [m for m in curve if m.value > SURE * m.error]
        if curve and not sure:
            exact.append(_say("curves-zero", sampler=SAMPLERS[name]))
        if len(sure) < 2:
            continue
        factor = sure[-2].value / sure[-1].value
        factors.append(_say("curves-factor", factor=f"{factor:.2f}", sampler=SAMPLERS[name]))
        found = fit([m.steps for m in sure], [m.value for m in sure], 0.0)
        if found:
            power = f"{found.r:.2f}"
            slopes.append(_say("curves-slope-one", power=power, sampler=SAMPLERS[name]))
    if not factors:
        return " ".join([_say("curves-none"), *exact])
    parts = [_say("curves", metric=METRICS[metric], factors=", ".join(factors))]
    if slopes:
        parts.append(_say("curves-slope", slopes=", ".join(slopes)))
    return " ".join([*parts, *exact])


def about_bounds(bounded: bool, unmasking: bool, metric: str) -> str:
    """Which line is a bound, and which only the shape of some."""
    shape = {"tv": r"$1/\sqrt{N}$", "kl": "$1/N$"}[metric]
    said = [_say("curves-shape", shape=shape)]
    if bounded:
        said.insert(0, _say("curves-bound"))
    elif unmasking:
        said.insert(0, _say("curves-bound-elsewhere"))
    return "\n\n".join(said)


def curves_alt(metric: str) -> str:
    """What the figure is, for those who do not see it."""
    return _say("curves-alt", metric=METRICS[metric])


def about_dependence(found: Dependence) -> str:
    """What all tokens at once cost, and why."""
    kls = [p.kl.value for p in found.parallel]
    if found.total < 1e-12:
        return _say("dependence-free", total=rounded(found.total))
    values = {"kl": kls[0], "total": found.total, "last": kls[-1], "dual": found.dual}
    return _say("dependence", **{name: _nats(value) for name, value in values.items()})


def _nats(value: float) -> str:
    return "0" if value < 1e-12 else rounded(value)


def dependence_caption() -> str:
    return _say("dependence-caption")


def dependence_alt(found: Dependence) -> str:
    first, last = found.parallel[0], found.parallel[-1]
    values = {"first": _nats(first.kl.value), "last": _nats(last.kl.value)}
    return _say("dependence-alt", steps=last.steps, **values)


def same_words() -> str:
    """The words of continuous samplers beside those of discrete ones."""
    return _say("same-words")


def about_asked(run: DiscreteExperiment, found: Asked) -> str:
    """What theorems ask, one line each, and what the run has."""
    start = _say("has-start-infinite", tv=rounded(found.start_tv))
    if math.isfinite(found.start_kl):
        start = _say("has-start", tv=rounded(found.start_tv), kl=rounded(found.start_kl))
    model, error = _say("has-model"), run.ratio_error
    if error is not None:
        kind = RATIO_ERRORS[error.kind].lower()
        model = _say("has-model-wrong", kind=kind, size=f"{error.size:g}")
    rows = [(_say("asked-start"), start), (_say("asked-model"), model)]
    if not isinstance(run.sampler, Reveals):
        end, rate = rounded(run.grid.end), rounded(found.fastest)
        rows += [
            (_say("asked-grid"), _say("has-grid", c=rounded(found.grid))),
            (_say("asked-end"), _say("has-end", end=end, rate=rate)),
        ]
    return "\n".join([_say("asked-intro"), "", *(f"- {asked}: {has}" for asked, has in rows)])


def snippet(
    run: DiscreteExperiment, samplers: Sequence[str], metric: str, steps: Sequence[int]
) -> str:
    """Python that gives the page's numbers."""
    return f'''from diffusion_core import DiscreteExperiment, sweep
from diffusion_core.discrete import measure_discrete, sequences
from diffusion_core.studies.discrete import plan_discrete

run = DiscreteExperiment.from_json("""
{run.to_json(indent=2)}
""")
found = measure_discrete(run, ("tv",))["tv"]
print("TV", found.value, "+-", found.error)
print("TV to the data", measure_discrete(run, ("tv",), against="data")["tv"].value)
*_, (step, drawn) = sequences(run, 10)  # whole numbers, (10, d)
print(drawn)

for result in sweep(plan_discrete(run, {list(samplers)!r}, {list(steps)!r}), {metric!r}):
    m = result.measurement
    print(result.sampler, result.steps, result.reason if m is None else m.value)
'''
