"""A figure that is asked for again with the same arguments is not built again."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from dashboard.memory import Store

BYTES = 24_000_000

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _figures() -> Store:
    return Store(BYTES, lambda figure: len(pickle.dumps(figure)))


def drawn_once(draw: Callable[P, R]) -> Callable[P, R]:
    """For functions that make a figure of their arguments alone, which can be pickled.

    Plotly checks every property that it is given, which takes longer than all the rest of a run.
    All sessions share what is made: who gets it leaves it as it is.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        said = hashlib.sha256(pickle.dumps((args, kwargs))).digest()
        key = draw.__module__, draw.__qualname__, said
        made: R = _figures().get(key, lambda: draw(*args, **kwargs))
        return made

    return drawn
