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

   A number that the run computes stands as ``[[number]]``, or in per cent as ``[[number_pc]]``.

2. Its record, here below or in a module of its own, listed in ``LESSONS``:

       def _numbers(lab: Lab) -> Numbers:
           return {"tv": lab.tv(RUN), "tv_double": lab.tv(RUN.with_(steps=200))}

       Lesson("my-lesson", (
           Read("begin"),
           Predict("double", 2, lambda n: "a" if n["tv_double"] < n["tv"] else "b", Run(_numbers)),
           Question("why", 3, right="b"),
       ))

   ``Run`` may also draw a figure, play chains and link to the full pages. ``lab`` measures: see
   ``lab.py``. The link, the checking of links, the worksheet and the tests follow from the record.
"""

from __future__ import annotations

from dashboard.lessons import beginnings, limits, rates
from dashboard.lessons.structure import Lesson

LESSONS: dict[str, Lesson] = {
    lesson.name: lesson for lesson in (*beginnings.LESSONS, *rates.LESSONS, *limits.LESSONS)
}
