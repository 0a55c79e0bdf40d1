"""Answers that a browser keeps are taken like a link: what is not possible is not taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.lessons import LESSONS
from dashboard.lessons.kept import MOST, read
from dashboard.lessons.progress import ANSWERS
from dashboard.lessons.structure import Guess, as_answer
from tests.dashboard.visiting import calm, said, visit


def answers(name: str, count: int) -> tuple[str, ...]:
    """Possible answers to the first questions of a lesson."""
    lesson = LESSONS[name]
    steps = [lesson.steps[i] for i in lesson.asking[:count]]
    return tuple(as_answer(s.high) if isinstance(s, Guess) else s.letters[0] for s in steps)


@pytest.mark.parametrize("name", LESSONS)
def test_possible_answers_of_every_lesson_are_taken(name: str) -> None:
    whole = answers(name, len(LESSONS[name].asking))
    assert read(json.dumps({name: ANSWERS.write(whole)})) == {name: whole}
    assert read(json.dumps({name: ANSWERS.write((*whole, "a"))})) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        7,
        "[]",
        "{",
        "[" * 5000,
        '{"nowhere": "a"}',
        '{"noising": 3}',
        '{"noising": "<b>"}',
        json.dumps({"noising": "a" * MOST}),
    ],
)
def test_what_is_not_possible_is_not_taken(text: object) -> None:
    assert read(text) == {}


@given(st.dictionaries(st.sampled_from(list(LESSONS)) | st.text(), st.text() | st.integers()))
def test_whatever_is_sent_is_read_or_left(sent: dict[str, object]) -> None:
    for name, found in read(json.dumps(sent)).items():
        assert ANSWERS.write(found) == sent[name]


def test_a_lesson_left_open_is_one_press_away() -> None:
    app = calm(visit("lessons", lesson="noising", step="2"))
    app.query_params.clear()
    app = calm(app.switch_page("pages/notation.py").run())
    labels = [link.label for link in app.get("page_link")]
    assert f"Back to the lesson: {LESSONS['noising'].title}" in labels


def test_the_overview_tells_how_far_the_reader_has_come() -> None:
    app = visit("lessons")
    assert "answers given" not in said(app)
    assert not [b for b in app.button if b.label == "Forget my answers in all lessons"]
