"""The order in which readers' jobs go: shown by counting what goes before what, never by time."""

from __future__ import annotations

import pytest

from dashboard.compute.fair_queue import LONG, FairQueue, Job


def served(queue: FairQueue, count: int = 1000) -> list[str]:
    """The names of jobs in the order in which one worker takes them."""
    names = []
    while len(names) < count and (job := queue.next()) is not None:
        names.append(job.work)
        queue.done(job)
    return names


def ask(queue: FairQueue, reader: str, *seconds: float) -> list[Job]:
    jobs = [Job(f"{reader}{place}", s) for place, s in enumerate(seconds)]
    for job in jobs:
        queue.add(job, reader)
    return jobs


def test_short_work_goes_before_long() -> None:
    queue = FairQueue()
    ask(queue, "a", 9.0, 1.0, 0.1)
    assert served(queue) == ["a2", "a1", "a0"]


def test_readers_take_turns_whatever_they_have_asked_for() -> None:
    queue = FairQueue()
    ask(queue, "a", *[1.0] * 30)
    ask(queue, "b", *[1.0] * 2)
    ask(queue, "c", *[1.0] * 2)
    first = served(queue, 6)
    assert sorted(first) == ["a0", "a1", "b0", "b1", "c0", "c1"]


def test_one_reader_with_the_checkerboard_does_not_slow_the_others() -> None:
    alone, beside = FairQueue(), FairQueue()
    ask(beside, "checkerboard", *[60.0] * 20)
    for queue in (alone, beside):
        for reader in "bcdef":
            ask(queue, reader, *[0.1] * 8)
    assert served(beside, 40) == served(alone)
    assert len(served(beside)) == 20


def test_a_long_job_of_each_reader_and_one_of_all_runs_at_a_time() -> None:
    queue = FairQueue(long_at_once=2)
    first, _ = ask(queue, "a", 60.0, 61.0)
    ask(queue, "b", 62.0)
    ask(queue, "c", 63.0, 1.0)
    running = [queue.next() for _ in range(4)]
    assert [job.work if job else None for job in running] == ["c1", "a0", "b0", None]
    queue.done(first)
    assert [job.work if (job := queue.next()) else None for _ in range(2)] == ["c0", None]


def test_what_takes_longer_than_expected_counts_as_long() -> None:
    queue = FairQueue(long_at_once=1)
    [job] = ask(queue, "a", 1.0)
    assert queue.next() is job
    assert not job.long
    job.spent = LONG + 1
    ask(queue, "b", LONG + 1)
    assert queue.next() is None


def test_a_long_job_comes_in_the_end_though_short_ones_never_end() -> None:
    queue = FairQueue()
    ask(queue, "patient", 30.0)
    before = 0
    while True:
        ask(queue, f"new {before} ", 1.0)
        if served(queue, 1) == ["patient0"]:
            break
        before += 1
    assert before <= 30


def test_who_was_served_much_is_served_after_who_comes_new() -> None:
    queue = FairQueue()
    ask(queue, "a", *[1.0] * 10)
    assert len(served(queue, 5)) == 5
    ask(queue, "new", 1.0)
    assert "new0" in served(queue, 2)


def test_a_shared_job_goes_once_when_the_first_of_its_readers_has_the_turn() -> None:
    queue = FairQueue()
    ask(queue, "a", *[0.5] * 8)
    [shared] = ask(queue, "b", 1.0)
    queue.add(shared, "a")
    order = served(queue)
    assert order.count("b0") == 1
    assert order.index("b0") < 4
    assert len(order) == 9


def test_what_nobody_wants_does_not_run() -> None:
    queue = FairQueue()
    first, second = ask(queue, "a", 1.0, 2.0)
    queue.add(second, "b")
    queue.drop(first, "a")
    queue.drop(second, "a")
    assert served(queue) == ["a1"]
    assert queue.order() == []


def test_who_asks_twice_and_leaves_once_still_waits() -> None:
    queue = FairQueue()
    [job] = ask(queue, "a", 1.0)
    queue.add(job, "a")
    queue.drop(job, "a")
    assert served(queue) == ["a0"]


def test_places_and_seconds_are_those_of_the_order() -> None:
    queue = FairQueue()
    [running] = ask(queue, "r", 10.0)
    assert queue.next() is running
    running.spent, running.share = 4.0, 0.5
    slow, quick = ask(queue, "a", 9.0, 1.0)
    [other] = ask(queue, "b", 2.0)
    assert queue.order() == [quick, other, slow]
    assert [queue.place(job)[0] for job in (quick, other, slow)] == [0, 1, 2]
    assert [queue.place(job)[1] for job in (quick, other, slow)] == pytest.approx([4.0, 5.0, 7.0])
