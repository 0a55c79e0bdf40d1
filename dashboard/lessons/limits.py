"""What more steps do not mend: where the chain starts, how it is spaced, and the score."""

from __future__ import annotations

from dashboard.lessons.structure import Lesson

LESSONS: tuple[Lesson, ...] = ()
