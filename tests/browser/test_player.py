"""One panel in a real browser: plays, stops, steps, keeps its place, is drawn in both themes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from player_steps import (
    COLORS,
    COUNT_PIXELS,
    Open,
    colored,
    drawn,
    frame,
    opener,
    pause,
    pixels,
    play_from_the_start,
    scrub,
    wait_beyond,
)
from playwright.sync_api import Page, expect

from tests.browser.waiting import frames, out_of_sight, reloaded


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    return opener(page, serve, idle)


@pytest.mark.parametrize("dimension", [1, 2])
def test_plays_by_itself_and_stops_when_paused(page: Page, show: Open, dimension: int) -> None:
    canvas = show(f"d={dimension}")
    wait_beyond(canvas, 0)
    scrub(page, canvas, 0)
    before = pixels(canvas)
    play_from_the_start(page, canvas)
    assert pixels(canvas) != before
    pause(page, canvas)
    still, count = pixels(canvas), drawn(canvas)
    frames(canvas, 20)
    assert pixels(canvas) == still
    assert drawn(canvas) == count


def test_stops_at_the_data_and_starts_again_from_noise(page: Page, show: Open) -> None:
    canvas = show("frames=20")
    page.get_by_label("Speed", exact=True).select_option("2")
    expect(canvas).to_have_attribute("data-playing", "false")
    frames(canvas)
    assert frame(canvas) == 19
    page.get_by_label("Speed", exact=True).select_option("0.25")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("c => Number(c.dataset.frame) < 19", arg=canvas.element_handle())
    expect(canvas).to_have_attribute("data-playing", "true")


@pytest.mark.parametrize("dimension", [1, 2])
def test_same_frame_gives_the_same_pixels(page: Page, show: Open, dimension: int) -> None:
    canvas = show(f"d={dimension}")
    seen = []
    for place in (43, 80, 43):
        scrub(page, canvas, place)
        seen.append(pixels(canvas))
    assert seen[0] == seen[2] != seen[1]
    expect(canvas).to_have_attribute("data-playing", "false")


def test_says_where_it_is(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 43)
    slider = page.get_by_role("slider", name="Reverse time")
    expect(slider).to_have_attribute("aria-valuetext", "t = 57, step 43 of 99")
    expect(page.locator(".player .time")).to_have_text("t = 57 of 100")
    expect(page.locator(".player .readout")).to_have_text("TV(qt, pt) = 0.0087 ± 2e-9")
    expect(page.locator(".player .readout")).to_have_attribute("aria-live", "polite")


def test_keyboard(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 40)
    group = page.get_by_role("group", name="Animation from noise to data")
    group.focus()
    for key, place in [("ArrowRight", 41), ("ArrowLeft", 40), ("Home", 0), ("End", 99)]:
        group.press(key)
        expect(canvas).to_have_attribute("data-frame", str(place))
    group.press(" ")
    expect(canvas).to_have_attribute("data-playing", "true")
    group.press(" ")
    expect(canvas).to_have_attribute("data-playing", "false")


def test_keys_of_the_controls_keep_their_meaning(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 40)
    page.get_by_role("slider", name="Reverse time").press("ArrowRight")
    expect(canvas).to_have_attribute("data-frame", "41")
    page.get_by_role("button", name="Back one step").press("ArrowLeft")
    expect(canvas).to_have_attribute("data-frame", "40")
    page.get_by_role("button", name="Forward one step").press(" ")
    expect(canvas).to_have_attribute("data-frame", "41")
    speed = page.get_by_label("Speed", exact=True)
    speed.press("Home")
    frames(canvas)
    assert frame(canvas) == 41
    expect(canvas).to_have_attribute("data-playing", "false")


def test_buttons_step_and_do_not_leave_the_range(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 98)
    forward = page.get_by_role("button", name="Forward one step")
    forward.click()
    forward.click()
    expect(canvas).to_have_attribute("data-frame", "99")
    page.get_by_role("button", name="To start").click()
    expect(canvas).to_have_attribute("data-frame", "0")
    page.get_by_role("button", name="Back one step").click()
    frames(canvas)
    assert frame(canvas) == 0


def test_another_widget_does_not_disturb_it(
    page: Page, show: Open, idle: Callable[[Page], None]
) -> None:
    canvas = show()
    play_from_the_start(page, canvas)
    place = frame(canvas)
    page.get_by_role("button", name="Unrelated").click()
    expect(page.get_by_text("clicked", exact=True)).to_be_visible()
    idle(page)
    expect(canvas).to_have_attribute("data-playing", "true")
    assert frame(canvas) >= place
    wait_beyond(canvas, frame(canvas))


def test_new_data_keeps_the_share_of_reverse_time(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 33)
    field = page.get_by_role("spinbutton", name="Frames")
    field.fill("61")
    field.press("Enter")
    expect(page.get_by_role("slider", name="Reverse time")).to_have_attribute("max", "60")
    expect(canvas).to_have_attribute("data-frame", "20")
    expect(canvas).to_have_attribute("data-playing", "false")


def test_new_data_goes_on_playing(page: Page, show: Open) -> None:
    canvas = show()
    play_from_the_start(page, canvas)
    wait_beyond(canvas, 10)
    loads = canvas.get_attribute("data-loads")
    field = page.get_by_role("spinbutton", name="Frames")
    field.fill("500")
    field.press("Enter")
    expect(page.get_by_role("slider", name="Reverse time")).to_have_attribute("max", "499")
    reloaded(canvas, loads)
    expect(canvas).to_have_attribute("data-playing", "true")
    assert frame(canvas) > 50
    wait_beyond(canvas, frame(canvas))


def test_reduced_motion(page: Page, show: Open) -> None:
    page.emulate_media(reduced_motion="reduce")
    canvas = show("frames=10")
    frames(canvas, 20)
    assert frame(canvas) == 0
    expect(canvas).to_have_attribute("data-playing", "false")
    page.get_by_label("Speed", exact=True).select_option("2")
    before = drawn(canvas)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(canvas).to_have_attribute("data-playing", "false")
    frames(canvas)
    assert frame(canvas) == 9
    assert drawn(canvas) - before <= 12  # one picture per frame, none in between


def test_rests_while_out_of_sight(page: Page, show: Open) -> None:
    page.set_viewport_size({"width": 1280, "height": 300})
    canvas = show()
    out_of_sight(page.locator(".player .stage"))
    frames(canvas)
    before = drawn(canvas)
    frames(canvas, 20)
    assert drawn(canvas) == before
    canvas.scroll_into_view_if_needed()
    wait_beyond(canvas, frame(canvas))


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_laws_are_seen_and_nothing_overflows(
    page: Page, show: Open, scheme: str, size: tuple[int, int], dimension: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    canvas = show(f"d={dimension}")
    scrub(page, canvas, 60)
    for color in COLORS[scheme].values():
        assert colored(canvas, color) > 300
    player = page.locator(".player")
    page.get_by_role("button", name="Save", exact=True).click()
    menu = page.get_by_role("group", name="Save as").bounding_box()
    assert menu is not None
    assert 0 <= menu["x"] < menu["x"] + menu["width"] <= size[0]
    assert player.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size[0] < 640:
        # nothing can be dragged here; tests/browser/test_drag_visit.py has those controls
        for control in player.locator("button, select, input").filter(visible=True).all():
            box = control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44


def test_points_outside_are_counted(page: Page, show: Open) -> None:
    canvas = show("outside=1")
    scrub(page, canvas, 0)
    expect(page.locator(".player .readout")).to_contain_text(re.compile(r"· \d+ outside the view"))


def test_follows_a_change_of_theme(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 60)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".player")).to_have_attribute("data-theme", "dark")
    page.wait_for_function(
        f"([c, color]) => ({COUNT_PIXELS})(c, color) > 300",
        arg=[canvas.element_handle(), [*COLORS["dark"]["target"], None]],
    )
    assert frame(canvas) == 60


def test_saves_the_picture(page: Page, show: Open) -> None:
    canvas = show()
    scrub(page, canvas, 43)
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture (PNG)").click()
    assert download.value.suggested_filename == "reverse-process-t57.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
