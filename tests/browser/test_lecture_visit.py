"""A lecturer's locked link in a real browser, and a presentation that ends on a key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from diffusion_core import Experiment
from tests.browser.waiting import frames

APP = Path(__file__).resolve().parents[2] / "app.py"
Idle = Callable[[Page], None]
Serve = Callable[[Path], str]


def press(page: Page, button: str, key: str) -> None:
    """Press the key that stands for a button, once that is there and the page listens for it."""
    expect(page.get_by_role("button", name=f"{button} Shortcut")).to_be_enabled()
    frames(page, 2)
    page.keyboard.press(key)


def test_a_locked_link_keeps_what_it_locks_and_leads_back(
    page: Page, serve: Serve, idle: Idle
) -> None:
    lecture = json.dumps(Experiment(preset="three-modes", steps=12).to_dict())
    page.goto(f"{serve(APP)}/trajectories?e={lecture}&lock=steps,sampler&hide=seed")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    expect(page.get_by_role("slider", name="Steps T")).to_be_disabled()
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_hidden()
    expect(page.get_by_text("For a class")).to_have_count(0)
    page.get_by_role("spinbutton", name="c₁").fill("6")
    page.get_by_role("spinbutton", name="c₁").press("Enter")
    page.wait_for_url("**c1%22%3A6**")
    idle(page)
    page.get_by_role("button", name="Back to the lecturer's settings").click()
    expect(page.get_by_role("spinbutton", name="c₁")).to_have_value("4")
    expect(page).to_have_url(re.compile("lock=steps%2Csampler"))
    expect(page.get_by_role("slider", name="Steps T")).to_be_disabled()


def test_a_presentation_has_no_frame_and_ends_on_escape(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(f"{serve(APP)}/trajectories?present=on")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    press(page, "End the presentation", "Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


SEEN = """() => {
    const cards = [...document.querySelectorAll("[class*=st-key-card-]")];
    const seen = cards.filter((card) => card.checkVisibility()).map((card) => card.className);
    return `${location.search} ${seen}`;
}"""
TURNED = f"before => ({SEEN})() !== before"
FOLD = """() => {
    const cards = [...document.querySelectorAll("[class*=st-key-card-]")];
    const seen = cards.filter((card) => card.checkVisibility());
    return Math.max(...seen.map((card) => card.getBoundingClientRect().bottom)) - innerHeight;
}"""


def turn(page: Page, idle: Idle, button: str, key: str) -> None:
    """Press the key of a button of the deck, and wait until another card is in sight."""
    before = page.evaluate(SEEN)
    press(page, button, key)
    page.wait_for_function(TURNED, arg=before)
    idle(page)


def test_a_presented_lesson_is_a_deck_whose_cards_fit_the_screen(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(f"{serve(APP)}/lessons?lesson=sampling&present=on")
    expect(page.get_by_role("button", name="Next Shortcut")).to_be_enabled()
    idle(page)
    expect(page.get_by_role("button", name=re.compile("^Back"))).to_have_count(1)
    turned = 0
    while "lesson=sampling" in page.url:
        shown = page.get_by_role("button", name="Show the answer Shortcut")
        turn(page, idle, "Show the answer" if shown.count() else "Next", "PageDown")
        page.wait_for_function(f"({FOLD})() <= 0")
        assert "present=on" in page.url
        turned += 1
    assert turned > 10
    expect(page).to_have_url(re.compile("lesson=measuring"))


def test_the_deck_goes_back_and_shows_its_contents(page: Page, serve: Serve, idle: Idle) -> None:
    page.goto(f"{serve(APP)}/lessons?lesson=noising&step=4&answers=16.c&present=on")
    expect(page.get_by_role("button", name="Show the answer Shortcut")).to_be_enabled()
    idle(page)
    turn(page, idle, "Show the answer", "PageDown")
    expect(page).to_have_url(re.compile("answers=16.c.c"))
    turn(page, idle, "Back", "PageUp")
    expect(page).to_have_url(re.compile("step=3"))
    press(page, "Contents", "o")
    contents = page.get_by_role("dialog")
    expect(contents).to_be_visible()
    page.keyboard.press("Escape")
    expect(contents).to_be_hidden()
    assert "present=on" in page.url
    expect(page.get_by_role("button", name="End the presentation Shortcut")).to_be_visible()
    press(page, "Contents", "o")
    contents.get_by_role("button", name=re.compile("^2")).click()
    expect(page).to_have_url(re.compile("step=2"))
    expect(contents).to_be_hidden()


def test_a_key_shows_a_code_and_escape_closes_it_first(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(f"{serve(APP)}/lessons?lesson=noising&step=2&present=on")
    expect(page.get_by_role("button", name="Show the answer Shortcut")).to_be_enabled()
    idle(page)
    press(page, "Link for the class", "q")
    code = page.get_by_role("dialog")
    expect(code.get_by_role("img")).to_be_visible()
    expect(code).to_contain_text("lessons?lesson=noising")
    expect(code).not_to_contain_text("step=2")
    page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    assert "present=on" in page.url
    press(page, "End the presentation", "Escape")
    expect(page).not_to_have_url(re.compile("present"))
