"""Where a reader is in a lesson: three settings of the link, and nothing anywhere else.

``lesson=noising&step=3&answers=b.0-2.a``: an answer for each step that asks, in order; a letter for
a choice, a number for a guess, its point written as a hyphen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.lessons import LESSONS
from dashboard.lessons.structure import Guess, Lesson, Predict, Question, as_number
from dashboard.link.permalink import Clash, Setting, choice
from dashboard.prose import prose
from diffusion_core import InputError

phrase = prose("phrases/lessons")
OVERVIEW = "all"
MOST_STEPS = 30
MOST_DIGITS = 9
_ANSWER = re.compile(r"[a-h]|[0-9]{1,6}(-[0-9]{1,6})?")
_REACHED = ("step", "answers")


def _read_step(text: str) -> int:
    short = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    if not (short and 1 <= int(text) <= MOST_STEPS):
        raise InputError(
            phrase("step-a-number-from-1", most_steps=MOST_STEPS, text=repr(text[:40]))
        )
    return int(text)


def _read_answers(text: str) -> tuple[str, ...]:
    answers = tuple(text.split("."))
    wrong = [a for a in answers if not _ANSWER.fullmatch(a)]
    if wrong or len(answers) > MOST_STEPS:
        got = wrong[0][:40] if wrong else phrase("of-them", answers=len(answers))
        raise InputError(phrase("answers-letters-and-numbers-with", text=repr(got)))
    return answers


LESSON = choice("lesson", OVERVIEW, (OVERVIEW, *LESSONS))
STEP = Setting("step", 1, _read_step)
ANSWERS = Setting("answers", (), _read_answers, ".".join)
SETTINGS = (LESSON, STEP, ANSWERS)


def clash(values: Mapping[str, Any]) -> Clash:
    """What a link says about a lesson has to be possible in it."""
    name, step, answers = values["lesson"], values["step"], values["answers"]
    if name == OVERVIEW:
        said = step != 1 or bool(answers)
        return (_REACHED, phrase("step-needs-a-lesson")) if said else ((), "")
    lesson = LESSONS[name]
    why = _impossible(lesson, answers)
    if why:
        return _REACHED, why
    if step > len(lesson.steps):
        return _REACHED, phrase("step-this-lesson-has-steps", steps=len(lesson.steps), step=step)
    if step > lesson.reachable(len(answers)):
        return ("step",), phrase("step-comes-after-a-question", step=step)
    return (), ""


def _impossible(lesson: Lesson, answers: Sequence[str]) -> str:
    if len(answers) > len(lesson.asking):
        return phrase(
            "answers-this-lesson-asks-times", asking=len(lesson.asking), answers=len(answers)
        )
    for i, (place, answer) in enumerate(zip(lesson.asking, answers, strict=False), 1):
        step = lesson.steps[place]
        if isinstance(step, Guess):
            allowed = phrase("a-number-from-to", low=f"{step.low:g}", high=f"{step.high:g}")
            fits = not answer.isalpha() and step.low <= as_number(answer) <= step.high
        else:
            assert isinstance(step, Predict | Question)
            allowed = phrase("one-of", letters=", ".join(step.letters))
            fits = answer in step.letters
        if not fits:
            return phrase(
                "answers-number-must-be-got", number=i, allowed=allowed, answer=repr(answer)
            )
    return ""


def with_answer(values: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """The state after the next question is answered."""
    return {**values, "answers": (*values["answers"], answer)}


def at_step(values: Mapping[str, Any], step: int) -> dict[str, Any]:
    return {**values, "step": step}


def beginning(lesson: str) -> dict[str, Any]:
    return {"lesson": lesson, "step": 1, "answers": ()}
