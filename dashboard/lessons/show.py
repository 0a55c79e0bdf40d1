"""How lessons look: the list of them, and one step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached
from dashboard.figures.style import is_dark
from dashboard.lessons import LESSONS
from dashboard.lessons.lab import Lab
from dashboard.lessons.progress import OVERVIEW, at_step, beginning, with_answer
from dashboard.lessons.structure import (
    Full,
    Guess,
    Lesson,
    Predict,
    Question,
    Read,
    Run,
    as_answer,
    as_number,
    texts,
)
from dashboard.lessons.worksheet import worksheet
from dashboard.link.permalink import DEFAULT, EXPERIMENT, PRESENT, encode, shared, values_of
from dashboard.link.widget_keys import button, key, start_again
from dashboard.prose import prose
from dashboard.text.plain import plain
from dashboard.text.readings import sentence
from diffusion_core import Experiment, Refused

PAGE = navigation.PAGES["lessons"]
PARTICLES = 1000
say = prose("lessons")
Values = Mapping[str, Any]


def go_to(values: Values) -> None:
    """For callbacks: where the reader is from the next run on."""
    st.session_state[values_of(PAGE)] = dict(values)


def query(experiment: Experiment, **settings: str) -> dict[str, str]:
    """The settings of a link that keeps the reader's own experiment."""
    text = encode(experiment)
    return settings | ({EXPERIMENT: text} if experiment != DEFAULT and text else {})


def overview(experiment: Experiment) -> None:
    """All lessons, each with the mistake that it corrects."""
    st.markdown(say("intro"))
    for number, lesson in enumerate(LESSONS.values(), 1):
        with st.container(border=True):
            st.subheader(f"{number}. {lesson.title}", anchor=False)
            st.markdown(say("corrects", misconception=lesson.say("misconception")))
            navigation.page_link(
                PAGE.name,
                f"Start lesson {number}, {lesson.minutes} minutes",
                query=query(experiment, lesson=lesson.name),
            )
    navigation.page_link("syllabus", "The syllabus: one class, or a week of self-study")


def contents() -> None:
    """The way to every lesson, beside the page."""
    for name, title in {
        OVERVIEW: "All lessons",
        **{n: x.title for n, x in LESSONS.items()},
    }.items():
        button(st, title, go_to, (beginning(name),), type="tertiary")


def lesson(lesson: Lesson, values: Values, experiment: Experiment) -> None:
    """One step, and the way to the others."""
    number, answers = values["step"], values["answers"]
    total, step = len(lesson.steps), lesson.steps[values["step"] - 1]
    st.progress(number / total, f"Step {number} of {total}")
    answer = lesson.answer(number - 1, answers)
    st.markdown(lesson.say(step.name))
    if isinstance(step, Read):
        if step.run:
            _measured(lesson, step.run)
    elif answer is None:
        _ask(lesson, step, values)
    else:
        _answered(lesson, step, answer)
    _ways(lesson, values, experiment)


def _ask(lesson: Lesson, step: Predict | Guess | Question, values: Values) -> None:
    name = key(f"{PAGE}.{lesson.name}.{step.name}", None)
    if isinstance(step, Guess):
        given = st.number_input(
            f"Your number, from {step.low:g} to {step.high:g}", step.low, step.high, None, key=name
        )
        answer = None if given is None else as_answer(given)
    else:
        answer = st.radio(
            "Your answer" if isinstance(step, Question) else "Your prediction",
            list(step.letters),
            index=None,
            format_func=lambda letter: lesson.say(f"{step.name}-{letter}"),
            key=name,
        )
    label = "Check" if isinstance(step, Question) else "Commit and measure"
    answered = with_answer(values, answer or "")
    button(st, label, go_to, (answered,), type="primary", disabled=answer is None)


