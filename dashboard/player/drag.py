"""Dragging numbers of the run in the player."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Drag:
    """Numbers of the run that the reader may drag.

    dials: {"name", "label", "values", "value", "of"} of each; of: the name of its ladder.
    heard: the "id" of the last value that was told.
    tell: is called before the script runs, with {"name"} where the player asks for a ladder, and
        with {"name", "value", "id"} where a value is let go.
    ladder: of ``pack_ladder``, once it is asked for.
    """

    dials: Sequence[Mapping[str, Any]]
    heard: Any
    tell: Callable[[Any], None]
    ladder: bytes | None = None
