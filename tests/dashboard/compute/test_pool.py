"""Real worker processes: one computation for all, dropped, killed, stopped with the server."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from dashboard.compute import cached, work
from dashboard.compute.cost import Cost, Rates
from dashboard.compute.fair_queue import Job
from dashboard.compute.pool import Dropped, Lost, Pool, Work
from dashboard.compute.process import Process
from diffusion_core import Experiment, Refused, measure, plan
from tests.dashboard.compute import calls
from tests.dashboard.visiting import calm, visit

READERS = 30
SHORT = Cost(("test",), 1.0)


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    made = Process()
    yield made
    made.close()


@pytest.fixture
def pool(process: Process) -> Iterator[Pool]:
    """One worker, whose process outlives the pool."""

    class Kept:
        run = process.run

        def close(self) -> None:
            """The process is the next test's."""

    made = Pool([Kept])
    yield made
    made.close()


def of(call: tuple[Any, ...], key: Any = "key", cost: Cost = SHORT) -> Work:
    return Work(key, call, cost, lambda: None, lambda value, seconds: None)


def test_a_worker_gives_the_number_of_this_process(pool: Pool) -> None:
    run = Experiment(steps=9, sampler="ddpm")
    job = pool.join(of((calls.value, run)), "a")
    assert job.answer.result(60) == measure(run).value


def test_a_refusal_is_raised_and_a_fault_is_told_with_its_place(pool: Pool) -> None:
    with pytest.raises(Refused, match=r"^no law$"):
        pool.join(of((calls.refuse, "no law")), "a").answer.result(60)
    with pytest.raises(ZeroDivisionError) as found:
        pool.join(of((calls.fail,)), "a").answer.result(60)
    assert "calls.py" in "".join(found.value.__notes__)


def test_who_asks_for_the_same_waits_for_the_same(pool: Pool, tmp_path: Path) -> None:
    asked = of((calls.count_until, tmp_path))
    jobs = [pool.join(asked, f"reader {n}") for n in range(READERS)]
    assert all(job is jobs[0] for job in jobs)
    (tmp_path / "go").touch()
    assert jobs[0].answer.result(60) == "done"
    assert len(list(tmp_path.glob("begun*"))) == 1


def test_it_is_kept_before_anybody_can_ask_again(pool: Pool) -> None:
    kept: dict[str, str] = {}
    asked = Work(
        "key",
        (calls.echo, "value"),
        SHORT,
        lambda: kept.get("key"),
        lambda value, seconds: kept.update(key=value),
    )
    assert pool.join(asked, "a").answer.result(60) == "value"
    again = pool.join(asked, "b")
    assert again.answer.done()
    pool.leave(again, "b")


