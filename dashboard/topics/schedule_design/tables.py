"""The numbers behind the designed grids, as tables and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.text.numbers import rounded, scientific
from dashboard.topics.schedule_design.measure import Elsewhere, Row, value
from dashboard.topics.schedule_design.words import cell, signed

HEADER = ("grid", "tv", "error", "tv_data", "own_high", "own_low", "own_tv", "own_tv_data", "abar")


def csv_rows(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [
        (
            row.name,
            _or_blank(row.tv),
            "" if isinstance(row.tv, str) else repr(row.tv.error),
            _or_blank(row.data),
            *(row.own or ("", "")),
            _or_blank(row.own_tv),
            _or_blank(row.own_data),
            " ".join(map(repr, row.run.schedule.abar)),  # type: ignore[attr-defined]
        )
        for row in rows
    ]


def _or_blank(outcome: Any) -> str:
    known = value(outcome)
    return "" if known is None else repr(known)


def grid_table(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Every grid with its numbers; a refusal stands where a number is missing."""
    table = {
        "grid": [row.label for row in rows],
        "TV(q₁, p₁)": [cell(row.tv) for row in rows],
        "error": ["–" if isinstance(row.tv, str) else scientific(row.tv.error, 1) for row in rows],
        "TV(q₁, p₀)": [cell(row.data) for row in rows],
        "own ends": [
            f"{signed(row.own[0])} to {signed(row.own[1])}" if row.own else "" for row in rows
        ],
        "own TV(q₁, its p₁)": [cell(row.own_tv) if row.own else "" for row in rows],
        "own TV(q₁, p₀)": [cell(row.own_data) if row.own else "" for row in rows],
    }
    return table


def transfer_table(
    rows: Sequence[Elsewhere], searched: Mapping[str, float]
) -> dict[str, list[str]]:
    return {
        "place": [row.label for row in rows],
        "moved": [cell(row.moved) for row in rows],
        "best named there": [
            f"{cell(r.named.tv)} ({r.named.label})" if r.named else "–" for r in rows
        ],
        "even in log-SNR": [cell(row.even) for row in rows],
        "least found there": [
            rounded(searched[row.name], 5) if row.name in searched else "" for row in rows
        ],
        "score evaluations": [str(row.task.experiment.record.nfe(row.task.steps)) for row in rows],
    }
