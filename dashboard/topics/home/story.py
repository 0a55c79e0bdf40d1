"""The story of the front door: four sentences on one clock."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.player import Chapter
from dashboard.prose import prose
from dashboard.text.numbers import percent
from diffusion_core.distances.of_masses import Distance

_PARTICLES = ("particles", "histogram")
_LAWS = ("target", "output", "contours")
LAYERS: Mapping[str, tuple[str, ...]] = {
    "particles": _PARTICLES,
    "arrows": (*_PARTICLES, "field"),
    "law": (*_PARTICLES, *_LAWS),
    "number": (*_LAWS, "distance"),
}
"""What each sentence speaks of, by its block of prose."""


def chapters(tv: Distance, steps: int) -> tuple[Chapter, ...]:
    """The story of a run with this TV(q_1, p_1) after so many steps."""
    say = prose("home")
    words = {"steps": steps, "share": percent(tv.value)}
    return tuple(Chapter(say(f"story-{name}", **words), layers) for name, layers in LAYERS.items())
