"""The dashboard's numbers from a real Dask cluster on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard.compute import cached, work
from dashboard.compute.cluster import on_cluster
from dashboard.compute.pool import Dropped, Pool
from diffusion_core import Experiment, InputError, measure, plan
from tests.core.sweep.test_dask import two_workers
from tests.dashboard.compute import calls
from tests.dashboard.compute.test_pool import of, until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as address:
        yield address


def test_a_sweep_on_a_cluster_gives_the_numbers_of_this_process(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(work.DASK, cluster)
    st.cache_resource.clear()
    runs = plan(Experiment(), ["ode", "ddpm"], [5, 20])
    found: dict[Experiment, cached.Outcome] = {}
    for arrived in cached.arriving(runs, "tv", "exact", 0, "p1", st.empty()):
        found |= arrived
    assert {run: m.value for run, m in found.items() if not isinstance(m, str)} == {
        run: measure(run).value for run in runs
    }
    st.cache_resource.clear()


def test_what_is_dropped_ends_on_the_cluster_too(cluster: str, tmp_path: Path) -> None:
    pool = Pool(on_cluster(cluster, work.DASK))
    job = pool.join(of((calls.until_stopped, tmp_path)), "a")
    until(lambda: (tmp_path / "begun").exists(), "it begins")
    pool.leave(job, "a")
    with pytest.raises(Dropped):
        job.answer.result(60)
    until(lambda: (tmp_path / "stopped").exists(), "it stops")
    pool.close()


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_a_cluster_that_is_not_there_is_one_sentence(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(work.DASK, address)
    with pytest.raises(InputError, match=r"^DIFFUSION_LAB_DASK: "):
        work.start()
