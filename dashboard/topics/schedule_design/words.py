"""Sentences, tables and code about designed grids, made of the numbers that the figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.text.plain import plain
from dashboard.topics.schedule_design.measure import (
    SLOW,
    Elsewhere,
    Row,
    Task,
    best,
    place_label,
    value,
)
from diffusion_core.schedules import Array
from diffusion_core.studies.noise_grids import NAMED
from diffusion_core.studies.schedule_search import Equalised, Optimum, imbalance

say = prose("schedule_design")
INTRO, ENDS, BELOW = say("intro"), say("ends"), say("few-below")


def alone(rows: Sequence[Row]) -> str:
    """Why named schedules with ends of their own cannot be compared by TV(q_1, p_1)."""
    own = [(value(row.own_tv), value(row.own_data), row) for row in rows]
    known = [(tv, data, row) for tv, data, row in own if tv and data]
    if not known:
        return f"{say('alone')} {say('alone-unknown')}"
    tv, data, row = max(known, key=lambda item: item[1] / item[0])
    high = row.own[0] if row.own else 0.0
    crosses = say(
        "alone-crosses",
        grid=row.label,
        tv=rounded(tv),
        high=signed(high),
        data=rounded(data),
    )
    said = f"{say('alone')} {crosses}"
    least = min(value(r.data) or 1.0 for r in rows)
    _, best_data, champion = min(known, key=lambda item: item[1])
    if best_data < least and champion.own:
        nearest = say(
            "alone-nearest",
            grid=champion.label,
            high=signed(champion.own[0]),
            low=signed(champion.own[1]),
            data=rounded(best_data),
        )
        return f"{said} {nearest}"
    return said


def signed(log_snr: float) -> str:
    return f"{log_snr:+.1f}".replace("-", "−")


def reading(rows: Sequence[Row], found: Mapping[str, Any], nfe: int) -> str:
    """The reader's grid, the first row, and what the searches found."""
    said = [comparison(rows, nfe)]
    if "least" in found:
        said.append(least(found["least"], rows))
    if "equal" in found:
        said.append(equal(found["equal"]))
    return "\n\n".join(said)


def comparison(rows: Sequence[Row], nfe: int) -> str:
    """The reader's grid, the first row, beside the best named one as far as there is one."""
    yours = rows[0]
    named = best([row for row in rows if row.name in NAMED])
    mine = value(yours.tv)
    if mine is None:
        return say("yours-refused", reason=plain(str(yours.tv)))
    number = _number(yours)
    if named is None:
        return say("yours", nfe=nfe, tv=number)
    than = _than(mine, value(named.tv) or 0.0)
    return say("yours-named", nfe=nfe, tv=number, than=than, named=_named(named))


def _named(row: Row) -> str:
    return say("named", grid=row.label, tv=rounded(value(row.tv) or 0.0))


def _number(row: Row) -> str:
    tv = row.tv
    return tv if isinstance(tv, str) else with_error(tv.value, tv.error)


def _than(mine: float, other: float) -> str:
    """Such as "12 % less than"."""
    if abs(mine - other) <= 1e-3 * other:
        return say("than-equal")
    if mine > 2 * other:
        return say("than-times", times=rounded(mine / other, 2))
    share = rounded(100 * abs(mine / other - 1), 2)
    return say("than-less" if mine < other else "than-more", share=share)


def least(found: Optimum | str, rows: Sequence[Row]) -> str:
    """What minimising gave, what it cost, and whether it beat all others."""
    if isinstance(found, str):
        return say("least-refused", reason=_refused(found))
    named = best([row for row in rows if row.name in NAMED])
    best_named = "" if named is None else _beside(found.found.value, named)
    base = next((row.label for row in rows if row.name == found.base), say("least-start"))
    said = say(
        "least",
        tv=with_error(found.found.value, found.found.error),
        runs=found.evaluations,
        base=base,
        named=best_named,
    )
    return " ".join(
        filter(None, (said, _data(rows, "least", named), _local(found.found.value, rows)))
    )


def _beside(least: float, named: Row) -> str:
    """The least error against the best named schedule's."""
    other = value(named.tv) or 0.0
    than = _than(least, other)
    return say("least-beats" if least < other else "least-has", than=than, named=_named(named))


