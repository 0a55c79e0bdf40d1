"""The lessons in one class of fifty minutes, and in a week of self-study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Minutes of a class, or a day of the week: the block of prose, and the lessons and the pages
    that it names."""

    name: str
    minutes: int
    lessons: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


CLASS = (
    Part("class-begin", 5, ("first-words",), ("home",)),
    Part("class-noising", 10, ("noising",)),
    Part("class-rates", 12, ("rates",)),
    Part("class-bounds", 10, ("bounds",), ("why",)),
    Part("class-schedules", 8, ("schedules",)),
    Part("class-end", 5, (), ("challenges",)),
)
WEEK = (
    Part("monday", 30, ("first-words", "noising", "score")),
    Part("tuesday", 30, ("sampling", "measuring", "rates")),
    Part("wednesday", 30, ("bounds", "acceleration", "initialisation"), ("why",)),
    Part("thursday", 40, ("schedules", "order", "what-order-buys", "score-error")),
    Part(
        "friday",
        30,
        ("memorisation", "guidance", "how-loose"),
        ("theory", "assumptions", "challenges"),
    ),
    Part("saturday", 20, ("all-at-once", "masked-or-uniform"), ("discrete",)),
)
