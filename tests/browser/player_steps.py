"""What the tests of the player do and see: open, scrub, count the pixels of a colour in a box."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.waiting import frames, reloaded

APP = Path(__file__).with_name("player_app.py")
TARGET, OUTPUT = "target", "output"
COLORS = {
    "light": {TARGET: (0x00, 0x72, 0xB2), OUTPUT: (0xD5, 0x5E, 0x00)},
    "dark": {TARGET: (0x56, 0xB4, 0xE9), OUTPUT: (0xE6, 0x9F, 0x00)},
}
PARTS = {
    "light": [(0x00, 0x69, 0x4F), (0x96, 0x28, 0x8C), (0x7A, 0x4A, 0x00)],
    "dark": [(0x4B, 0xE0, 0xB4), (0xC7, 0x7D, 0xFF), (0xF0, 0xE4, 0x42)],
}
TEXT = {"light": (0x08, 0x0D, 0x12), "dark": (0xEA, 0xEF, 0xF4)}
COUNT_PIXELS = """(canvas, [r, g, b, box]) => {
    const scale = canvas.width / canvas.clientWidth;
    const area = box ? [box.left, box.top, box.width, box.height].map((x) => Math.round(x * scale))
        : [0, 0, canvas.width, canvas.height];
    const { data } = canvas.getContext("2d").getImageData(...area);
    const off = (i) => [r, g, b].reduce((sum, c, k) => sum + Math.abs(data[i + k] - c), 0);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i + 3] > 60 && off(i) < 30;
    return count;
}"""
BOX_PIXELS = """(canvas, box) => {
    const scale = canvas.width / canvas.clientWidth;
    const area = [box.left, box.top, box.width, box.height].map((x) => Math.round(x * scale));
    return canvas.getContext("2d").getImageData(...area).data.join(",");
}"""

Open = Callable[..., Locator]


def opener(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    """show(query) -> the player's canvas, once something is drawn on it."""

    def show(query: str = "") -> Locator:
        page.goto(f"{serve(APP)}/?{query}")
        idle(page)
        canvas = page.locator(".player canvas")
        expect(canvas).to_have_attribute("data-drawn", re.compile(r"\d+"))
        return canvas

    return show


def frame(canvas: Locator) -> int:
    return int(canvas.get_attribute("data-frame") or -1)


def drawn(canvas: Locator) -> int:
    return int(canvas.get_attribute("data-drawn") or 0)


def pixels(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def boxes(canvas: Locator) -> list[dict[str, Any]]:
    """The boxes of all views, in CSS pixels of the canvas."""
    return list(json.loads(canvas.get_attribute("data-boxes") or "[]"))


def colored(canvas: Locator, color: tuple[int, ...], box: dict[str, Any] | None = None) -> int:
    """How many device pixels have the colour, on the canvas or in a box of it."""
    return int(canvas.evaluate(COUNT_PIXELS, [*color, box]))


def box_pixels(canvas: Locator, box: dict[str, Any]) -> str:
    return str(canvas.evaluate(BOX_PIXELS, box))


def scrub(page: Page, canvas: Locator, place: int) -> None:
    page.get_by_role("slider", name=re.compile("(Reverse|Forward) time")).fill(str(place))
    expect(canvas).to_have_attribute("data-frame", str(place))
    expect(canvas).to_have_attribute("data-playing", "false")
    frames(canvas)  # a player on its way may have been at this place when it was asked


def play_from_the_start(page: Page, canvas: Locator) -> None:
    """At a quarter of the speed, so that there is time to look before the end."""
    page.get_by_label("Speed", exact=True).select_option("0.25")
    scrub(page, canvas, 0)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_beyond(canvas, 0)


def pause(page: Page, canvas: Locator) -> None:
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(canvas).to_have_attribute("data-playing", "false")
    frames(canvas)


def set_field(page: Page, name: str, text: str) -> None:
    """Fills a text field of the page and waits for the player to be drawn anew."""
    canvas = page.locator(".player canvas")
    loads = canvas.get_attribute("data-loads")
    field = page.get_by_role("textbox", name=name)
    field.fill(text)
    field.press("Enter")
    reloaded(canvas, loads)


def wait_beyond(canvas: Locator, place: int) -> None:
    canvas.page.wait_for_function(
        "([canvas, place]) => Number(canvas.dataset.frame) > place",
        arg=[canvas.element_handle(), place],
    )
