"""The forward page in a real browser: the film runs, handles make schedules by mouse and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from player_steps import frame, pause, play_from_the_start, wait_beyond
from playwright.sync_api import Locator, Page, expect

from dashboard.link.permalink import decode
from diffusion_core import Experiment
from diffusion_core.schedules import Custom, Theory
from diffusion_core.studies.forward import log_snr
from tests.browser.menus import go

APP = Path(__file__).resolve().parents[2] / "app.py"

Open = Callable[..., Locator]


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    """show(width) -> the editor's handles on the forward page, once it is complete."""

    def visit(width: int = 1280) -> Locator:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{serve(APP)}/forward")
        handles = page.locator(".editor .handle")
        expect(handles).to_have_count(8)
        idle(page)
        return handles

    return visit


def linked(page: Page) -> Experiment:
    """The experiment that the address bar holds."""
    found = parse_qs(urlsplit(page.url).query).get("e")
    return decode(found[0]) if found else Experiment(preset="three-modes")


def schedule_box(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("combobox", name="Noise schedule")


def drag(page: Page, handle: Locator, dx: float, dy: float) -> None:
    knob = handle.locator(".knob")
    knob.hover()  # waits until it stands still
    box = knob.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


def value(handle: Locator) -> float:
    return float(handle.get_attribute("aria-valuenow") or "nan")


def wait_for_link(page: Page) -> None:
    page.wait_for_url(re.compile(r"[?&]e="))


def test_the_film_runs_from_data_to_noise(page: Page, show: Open) -> None:
    show()
    canvas = page.locator(".player canvas")
    wait_beyond(canvas, 0)  # by itself
    play_from_the_start(page, canvas)
    wait_beyond(canvas, 2)
    pause(page, canvas)
    place = frame(canvas)
    assert 2 < place < 100
    expect(page.locator(".player .time")).to_have_text(f"t = {place} of 100")
    expect(page.locator(".player .readout")).to_contain_text("SNR")


def test_a_handle_dragged_by_the_mouse_becomes_the_schedule(
    page: Page, show: Open, idle: Callable[[Page], None]
) -> None:
    handles = show()
    before = [value(handles.nth(i)) for i in range(8)]
    drag(page, handles.nth(4), 24, 30)
    wait_for_link(page)
    idle(page)
    after = [value(handles.nth(i)) for i in range(8)]
    assert after[4] < before[4] - 1
    assert [v for i, v in enumerate(after) if i != 4] == [v for i, v in enumerate(before) if i != 4]
    found = linked(page)
    assert isinstance(found.schedule, Custom)
    assert found.steps == 100
    moved = log_snr(found.chain, range(1, 101))  # type: ignore[arg-type]
    start = log_snr(Theory().chain(100), range(1, 101))  # type: ignore[arg-type]
    assert moved[0] == pytest.approx(start[0], abs=1e-3)
    assert (moved - start)[55:65].max() < -0.5
    expect(schedule_box(page)).to_have_value("Custom")


def test_keys_move_a_handle_and_undo_brings_the_named_schedule_back(
    page: Page, show: Open, idle: Callable[[Page], None]
) -> None:
    handles = show()
    handle = handles.nth(2)
    before = value(handle)
    handle.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Shift+ArrowDown"):
        handle.press(key)
    assert value(handle) == pytest.approx(before - 0.2 - 1.0, abs=0.011)
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^t = \d+, log-SNR .*ᾱ = 0\."))
    wait_for_link(page)
    idle(page)
    assert isinstance(linked(page).schedule, Custom)
    expect(handle).to_be_focused()
    undo = page.get_by_role("button", name="Undo", exact=True)
    while undo.is_enabled():  # keys pressed slowly are moves of their own
        handle.press("Control+z")
    page.wait_for_url(re.compile(r"/forward/?$"))
    idle(page)
    assert value(handle) == before
    assert linked(page).schedule == Theory()
    expect(undo).to_be_disabled()


def test_a_handle_stops_at_its_neighbours(
    page: Page, show: Open, idle: Callable[[Page], None]
) -> None:
    handles = show()
    drag(page, handles.nth(3), 0, -400)
    wait_for_link(page)
    idle(page)
    assert value(handles.nth(3)) <= value(handles.nth(2))
    drag(page, handles.nth(3), 900, 400)
    assert value(handles.nth(3)) >= value(handles.nth(4))


def test_reset_and_a_remembered_drawing(
    page: Page, show: Open, idle: Callable[[Page], None]
) -> None:
    handles = show()
    drag(page, handles.nth(5), 0, 20)
    wait_for_link(page)
    idle(page)
    drawn = [value(handles.nth(i)) for i in range(8)]
    go(page, "Reverse trajectories")
    expect(page.get_by_role("heading", name="Reverse trajectories")).to_be_visible()
    idle(page)
    assert isinstance(linked(page).schedule, Custom)
    go(page, "Forward process")
    expect(handles).to_have_count(8)
    idle(page)
    assert [value(handles.nth(i)) for i in range(8)] == drawn
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_url(re.compile(r"/forward/?$"))


def test_nothing_is_wider_than_a_phone(page: Page, show: Open) -> None:
    handles = show(390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for i in (0, 7):
        box = handles.nth(i).locator(".knob").bounding_box()
        assert box
        assert 0 < box["x"] < 390 - box["width"]
