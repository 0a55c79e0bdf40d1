"""How lessons look: the list of them, and one step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import navigation
from dashboard.lessons import LESSONS
from dashboard.lessons.answering import answered, ask, picture
from dashboard.lessons.kept import forget
from dashboard.lessons.lab import Lab
from dashboard.lessons.loose import is_quick
from dashboard.lessons.progress import ANSWERS, OVERVIEW, STEP, at_step, beginning
from dashboard.lessons.structure import Ground, Lesson, Read
from dashboard.lessons.visit import PAGE, Visit, go_to
from dashboard.lessons.worksheet import worksheet
from dashboard.link.permalink import DEFAULT, EXPERIMENT, encode
from dashboard.link.widget_keys import button, start_again
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.sections import card, slug
from diffusion_core import SAMPLERS, Experiment

phrase = prose("phrases/lessons")
say = prose("lessons")
THEORY = "theory"  # the page whose sections links open


def query(experiment: Experiment, **settings: str) -> dict[str, str]:
    """The settings of a link that keeps the reader's own experiment."""
    text = encode(experiment)
    return settings | ({EXPERIMENT: text} if experiment != DEFAULT and text else {})


def overview(experiment: Experiment, answers: Mapping[str, Sequence[str]]) -> None:
    """All lessons, each with the mistake that it corrects and how far the reader has come."""
    st.markdown(say("intro"))
    for number, lesson in enumerate(LESSONS.values(), 1):
        with st.container(border=True):
            st.header(f"{number}. {lesson.title}", anchor=False)
            st.markdown(say("corrects", misconception=lesson.say("misconception")))
            given = answers.get(lesson.name, ())
            _go_on(number, lesson, given, experiment)
    if answers:
        button(st, phrase("forget-my-answers-in-all"), forget, type="tertiary")
    navigation.page_link("syllabus", phrase("the-syllabus-one-class-or"))


def _go_on(number: int, lesson: Lesson, given: Sequence[str], experiment: Experiment) -> None:
    """The way into a lesson, to where the answers that are kept lead."""
    asked, label = (
        len(lesson.asking),
        phrase("start-lesson-minutes", number=number, minutes=lesson.minutes),
    )
    where = {"lesson": lesson.name}
    if given:
        done = len(given) == asked
        st.markdown(say("finished" if done else "begun", given=len(given), asked=asked))
        label = (
            phrase("read-lesson-again", number=number)
            if done
            else phrase("go-on-with-lesson", number=number)
        )
        place = lesson.reachable(len(given))
        where |= {STEP.name: STEP.write(place), ANSWERS.name: ANSWERS.write(given)}
    navigation.page_link(PAGE.name, label, query=query(experiment, **where))


def contents() -> None:
    """The way to every lesson, beside the page."""
    for name, title in {
        OVERVIEW: phrase("all-lessons"),
        **{n: x.title for n, x in LESSONS.items()},
    }.items():
        button(st, title, go_to, (beginning(name),), type="tertiary")


def lesson(visit: Visit) -> None:
    """One step, and the way to the others."""
    lesson, number = visit.lesson, visit.values["step"]
    unfinished = len(visit.values["answers"]) < len(lesson.asking)
    label = say("back", title=lesson.title) if unfinished else None
    navigation.leave_open(PAGE.name, label)
    total, step = len(lesson.steps), lesson.steps[number - 1]
    with st.container(key="place in lesson"):
        st.progress(number / total, phrase("step-of", number=number, total=total))
    if lesson.own:
        st.caption(say("own" if is_quick(visit.own) else "own-not"))
    answer = lesson.answer(number - 1, visit.values["answers"])
    if isinstance(step, Read):
        with visit.deck.card():
            st.markdown(lesson.say(step.name))
        if step.run:
            picture(visit, step, step.run)
    elif answer is None:
        with visit.deck.card():
            st.markdown(lesson.say(step.name))
            ask(visit, step)
    else:
        answered(visit, step, answer)
    if lesson.terms:
        _terms(lesson)
    _ways(visit)


def _terms(lesson: Lesson) -> None:
    """The words of the glossary that the lesson uses, explained where they stand."""
    glossary = prose("notation")
    with st.popover(phrase("words-of-this-lesson"), type="tertiary", icon=":material/menu_book:"):
        for term in lesson.terms:
            st.markdown(glossary(f"term-{term}"))


def _ways(visit: Visit) -> None:
    lesson, values = visit.lesson, visit.values
    number, reachable = values["step"], lesson.reachable(len(values["answers"]))
    last = number == len(lesson.steps)
    passed = number < reachable
    if last and len(values["answers"]) == len(lesson.asking):
        with visit.deck.card():
            st.success(f"**{say('done')}** {lesson.say('summary')}")
            _rests(visit)
            _next_lesson(lesson, visit.own)
    if visit.deck.on:
        visit.deck.ways()
        return
    with st.container(horizontal=True):
        back = at_step(values, number - 1)
        button(st, phrase("back"), go_to, (back,), disabled=number == 1)
        if not last:
            following = at_step(values, number + 1)
            kind = "primary" if passed else "secondary"
            button(st, phrase("next"), go_to, (following,), type=kind, disabled=not passed)
    address = _address(lesson)  # not known any more when the file is asked for
    with st.expander(phrase("worksheet-and-start-again")):
        st.caption(say("worksheet"))
        st.download_button(
            phrase("download-the-worksheet"),
            lambda: worksheet(lesson, address, Lab(own=visit.own)),
            f"worksheet-{lesson.name}.html",
            "text/html",
            on_click="ignore",
        )
        button(st, phrase("forget-my-answers-and-start"), _restart, (visit,))


def _rests(visit: Visit) -> None:
    """The way to what the lesson rests on."""
    if visit.lesson.rests:
        st.markdown(say("rests"))
    for ground in visit.lesson.rests:
        shown = None
        if ground.theorem is not None:
            shown = query(ground.experiment(visit.own), section=card(ground.theorem))
        elif ground.page == THEORY and ground.section:
            shown = query(visit.own, section=slug(ground.section))
        navigation.page_link(ground.page, _label(ground), query=shown)


def _label(ground: Ground) -> str:
    title = navigation.PAGES[ground.page].title
    if ground.theorem is None:
        return f"{title}: {spoken(ground.section)}" if ground.section else title
    who, record = ground.theorem, SAMPLERS[ground.theorem.sampler]
    return phrase(
        "of-arxiv-on", title=title, name=spoken(who.name), arxiv=who.arxiv, label=record.label
    )


def _next_lesson(lesson: Lesson, experiment: Experiment) -> None:
    order = list(LESSONS)
    place = order.index(lesson.name) + 1
    if place < len(order):
        following = LESSONS[order[place]]
        navigation.page_link(
            PAGE.name,
            phrase("next-lesson", title=following.title),
            query=query(experiment, lesson=following.name),
        )


def _restart(visit: Visit) -> None:
    forget(visit.lesson.name)
    for step in visit.lesson.steps:
        for what in ("", " again", " move"):
            start_again(visit.key(step, what))
    go_to(beginning(visit.lesson.name))


def _address(lesson: Lesson) -> str:
    """The lesson's link, for paper."""
    page = (st.context.url or "").split("?")[0]
    return f"{page}?lesson={lesson.name}"
