"""The front door in a real browser: it moves by itself, stops and leads on, all of it in sight."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"
SIZES = [(1280, 800), (1440, 900), (390, 844)]

Serve = Callable[[Path], str]
Idle = Callable[[Page], None]


def canvas(page: Page) -> Locator:
    found = page.locator(".player canvas")
    expect(found).to_have_attribute("data-drawn", re.compile(r"\d+"))
    return found


def sentences(page: Page) -> Locator:
    return page.locator(".player .story button")


def test_the_story_moves_by_itself_and_is_stopped_by_space(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(serve(APP))
    picture = canvas(page)
    expect(picture).to_have_attribute("data-frame", re.compile("[1-9]"))
    expect(sentences(page).first).to_have_attribute("aria-current", "step")
    idle(page)
    page.keyboard.press("Space")
    expect(picture).to_have_attribute("data-playing", "false")
    page.keyboard.press("Space")
    expect(picture).to_have_attribute("data-playing", "true")


def test_a_sentence_begins_its_chapter_and_the_last_one_tells_the_number(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(serve(APP))
    canvas(page)
    idle(page)
    number = page.locator(".player .readout")
    expect(number).to_be_empty()
    sentences(page).nth(3).click()
    expect(sentences(page).nth(3)).to_have_attribute("aria-current", "step")
    expect(sentences(page).first).not_to_have_attribute("aria-current", "step")
    expect(number).to_contain_text("TV")
    slider = page.get_by_role("slider", name="Reverse time")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^t = 1,"))
    share = re.search(r"([\d.]+) %", sentences(page).nth(3).inner_text())
    said = re.search(r"= ([\d.]+)", number.inner_text())
    assert share
    assert said
    assert float(share[1]) == pytest.approx(100 * float(said[1]), abs=0.06)


def test_without_motion_a_sentence_shows_its_last_picture(
    browser: Browser, serve: Serve, idle: Idle
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(serve(APP))
    picture = canvas(page)
    expect(picture).to_have_attribute("data-playing", "false")
    sentences(page).nth(2).click()
    expect(picture).to_have_attribute("data-frame", "49")
    expect(picture).to_have_attribute("data-playing", "false")
    context.close()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("address", ["", "trajectories"])
def test_picture_and_controls_share_the_first_screen(
    browser: Browser, serve: Serve, idle: Idle, address: str, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{serve(APP)}/{address}")
    picture = canvas(page)
    idle(page)
    play = page.get_by_role("button", name=re.compile("^(Play|Pause)$"))
    for part in (picture, play, page.get_by_role("slider", name="Reverse time")):
        box = part.bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height, part
    context.close()


def test_the_three_ways_on_are_open(page: Page, serve: Serve, idle: Idle) -> None:
    for name, title in (
        ("Lessons", "Lessons"),
        ("Syllabus", "Syllabus"),
        ("Reverse trajectories", "Reverse trajectories"),
    ):
        page.goto(serve(APP))
        canvas(page)
        idle(page)
        page.get_by_test_id("stMain").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