def _answered(lesson: Lesson, step: Predict | Guess | Question, answer: str) -> None:
    if isinstance(step, Question):
        _options(lesson, step, answer)
        _verdict(answer == step.right, lesson.say(f"{step.name}-{answer}-said"))
        return
    if isinstance(step, Predict):
        _options(lesson, step, answer)
    lab = Lab(st.empty())
    try:
        numbers = step.run.numbers(lab)
    except Refused as reason:
        st.warning(sentence(plain(str(reason))))
        return
    finally:
        lab.close()
    if isinstance(step, Predict):
        truth = step.truth(numbers)
        option = lesson.say(f"{step.name}-{truth}")
        _verdict(answer == truth, say("right" if answer == truth else "wrong", option=option))
    else:
        close = step.judge(numbers[step.number], as_number(answer)) == "close"
        measured = texts(numbers)[step.number]
        said = f"{as_number(answer):g}"
        _verdict(close, say("close" if close else "off", guess=said, measured=measured))
    _picture(lesson, step.run)
    for block in step.reaction(numbers, answer, lesson.say):
        st.markdown(lesson.say(block, **texts(numbers)))
    _more(step.run)


def _options(lesson: Lesson, step: Predict | Question, answer: str) -> None:
    """What was on offer, with the choice that was made."""
    lines = []
    for letter in step.letters:
        option = lesson.say(f"{step.name}-{letter}")
        lines.append(f"● **{option}** ({say('yours')})" if letter == answer else f"○ {option}")
    st.markdown("  \n".join(lines))


def _verdict(right: bool, words: str) -> None:
    with st.container(border=True):
        st.markdown(f"**{say('yes' if right else 'no')}** {words}")


def _measured(lesson: Lesson, run: Run) -> None:
    _picture(lesson, run)
    _more(run)


def _picture(lesson: Lesson, run: Run) -> None:
    progress = st.empty()
    if run.chains:
        titles, runs = zip(*run.chains, strict=True)
        shown = cached.animation(list(runs), list(titles), PARTICLES, progress)
        page_chrome.play(shown.blob, f"lesson {lesson.name}", {"view": "density"}, runs)
    if run.figure:
        lab = Lab(progress)
        figure, alt = run.figure(lab, is_dark())
        lab.close()
        page_chrome.plot(st, figure, f"lesson-{lesson.name}", alt, f"{lesson.name} figure")


def _more(run: Run) -> None:
    for full in run.full:
        _link(full)


def _link(full: Full) -> None:
    label = f"Open this on the full page: {navigation.PAGES[full.page].title}"
    navigation.page_link(full.page, label, query=full.query())


def _ways(lesson: Lesson, values: Values, experiment: Experiment) -> None:
    number, reachable = values["step"], lesson.reachable(len(values["answers"]))
    last = number == len(lesson.steps)
    passed = number < reachable
    if last and len(values["answers"]) == len(lesson.asking):
        st.success(f"**{say('done')}** {lesson.say('summary')}")
        _next_lesson(lesson, experiment)
    # what a presenter's remote sends; elsewhere these keys scroll
    up, down = ("PageUp", "PageDown") if shared(PRESENT) else (None, None)
    with st.container(horizontal=True):
        back = at_step(values, number - 1)
        button(st, "Back", go_to, (back,), disabled=number == 1, shortcut=up)
        if not last:
            following = at_step(values, number + 1)
            kind = "primary" if passed else "secondary"
            options = {"type": kind, "disabled": not passed, "shortcut": down}
            button(st, "Next", go_to, (following,), **options)
    address = _address(lesson)  # not known any more when the file is asked for
    with st.expander("Worksheet, and start again"):
        st.caption(say("worksheet"))
        st.download_button(
            "Download the worksheet",
            lambda: worksheet(lesson, address),
            f"worksheet-{lesson.name}.html",
            "text/html",
            on_click="ignore",
        )
        button(st, "Forget my answers and start again", _restart, (lesson,))


def _next_lesson(lesson: Lesson, experiment: Experiment) -> None:
    order = list(LESSONS)
    place = order.index(lesson.name) + 1
    if place < len(order):
        following = LESSONS[order[place]]
        navigation.page_link(
            PAGE.name,
            f"Next lesson: {following.title}",
            query=query(experiment, lesson=following.name),
        )


def _restart(lesson: Lesson) -> None:
    for step in lesson.steps:
        start_again(f"{PAGE}.{lesson.name}.{step.name}")
    go_to(beginning(lesson.name))


def _address(lesson: Lesson) -> str:
    """The lesson's link, for paper."""
    page = (st.context.url or "").split("?")[0]
    return f"{page}?lesson={lesson.name}"
