"""The record of "Forward process": its settings and how a link spells them."""

from __future__ import annotations

from dashboard.experiment.controls import PARTICLE_COUNTS
from dashboard.link.permalink import Page, Setting, whole
from dashboard.prose import prose
from diffusion_core import SCHEDULES, InputError

phrase = prose("phrases/forward")
NAMED = tuple(kind for kind in SCHEDULES if kind != "custom")
NONE = "none"


def _read(words: str) -> tuple[str, ...]:
    kinds = () if words == NONE else tuple(dict.fromkeys(words.split(",")))
    unknown = [kind for kind in kinds if kind not in NAMED]
    if unknown:
        raise InputError(
            phrase("beside-none-or-out-of", named=", ".join(NAMED), unknown=repr(unknown[0][:40]))
        )
    return kinds


PARTICLES = whole("particles", 2000, PARTICLE_COUNTS)
BESIDE = Setting("beside", ("linear", "cosine"), _read, lambda kinds: ",".join(kinds) or NONE)
PAGE = Page(
    "forward",
    phrase("forward-process"),
    "Watch",
    2,
    (PARTICLES, BESIDE),
    after=("trajectories", "schedule_design"),
)
