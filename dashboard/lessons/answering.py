"""A question, its answer, and the picture that answers: what a step asks and shows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached
from dashboard.figures.style import is_dark
from dashboard.lessons.deck import DOWN
from dashboard.lessons.figures import Marks, marked, strip, words
from dashboard.lessons.lab import Lab
from dashboard.lessons.progress import with_answer
from dashboard.lessons.structure import (
    Guess,
    Move,
    Numbers,
    Predict,
    Question,
    Read,
    Run,
    as_answer,
    as_number,
    texts,
)
from dashboard.lessons.visit import Visit, go_to
from dashboard.link.widget_keys import button, key
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.mathematics import worded
from dashboard.text.readings import sentence
from diffusion_core import Refused

phrase = prose("phrases/lessons")
PARTICLES = 1000
say = prose("lessons")


def _choice(
    visit: Visit, step: Predict | Guess | Question, label: str, again: str = ""
) -> str | None:
    """The answer that stands in a widget, if any."""
    name = key(visit.key(step, again), None)
    help = say("again-why") if again else None
    if isinstance(step, Guess):
        label = phrase("from-to", label=label, low=f"{step.low:g}", high=f"{step.high:g}")
        given = st.number_input(label, step.low, step.high, None, key=name, help=help)
        return None if given is None else as_answer(given)
    return st.radio(
        label,
        list(step.letters),
        index=None,
        format_func=lambda letter: visit.lesson.say(f"{step.name}-{letter}"),
        key=name,
        help=help,
    )


def ask(visit: Visit, step: Predict | Guess | Question) -> None:
    what = {Guess: phrase("number"), Predict: phrase("prediction"), Question: phrase("answer")}[
        type(step)
    ]
    answer, deck = _choice(visit, step, f"Your {what}"), visit.deck
    label = phrase("check") if isinstance(step, Question) else phrase("commit-and-measure")
    if deck.on and answer is None:
        if st.button(phrase("show-the-answer"), type="primary", shortcut=DOWN):
            deck.reveal()
            go_to(with_answer(visit.values, _truth(visit, step)))
            st.rerun()
        return
    then = with_answer(visit.values, answer or "")
    options: Any = {"type": "primary", "disabled": answer is None}
    if deck.on:
        options["shortcut"] = DOWN
    button(st, label, go_to, (then,), **options)


def _truth(visit: Visit, step: Predict | Guess | Question) -> str:
    """The answer that is right."""
    if isinstance(step, Question):
        return step.right
    lab = Lab(st.empty(), visit.own)
    numbers = step.run.numbers(lab)
    lab.close()
    if isinstance(step, Predict):
        return step.truth(numbers)
    return as_answer(min(max(float(f"{numbers[step.number]:.3g}"), step.low), step.high))


def answered(visit: Visit, step: Predict | Guess | Question, answer: str) -> None:
    deck = visit.deck
    with deck.card():
        st.markdown(visit.lesson.say(step.name))
        if not isinstance(step, Guess):
            _options(visit, step, answer)
        if isinstance(step, Question):
            if not _judged(visit, step, answer, {}):
                _again(visit, step, {})
            return
        told, lab = st.container(), Lab(st.empty(), visit.own)
    try:
        numbers = step.run.numbers(lab)
    except Refused as reason:
        st.warning(sentence(worded(str(reason))))
        return
    finally:
        lab.close()
    with told:
        right = _judged(visit, step, answer, numbers)
    picture(visit, step, step.run, step.marks(numbers, answer))
    for block in step.reaction(numbers, answer, visit.lesson.say):
        with deck.card():
            st.markdown(visit.lesson.say(block, **texts(numbers)))
    if deck.on:
        return
    if not right:
        _again(visit, step, numbers)
    for full in step.run.full:
        label = phrase("open-this-on-the-full", title=navigation.PAGES[full.page].title)
        navigation.page_link(full.page, label, query=full.query(visit.own))


def _again(visit: Visit, step: Predict | Guess | Question, numbers: Numbers) -> None:
    """Another try, judged at once; the first answer stays the one that the link keeps."""
    answer = _choice(visit, step, say("again"), " again")
    if answer is not None:
        _judged(visit, step, answer, numbers, "told again")


def _judged(
    visit: Visit,
    step: Predict | Guess | Question,
    answer: str,
    numbers: Numbers,
    name: str = "told",
) -> bool:
    """Say whether the answer is right, or close, in a place of this name (see news.js)."""
    if isinstance(step, Question):
        right = answer == step.right
        said = visit.lesson.say(f"{step.name}-{answer}-said")
    elif isinstance(step, Predict):
        truth = step.truth(numbers)
        right = answer == truth
        option = visit.lesson.say(f"{step.name}-{truth}")
        plain_right = right and not visit.deck.revealed
        said = say("right") if plain_right else say("wrong", option=option)
    else:
        guess, measured = as_number(answer), texts(numbers)[step.number]
        right = step.judge(numbers[step.number], guess) == "close"
        said = say("close" if right else "off", guess=f"{guess:g}", measured=measured)
        if visit.deck.revealed:
            said = say("measured", measured=measured)
    if visit.deck.revealed and not isinstance(step, Question):
        st.markdown(said)
        return right
    with st.container(border=True, key=name):
        st.markdown(f"**{say('yes' if right else 'no')}** {said}")
    return right


def _options(visit: Visit, step: Predict | Question, answer: str) -> None:
    """What was on offer, with the choice that was made."""
    lines = []
    for letter in step.letters:
        option = visit.lesson.say(f"{step.name}-{letter}")
        whose = "" if visit.deck.revealed else f" ({say('yours')})"
        lines.append(f"● **{option}**{whose}" if letter == answer else f"○ {option}")
    st.markdown("  \n".join(lines))


def picture(
    visit: Visit, step: Read | Predict | Guess, run: Run, marks: Marks | None = None
) -> None:
    """What the run shows, or what the reader has moved it to, with the marks of an answer."""
    dark, name = is_dark(), visit.lesson.name
    if marks and marks.axis:
        figure, alt = strip(marks, dark)
        with visit.deck.card():
            page_chrome.plot(st, figure, f"answer-{name}", alt, f"{name} answer", numbers=False)
    _moved(visit, step, run, marks)


def _moved(visit: Visit, step: Read | Predict | Guess, run: Run, marks: Marks | None) -> None:
    """The run's pictures below what moves them; a deck shows that with the last of them."""
    deck, move, moved = visit.deck, run.move, False
    if move:
        name = key(visit.key(step, " move"), move.start)
        chosen = st.session_state.get(name) or move.start
        if not deck.on:
            chosen = _control(move, name)
        run, moved = move.run(chosen), chosen != move.start
    lab = Lab(st.empty(), visit.own)
    playing = bool(run.chains or run.noised)
    try:
        if playing:
            with deck.card():
                if move and deck.on and not run.figure and _control(move, name) != chosen:
                    st.rerun()
                _play(visit, run)
        if run.figure:
            with deck.card():
                if move and deck.on and _control(move, name) != chosen:
                    st.rerun()
                _figure(visit, run, lab, None if moved else marks)
        if move:
            with deck.card():
                st.markdown(visit.lesson.say(f"{step.name}-moved", **texts(run.numbers(lab))))
    except Refused as reason:
        st.warning(sentence(worded(str(reason))))
    finally:
        lab.close()


