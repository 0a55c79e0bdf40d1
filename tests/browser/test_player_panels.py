"""Several panels on one clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from player_steps import (
    COLORS,
    Open,
    box_pixels,
    boxes,
    colored,
    opener,
    scrub,
)
from playwright.sync_api import Page, expect


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    return opener(page, serve, idle)


@pytest.mark.parametrize("dimension", [1, 2])
def test_the_same_noise_gives_the_same_pixels(page: Page, show: Open, dimension: int) -> None:
    canvas = show(f"demo=ode,ddpm&d={dimension}&layers=particles")
    scrub(page, canvas, 0)
    one, two = (box_pixels(canvas, box) for box in boxes(canvas))
    assert one == two
    scrub(page, canvas, 30)
    one, two = (box_pixels(canvas, box) for box in boxes(canvas))
    assert one != two


def test_panels_of_any_length_keep_in_step(page: Page, show: Open) -> None:
    canvas = show("demo=ode,ddpm&d=1&steps=61,13&n=100")
    for place, frames in [(0, "0 0"), (30, "30 6"), (31, "31 6"), (60, "60 12")]:
        scrub(page, canvas, place)
        expect(canvas).to_have_attribute("data-frames", frames)
    page.locator(".player").press("ArrowLeft")
    expect(canvas).to_have_attribute("data-frames", "59 12")
    expect(page.locator(".player .time")).to_have_text("t = 2 of 61")
    readout = page.locator(".player .readout")
    expect(readout).to_contain_text("ODE (probability flow): TV(qt, pt) = ")
    expect(readout).to_contain_text("; DDPM: TV(qt, pt) = ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_four_panels_fit(page: Page, show: Open, size: tuple[int, int], scheme: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    canvas = show("demo=ode,ddpm,ode,ddpm&d=2&steps=40,40,12,12&n=300")
    scrub(page, canvas, 30)
    places = boxes(canvas)
    assert len({box["left"] for box in places}) == (2 if size[0] > 700 else 1)
    assert len({(box["width"], box["height"]) for box in places}) == 1
    for box in places:
        for color in COLORS[scheme].values():
            assert colored(canvas, color, box) > 200
    assert page.locator(".player").evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_particle_is_followed_in_all(page: Page, show: Open) -> None:
    canvas = show("demo=ode,ddpm&d=2&n=200")
    scrub(page, canvas, 30)
    box = boxes(canvas)[1]
    middle = {"x": box["left"] + box["width"] / 2, "y": box["top"] + box["height"] / 2}
    canvas.click(position=middle)
    expect(page.locator(".player .followed")).to_contain_text("DDPM: Y30 = (")
    page.get_by_label("Speed", exact=True).select_option("slow")
    headings = page.locator(".player .formula .heading")
    expect(headings.nth(0)).to_contain_text("ODE (probability flow): t = 30 → 29, part 1 of 2")
    expect(headings.nth(1)).to_contain_text("DDPM: t = 30 → 29, part 1 of 3")
    for _ in range(3):
        page.locator(".player").press("ArrowRight")
    expect(canvas).to_have_attribute("data-frames", "31 31")


def test_saves_all_panels(page: Page, show: Open) -> None:
    canvas = show("demo=ode,ddpm&d=1&n=100")
    scrub(page, canvas, 30)
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture (PNG)").click()
    assert download.value.suggested_filename == "reverse-process-t30.png"
    header = Path(download.value.path()).read_bytes()[:24]
    width, height = canvas.evaluate("c => [c.clientWidth, c.clientHeight]")
    assert int.from_bytes(header[16:20], "big") == 2 * (width + 32)
    assert int.from_bytes(header[20:24], "big") == 2 * (height + 56)


def test_a_forward_process_runs_from_data_to_noise(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=2&n=100&forward=1")
    scrub(page, canvas, 10)
    expect(page.get_by_role("slider", name="Forward time")).to_have_value("10")
    expect(page.locator(".player .time")).to_have_text("t = 10 of 59")
    group = page.get_by_role("group", name="Animation from data to noise")
    group.press("f")
    expect(page.locator(".player .followed")).to_contain_text("X10 = (")
