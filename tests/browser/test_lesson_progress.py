"""A reader's answers are kept in the browser: the overview ticks them, in another visit too."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_answers_are_ticked_gone_on_with_and_forgotten(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    address = f"{serve(APP)}/lessons"
    page.goto(f"{address}?lesson=score&step=3&answers=a")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    page.wait_for_function(
        "() => Object.values(localStorage).some((kept) => kept.includes('score'))"
    )
    page.goto(address)  # as on another day: a new session, an address without answers
    begun = page.get_by_test_id("stMain").get_by_text(re.compile(r"1 of \d answers given"))
    expect(begun).to_be_visible()
    page.get_by_role("link", name=re.compile("^Go on with lesson")).click()
    expect(page).to_have_url(re.compile(r"lesson=score&.*answers=a"))
    idle(page)
    page.goto(address)
    page.get_by_role("button", name="Forget my answers in all lessons").click()
    expect(begun).to_have_count(0)
