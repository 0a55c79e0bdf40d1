"""The lessons in one class of fifty minutes, and in a week of self-study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Minutes of a class, or a day of the week: the block of prose and the lessons that belong."""

    name: str
    minutes: int
    lessons: tuple[str, ...] = ()


CLASS = (
    Part("class-begin", 5),
    Part("class-noising", 10, ("noising",)),
    Part("class-rates", 12, ("rates",)),
    Part("class-bounds", 10, ("bounds",)),
    Part("class-schedules", 8, ("schedules",)),
    Part("class-end", 5),
)
WEEK = (
    Part("monday", 20, ("noising", "score")),
    Part("tuesday", 20, ("sampling", "measuring")),
    Part("wednesday", 20, ("rates", "bounds")),
    Part("thursday", 30, ("acceleration", "initialisation", "schedules")),
    Part("friday", 30, ("order", "score-error", "memorisation")),
)