def _control(move: Move, name: str) -> str:
    """What moves a picture, by the key of its widget; a deck shows it after what it decides."""
    chosen = st.segmented_control(
        move.label, move.options, format_func=spoken, required=True, key=name
    )
    return str(chosen or move.start)


def _figure(visit: Visit, run: Run, lab: Lab, marks: Marks | None) -> None:
    """The figure of a run, with the marks of an answer to it."""
    if run.figure:
        dark, name = is_dark(), visit.lesson.name
        figure, alt = run.figure(lab, dark)
        if marks and not marks.axis:
            figure, alt = marked(figure, marks, dark), f"{alt} {words(marks)}"
        page_chrome.plot(st, figure, f"lesson-{name}", alt, f"{name} figure")


def _play(visit: Visit, run: Run) -> None:
    """The chains of a run, backward or forward."""
    name, look = f"lesson {visit.lesson.name}", {"view": "density", "layers": run.layers}
    if run.noised:
        blob = visit.noised(run.noised, PARTICLES, st.empty())
        page_chrome.play(blob, name, look, [run.noised], sampled=False)
    if run.chains:
        titles, runs = zip(*run.chains, strict=True)
        progress, picture = page_chrome.screen(name)
        with picture, page_chrome.or_reason():
            shown = cached.animation(list(runs), list(titles), PARTICLES, progress)
            page_chrome.play(shown.blob, name, look, runs)
