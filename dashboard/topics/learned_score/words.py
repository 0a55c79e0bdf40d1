"""What the page on learned scores says about its own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.topics.learned_score.generalisation import Memory, Point, slope
from diffusion_core import Measurement
from diffusion_core.distances.of_masses import Distance
from diffusion_core.scores.learned import Loss

phrase = prose("phrases/learned_score")
_PROSE = prose("learned_score")
NAMES = {"learned": phrase("learned"), "empirical": phrase("exact-for-the-samples-alone")}
APART = 0.1  # of the exact score's loss: less is no over- or underfitting
CLEAR = 1.25  # times nearer to the one than to the other: less is a draw
EXACT = 1e-3  # relative error
NEAR_HALF = 0.1  # of the power -1/2
STRAYS = 1.15  # times as far from the training set as fresh draws


def training(found: Sequence[Loss]) -> str:
    """The t where the score is furthest from the truth, and what that means."""
    worst = max(found, key=lambda loss: loss.fresh - loss.fresh_exact)
    return _PROSE(
        "training",
        t=worst.t,
        training=rounded(worst.training),
        fresh=rounded(worst.fresh),
        exact=rounded(worst.exact),
        fresh_exact=rounded(worst.fresh_exact),
        verdict=_PROSE(fit_verdict(worst)),
    )


def fit_verdict(loss: Loss) -> str:
    """ "overfits", "underfits" or "learns"."""
    if loss.fresh - loss.fresh_exact <= APART * loss.fresh_exact:
        return "learns"
    return "overfits" if loss.training < loss.exact else "underfits"


def cut(found: Sequence[Loss], top: float) -> str:
    """Says so where the axis hides a loss."""
    largest = max(loss.fresh for loss in found)
    return _PROSE("cut", top=rounded(top), largest=rounded(largest)) if largest > top else ""


LOSS_HEADER = ("t", "training", "exact", "fresh", "fresh_exact")


def loss_rows(found: Sequence[Loss]) -> list[tuple[float, ...]]:
    return [(x.t, x.training, x.exact, x.fresh, x.fresh_exact) for x in found]


def loss_table(found: Sequence[Loss]) -> dict[str, list[str]]:
    names = (
        "t",
        phrase("training-set"),
        phrase("exact-score-there"),
        phrase("fresh-draws"),
        phrase("exact-score-there-too"),
    )
    rows = loss_rows(found)
    return {
        name: [f"{row[i]:g}" if i == 0 else rounded(row[i], 4) for row in rows]
        for i, name in enumerate(names)
    }


def samples(curves: Mapping[str, Sequence[Point]], exact: Measurement | None) -> str:
    """How the error falls with n, what TV does, and how far off the samples' own score is."""
    learned = curves.get("learned", ())
    if len(learned) < 3:
        return ""
    parts = [_fall(learned)]
    seen = [(p.samples, p.tv) for p in learned if p.tv is not None]
    if exact is not None and len(seen) > 1:
        (low, first), (high, last) = seen[0], seen[-1]
        ends = {"low": f"{low:,}", "high": f"{high:,}", "exact": _measured(exact)}
        parts.append(_PROSE("samples-tv", first=_measured(first), last=_measured(last), **ends))
    parts += _beside(curves)
    return _PROSE("samples", reading=" ".join(parts))


def _measured(found: Measurement | Distance) -> str:
    """Four digits where more are known: the table is for reading, the CSV has them all."""
    if found.error < EXACT * found.value:
        return rounded(found.value, 4)
    return with_error(found.value, found.error)


def _fall(learned: Sequence[Point]) -> str:
    power = slope([(p.samples, p.score.value) for p in learned])
    ends = {"first": f"{learned[0].samples:,}", "last": f"{learned[-1].samples:,}"}
    if power is None or power > -0.02:
        return _PROSE("samples-flat", **ends)
    kind = "slow" if power > -0.5 + NEAR_HALF else "chance"
    if power < -0.5 - NEAR_HALF:
        kind = "fast"
    factor = 2 ** (-1 / power)
    return _PROSE(
        "samples-slope",
        slope=f"{power:.2f}",
        factor=f"{factor:,.1f}" if factor < 10 else f"{factor:,.0f}",
        meaning=_PROSE(f"samples-{kind}"),
        **ends,
    )


