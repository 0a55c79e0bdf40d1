"""The store of results: least recently used out first, by weight, from many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.memory import Store


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