def test_what_nobody_wants_any_more_stops_and_what_waits_does_not_begin(
    pool: Pool, process: Process, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    before = process.process.pid
    first = pool.join(of((calls.count_until, tmp_path / "one"), 1), "a")
    second = pool.join(of((calls.count_until, tmp_path / "two"), 2), "a")
    until(lambda: any((tmp_path / "one").iterdir()), "it begins")
    pool.join(of((calls.count_until, tmp_path / "one"), 1), "b")
    pool.leave(second, "a")
    pool.leave(first, "a")
    assert not first.answer.done()  # b waits still
    pool.leave(first, "b")
    with pytest.raises(Dropped):
        first.answer.result(60)
    assert pool.join(of((calls.echo, 3), 3), "a").answer.result(60) == 3
    assert not any((tmp_path / "two").iterdir())
    assert process.process.pid == before


def test_what_does_not_notice_that_it_is_dropped_is_killed(pool: Pool, process: Process) -> None:
    before = process.process.pid
    job = pool.join(of((calls.deaf,)), "a")
    until(lambda: job.begun, "it begins")
    pool.leave(job, "a")
    with pytest.raises(Dropped):
        job.answer.result(60)
    assert process.process.pid != before
    assert pool.join(of((calls.echo, 4)), "a").answer.result(60) == 4


def test_a_killed_worker_is_replaced_and_its_job_tried_again(pool: Pool, tmp_path: Path) -> None:
    job = pool.join(of((calls.die_once, tmp_path)), "a")
    assert job.answer.result(60) == "alive"


def test_a_job_that_kills_its_worker_twice_is_one_sentence(pool: Pool) -> None:
    job = pool.join(of((calls.die,)), "a")
    with pytest.raises(Lost, match="ended early, twice"):
        job.answer.result(60)
    assert pool.join(of((calls.echo, 5)), "a").answer.result(60) == 5


def test_memory_that_is_not_there_is_one_sentence(
    pool: Pool, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = process.process.pid
    with pytest.raises(Lost, match=r"^there is not enough memory"):
        pool.join(of((calls.ask_for_too_much,)), "a").answer.result(60)
    assert process.process.pid == before
    monkeypatch.setenv(work.WORKERS, "0")
    st.cache_resource.clear()
    with pytest.raises(Lost, match=r"^there is not enough memory"):
        work.answer(of((calls.ask_for_too_much,)), "Trying", st.empty())


def test_where_no_process_can_be_started_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/python")
    monkeypatch.setenv(work.WORKERS, "1")
    st.cache_resource.clear()
    with pytest.raises(Refused, match=r"No such file or directory; DIFFUSION_LAB_WORKERS=0"):
        work.start()


def test_as_many_work_as_can_be_started(pool: Pool, process: Process) -> None:
    def none() -> Process:
        raise Lost("no process")

    class Kept:
        run = process.run

        def close(self) -> None:
            """The process is the next test's."""

    made = Pool([Kept, none])
    made.start_all()
    jobs = [made.join(of((calls.echo, k), k), "a") for k in range(3)]
    assert [job.answer.result(60) for job in jobs] == [0, 1, 2]
    made.close()


def test_a_worker_that_cannot_be_started_again_is_one_sentence_until_it_can(
    pool: Pool, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/python")
        for _ in range(2):
            with pytest.raises(Lost, match=r"^no process for computing can be started"):
                pool.join(of((calls.die,)), "a").answer.result(60)
    assert pool.join(of((calls.echo, 7)), "a").answer.result(60) == 7


def test_progress_and_places_are_told(pool: Pool, tmp_path: Path) -> None:
    first = pool.join(of((calls.count_until, tmp_path), 1, Cost(("test",), 8.0)), "a")
    until(lambda: first.share == 0.25, "its share")
    second = pool.join(of((calls.echo, 1), 2), "b")
    third = pool.join(of((calls.echo, 2), 3), "b")
    assert pool.seen([first]).before is None
    assert pool.seen([first]).share == 0.25
    assert pool.seen([second]).before == 0
    assert pool.seen([third]).before == 1
    assert pool.seen([third]).left > pool.seen([second]).left
    (tmp_path / "go").touch()
    assert third.answer.result(60) == 2


def test_whoever_waits_is_told_when_the_pool_closes(pool: Pool, tmp_path: Path) -> None:
    running = pool.join(of((calls.count_until, tmp_path), 1), "a")
    waiting = pool.join(of((calls.echo, 1), 2), "b")
    until(lambda: running.begun, "it begins")
    pool.close()
    for job, reader in ((running, "a"), (waiting, "b")):
        with pytest.raises(Lost, match="ask again"):
            job.answer.result(60)
        pool.leave(job, reader)


def test_workers_end_with_the_program_that_started_them() -> None:
    started = Process()
    started._pipe.close()  # as the system does when a server is killed
    assert started.process.wait(60) == 0


def test_a_worker_starts_when_there_is_a_job_for_it() -> None:
    started, go = [], threading.Event()

    class Waiting:
        def __init__(self) -> None:
            started.append(self)

        def run(self, job: Job, is_wanted: Callable[[], bool]) -> int:
            assert go.wait(60)
            return job.work.key

        def close(self) -> None:
            """Nothing to end."""

    pool = Pool([Waiting] * 4)
    assert len(started) == 1
    jobs = [pool.join(of((calls.echo, 1), 1), "a")]
    assert len(started) == 1
    jobs += [pool.join(of((calls.echo, 1), key), reader) for key, reader in ((1, "b"), (2, "c"))]
    assert len(started) == 2
    pool.start_all()
    assert len(started) == 4
    go.set()
    assert [job.answer.result(60) for job in jobs] == [1, 1, 2]
    pool.close()


def test_seconds_a_unit_are_learned() -> None:
    rates, kind = Rates(), ("exact", "one", "1", "deterministic")
    first = rates.seconds(Cost(kind, 100))
    assert first > 0
    for _ in range(3):
        rates.learn(Cost(kind, 10), 5.0)
    assert rates.seconds(Cost(kind, 100)) == pytest.approx(50.0)
    assert rates.seconds(Cost(("exact", "points", "1", "deterministic"), 100)) == first


@pytest.mark.usefixtures("two_workers")
def test_thirty_readers_of_one_sweep_send_each_of_its_runs_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent, start, real = [], threading.Barrier(READERS), Process.run

    def count(self: Process, job: Any, is_wanted: Any) -> Any:
        sent.append(job.work.call[1])
        return real(self, job, is_wanted)

    monkeypatch.setattr(Process, "run", count)
    runs = plan(Experiment(), ["ode", "ddpm"], [4, 8, 16, 32])

    def read() -> dict[Experiment, cached.Outcome]:
        start.wait(60)
        found: dict[Experiment, cached.Outcome] = {}
        for arrived in cached.arriving(runs, "tv", "exact", 0, "p1", st.empty()):
            found |= arrived
        return found

    with ThreadPoolExecutor(READERS) as threads:
        found = [f.result(120) for f in [threads.submit(read) for _ in range(READERS)]]
    assert sorted(sent, key=runs.index) == runs
    for run in runs:
        truth = measure(run)
        assert {f[run].value for f in found} == {truth.value}


@pytest.mark.usefixtures("two_workers")
def test_pictures_and_laws_come_from_workers_too() -> None:
    run = Experiment(steps=5)
    shown = cached.animation([run], ["A"], 50, st.empty())
    assert len(shown.panels[0].final) == 50
    assert cached.animation([run], ["A"], 50, st.empty()) is shown


@pytest.mark.usefixtures("two_workers")
def test_a_page_draws_what_workers_have_measured() -> None:
    run = Experiment(preset="three-modes")
    app = calm(visit("convergence", run, **{"from": "4", "to": "8", "samplers": "ode,ddpm"}))
    assert app.session_state[work.READER]
    rows = app.dataframe[0].value.to_string()
    for steps in (4, 8):
        assert f"{measure(run.with_(steps=steps)).value:.3g}"[:4] in rows


def test_a_wrong_number_of_workers_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("-1", "two", "65", "1.5"):
        monkeypatch.setenv(work.WORKERS, wrong)
        with pytest.raises(ValueError, match="DIFFUSION_LAB_WORKERS: a whole number from 0 to 64"):
            work.start()


def test_the_signal_of_a_keyboard_is_the_servers_alone(pool: Pool, process: Process) -> None:
    os.kill(process.process.pid, signal.SIGINT)
    assert pool.join(of((calls.echo, 6)), "a").answer.result(60) == 6
