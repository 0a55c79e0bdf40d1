"""The challenge on tokens: its rules, its numbers, and the entry that a search has found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.topics.discrete import challenge
from dashboard.topics.discrete.page import RUN
from dashboard.topics.discrete.search import HORIZONS, nearest
from diffusion_core.discrete import moments
from diffusion_core.discrete.dynamics import Cycle
from diffusion_core.discrete.grids import GRIDS
from diffusion_core.discrete.posterior import Blurred
from diffusion_core.discrete.samplers import Uniformisation
from diffusion_core.discrete.targets import TwoWords
from tests.dashboard.visiting import address, calm, said, visit

FOUND = challenge.read(challenge.FILE)
AGAIN = f"data/tokens.csv: run {challenge.COMMAND}"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"target": TwoWords(10)}, "Markov chain of 10 binary letters"),
        ({"dynamics": Cycle()}, "this run has Cycle"),
        ({"start": "exact"}, "starts from noise"),
        ({"ratio_error": Blurred(0.1)}, "the exact one"),
        ({"steps": 9}, "asks the model 9 times; the challenge allows 8"),
        ({"sampler": Uniformisation()}, "the challenge allows 8"),
    ],
)
def test_each_rule_has_its_sentence(changes: dict[str, Any], why: str) -> None:
    assert why in challenge.broken_rule(challenge.FIRST.with_(**changes))
    assert not challenge.broken_rule(challenge.FIRST)


def test_the_files_entry_keeps_the_rules_and_has_its_number() -> None:
    assert FOUND is not None
    run, value, error = FOUND
    assert not challenge.broken_rule(run)
    *_, last = moments(run)
    want = 0.5 * np.abs(last.law - challenge.FIRST.target.law).sum()
    assert abs(want - value) <= error + 1e-12, AGAIN


def test_no_ready_made_grid_and_no_search_from_elsewhere_beats_it() -> None:
    assert FOUND is not None
    best, value, _ = FOUND
    for kind in GRIDS:
        for name in challenge.READY:
            for horizon, end in ((8.0, 0.001), (4.0, 0.01), (2.0, 0.01), (1.0, 0.01), (1.0, 1e-9)):
                tried = challenge.distance(challenge.entry(name, kind, horizon, end)).value
                assert tried > value, (name, kind, horizon, end)
    again = nearest(best.called, best.grid.kind, HORIZONS[-1])
    assert challenge.distance(again).value == pytest.approx(value, rel=1e-3), AGAIN


def test_a_file_that_is_written_is_read_again(tmp_path: Path) -> None:
    assert FOUND is not None
    file = tmp_path / "tokens.csv"
    assert challenge.read(file) is None
    challenge.write(file, FOUND[0], challenge.distance(FOUND[0]))
    again = challenge.read(file)
    assert again is not None
    assert again[0] == FOUND[0]


def test_a_link_is_an_entry_and_its_number_is_computed() -> None:
    run = challenge.FIRST
    app = calm(visit("discrete", run=RUN.write(run), beside="off", to="8", samplers="euler"))
    value, best = challenge.distance(run).value, FOUND[1] if FOUND else 1.0
    assert address(app)["run"] == RUN.write(run)
    assert f"is {value / best:.3g} times closer to the data" in said(app)
    assert challenge.verdict(
        {"mine": (run, challenge.distance(run)), "same": (run, challenge.distance(run))}, "mine"
    ).endswith("numerical error.")


def test_a_run_that_is_no_entry_is_told_why() -> None:
    app = calm(visit("discrete", to="8", samplers="euler"))
    assert "Not an entry: the target of the challenge" in said(app)
