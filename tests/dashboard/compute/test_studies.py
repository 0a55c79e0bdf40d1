"""Studies: one computation for all who ask, the same numbers everywhere, dropped and stopped."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.compute import progress, studies, work
from dashboard.compute.cost import about
from dashboard.compute.process import Process
from dashboard.compute.progress import Bar, Silent
from dashboard.compute.studies import Study
from dashboard.topics.budget import measure
from diffusion_core import Experiment, Refused
from diffusion_core.studies.budget import Budget, budget
from tests.dashboard.compute import calls

READERS = 30
RUN = Experiment(steps=12, sampler="ddpm")
PRICE = about("test", 1.0)


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    st.cache_resource.clear()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The calls that workers get."""
    calls_sent, real = [], Process.run

    def count(self: Process, job: Any, is_wanted: Any) -> Any:
        calls_sent.append(job.work.call)
        return real(self, job, is_wanted)

    monkeypatch.setattr(Process, "run", count)
    return calls_sent


def asked_by_all() -> list[Any]:
    """What every one of many readers gets, who ask at once."""
    start = threading.Barrier(READERS)

    def read() -> Any:
        start.wait(60)
        return measure.account(RUN, st.empty())

    with ThreadPoolExecutor(READERS) as threads:
        return [f.result(120) for f in [threads.submit(read) for _ in range(READERS)]]


@pytest.mark.usefixtures("two_workers")
def test_thirty_readers_of_one_study_send_it_once_and_get_the_librarys_numbers(
    sent: list[Any],
) -> None:
    found = asked_by_all()
    assert len(sent) == 1
    assert all(account == budget(RUN) for account in found)


def test_without_workers_thirty_readers_compute_it_once_with_the_same_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[Experiment] = []

    def count(run: Experiment, *how: Any) -> Budget:
        counted.append(run)
        return budget(run, *how)

    monkeypatch.setattr(measure, "budget", count)
    found = asked_by_all()
    assert counted == [RUN]
    assert all(account == budget(RUN) for account in found)


@pytest.mark.usefixtures("two_workers")
def test_what_its_only_reader_has_left_is_dropped(tmp_path: Path) -> None:
    study = Study(calls.until_stopped, (tmp_path,), PRICE)
    end = time.monotonic() + 60
    with closing(studies.arriving([study], Bar("", Silent()))) as coming:
        for _ in coming:
            if (tmp_path / "begun").exists():
                break
            assert time.monotonic() < end, "it begins"
    while not (tmp_path / "stopped").exists():
        assert time.monotonic() < end, "it is told"
        time.sleep(0.01)
    assert not studies.is_known(study)


@pytest.mark.usefixtures("two_workers")
def test_a_refusal_is_kept_as_its_reason(sent: list[Any]) -> None:
    study = Study(calls.refuse, ("no law",), PRICE)
    for _ in range(2):
        assert studies.outcomes([study], "", Silent()) == ["no law"]
        with pytest.raises(Refused, match=r"^no law$"):
            studies.value(study, "", Silent())
    assert len(sent) == 1


def test_several_are_asked_for_together_and_watched_as_they_come() -> None:
    every = [Study(calls.echo, (n,), PRICE) for n in range(3)]
    seen: list[int] = []
    assert studies.outcomes(every[:1], "", Silent()) == [0]
    found = studies.outcomes(every, "", Silent(), lambda known: seen.append(len(known)))
    assert found == [0, 1, 2]
    assert seen == [2, 3]  # the first was known


def page(folder):  # type: ignore[no-untyped-def]  # its source is run without this module
    """A page with one study, which its own reader interrupts."""
    import streamlit as st

    from dashboard.compute import studies
    from tests.dashboard.compute import calls
    from tests.dashboard.compute.test_studies import PRICE

    study = studies.Study(calls.once_interrupted, (folder,), PRICE)
    for place in (st.empty(), st.empty()):  # two parts of a page may ask for the same
        st.markdown(studies.outcomes([study], "Working", place)[0])


def test_what_is_stopped_is_offered_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    app = AppTest.from_function(page, kwargs={"folder": tmp_path}).run()
    [stop] = app.button
    assert stop.label == "Stop"
    app = stop.click().run()
    assert [m.value for m in app.markdown] == ["stopped before its end"] * 2
    [go_on] = app.button
    assert go_on.label == "Continue"
    app = go_on.click().run()
    assert [m.value for m in app.markdown] == ["done"] * 2
    assert not app.button
    assert not app.exception
    assert not app.session_state[work.STOPPED]
