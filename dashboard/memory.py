"""Results that sessions share: made once, and the least recently used ones go when it is full."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from typing import Any

import streamlit as st
from cachetools import LRUCache

from diffusion_core import InputError, Refused

BEAT = 0.1  # seconds between the chances of a waiting script to be interrupted


def breathe() -> None:
    """Where Streamlit may interrupt a script that draws nothing: it does so at a look like this."""
    _ = "breath" in st.session_state


class Flights:
    """Values that are being made: who asks for one of them waits for the one who makes it.

    An answer is everybody's, be it a value or a refusal. Where the maker is interrupted, or fails
    in another way, one of those who wait makes the value in its place.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Hashable, Future[Any]] = {}

    def get(
        self, key: Hashable, make: Callable[[], Any], wait: Callable[[], None] = breathe
    ) -> Any:
        """What ``make`` gives here or in another thread; wait: called at every beat until then."""
        while True:
            with self._lock:
                flight = self._flying.get(key)
                if flight is None:
                    flight = self._flying[key] = Future()
                    break
            try:
                return _landed(flight, wait)
            except CancelledError:
                continue
        try:
            value = make()
            flight.set_result(value)
            return value
        except (Refused, InputError) as reason:
            flight.set_exception(reason)
            raise
        finally:
            with self._lock:
                del self._flying[key]
            flight.cancel()  # of no effect on an answer


def _landed(flight: Future[Any], wait: Callable[[], None]) -> Any:
    while True:
        try:
            return flight.result(BEAT)
        except TimeoutError:
            wait()


class Store:
    """A thread-safe cache bounded by the total of ``weight(value)``, not held while computing.

    Unlike ``st.cache_data`` it can be asked whether a result is there, and what makes a result may
    draw progress and be interrupted. A value is made by one thread at a time, for all that ask. A
    value above the bound is kept until the next one comes.
    """

    def __init__(self, capacity: int, weight: Callable[[Any], int] = lambda value: 1) -> None:
        self._kept: LRUCache[Hashable, Any] = LRUCache(
            capacity, getsizeof=lambda value: min(weight(value), capacity)
        )
        self._lock = threading.Lock()
        self._flights = Flights()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def get(
        self, key: Hashable, make: Callable[[], Any], wait: Callable[[], None] = breathe
    ) -> Any:
        """The value kept under the key, made first where there is none.

        wait: called now and then while another thread makes it.
        """

        def once() -> Any:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            value = make()
            self.put(key, value)
            return value

        with self._lock:
            if key in self._kept:
                return self._kept[key]
        return self._flights.get(key, once, wait)

    def find(self, key: Hashable) -> Any:
        """The value kept under the key, None where there is none; a use of it."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Keep the value, unless one is kept already."""
        with self._lock:
            self._kept.setdefault(key, value)
