"""On a phone: the menu gets out of the way, and nothing lies over the picture's controls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"
COVERED = """() => {
    const host = document.querySelector("[data-testid=stBidiComponentIsolated]");
    const controls = host.shadowRoot.querySelectorAll(".play, .scrub, .speed, .save, .full");
    return [...controls].filter((e) => {
        e.scrollIntoView({ block: "nearest" });
        const { left, top, width, height } = e.getBoundingClientRect();
        const at = host.shadowRoot.elementFromPoint(left + width / 2, top + height / 2);
        return !(at && (e === at || e.contains(at)));
    }).map((e) => e.className);
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def test_the_menu_closes_after_a_choice_and_stays_closed(
    phone: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    phone.goto(f"{serve(APP)}/syllabus")
    idle(phone)
    menu = phone.get_by_test_id("stSidebar")
    expect(menu).not_to_be_in_viewport()
    phone.get_by_test_id("stExpandSidebarButton").tap()
    expect(menu).to_be_in_viewport()
    menu.get_by_role("link", name="When it fails").tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("When it fails")
    expect(menu).not_to_be_in_viewport()
    idle(phone)
    expect(menu).not_to_be_in_viewport()


def test_nothing_covers_the_controls_of_the_picture(
    phone: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    phone.goto(f"{serve(APP)}/failures")
    expect(phone.locator(".player canvas[data-drawn]")).to_be_visible()
    idle(phone)
    assert phone.evaluate(COVERED) == []
