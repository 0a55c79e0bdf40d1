"""Worksheets: one file that needs nothing else, with all questions and today's answers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from dashboard.lessons import LESSONS
from dashboard.lessons.lab import Lab
from dashboard.lessons.paper import formula, inline, to_html
from dashboard.lessons.structure import Lesson
from dashboard.lessons.worksheet import worksheet

CHEAP = ("first-words", "how-loose", "noising", "score", "sampling", "schedules", "rates")
LINK = "https://example.org/lessons?lesson=x&step=1"


class Balance(HTMLParser):
    """Complains about tags that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", CHEAP)
def test_a_worksheet_is_one_file_with_questions_and_answers(name: str) -> None:
    lesson = LESSONS[name]
    page = worksheet(lesson, LINK)
    check = Balance()
    check.feed(page)
    assert not check.open
    assert not re.search(r"src=|<script|<link|@import", page)
    assert "https://example.org/lessons?lesson=x&amp;step=1" in page
    questions, answers = page.split('<div class="answers">')
    assert questions.count('<div class="room">') == 3 * len(lesson.asking)
    assert answers.count("<section>") == len(lesson.asking)
    assert "[[" not in page
    for sign in ("$", "\\", "**"):
        assert sign not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL), sign


def test_the_answers_are_the_measured_numbers() -> None:
    _, answers = worksheet(LESSONS["rates"], LINK).split('<div class="answers">')
    found = LESSONS["rates"].steps[1].run.numbers(Lab())  # type: ignore[union-attr]
    assert f"a factor of <b>{found['factor']:.2f}</b>" in answers
    assert "a factor of" not in worksheet(LESSONS["rates"], LINK).split('<div class="answers">')[0]


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=lambda lesson: lesson.name)
def test_every_formula_of_every_lesson_can_be_printed(lesson: Lesson) -> None:
    for block, text in lesson.say.blocks.items():
        printed = re.sub(r"<[^>]+>", "", to_html(text))
        assert "\\" not in printed, block
        assert not re.search(r"mathrm|mathbb|varepsilon|frac|Big|ldots|lesssim|quad", printed), (
            block
        )


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        (r"\sqrt{\bar\alpha_t}\,X_0", "√<span class=root>α̅<sub><i>t</i></sub></span>"),
        (r"\frac{1}{\sqrt T}", "1/√<span class=root><i>T</i></span>"),
        (r"x^{-r}", "<i>x</i><sup>−<i>r</i></sup>"),
        (r"\mathrm{TV}(q_1,p_1)", "TV(<i>q</i><sub>1</sub>,<i>p</i><sub>1</sub>)"),
        (r"a<b", "<i>a</i> &lt; <i>b</i>"),
        (r"\frac{a+1}2", "(<i>a</i>+1)/2"),
        (r"p\le q", "<i>p</i> ≤ <i>q</i>"),
    ],
)
def test_a_formula_in_html(tex: str, html: str) -> None:
    assert formula(tex).replace("\u0304", "\u0305").startswith(html)


def test_words_and_lists() -> None:
    assert inline("*a* **b** <c> $d$") == "<i>a</i> <b>b</b> &lt;c&gt; <i>d</i>"
    assert to_html("one\n\n- two\n- three") == "<p>one</p>\n<ul><li>two</li><li>three</li></ul>"