def _beside(curves: Mapping[str, Sequence[Point]]) -> list[str]:
    learned = {p.samples: p.score.value for p in curves["learned"]}
    both = [p for p in curves.get("empirical", ()) if p.samples in learned]
    if not both:
        return []
    last = both[-1]
    sizes = {"size": rounded(last.score.value), "learned": rounded(learned[last.samples])}
    return [_PROSE("samples-empirical", n=f"{last.samples:,}", **sizes)]


SAMPLES_HEADER = (
    *("score", "samples", "eps_score", "eps_score_error", "eps_jacobi", "eps_jacobi_error"),
    *("tv", "tv_error"),
)


def samples_rows(curves: Mapping[str, Sequence[Point]]) -> list[tuple[object, ...]]:
    return [
        (
            kind,
            p.samples,
            *(p.score.value, p.score.error, p.jacobi.value, p.jacobi.error),
            *(("", "") if p.tv is None else (p.tv.value, p.tv.error)),
        )
        for kind, points in curves.items()
        for p in points
    ]


def samples_table(curves: Mapping[str, Sequence[Point]], particles: bool) -> dict[str, list[str]]:
    """particles: where TV is from particles, and then a value to be read as "at least"."""
    distance = phrase("tv-q1-p1-at-least") if particles else "TV(q₁, p₁)"
    rows = [(kind, p) for kind, points in curves.items() for p in points]
    return {
        "score": [NAMES[kind] for kind, _ in rows],
        "n": [f"{p.samples:,}" for _, p in rows],
        "ε_score": [_measured(p.score) for _, p in rows],
        "ε_Jacobi": [_measured(p.jacobi) for _, p in rows],
        distance: ["–" if p.tv is None else _measured(p.tv) for _, p in rows],
    }


def memory(found: Memory) -> str:
    """Nearer to the truth or to the training set: exactly on the line, by particles beyond."""
    told = {"name": _PROSE(f"with-{found.kind}"), "n": f"{found.samples:,}"}
    if found.truth is not None and found.training is not None:
        truth, near = found.truth, found.training
        kind = "undecided"
        if CLEAR * near.value < truth.value:
            kind = "memorises"
        elif CLEAR * truth.value < near.value:
            kind = "generalises"
        values = {"truth": rounded(truth.value), "training": rounded(near.value)}
        return _PROSE(kind, **values, **told)
    told["ratio"] = rounded(found.nearest.ratio, 2)
    if found.nearest.ratio > STRAYS:
        return _PROSE("wanders-near", **told)
    if math.isfinite(found.share) and found.share > 0.5:
        return _PROSE("memorises-near", share=f"{100 * found.share:.0f} %", **told)
    return _PROSE("generalises-near", **told)


MEMORY_HEADER = (
    *("score", "samples", "tv_truth", "tv_training", "nearest_output", "nearest_fresh"),
    "nearest_noised",
)


def memory_rows(found: Sequence[Memory]) -> list[tuple[object, ...]]:
    return [
        (
            m.kind,
            m.samples,
            *("" if d is None else d.value for d in (m.truth, m.training)),
            *(d.value for d in (m.nearest.output, m.nearest.fresh, m.nearest.noised)),
        )
        for m in found
    ]


def memory_table(found: Sequence[Memory]) -> dict[str, list[str]]:
    def shown(distances: Sequence[Distance | None]) -> list[str]:
        return ["–" if d is None else _measured(d) for d in distances]

    line = all(m.training is not None for m in found)
    truth = phrase("tv-to-the-truth") if line else phrase("tv-to-the-truth-at")
    return {
        "score": [NAMES[m.kind] for m in found],
        "n": [f"{m.samples:,}" for m in found],
        truth: shown([m.truth for m in found]),
        "TV to the training set": shown([m.training for m in found]),
        "mean distance to the nearest training point": shown([m.nearest.output for m in found]),
        "of fresh draws": shown([m.nearest.fresh for m in found]),
        "output/fresh": [rounded(m.nearest.ratio) for m in found],
    }
