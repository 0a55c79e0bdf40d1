"""A whole lesson in a real browser: by mouse and by keyboard, across a reload, to the worksheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from dashboard.lessons import LESSONS

APP = Path(__file__).resolve().parents[2] / "app.py"
WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"

Idle = Callable[[Page], None]


def answers(page: Page) -> str:
    return parse_qs(urlparse(page.url).query).get("answers", [""])[0]


def press(page: Page, idle: Idle, label: str) -> None:
    before = page.url
    page.get_by_role("button", name=label, exact=True).click()
    page.wait_for_url(lambda url: url != before)
    idle(page)


def choose(page: Page, idle: Idle, option: str, answer: str) -> None:
    """By keyboard: onto the first option, down to the one, and on to the button."""
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range("abc".index(option)):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth("abc".index(option))).to_be_checked()
    commit = page.get_by_role("button", name=answer, exact=True)
    expect(commit).to_be_enabled()
    commit.focus()
    page.keyboard.press("Enter")
    expect(commit).to_have_count(0)
    idle(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_whole_lesson(
    page: Page, serve: Callable[[Path], str], idle: Idle, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    lesson = LESSONS["score"]
    page.goto(f"{serve(APP)}/lessons")
    expect(page.get_by_role("heading", name="Lessons", exact=True)).to_be_visible()
    idle(page)
    page.get_by_role("link", name="Start lesson 3,").click()
    expect(page.get_by_role("heading", level=1, name=lesson.title)).to_be_visible()
    idle(page)
    press(page, idle, "Next")
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    expect(page.get_by_text("the expected clean point is")).to_have_count(0)
    choose(page, idle, "a", "Commit and measure")
    expect(page.get_by_text("Not quite.")).to_be_visible()
    expect(page.get_by_text("and the expected clean point is")).to_be_visible()
    traces = page.locator(".js-plotly-plot .scatterlayer .trace")
    expect(traces).to_have_count(5)  # two curves, the asked place, the guess and the measurement
    page.reload()
    expect(page.get_by_text("Not quite.")).to_be_visible()
    idle(page)
    assert answers(page) == "a"
    for option, said in (("a", "Commit and measure"), ("a", "Check"), ("b", "Check")):
        press(page, idle, "Next")
        choose(page, idle, option, said)
        expect(page.get_by_text("Yes.", exact=True)).to_be_visible()
    idle(page)
    assert answers(page) == "a.a.a.b"
    expect(page.get_by_text("What to keep:")).to_be_visible()
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_text("Worksheet, and start again").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the worksheet").click()
    sheet = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"{serve(APP)}/lessons?lesson=score" in sheet
    assert "Tweedie" in sheet
