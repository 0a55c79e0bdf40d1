"""A lesson on paper: the questions with room to answer, and overleaf the answers, computed now."""

from __future__ import annotations

import html

from dashboard.lessons.lab import Lab
from dashboard.lessons.loose import is_quick
from dashboard.lessons.paper import inline, to_html
from dashboard.lessons.structure import Guess, Lesson, Predict, Question, Read, Step, texts
from dashboard.prose import prose
from dashboard.text.plain import told
from diffusion_core import Refused

STYLE = """
@page { margin: 18mm }
body { font: 11.5pt/1.5 Georgia, "Times New Roman", serif; max-width: 44em; margin: 2em auto;
  padding: 0 1em; color: #000; background: #fff }
h1 { font-size: 1.6em; margin-bottom: 0 }
section { break-inside: avoid }
.answers { break-before: page; border-top: 2px solid; margin-top: 4em }
.room { border-bottom: 1px dotted #555; height: 2.1em }
.root { border-top: 1px solid }
ol.options { list-style: none; padding-left: 1em }
"""
ROOM = '<div class="room"></div>' * 3


def worksheet(lesson: Lesson, address: str, lab: Lab | None = None) -> str:
    """One HTML file that needs nothing else; address: the lesson's link."""
    say, words = lesson.say, prose("lessons")
    link = html.escape(address)
    asked, number = [], 0
    for step in lesson.steps:
        number += not isinstance(step, Read)
        asked.append(_asked(lesson, step, number))
    lab = lab or Lab()
    solved = [_solved(lesson, lesson.steps[p], i, lab) for i, p in enumerate(lesson.asking, 1)]
    parts = [
        f"<h1>{inline(say('title'))}</h1>",
        to_html(words("corrects", misconception=say("misconception"))),
        *([to_html(words("own" if is_quick(lab.own) else "own-not"))] if lesson.own else []),
        f'<p>{words("paper-link")} <a href="{link}">{link}</a></p>',
        *asked,
        f'<div class="answers"><h1>{words("paper-answers")}</h1>',
        *solved,
        f"{to_html(say('summary'))}</div>",
    ]
    head = f'<meta charset="utf-8"><title>{inline(say("title"))}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _asked(lesson: Lesson, step: Step, number: int) -> str:
    text = to_html(lesson.say(step.name))
    if isinstance(step, Read):
        return f"<section>{text}</section>"
    options = "" if isinstance(step, Guess) else _options(lesson, step)
    return f"<section><h2>{number}.</h2>{text}{options}{ROOM}</section>"


def _options(lesson: Lesson, step: Predict | Question) -> str:
    items = [f"<li>☐ {inline(lesson.say(f'{step.name}-{x}'))}</li>" for x in step.letters]
    return f'<ol class="options">{"".join(items)}</ol>'


def _solved(lesson: Lesson, step: Step, number: int, lab: Lab) -> str:
    say, name = lesson.say, step.name
    if isinstance(step, Question):
        right = step.right
        said = f"**{say(f'{name}-{right}')}** {say(f'{name}-{right}-said')}"
        return f"<section><h2>{number}.</h2>{to_html(said)}</section>"
    assert isinstance(step, Predict | Guess)
    try:
        numbers = step.run.numbers(lab)
    except Refused as reason:
        return f"<section><h2>{number}.</h2>{to_html(told(reason))}</section>"
    if isinstance(step, Predict):
        truth = step.truth(numbers)
        first, blocks = say(f"{name}-{truth}"), step.reaction(numbers, truth, say)
    else:
        first, blocks = texts(numbers)[step.number], [f"{name}-found", f"{name}-close"]
    said = "\n\n".join([f"**{first}**", *(say(block, **texts(numbers)) for block in blocks)])
    return f"<section><h2>{number}.</h2>{to_html(said)}</section>"
