"""The front door: a story with a number that is computed, and ways on; old links still lead on."""

from __future__ import annotations

import re

import pytest

from dashboard.navigation import PAGES
from dashboard.player.component import LAYERS
from dashboard.prose import prose
from dashboard.text.numbers import percent
from dashboard.text.tables import named
from dashboard.topics.home.page import EXPLORE, STORY
from dashboard.topics.home.story import chapters
from diffusion_core import measure
from tests.dashboard.unpacking import split
from tests.dashboard.visiting import address, calm, visit

MINUTE = 60  # seconds
REST = 1.5  # seconds at the end of a chapter, in dashboard/player/story.js


def test_the_story_is_four_sentences_in_less_than_a_minute() -> None:
    tv = measure(STORY, "tv")
    told = chapters(tv, STORY.steps)
    assert len(told) == 4
    assert sum(chapter.seconds + REST for chapter in told) < MINUTE
    for chapter in told:
        assert set(chapter.layers) <= {*LAYERS, "distance"}
        assert not re.search(r"\.\s", chapter.sentence)
    assert percent(tv.value) in told[-1].sentence
    assert ["distance" in chapter.layers for chapter in told] == [False, False, False, True]


def test_the_front_door_moves_and_leads_on() -> None:
    app = calm(visit("home"))
    assert app.title[0].value == "Diffusion Convergence Lab"
    [player] = [c for c in app.get("bidi_component") if c.key == "story"]
    shown, _ = split(player.proto.bytes)
    assert [c["sentence"] for c in shown["story"]] == [
        c.sentence for c in chapters(measure(STORY, "tv"), STORY.steps)
    ]
    assert shown["about"]["runs"] == [named(STORY)]
    links = {link.label for link in app.get("page_link")}
    assert {PAGES[name].title for name in ("lessons", "syllabus", *EXPLORE)} <= links


@pytest.mark.parametrize("settings", [{"particles": "500"}, {"nonsense": "1"}])
def test_a_link_to_the_address_of_before_opens_the_reverse_trajectories(
    settings: dict[str, str],
) -> None:
    app = visit("home", **settings)
    assert not app.exception
    assert app.title[0].value == "Reverse trajectories"
    assert address(app) == settings


def test_every_page_is_reached_from_the_front_door() -> None:
    reached, new = set(), {"lessons", "syllabus", *EXPLORE}
    while new:
        reached |= new
        new = {after for name in new for after in PAGES[name].after} - reached
    assert reached == set(PAGES) - {"home"}


def test_every_question_at_the_foot_of_a_page_is_asked_somewhere() -> None:
    asked = {name.replace("_", "-") for page in PAGES.values() for name in page.after}
    assert asked == set(prose("next").blocks)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.after])
def test_a_page_does_not_lead_to_itself_nor_twice_to_another(name: str) -> None:
    after = PAGES[name].after
    assert name not in after
    assert len(set(after)) == len(after)
    assert set(after) <= set(PAGES)
