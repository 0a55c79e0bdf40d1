"""The lessons' page and the syllabus, as a reader uses them."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lessons import LESSONS
from dashboard.lessons.plan import CLASS, WEEK
from dashboard.lessons.structure import Guess
from dashboard.navigation import PAGES
from dashboard.prose import prose
from diffusion_core import PRESETS, Experiment
from diffusion_core.targets import DEFAULT_1D
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
        assert any(lesson.title in s.value for s in app.header)


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
    step = record.steps[place]
    answer = "2" if isinstance(step, Guess) else "a"
    app = calm(visit("lessons", lesson=lesson, step=str(place + 1), answers=answer))
    assert not app.warning
    assert record.say(step.name) in said(app)
    assert "[[" not in said(app)


def test_a_question_that_was_answered_wrongly_says_why() -> None:
    app = calm(visit("lessons", lesson="noising", step="4", answers="50.c.a"))
    assert LESSONS["noising"].say("signal-a-said") in said(app)
    assert "**Not quite.**" in said(app)


def test_a_question_is_tried_again_at_once_and_the_first_answer_counts() -> None:
    say = LESSONS["noising"].say
    app = calm(visit("lessons", lesson="noising", step="4", answers="50.c.a"))
    [again] = app.radio
    app = calm(again.set_value("b").run())
    assert say("signal-b-said") in said(app)
    app = calm(app.radio[0].set_value("c").run())
    assert say("signal-c-said") in said(app)
    assert "**Yes.**" in said(app)
    assert address(app)["answers"] == "50.c.a"
    assert not calm(visit("lessons", lesson="noising", step="4", answers="50.c.c")).radio


def test_a_prediction_is_explained_and_then_tried_again() -> None:
    app = calm(visit("lessons", lesson="noising", step="2", answers="50"))
    assert LESSONS["noising"].say("half-high", signal_half="0.280") in said(app)
    app = calm(app.number_input[0].set_value(17.0).run())
    assert "You said 17, and measured is" in said(app)
    assert address(app)["answers"] == "50"
    assert not calm(visit("lessons", lesson="noising", step="2", answers="17")).number_input


def test_the_words_of_a_lesson_are_explained_on_every_step() -> None:
    for step in ("1", "2"):
        app = calm(visit("lessons", lesson="noising", step=step))
        for term in LESSONS["noising"].terms:
            assert prose("notation")(f"term-{term}") in said(app)


def moved(app: AppTest) -> AppTest:
    """The third step of "noising" after a move, which its words answer."""
    [move] = [c for c in app.segmented_control if c.label == "Beside linear"]
    before = re.findall(r"after \*\*([\d.]+) %\*\* of this chain", said(app))
    app = calm(move.set_value("sigmoid").run())
    after = re.findall(r"after \*\*([\d.]+) %\*\* of this chain", said(app))
    assert len(before) == len(after) == 1
    assert before != after
    return app


def test_the_picture_answers_what_is_moved() -> None:
    app = moved(calm(visit("lessons", lesson="noising", step="3", answers="50.c")))
    assert address(app) == {"lesson": "noising", "step": "3", "answers": "50.c"}


def test_a_deck_reveals_what_can_be_moved_with_the_figure() -> None:
    link = {"lesson": "noising", "step": "3", "answers": "50.c", "present": "on"}
    moved(calm(visit("lessons", **link)))


def links(app: AppTest) -> set[str]:
    return {element.proto.label for element in app.get("page_link")}


def test_a_lesson_ends_with_what_it_rests_on_and_its_theorems_lead_back() -> None:
    app = calm(visit("lessons", lesson="bounds", step="6", answers="b.c.b.c"))
    labels = links(app)
    assert "Theory: Theorem 3 of arXiv 2306.09251, on DDPM" in labels
    assert "Why 1/T, why 1/T²: 4. Why DDPM's first bound was 1/√T" in labels
    theory = calm(visit("theory", Experiment(preset=DEFAULT_1D, sampler="ddpm", steps=50)))
    assert f"Lesson: {LESSONS['bounds'].title}" in links(theory)
    assert f"Lesson: {LESSONS['how-loose'].title}" in links(theory)


def test_the_last_lesson_says_whose_target_it_measures() -> None:
    for preset, block in (("skewed", "own"), ("two-moons", "own-not")):
        own = Experiment(PRESETS[preset].target, preset=preset, steps=12)
        app = calm(visit("lessons", own, lesson="how-loose", step="2", answers="a"))
        assert prose("lessons")(block) in [caption.value for caption in app.caption]


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


def test_the_syllabus_links_everything_that_it_names() -> None:
    labels, say = links(calm(visit("syllabus"))), prose("syllabus")
    for part in (*CLASS, *WEEK):
        assert {f"Lesson: {LESSONS[name].title}" for name in part.lessons} <= labels
        titles = {PAGES[name].title for name in part.pages}
        assert titles <= labels
        named = {title for page in PAGES.values() if f'"{(title := page.title)}"' in say(part.name)}
        assert named <= titles, part.name
