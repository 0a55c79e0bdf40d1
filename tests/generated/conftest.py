"""What the generated cases came to, at the end of a run in one process."""

from __future__ import annotations

import os

from tests.generated import bounds


def pytest_configure() -> None:
    bounds.told_on = os.dup(2)  # not captured yet


def pytest_terminal_summary(terminalreporter) -> None:
    if not bounds.cases:
        return
    write = terminalreporter.write_line
    for name, count in bounds.cases.items():
        answers, refusals = bounds.answered[name], bounds.refused[name]
        write(f"{count:7,} cases, {answers:6,} answers, {refusals:6,} refusals: {name}")
    seconds, slow = bounds.slowest
    size, large = bounds.largest
    write(f"{bounds.cases.total():7,} cases in all; at most {seconds:.2f} s ({slow})")
    write(f"and {size / 1e6:,.0f} MB ({large})")
