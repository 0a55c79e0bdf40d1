"""The checks of the verified page: their queue, their results and how these are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard.arrow_table import arrow_table
from dashboard.compute import cost
from dashboard.compute.progress import Bar
from dashboard.compute.studies import Study, arriving
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import rounded
from dashboard.text.plain import plain
from dashboard.text.tables import by_column
from diffusion_core import Experiment
from diffusion_core.verification import CHECKS, FAULTS, Check, Part, Result, checks_of, run

phrase = prose("phrases/verified")
HEADER = (
    "check",
    "group",
    "verdict",
    "discrepancy",
    "allowed",
    "unit",
    "seconds",
    "where",
    "compares",
    "tolerance",
)
say = prose("controls")
RESULTS, QUEUE = "verified: results", "verified: queue"
SIGNS = {True: "✓", False: "✗", None: "–"}
VERDICTS = {True: phrase("holds"), False: phrase("fails"), None: phrase("says-nothing")}


@dataclass
class Queue:
    """The checks still to run, and how many there were."""

    names: list[str] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True)
class Board:
    """All checks of one experiment with one fault, and the results of this session."""

    experiment: Experiment
    fault: str
    sources: str

    @property
    def checks(self) -> tuple[Check, ...]:
        return CHECKS + checks_of(self.experiment)

    @property
    def groups(self) -> dict[str, list[Check]]:
        found: dict[str, list[Check]] = {}
        for check in self.checks:
            found.setdefault(check.group, []).append(check)
        return found

    def _key(self, check: Check) -> Hashable:
        experiment = self.experiment if check.optional else None
        return check.name, self.fault, self.sources, experiment

    def result(self, check: Check) -> Result | None:
        found: Result | None = _results().get(self._key(check))
        return found

    def keep(self, result: Result) -> None:
        _results()[self._key(result.check)] = result

    def study(self, check: Check) -> Study:
        experiment = self.experiment if check.optional else Experiment()
        price = cost.about(f"check {check.name}", 1.0)
        return Study(_result, (check.name, self.fault, self.sources, experiment), price)

    @property
    def done(self) -> list[Result]:
        found = [self.result(check) for check in self.checks]
        return [result for result in found if result is not None]


def _results() -> dict[Hashable, Result]:
    found: dict[Hashable, Result] = st.session_state.setdefault(RESULTS, {})
    return found


def _queue() -> Queue:
    found: Queue = st.session_state.setdefault(QUEUE, Queue())
    return found


def ask(checks: Sequence[Check]) -> None:
    """Let these run, next time ``work`` is called; for a button's ``on_click``."""
    st.session_state[QUEUE] = Queue([check.name for check in checks], len(checks))


def stop() -> None:
    """Let nothing run; what is done stays."""
    st.session_state[QUEUE] = Queue()


def work(board: Board, status: Any, draw: Callable[[Collection[str]], None]) -> bool:
    """Run what was asked for, on all workers; whether there was anything.

    status: the place for the bar and its button. draw: shows the board, with the names of the
    checks that have not ended.
    """
    queue, named = _queue(), {check.name: check for check in board.checks}
    if not queue.names:
        return False
    asked = {board.study(named[name]): name for name in queue.names}
    draw(queue.names)
    with status.container():
        share, line = st.progress(0.0), st.empty()
        st.button(phrase("stop"), on_click=stop)
    bar = Bar(say("checks-wait", count=queue.total), line)
    with closing(arriving(list(asked), bar)) as coming:
        for landed in coming:
            for study, found in landed.items():
                board.keep(Result(named[asked[study]], *found))
                queue.names.remove(asked[study])
            if landed:
                share.progress(1 - len(queue.names) / queue.total)
                draw(queue.names)
    status.empty()
    return True


