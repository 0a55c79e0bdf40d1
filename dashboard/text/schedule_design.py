"""Sentences, tables and code about designed grids, made of the numbers that the figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.schedule_design import SLOW, Elsewhere, Row, Task, best, place_label, value
from dashboard.text.numbers import rounded, with_error
from dashboard.text.plain import plain
from diffusion_core.design import Equalised, Optimum, imbalance
from diffusion_core.grids import NAMED

INTRO = (
    "A chain of $T$ steps is $T$ noise levels. **Where they end** says what a run begins with and "
    "what it may leave; **how they are spread** in between costs nothing, since every grid makes "
    "the same number of score evaluations. Spread them by hand, or let a search do it: each number "
    "below is the exact law's."
)
ENDS = (
    "Everything on this page has these ends. Least noise fixes $p_1$, which the output is compared "
    "with: with more noise left, $p_1$ is smoother and easier to hit, so a smaller "
    "$\\mathrm{TV}(q_1,p_1)$ would answer another question. The distance to the data $p_0$ stands "
    "beside it, which no such change can flatter."
)
ALONE = (
    "Named schedules are stretched linearly in log-SNR onto these ends, which keeps their "
    "spacing's proportions."
)


def alone(rows: Sequence[Row]) -> str:
    """Why named schedules with ends of their own cannot be compared by TV(q_1, p_1)."""
    own = [(value(row.own_tv), value(row.own_data), row) for row in rows]
    known = [(tv, data, row) for tv, data, row in own if tv and data]
    if not known:
        return f"{ALONE} With ends of their own they are in the table below."
    tv, data, row = max(known, key=lambda item: item[1] / item[0])
    high = row.own[0] if row.own else 0.0
    said = (
        f"{ALONE} Crosses show them as they are, with ends of their own, where only the distance "
        f"to the data can be compared: {row.label} reaches {rounded(tv)} against a $p_1$ of its "
        f"own (log-SNR {signed(high)}), and {rounded(data)} against the data."
    )
    least = min(value(r.data) or 1.0 for r in rows)
    _, best_data, champion = min(known, key=lambda item: item[1])
    if best_data < least and champion.own:
        ends = f"{signed(champion.own[0])} to {signed(champion.own[1])}"
        said += (
            f" Nearest to the data of all is {champion.label} with its own ends ({ends}), at "
            f"{rounded(best_data)}: ends can matter more than spacing."
        )
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
        return f"Your grid cannot be measured: {plain(str(yours.tv))}."
    said = f"With {nfe} score evaluations your grid ends at **TV(q₁, p₁) = {_number(yours)}**"
    if named is None:
        return f"{said}."
    other = value(named.tv) or 0.0
    return f"{said}, {_than(mine, other)} the best named schedule on these ends ({_named(named)})."


def _named(row: Row) -> str:
    return f"{row.label}, {rounded(value(row.tv) or 0.0)}"


def _number(row: Row) -> str:
    tv = row.tv
    return tv if isinstance(tv, str) else with_error(tv.value, tv.error)


def _than(mine: float, other: float) -> str:
    """Such as "12 % less than"."""
    if abs(mine - other) <= 1e-3 * other:
        return "as much as"
    share = abs(mine / other - 1)
    if mine > 2 * other:
        return f"{rounded(mine / other, 2)} times as much as"
    return f"{rounded(100 * share, 2)} % {'less' if mine < other else 'more'} than"


def least(found: Optimum | str, rows: Sequence[Row]) -> str:
    """What minimising gave, what it cost, and whether it beat all others."""
    if isinstance(found, str):
        return f"**Least error**: {_refused(found)}"
    named = best([row for row in rows if row.name in NAMED])
    number = with_error(found.found.value, found.found.error)
    base = next((row.label for row in rows if row.name == found.base), "the start")
    said = f"**Least error found: {number}** after {found.evaluations} runs, by bending “{base}”"
    if named is not None:
        other = value(named.tv) or 0.0
        verb = "it beats every named schedule here, with" if found.found.value < other else "it has"
        said += f"; {verb} {_than(found.found.value, other)} {_named(named)}"
    data = _data(rows, "least", named)
    return f"{said}.{data} {_local(found.found.value, rows)}"


def _local(least: float, rows: Sequence[Row]) -> str:
    """What a local search is worth, with the grids here that are better, if there are any."""
    others = [row for row in rows if row.name in ("yours", "equal")]
    better = [f"{row.label} ({cell(row.tv)})" for row in others if (value(row.tv) or 2.0) < least]
    if better:
        return f"It was a local search, and better still: {' and '.join(better)}."
    return "A local search: nothing says that no grid is better."


def _data(rows: Sequence[Row], name: str, named: Row | None) -> str:
    row = next((r for r in rows if r.name == name), None)
    mine, other = value(row.data if row else None), value(named.data if named else None)
    if mine is None or other is None:
        return ""
    return f" To the data it is {rounded(mine)}, against {rounded(other)}."


def equal(found: Equalised | str) -> str:
    """How equal the steps are now, and what it did to their sum and to the distance itself."""
    if isinstance(found, str):
        return f"**Equal steps**: {_refused(found)}"
    sums = [sum(d.value for d in local) for local in (found.before, found.local)]
    state = "equal" if found.equal else "as equal as ten rounds made them"
    first, last = found.start.value, found.found.value
    said = (
        f"**Equal steps: {with_error(last, found.found.error)}**. The largest error of a single "
        f"step was {rounded(imbalance(found.before))} times their mean on the even grid and is "
        f"{rounded(found.imbalance)} now ({state}); their sum, an upper bound, went from "
        f"{rounded(sums[0])} to {rounded(sums[1])}, and TV(q₁, p₁) from {rounded(first)} to "
        f"{rounded(last)}."
    )
    if last > first:
        said += (
            " The sum fell and the error rose: noise makes a run forget part of what its early "
            "steps add, so late ones need points more."
            if found.experiment.record.stochastic
            else " The error rose all the same: more of it cancelled on the even grid."
        )
    return said


def _refused(reason: str) -> str:
    return f"{plain(reason.rstrip('.'))}."


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
        return "Nothing could be measured elsewhere."
    wins = sum(moved < 0.999 * named for _, moved, named in pairs)
    worst = max(pairs, key=lambda pair: pair[1] / pair[2])
    said = (
        f"Found for {here} and moved, the grid beats the best named one in **{wins} of "
        f"{len(pairs)}** other {kind}; where it does worst, {worst[0].label}, it has "
        f"{_than(worst[1], worst[2])} the best named one there ({worst[0].named.label})."  # type: ignore[union-attr]
    )
    for row, moved, _ in pairs:
        if row.name in searched:
            own = searched[row.name]
            said += f" A search for {row.label} finds {rounded(own)}: moved, it has "
            said += f"{_than(moved, own)} that."
    return said


def left_out(task: Task, kind: str) -> str:
    """What the transfer does not show."""
    if kind == "targets" and task.experiment.record.stochastic:
        return (
            f"Same T and ends everywhere. {place_label(SLOW)} is left out: with a stochastic "
            "sampler each run takes seconds there."
        )
    if kind == "samplers":
        return (
            "Same T and ends everywhere, so not the same cost: samplers that evaluate the score "
            "twice a step make twice as many evaluations."
        )
    return "Same T and ends everywhere."


def cell(outcome: Any) -> str:
    if outcome is None:
        return "–"
    return outcome if isinstance(outcome, str) else rounded(outcome.value, 5)


def axis_alt(labels: Sequence[str], steps: int) -> str:
    return f"{steps} points on the log-SNR axis for each of these grids: {', '.join(labels)}."


def comparison_alt(rows: Sequence[Row]) -> str:
    said = [f"{row.label} {cell(row.tv)}" for row in rows]
    return f"Total variation between q_1 and p_1 for each grid: {'; '.join(said)}."


def transfer_alt(rows: Sequence[Elsewhere]) -> str:
    best_there = [cell(row.named.tv) if row.named else "none" for row in rows]
    said = [
        f"{row.label}: moved {cell(row.moved)}, best named {other}"
        for row, other in zip(rows, best_there, strict=True)
    ]
    return f"Total variation of the moved grid beside the best named one. {'; '.join(said)}."


def design_snippet(task: Task, shape: str, bend: Sequence[float], kinds: Sequence[str]) -> str:
    """The grids' distances, and the searches that were made."""
    searches = {
        "least": f'print("least", minimise(experiment, ends, {task.steps}).found.value)\n',
        "equal": 'print("equal", equalise(experiment, grids["log-snr"]).found.value)\n',
    }
    run = "".join(searches[kind] for kind in kinds)
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.design import equalise, minimise
from diffusion_core.grids import Ends, bent, named_grids, on_grid

experiment = Experiment.from_json({_given(task)})
ends = Ends({task.ends.high}, {task.ends.low})
grids = named_grids(ends, {task.steps})
grids["yours"] = bent(grids[{shape!r}], {tuple(bend)!r})
for name, points in grids.items():
    found = measure(on_grid(experiment, points))
    print(name, found.value, "+-", found.error)
{run}"""


def _given(task: Task) -> str:
    text = task.experiment.to_json()
    return f"{text!r}" if len(text) <= 2000 else 'open("experiment.json").read()'
