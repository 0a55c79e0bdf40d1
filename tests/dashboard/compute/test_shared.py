"""A number that many sessions ask for at once is computed once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from dashboard.compute import cached, tasks
from diffusion_core import Experiment, plan

READERS = 30
SWEEP = plan(Experiment(), ["ode", "ode-taylor", "ddpm", "ddpm-covariance"], [4, 8, 16, 32])


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    st.cache_resource.clear()


def test_thirty_readers_of_one_sweep_compute_each_of_its_runs_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: Counter[Experiment] = Counter()
    lock, start, real = threading.Lock(), threading.Barrier(READERS), tasks.measure_each

    def count(run, *rest):
        with lock:
            counted[run] += 1
        return real(run, *rest)

    monkeypatch.setattr(tasks, "measure_each", count)

    def read():
        start.wait(30)
        return [cached.distance(run, "tv", "exact", 0, "p1", st.empty()) for run in SWEEP]

    with ThreadPoolExecutor(READERS) as pool:
        found = [f.result(120) for f in [pool.submit(read) for _ in range(READERS)]]
    assert counted == dict.fromkeys(SWEEP, 1)
    assert all(curve == found[0] for curve in found)
    assert all(0 < m.value < 1 for m in found[0])