def _result(
    name: str, fault: str, sources: str, experiment: Experiment, progress: Progress
) -> tuple[tuple[Part, ...], float, str]:
    """Parts, seconds and reason of one check."""
    check = next(c for c in (*CHECKS, *checks_of(experiment)) if c.name == name)
    result = run(check, FAULTS[fault].alter, progress)
    return result.parts, result.seconds, result.reason


def summary(board: Board) -> str:
    """What the results of this board come to, in a sentence or two."""
    words, done = prose("verified"), board.done
    judged = [result for result in done if result.holds is not None]
    failed = [result for result in judged if not result.holds]
    if not done:
        return words("nothing")
    seconds = rounded(sum(result.seconds for result in judged), 2)
    names = ", ".join(f"“{spoken(result.check.title)}”" for result in failed)
    fail = phrase("fails") if len(failed) == 1 else phrase("fail")
    values = {"count": len(judged), "failed": len(failed), "fail": fail}
    if failed:
        block = "some-fail" if board.fault == "none" else "fault-found"
        said = words(block, **values, names=names)
    elif board.fault == "none":
        said = words("all-hold", count=len(judged), seconds=seconds)
    else:
        said = words("fault-missed", count=len(judged))
    silent = len(done) - len(judged)
    return f"{said} {words('silent', count=silent)}" if silent else said


def overview(board: Board, running: Collection[str] = ()) -> Mapping[str, Sequence[str]]:
    """One row a check, whether it has run or not."""
    rows = []
    for check in board.checks:
        result = board.result(check)
        if check.name in running:
            rows.append(("…", spoken(check.title), phrase("on-its-way"), "", "", ""))
        elif result is None:
            rows.append(("", spoken(check.title), phrase("has-not-run"), "", "", ""))
        else:
            worst = result.worst
            found, allowed = (rounded(worst.found), rounded(worst.allowed)) if worst else ("", "")
            sign, verdict = SIGNS[result.holds], VERDICTS[result.holds]
            seconds = f"{result.seconds:.2f}"
            rows.append((sign, spoken(check.title), verdict, found, allowed, seconds))
    names = ("holds", "check", "verdict", "discrepancy", "allowed", "seconds")
    return by_column(names, rows)


def show(board: Board, total: Any, table: Any, running: Collection[str] = ()) -> None:
    """The summary and the overview."""
    total.markdown(summary(board))
    shown = {spoken(name): cells for name, cells in overview(board, running).items()}
    columns = {spoken("holds"): st.column_config.TextColumn(width=60)}
    alt = phrase("every-check-with-its-verdict")
    look = {"height": "content", "column_config": columns, "alt": alt}
    table.dataframe(arrow_table(shown), hide_index=True, lazy=False, **look)


def parts(result: Result) -> Mapping[str, Sequence[str]]:
    """Every comparison of one check."""
    return {
        " ": [SIGNS[part.holds] for part in result.parts],
        "comparison": [spoken(part.what) for part in result.parts],
        "discrepancy": [rounded(part.found) for part in result.parts],
        "allowed": [rounded(part.allowed) for part in result.parts],
    }


def about(check: Check) -> str:
    """What is compared with what, in which unit, and how much may differ."""
    return phrase(
        "allowed",
        compares=spoken(check.compares),
        unit=spoken(check.unit),
        tolerance=spoken(check.tolerance),
    )


def why(result: Result) -> str:
    """The reason why a check compared nothing, or not everything."""
    reason = plain(spoken(result.reason))
    return f"{reason[:1].upper()}{reason[1:]}." if reason else ""


def rows(board: Board) -> list[tuple[Any, ...]]:
    """For the CSV: one row a check that has run, numbers in full."""
    return [
        (
            result.check.title,
            result.check.group,
            VERDICTS[result.holds],
            repr(result.worst.found) if result.worst else "",
            repr(result.worst.allowed) if result.worst else "",
            result.check.unit,
            f"{result.seconds:.3f}",
            result.worst.what if result.worst else result.reason,
            result.check.compares,
            result.check.tolerance,
        )
        for result in board.done
    ]