def _local(least: float, rows: Sequence[Row]) -> str:
    """What a local search is worth, with the grids here that are better, if there are any."""
    others = [row for row in rows if row.name in ("yours", "equal")]
    better = [f"{row.label} ({cell(row.tv)})" for row in others if (value(row.tv) or 2.0) < least]
    if better:
        return say("local-better", grids=f" {say('and')} ".join(better))
    return say("local")


def _data(rows: Sequence[Row], name: str, named: Row | None) -> str:
    row = next((r for r in rows if r.name == name), None)
    mine, other = value(row.data if row else None), value(named.data if named else None)
    if mine is None or other is None:
        return ""
    return say("least-data", least=rounded(mine), named=rounded(other))


def equal(found: Equalised | str) -> str:
    """How equal the steps are now, and what it did to their sum and to the distance itself."""
    if isinstance(found, str):
        return say("equal-refused", reason=_refused(found))
    sums = [sum(d.value for d in local) for local in (found.before, found.local)]
    first, last = found.start.value, found.found.value
    said = say(
        "equal",
        tv=with_error(last, found.found.error),
        before=rounded(imbalance(found.before)),
        now=rounded(found.imbalance),
        state=say("equal-reached" if found.equal else "equal-nearly"),
        sum_before=rounded(sums[0]),
        sum_now=rounded(sums[1]),
        tv_before=rounded(first),
        tv_now=rounded(last),
    )
    if last <= first:
        return said
    forgets = found.experiment.record.stochastic
    return f"{said} {say('equal-forgets' if forgets else 'equal-cancels')}"


def _refused(reason: str) -> str:
    return plain(reason.rstrip("."))


def transferred(
    rows: Sequence[Elsewhere], here: str, kind: str, searched: Mapping[str, float]
) -> str:
    """On how many of the others the moved grid still beats the best named one."""
    pairs = [
        (row, moved, named)
        for row in rows
        for moved, named in [(value(row.moved), value(row.named.tv) if row.named else None)]
        if moved is not None and named is not None
    ]
    if not pairs:
        return say("moved-unknown")
    wins = sum(moved < 0.999 * named for _, moved, named in pairs)
    worst, moved, named = max(pairs, key=lambda pair: pair[1] / pair[2])
    assert worst.named is not None
    said = [
        say(
            "moved",
            here=here,
            wins=wins,
            tried=len(pairs),
            places=say("moved-targets" if kind == "targets" else "moved-samplers"),
            worst=worst.label,
            than=_than(moved, named),
            named=worst.named.label,
        )
    ]
    for row, moved, _ in pairs:
        if row.name in searched:
            own = searched[row.name]
            than = _than(moved, own)
            said.append(say("moved-searched", place=row.label, tv=rounded(own), than=than))
    return " ".join(said)


def left_out(task: Task, kind: str) -> str:
    """What the transfer does not show."""
    if kind == "targets" and task.experiment.record.stochastic:
        return say("left-out-slow", target=place_label(SLOW))
    return say("left-out-samplers" if kind == "samplers" else "left-out")


def cell(outcome: Any) -> str:
    if outcome is None:
        return "–"
    return outcome if isinstance(outcome, str) else rounded(outcome.value, 5)


def axis_alt(grids: Mapping[str, tuple[str, Array]], steps: int) -> str:
    """The points of every grid, from noise to data; of many the ends and those at the quarters."""
    listed = []
    for label, points in grids.values():
        shown = points[:: -max(1, (len(points) - 1) // 4)]
        listed.append(f"{label} {', '.join(rounded(float(p)) for p in shown)}")
    return say("axis-alt", steps=steps, grids="; ".join(listed))


def comparison_alt(rows: Sequence[Row]) -> str:
    said = [f"{row.label} {cell(row.tv)}" for row in rows]
    return say("comparison-alt", grids="; ".join(said))


def transfer_alt(rows: Sequence[Elsewhere]) -> str:
    best_there = [cell(row.named.tv) if row.named else say("transfer-alt-none") for row in rows]
    said = [
        say("transfer-alt-place", place=row.label, moved=cell(row.moved), named=other)
        for row, other in zip(rows, best_there, strict=True)
    ]
    return say("transfer-alt", places="; ".join(said))
