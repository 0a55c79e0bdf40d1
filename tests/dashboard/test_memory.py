"""The store of results: least recently used out first, by weight, from many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.memory import Store
from diffusion_core import Refused


def never() -> int:
    raise AssertionError("it was there")


def test_a_value_is_made_once() -> None:
    store = Store(3)
    assert "a" not in store
    assert store.get("a", lambda: 1) == 1
    assert "a" in store
    assert store.get("a", never) == 1


def test_the_least_recently_used_goes_first() -> None:
    store = Store(2)
    store.get("a", lambda: 1)
    store.get("b", lambda: 2)
    store.get("a", never)
    store.get("c", lambda: 3)
    assert [key in store for key in "abc"] == [True, False, True]


def test_asking_whether_it_is_there_is_not_a_use() -> None:
    store = Store(2)
    store.get("a", lambda: 1)
    store.get("b", lambda: 2)
    assert "a" in store
    store.get("c", lambda: 3)
    assert "a" not in store


def test_the_weight_is_bounded() -> None:
    store = Store(10, len)
    for key, size in [("a", 4), ("b", 4), ("c", 2), ("d", 5)]:
        store.get(key, lambda size=size: "x" * size)
    assert [key in store for key in "abcd"] == [False, False, True, True]


def test_one_value_above_the_bound_is_kept_until_the_next() -> None:
    store = Store(10, len)
    store.get("large", lambda: "x" * 50)
    assert "large" in store
    store.get("b", lambda: "x")
    assert "large" not in store
    assert "b" in store


def test_what_fails_is_not_kept() -> None:
    store = Store(2)
    with pytest.raises(ZeroDivisionError):
        store.get("a", lambda: 1 // 0)
    assert "a" not in store
    assert store.get("a", lambda: 1) == 1


def test_a_result_that_is_none_counts_as_there() -> None:
    store = Store(2)
    store.get("a", lambda: None)
    assert store.get("a", never) is None


def test_a_slow_value_does_not_hold_up_the_others() -> None:
    store, go = Store(4), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(store.get, "slow", lambda: go.wait(10))
        assert pool.submit(store.get, "fast", lambda: 1).result(5) == 1
        assert not slow.done()
        go.set()
        assert slow.result(5) is True


def test_many_threads_leave_it_consistent() -> None:
    store = Store(5)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(store.get, n % 13, lambda n=n: n % 13) for n in range(4000)]
        assert [f.result() for f in asked] == [n % 13 for n in range(4000)]
    assert sum(n in store for n in range(13)) == 5
    for n in range(100, 105):
        store.get(n, lambda: 0)
    assert not any(n in store for n in range(13))


def together(store: Store, make, count: int = 30) -> list:
    """What each of ``count`` threads gets that ask for one key; made while all others wait."""
    asking = threading.Barrier(count)
    waiting, all_wait = threading.Semaphore(0), threading.Event()

    def slow():
        assert all_wait.wait(30)
        return make()

    def ask():
        asking.wait(30)
        seen = threading.Event()

        def wait() -> None:
            if not seen.is_set():
                seen.set()
                waiting.release()

        try:
            return store.get("key", slow, wait)
        except Refused as reason:
            return reason

    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(ask) for _ in range(count)]
        for _ in range(count - 1):
            assert waiting.acquire(timeout=30)
        all_wait.set()
        return [f.result(30) for f in asked]


def test_thirty_who_ask_at_once_cost_one_computation() -> None:
    made: list[int] = []
    assert together(Store(3), lambda: made.append(1) or "value") == ["value"] * 30
    assert made == [1]


def test_a_value_too_large_to_stay_is_still_made_once() -> None:
    made: list[int] = []

    def make() -> str:
        made.append(1)
        return "x" * 50

    store = Store(10, len)
    assert set(together(store, make)) == {"x" * 50}
    assert made == [1]


def test_a_refusal_is_everybodys() -> None:
    tries: list[int] = []

    def refuse() -> None:
        tries.append(1)
        raise Refused("no law")

    store = Store(3)
    assert {str(reason) for reason in together(store, refuse)} == {"no law"}
    assert tries == [1]
    assert "key" not in store


class Interrupted(BaseException):
    """As Streamlit's own, which are no Exceptions."""


def test_where_the_maker_is_interrupted_another_takes_its_place() -> None:
    store, begun, waits = Store(3), threading.Event(), threading.Event()

    def interrupted() -> None:
        begun.set()
        assert waits.wait(30)
        raise Interrupted

    def first() -> str:
        try:
            return store.get("key", interrupted)
        except Interrupted:
            return "gone"

    with ThreadPoolExecutor(2) as pool:
        gone = pool.submit(first)
        assert begun.wait(30)
        stays = pool.submit(store.get, "key", lambda: "made", waits.set)
        assert gone.result(30) == "gone"
        assert stays.result(30) == "made"
    assert store.get("key", never) == "made"


def test_who_waits_can_be_interrupted_and_leaves_the_maker_alone() -> None:
    store, begun, go = Store(3), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert go.wait(30)
        return "made"

    def interrupt() -> None:
        raise Interrupted

    with ThreadPoolExecutor(1) as pool:
        maker = pool.submit(store.get, "key", slow)
        assert begun.wait(30)
        with pytest.raises(Interrupted):
            store.get("key", never, interrupt)
        go.set()
        assert maker.result(30) == "made"
