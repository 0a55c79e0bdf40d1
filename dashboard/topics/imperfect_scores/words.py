"""What the page on imperfect scores says about its own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import rounded, with_error
from dashboard.text.tables import by_column
from dashboard.topics.imperfect_scores.measure import Floor
from diffusion_core import Measurement
from diffusion_core.studies.score_sizes import ScoreSize

phrase = prose("phrases/imperfect_scores")
_PROSE = prose("imperfect_scores")


def sizes(score: ScoreSize, jacobi: ScoreSize) -> str:
    return _PROSE(
        "sizes",
        score=with_error(score.value, score.stated),
        score_how=spoken(score.how),
        jacobi=with_error(jacobi.value, jacobi.stated),
        jacobi_how=spoken(jacobi.how),
    )


def plateau(floors: Sequence[Floor], size: float, slope: float | None) -> str:
    """The floor of this size of the error, and how floors grow with the size."""
    if not floors:
        return ""
    own = next((f for f in floors if f.size == size), floors[-1])
    row = _PROSE(
        "plateau-row",
        size=f"{own.size:g}",
        best=f"{own.best.steps:,}",
        tv=rounded(own.best.value),
        enough=f"{own.enough:,}",
    )
    last = f"{floors[0].last.steps:,}"
    found = (
        _PROSE("no-slope", last=last)
        if slope is None
        else _PROSE("slope", last=last, slope=f"{slope:.2f}")
    )
    return f"{_PROSE('plateau', reading=row)}\n\n{found}"


Points = Sequence[tuple[float, float, Measurement, bool | None]]


def waves(curves: Mapping[str, Points], labels: Mapping[str, str], size: float) -> str:
    drawn = {name: points for name, points in curves.items() if len(points) > 1}
    if not drawn:
        return ""
    some = next(iter(drawn.values()))
    parts = [
        _PROSE(
            "waves-part",
            sampler=labels[name],
            first=rounded(points[0][2].value),
            last=rounded(points[-1][2].value),
        )
        for name, points in drawn.items()
    ]
    reading = _PROSE(
        "waves-reading",
        low=rounded(some[0][1]),
        high=rounded(some[-1][1]),
        parts=f" {phrase('and')} ".join(parts) if len(parts) < 3 else ", ".join(parts),
    )
    return _PROSE("waves", size=f"{size:g}", reading=reading)


def plateau_table(floors: Sequence[Floor]) -> dict[str, list[str]]:
    return {
        "ε": [f"{f.size:g}" for f in floors],
        "least TV": [with_error(f.best.value, f.best.error) for f in floors],
        "at T": [f"{f.best.steps:,}" for f in floors],
        "within 10 % from T": [f"{f.enough:,}" for f in floors],
        "TV at the largest T": [with_error(f.last.value, f.last.error) for f in floors],
        "the score's doing": [phrase("yes") if f.ended else phrase("not-yet") for f in floors],
    }


PLATEAU_HEADER = ("eps_score", "steps", "nfe", "tv", "error")


def plateau_rows(curves: Mapping[float, Sequence[Measurement]]) -> list[tuple[object, ...]]:
    return [
        (size, m.steps, m.nfe, m.value, m.error) for size, curve in curves.items() for m in curve
    ]


WAVE_HEADER = ("sampler", "frequency", "eps_jacobi", "tv", "error", "folds")


def wave_rows(curves: Mapping[str, Points]) -> list[tuple[object, ...]]:
    return [
        (
            name,
            w,
            jacobi,
            m.value,
            m.error,
            {None: "", True: phrase("yes"), False: phrase("no")}[fold],
        )
        for name, points in curves.items()
        for w, jacobi, m, fold in points
    ]


def wave_table(rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    names = ("sampler", "frequency", "ε_Jacobi", "TV", phrase("pm-error"), "folds")
    return by_column(names, rows)
