"""axe-core on every page and all that it opens, light and dark; on a phone, and at 200 %."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.navigation import PAGES
from tests.quick import SMALL

APP = Path(__file__).resolve().parents[2] / "app.py"
SERIOUS = {"serious", "critical"}
OURS_TOO = {"heading-order", "empty-table-header"}  # moderate for axe, and ours to avoid
STREAMLITS = {
    "list": "stSidebarNavItems",
    "listitem": "stSidebarNav",
    "scrollable-region-focusable": "stPopoverBody",
}
"""Rules that Streamlit's own elements break, each with the test id that they lie in.

In a narrow window its menu has the headings of sections among the items of a list. What opens below
a button takes no focus where it holds words alone; browsers let Tab stop there where it scrolls.
"""
CONTRAST = {"runOnly": ["color-contrast"]}  # all that another scheme can change
DEPTH = 4  # expanders in expanders
NARROW = [(390, 844), (640, 400)]  # a phone, and 1280 x 800 at 200 %
LEAST_PLOT = 100  # pixels of height: below it a figure shows its legend alone
ELSEWHERE = [
    "lessons?lesson=first-words",
    "lessons?lesson=first-words&step=2&answers=a",
    "lessons?lesson=first-words&present=on",
    "trajectories?particles=200&present=on",
    "trajectories?particles=200&embed=true",
]

CLOSED = """() => {
    const all = document.querySelectorAll("[data-testid=stExpander] details:not([open]) > summary");
    const seen = [...all].filter((summary) => summary.checkVisibility());
    seen.forEach((summary) => summary.click());
    return seen.length;
}"""
NO_FADING = """() => !document.getAnimations().some(
    (one) => one instanceof CSSTransition && one.playState === "running")"""
OUT = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    return main.scrollWidth - main.clientWidth;
}"""
PLOTS = """() => [...document.querySelectorAll("[data-testid=stMain] .nsewdrag")]
    .filter((plot) => plot.checkVisibility()).map((plot) => plot.getBoundingClientRect().height)"""

GROUND = "element => getComputedStyle(element).backgroundColor"

Serve = Callable[[Path], str]
Idle = Callable[[Page], None]


def violations(page: Page, options: dict[str, Any] | None = None) -> Iterator[str]:
    """What is serious and ours, each with its rule, its selector and its markup."""
    found: dict[str, Any] = Axe().run(page, options=options).response
    for violation in found["violations"]:
        if violation["impact"] not in SERIOUS and violation["id"] not in OURS_TOO:
            continue
        own = f"[data-testid={STREAMLITS.get(violation['id'], 'none')}]"
        for node in violation["nodes"]:
            if page.locator(node["target"][0]).first.evaluate("(e, own) => e.closest(own)", own):
                continue
            yield f"{violation['id']}: {node['target']} {node['html'][:200]}"


def in_both_schemes(page: Page, idle: Idle) -> Iterator[str]:
    """In light all rules wherever the page can be opened; then in dark contrast, as it is left."""
    for what in chain(expanded(page, idle), tabs(page, idle), popovers(page, idle)):
        yield from (f"{what}: {one}" for one in violations(page))
    page.emulate_media(color_scheme="dark")
    idle(page)
    page.wait_for_function(NO_FADING)
    for what in chain(["page"], popovers(page, idle)):
        yield from (f"dark, {what}: {one}" for one in violations(page, CONTRAST))


def expanded(page: Page, idle: Idle) -> Iterator[str]:
    """Opens all expanders, and those in them."""
    for _ in range(DEPTH):
        if not page.evaluate(CLOSED):
            break
        idle(page)
    yield "all expanders"


def tabs(page: Page, idle: Idle) -> Iterator[str]:
    """Opens one tab after the other; yields what is open."""
    for tab in page.get_by_role("tab", selected=False).all():
        if tab.is_visible():
            tab.click()
            idle(page)
            yield f"tab {tab.inner_text()}"


def popovers(page: Page, idle: Idle) -> Iterator[str]:
    """Opens one popover after the other; yields what is open."""
    for popover in page.locator("[data-testid=stPopover] button").all():
        if popover.is_visible():
            popover.click()
            idle(page)
            yield f"popover {popover.inner_text()}"
            page.keyboard.press("Escape")


@pytest.fixture(scope="module")
def visited(browser: Browser, serve: Serve, idle: Idle) -> Iterator[Callable[[str], Page]]:
    """visited(address) -> the page there, its script at rest, in one context for all."""
    context = browser.new_context(reduced_motion="reduce", color_scheme="light")
    context.set_default_timeout(60_000)
    page = context.new_page()

    def visit(address: str) -> Page:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{serve(APP)}/{address}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        idle(page)
        return page

    yield visit
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_and_what_it_opens(visited: Callable[[str], Page], idle: Idle, name: str) -> None:
    page = visited(f"{'' if name == 'home' else name}?{SMALL.get(name, '')}")
    found = list(in_both_schemes(page, idle))
    assert not found, "\n".join(found)
    expect(page.locator(".player[data-playing=true]")).to_have_count(0)  # as motion is not welcome
    least = min([LEAST_PLOT, *page.evaluate(PLOTS)])
    for width, height in NARROW:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"({OUT})() <= 0")  # nothing to the right of the window
        idle(page)
        assert min(page.evaluate(PLOTS), default=least) >= least


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_lesson_a_presentation_and_an_embedded_page(
    visited: Callable[[str], Page], idle: Idle, address: str
) -> None:
    found = list(in_both_schemes(visited(address), idle))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("address", ["trajectories?particles=200", "lessons?lesson=first-words"])
def test_on_a_phone_with_and_without_the_menu(
    visited: Callable[[str], Page], idle: Idle, address: str
) -> None:
    page = visited(address)
    page.set_viewport_size({"width": 390, "height": 844})
    found = list(violations(page))
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_test_id("stSidebar")).to_be_in_viewport()
    found += [f"menu: {one}" for one in violations(page)]
    assert not found, "\n".join(found)


def test_choices_and_sliders_are_seen_in_a_readers_own_colours(
    browser: Browser, serve: Serve, idle: Idle
) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{serve(APP)}/discrete")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    chosen, other = (
        page.locator(f"button[data-variant]{which}").first.evaluate(GROUND)
        for which in ("[data-selected=true]", ":not([data-selected=true])")
    )
    assert chosen != other
    thumb = page.locator("[data-testid=stSlider] div:has(> [data-testid=stSliderThumbValue])")
    assert thumb.first.evaluate("e => getComputedStyle(e).borderTopWidth") == "6px"
    words = page.locator(".film .track .output").first.evaluate(GROUND)
    assert words != page.locator("body").evaluate(GROUND)
    page.goto(f"{serve(APP)}/lessons?lesson=first-words&step=2")
    commit = page.get_by_role("button", name="Commit and measure")
    assert commit.evaluate("e => getComputedStyle(e).color") != commit.evaluate(GROUND)
    context.close()
