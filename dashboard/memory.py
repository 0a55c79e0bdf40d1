"""Results that sessions share: the least recently used ones go when the store is full."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from cachetools import LRUCache


class Store:
    """A thread-safe cache bounded by the total of ``weight(value)``, not held while computing.

    Unlike ``st.cache_data`` it can be asked whether a result is there, and what makes a result may
    draw progress and be interrupted. A value above the bound is kept until the next one comes.
    """

    def __init__(self, capacity: int, weight: Callable[[Any], int] = lambda value: 1) -> None:
        self._kept: LRUCache[Hashable, Any] = LRUCache(
            capacity, getsizeof=lambda value: min(weight(value), capacity)
        )
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value kept under the key, made first where there is none."""
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        value = make()
        with self._lock:
            self._kept.setdefault(key, value)
        return value
