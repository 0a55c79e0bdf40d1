"""The entries that a search has found are what it finds, and no ready-made sampler beats them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.compute.progress import Silent
from dashboard.topics.challenges import bests
from dashboard.topics.challenges.entries import (
    BUDGET,
    CHALLENGES,
    NAMES,
    broken_rule,
    scores,
)
from dashboard.topics.challenges.search import bend
from diffusion_core import SAMPLERS, Refused, measure
from diffusion_core.studies.noise_grids import own_runs

FOUND = bests.read(bests.FILE)
AGAIN = "data/challenges.csv: run python -m dashboard.topics.challenges.search"


@pytest.mark.parametrize("name", NAMES)
def test_the_files_entry_keeps_the_rules_and_has_its_number(name: str) -> None:
    challenge, best = CHALLENGES[name], FOUND[name]
    assert not broken_rule(challenge, best.run)
    assert best.run.record.nfe(best.run.steps) == BUDGET
    now = measure(best.run, against=challenge.against)
    assert abs(now.value - best.value) <= now.error + best.error, AGAIN


@pytest.mark.parametrize("name", NAMES)
def test_the_search_between_the_files_ends_finds_the_files_entry(name: str) -> None:
    best = FOUND[name]
    again = bend((name, best.run.record.name, best.ends.high, best.ends.low))
    assert again is not None
    assert again.value == pytest.approx(best.value, rel=0.02), AGAIN


@pytest.mark.parametrize("name", NAMES)
def test_no_sampler_on_a_ready_made_schedule_beats_the_best_shown(name: str) -> None:
    challenge = CHALLENGES[name]
    found = scores(challenge, bests.to_beat(challenge), Silent())
    shown = next(outcome for _, outcome in found.values())
    assert not isinstance(shown, str)
    tried = 0
    for sampler, record in SAMPLERS.items():
        steps = record.steps_for(BUDGET)
        base = FOUND[name].run.with_(sampler=sampler)
        for schedule, entry in own_runs(base, steps).items():
            if broken_rule(challenge, entry):
                continue
            try:
                value = measure(entry, against=challenge.against).value
            except Refused:
                continue
            tried += 1
            assert value > shown.value, (sampler, schedule)
    assert tried >= 8


def test_a_file_that_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "challenges.csv"
    bests.write(file, FOUND)
    assert bests.read(file) == FOUND
    assert file.read_bytes() == bests.FILE.read_bytes()
    assert bests.read(tmp_path / "none.csv") == {}
