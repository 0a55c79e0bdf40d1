"""Results that sessions share: the least recently used ones go when the store is full."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Store:
    """A thread-safe cache bounded by the total of ``weight(value)``, not held while computing.

    Unlike ``st.cache_data`` it can be asked whether a result is there, and what makes a result may
    draw progress and be interrupted.
    """

    def __init__(self, capacity: int, weight: Callable[[Any], int] = lambda value: 1) -> None:
        self._capacity, self._weight = capacity, weight
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value kept under the key, made first where there is none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._total += self._weight(value)
            while self._total > self._capacity and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._total -= self._weight(oldest)
        return value
