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


def test_a_presented_lesson_goes_on_by_the_keys_of_a_remote(
    page: Page, serve: Serve, idle: Idle
) -> None:
    page.goto(f"{serve(APP)}/lessons?lesson=noising&present=on")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    press(page, "Next", "PageDown")
    expect(page).to_have_url(re.compile("step=2"))
    idle(page)
    assert "present=on" in page.url
    press(page, "Back", "PageUp")
    expect(page).not_to_have_url(re.compile("step=2"))
