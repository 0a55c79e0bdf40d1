"""A connection that breaks before the first answer, and a server that is killed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, WebSocketRoute, expect

APP = Path(__file__).with_name("fields_app.py")
LAB = Path(__file__).resolve().parents[2] / "app.py"
HEARD, BROKEN = 1, 4  # messages of the server until the browser hears no more, and until the break


def test_fields_keep_their_values(page: Page, serve: Callable[[Path], str]) -> None:
    connections: list[WebSocketRoute] = []

    def connect(browser: WebSocketRoute) -> None:
        connections.append(browser)
        server = browser.connect_to_server()
        if len(connections) > 1:
            return
        messages: list[str | bytes] = []

        def forward(message: str | bytes) -> None:
            messages.append(message)
            if len(messages) <= HEARD:
                browser.send(message)
            elif len(messages) == BROKEN:
                browser.close(code=3001, reason="lost")

        server.on_message(forward)

    page.route_web_socket("**/_stcore/stream*", connect)
    page.goto(serve(APP))
    said = page.get_by_text("4.5 and 50 in run")
    expect(said).to_be_visible(timeout=30_000)
    assert len(connections) == 2
    expect(page.get_by_label("Exponent")).to_have_value("4.5")
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "50")
    slider.press("ArrowRight")
    expect(page.get_by_text("4.5 and 100 in run")).to_be_visible()


def test_an_answer_that_is_not_given_yet_outlives_the_server(
    page: Page, restarted: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    page.goto(f"{restarted(LAB)}/lessons?lesson=score&step=2")
    commit = page.get_by_role("button", name="Commit and measure", exact=True)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(commit).to_be_enabled()
    idle(page)
    restarted(LAB)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    commit.click()
    expect(page).to_have_url(re.compile("answers=b"))


def test_the_first_choice_after_the_server_is_back_counts(
    page: Page, restarted: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    page.goto(f"{restarted(LAB)}/trajectories?particles=200")
    sampler = page.get_by_role("combobox", name="Sampler")
    expect(sampler).to_be_visible()
    idle(page)
    restarted(LAB)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    sampler.click()
    page.get_by_role("option", name="DDIM").click()
    expect(page).to_have_url(re.compile("ddim.*particles=200"))
    expect(page.get_by_role("slider", name="η")).to_be_visible()
    idle(page)
    expect(page.get_by_text("This app has encountered an error")).to_have_count(0)


def test_what_is_drawn_while_the_connection_is_lost_counts_when_it_is_back(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    connections: list[WebSocketRoute] = []
    lost = False

    def connect(browser: WebSocketRoute) -> None:
        if lost:
            browser.close(code=3001, reason="lost")
            return
        connections.append(browser)
        browser.connect_to_server()

    page.route_web_socket("**/_stcore/stream*", connect)
    page.goto(f"{serve(LAB)}/trajectories?particles=200")
    page.get_by_role("radio", name="Draw").click()
    pad = page.locator(".pad canvas")
    box = pad.bounding_box()
    idle(page)
    assert box is not None
    lost = True
    connections[-1].close(code=3001, reason="lost")
    app = page.get_by_test_id("stApp")
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 90, steps=10)
    page.mouse.up()
    expect(pad).not_to_have_attribute("data-size", "0")
    drawn = pad.get_attribute("data-size")
    assert "boxes" not in page.url
    lost = False
    expect(page).to_have_url(re.compile("boxes.*particles=200"))
    idle(page)
    expect(pad).to_have_attribute("data-size", str(drawn))
