"""Every page with a picture shows it, what moves it and its number on one screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.waiting import frames

APP = Path(__file__).resolve().parents[2] / "app.py"
PLAYED = (
    "trajectories?particles=200",
    "forward?particles=200",
    "compare?particles=200",
    "failures",
)
TALL = ("compare?particles=200", "challenges", "failures", "forward?particles=200")
DRAWN = ("convergence?from=8&to=16", "budget", "dimension", "imperfect_scores", "guidance")
LIMIT = 60_000  # ms, as for other pages
SIZES = [(1280, 800), (1440, 900)]
PHONE = (390, 844)
READING = ".st-key-reading [data-testid=stMarkdown]"

Serve = Callable[[Path], str]
Idle = Callable[[Page], None]
Show = Callable[[str, tuple[int, int]], Page]


@pytest.fixture(scope="module")
def shown(browser: Browser, serve: Serve, idle: Idle) -> Iterator[Show]:
    """shown(address, size) -> the page of the app, once its script has run, in one context."""
    context = browser.new_context()
    context.set_default_timeout(LIMIT)
    page = context.new_page()

    def show(address: str, size: tuple[int, int]) -> Page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{serve(APP)}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        idle(page)
        return page

    yield show
    context.close()


def presented(address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}present=on"


def fits(page: Page, selector: str) -> None:
    """The first element of the selector is drawn and in sight from top to bottom, in the end."""
    page.wait_for_function(
        """selector => {
            const { top, bottom, height } = find(selector).getBoundingClientRect();
            return height > 0 && top >= 0 && bottom <= innerHeight;
            function find(selector, root = document) {
                const found = root.querySelector(selector);
                if (found) return found;
                for (const host of root.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
                    const inside = host.shadowRoot?.querySelector(selector);
                    if (inside) return inside;
                }
                return document.createElement("i");
            }
        }""",
        arg=selector,
    )


@pytest.mark.parametrize("address", PLAYED)
def test_picture_play_slider_and_number_share_a_screen(shown: Show, address: str) -> None:
    for where, size in [*((address, size) for size in SIZES), (presented(address), SIZES[0])]:
        page = shown(where, size)
        for part in (".stage canvas[data-drawn]", ".play", ".scrub", ".status"):
            fits(page, part)


@pytest.mark.parametrize("address", TALL)
def test_on_a_phone_play_and_number_are_on_the_first_screen(shown: Show, address: str) -> None:
    for where in (address, presented(address)):
        page = shown(where, PHONE)
        expect(page.locator(".player canvas[data-drawn]")).to_be_visible()
        for part in (".play", ".scrub", ".status"):
            fits(page, part)
        assert page.evaluate(SEEN) > 100  # of the picture, above its controls


def test_three_panels_are_moved_on_the_first_screen(shown: Show) -> None:
    page = shown("compare?particles=200&panels=3", SIZES[0])
    expect(page.locator(".player canvas[data-drawn]")).to_be_visible()
    for part in (".play", ".scrub", ".status"):
        fits(page, part)
    assert page.evaluate(SEEN) > 400


@pytest.mark.parametrize("address", ["lessons?lesson=noising", "trajectories?particles=200"])
def test_on_a_phone_nothing_of_a_presentation_lies_over_the_title(
    shown: Show, address: str
) -> None:
    page = shown(presented(address), PHONE)
    expect(page.get_by_role("button", name="End the presentation")).to_be_visible()
    assert page.evaluate(OVER_TITLE) == []


@pytest.mark.parametrize("address", DRAWN)
def test_figure_and_number_share_a_screen(shown: Show, address: str) -> None:
    for where, size in [*((address, size) for size in SIZES), (presented(address), SIZES[0])]:
        page = shown(where, size)
        fits(page, ".js-plotly-plot .main-svg")
        fits(page, READING)


SEEN = """() => {
    const host = document.querySelector("[data-testid=stBidiComponentIsolated]");
    const [stage, desk] = [".stage", ".desk"].map((s) => host.shadowRoot.querySelector(s));
    return desk.getBoundingClientRect().top - stage.getBoundingClientRect().top;
}"""
UNDER_HEADER = """e => {
    const top = e.getRootNode().querySelector(".stage").getBoundingClientRect().top;
    document.querySelector("[data-testid=stMain]").scrollBy(0, top - 60);
}"""
OVER_TITLE = """() => {
    const title = document.querySelector("h1").getBoundingClientRect();
    return [...document.querySelectorAll("button")].filter((button) => {
        const { top, bottom, width } = button.getBoundingClientRect();
        return width > 0 && button.checkVisibility() && top < title.bottom && bottom > title.top;
    }).map((button) => button.innerText);
}"""


def test_choices_stand_below_what_they_change(shown: Show) -> None:
    page = shown("convergence?from=8&to=16", SIZES[0])
    figure = page.locator(".js-plotly-plot").bounding_box()
    choices = page.locator("[aria-label=Samplers]").bounding_box()
    assert figure
    assert choices
    assert choices["y"] >= figure["y"] + figure["height"]


WATCH = """() => {
    window.tops = new Set();
    const look = () => {
        const reading = document.querySelector(".st-key-reading");
        const stage = document.querySelector(".st-key-stage");
        const kept = stage && parseFloat(getComputedStyle(reading).minHeight);
        if (kept > 0 && document.querySelector(".katex")) {
            window.tops.add(Math.round(stage.getBoundingClientRect().top));
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def test_places_are_kept_while_a_sweep_computes(browser: Browser, serve: Serve, idle: Idle) -> None:
    """Once the page is laid out, the figure stays where it is, from first number to last."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{serve(APP)}/convergence?from=8&to=64&samplers=ode,ddpm")
    fits(page, ".js-plotly-plot .main-svg")
    idle(page)
    fits(page, READING)
    tops = page.evaluate("[...window.tops]")
    context.close()
    assert max(tops) - min(tops) <= 2, tops


def test_an_embedded_page_shows_neither_sidebar_nor_menus(shown: Show) -> None:
    page = shown("trajectories?particles=200&embed=true", SIZES[0])
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    fits(page, ".play")


def test_at_double_size_the_picture_and_its_controls_share_the_screen(shown: Show) -> None:
    """1280 x 800 at 200 %, once the title is scrolled away."""
    page = shown("trajectories?particles=200", (640, 400))
    play = page.get_by_role("button", name=re.compile("^(Play|Pause)$"))
    expect(page.locator(".player canvas[data-drawn]")).to_be_visible()
    frames(page, 2)
    play.evaluate(UNDER_HEADER)
    for part in (".stage canvas[data-drawn]", ".play", ".scrub", ".status"):
        fits(page, part)
