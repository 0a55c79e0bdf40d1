"""The lessons' page and the syllabus, as a reader uses them."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lessons import LESSONS
from tests.dashboard.visiting import address, calm, said, visit


def click(app: AppTest, label: str) -> AppTest:
    [button] = [b for b in app.button if b.label == label]
    assert not button.disabled, label
    return calm(button.click().run())


def disabled(app: AppTest, label: str) -> bool:
    [button] = [b for b in app.button if b.label == label]
    return bool(button.disabled)


def test_the_overview_lists_every_lesson_with_its_misconception() -> None:
    app = calm(visit("lessons"))
    for lesson in LESSONS.values():
        assert lesson.say("misconception") in said(app)
        assert any(lesson.title in s.value for s in app.subheader)


def test_a_whole_lesson() -> None:
    say = LESSONS["noising"].say
    app = calm(visit("lessons", lesson="noising"))
    assert app.title[0].value == say("title")
    assert disabled(app, "Back")
    app = click(app, "Next")
    assert disabled(app, "Next")
    assert disabled(app, "Commit and measure")
    assert "Half of it is gone" not in said(app)  # before the reader commits
    app.number_input[0].set_value(50.0).run()
    app = click(app, "Commit and measure")
    assert address(app) == {"lesson": "noising", "step": "2", "answers": "50"}
    assert say("half-high", signal_half="0.280") in said(app)
    [share] = re.findall(r"after \*\*([\d.]+) %\*\* of the chain", said(app))
    assert 15 < float(share) < 18
    app = click(app, "Next")
    assert app.radio[0].value is None
    assert say("cosine-is-c") not in said(app)
    app.radio[0].set_value("b").run()
    app = click(app, "Commit and measure")
    assert say("cosine-is-c") in said(app)
    assert say("cosine-not-b") in said(app)
    for right in ("c", "b"):
        app = click(app, "Next")
        app.radio[0].set_value(right).run()
        app = click(app, "Check")
        assert "**Yes.**" in said(app)
    assert say("summary") in app.success[0].value
    assert address(app)["answers"] == "50.b.c.b"
    again = calm(visit("lessons", **address(app)))
    assert address(again) == address(app)
    assert say("summary") in again.success[0].value
    for _ in range(4):
        app = click(app, "Back")
    assert disabled(app, "Back")
    app = click(app, "Forget my answers and start again")
    assert address(app) == {"lesson": "noising"}


@pytest.mark.parametrize("lesson", [n for n in LESSONS if n not in ("noising", "bounds")])
def test_every_lesson_shows_its_first_prediction(lesson: str) -> None:
    record = LESSONS[lesson]
    place = record.asking[0]
    answer = "2" if lesson == "rates" else "a"
    app = calm(visit("lessons", lesson=lesson, step=str(place + 1), answers=answer))
    step = record.steps[place]
    assert not app.warning
    assert record.say(step.name) in said(app)
    assert "[[" not in said(app)


def test_a_question_that_was_answered_wrongly_says_why() -> None:
    app = calm(visit("lessons", lesson="noising", step="4", answers="50.c.a"))
    assert LESSONS["noising"].say("signal-a-said") in said(app)
    assert "**Not quite.**" in said(app)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"lesson": "rates", "step": "4"}, "no answer yet"),
        ({"lesson": "rates", "answers": "q.q"}, "letters and numbers"),
        ({"lesson": "unheard-of"}, "lesson: one of"),
        ({"lesson": "rates", "place": "2"}, "no such setting"),
    ],
)
def test_a_link_that_is_wrong_is_answered_in_one_sentence(
    settings: dict[str, str], why: str
) -> None:
    app = visit("lessons", **settings)
    assert not app.exception
    [error] = app.error
    assert why in error.value


def test_the_contents_lead_to_another_lesson_and_back() -> None:
    app = calm(visit("lessons", lesson="noising", step="3", answers="50"))
    app = click(app, LESSONS["rates"].title)
    assert address(app) == {"lesson": "rates"}
    app = click(app, "All lessons")
    assert address(app) == {}
    assert app.title[0].value == "Lessons"


def test_the_syllabus_names_every_day() -> None:
    app = calm(visit("syllabus"))
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"):
        assert f"**{day}" in said(app)
    assert "45 to 50 min." in said(app)
