"""Lessons: predict, run, explain. Each takes ten minutes and corrects one misconception.

To add a lesson, write two things.

1. Its words, ``dashboard/prose/en/lessons/<name>.md``, with the blocks ``title``,
   ``misconception`` (as a wrong sentence that one hears), ``summary`` (for the end), and for a step
   called ``x``:

   - Read: ``x``.
   - Predict: ``x`` (the question), ``x-a``, ``x-b``, ... (what one may answer); and for after the
     run: ``x-found`` (the numbers), ``x-is-a``, ... (why, where the numbers bear out that answer)
     and, if you like, ``x-not-a``, ... (what speaks for an answer that they do not bear out).
   - Guess: ``x``, ``x-found``, and ``x-low``, ``x-close``, ``x-high`` for how the guess was off.
   - Question: ``x``, ``x-a``, ... and ``x-a-said``, ... (the feedback).
   - Where the run has something to move: ``x-moved``, with the numbers of what was moved to.

   A number that the run computes stands as ``[[number]]``, or in per cent as ``[[number_pc]]``.

2. Its record, here below or in a module of its own, listed in ``LESSONS``:

       def _numbers(lab: Lab) -> Numbers:
           return {"tv": lab.tv(RUN), "tv_double": lab.tv(RUN.with_(steps=200))}

       HALF = Scale("TV over TV", lambda n: n["tv_double"] / n["tv"], (0.6,), "ab", (0.2, 1.0))

       Lesson("my-lesson", (
           Read("begin"),
           Predict("double", HALF, Run(_numbers)),
           Question("why", 3, right="b"),
       ), rests=(Ground("theory", "The setting"),))

   The scale says which option the numbers bear out, and draws the reader's beside what was
   measured. ``Run`` may also draw a figure, play chains, link to the full pages, and have one thing
   to move. ``lab`` measures: see ``lab.py``. The link, the checking of links, the worksheet and the
   tests follow from the record.
"""

from __future__ import annotations

from dashboard.lessons import (
    acceleration,
    beginnings,
    buys,
    first,
    guidance,
    limits,
    loose,
    order,
    rates,
    sampling,
    scores,
    tokens,
)
from dashboard.lessons.structure import Lesson
from diffusion_core.theory.theorems import Theorem

LESSONS: dict[str, Lesson] = {
    lesson.name: lesson
    for lesson in (
        first.FIRST,
        *beginnings.LESSONS,
        *sampling.LESSONS,
        *rates.LESSONS,
        acceleration.ACCELERATION,
        *limits.LESSONS,
        order.ORDER,
        buys.BUYS,
        *scores.LESSONS,
        guidance.GUIDANCE,
        loose.LOOSE,
        *tokens.LESSONS,
    )
}
"""By name, in the order in which they are taken."""


def resting_on(theorem: Theorem) -> list[Lesson]:
    """The lessons that rest on it."""
    return [
        lesson
        for lesson in LESSONS.values()
        if any(ground.theorem == theorem for ground in lesson.rests)
    ]
