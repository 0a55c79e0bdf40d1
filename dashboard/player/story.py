"""A story that the player tells: sentences, each over a run with the layers that it speaks of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CHAPTER_SECONDS = 8.0


@dataclass(frozen=True)
class Chapter:
    """A sentence, told while the run plays once.

    layers: what is drawn meanwhile, names of the player's; "distance", the curve and the number of
        the distance so far, is drawn in a story only where a chapter names it.
    seconds: that the run takes.
    """

    sentence: str
    layers: tuple[str, ...]
    seconds: float = CHAPTER_SECONDS

    def sent(self) -> dict[str, Any]:
        """The JSON that the browser reads."""
        return asdict(self)
