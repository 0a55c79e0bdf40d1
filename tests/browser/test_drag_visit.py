"""Dragging a number in the player: the run follows at once, exact numbers with the server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.animation.line import scene
from diffusion_core import Experiment
from tests.browser.waiting import frames

APP = Path(__file__).resolve().parents[2] / "app.py"
AT_END = re.compile("^Particles and densities at t = 1: ")
PICTURE = "canvas => canvas.toDataURL()"
WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"
MOVE = 60_000  # bytes of a move on the line
START = Experiment(preset="three-modes", steps=20)
NEXT = START.with_(steps=25)  # the next on the scale

Idle = Callable[[Page], None]
Open = Callable[..., Locator]


def link(experiment: Experiment) -> str:
    return "e=" + json.dumps(experiment.to_dict())


def number(experiment: Experiment) -> str:
    """What the player says of the output's distance, from its first digit on."""
    return str(scene(experiment, 1, lambda *share: None).animation.readouts[-1]).split(" = ")[1]


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Idle) -> Open:
    """show(query) -> the canvas of the page's player, at rest on the output."""

    def visit(query: str) -> Locator:
        page.goto(f"{serve(APP)}/?{query}")
        canvas = page.locator(".player canvas")
        expect(canvas).to_have_attribute("data-drawn", re.compile(r"[1-9]"))
        idle(page)
        page.get_by_role("slider", name="Reverse time").press("End")
        expect(canvas).to_have_attribute("data-playing", "false")
        expect(canvas).to_have_attribute("aria-label", AT_END)
        return canvas

    return visit


def received(page: Page) -> list[int]:
    """The bytes of the server's messages about the player and its data, as they come."""
    sizes: list[int] = []

    def note(payload: bytes | str) -> None:
        if isinstance(payload, bytes) and b"reverse_process" in payload:
            sizes.append(len(payload))

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return sizes


def test_a_held_key_redraws_the_run_and_letting_go_brings_its_numbers(
    page: Page, show: Open, idle: Idle
) -> None:
    sizes = received(page)
    canvas = show(link(START))
    steps = page.get_by_role("slider", name="Steps T")
    before = canvas.evaluate(PICTURE)
    slider = page.get_by_role("slider", name="T", exact=True)
    slider.focus()
    page.keyboard.down("ArrowRight")  # held: the server is not told
    label = re.compile("^Particles and densities at t = 1, T = 25: ")
    expect(canvas).to_have_attribute("aria-label", label)
    frames(canvas)
    assert canvas.evaluate(PICTURE) != before
    idle(page)
    expect(page.locator(".drag-note")).to_contain_text("exact numbers follow")
    expect(page.locator(".time")).to_have_text("t = 1 of 25")
    expect(page.locator(".player .readout")).to_contain_text(f"{shown(START)} for T = 20")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    expect(steps).to_have_attribute("aria-valuetext", "20")
    assert "25" not in page.url
    assert len(sizes) >= 3  # the program, the run, and the ladder when the slider was touched
    told = len(sizes)
    page.keyboard.up("ArrowRight")
    expect(canvas).to_have_attribute("aria-label", AT_END)
    expect(steps).to_have_attribute("aria-valuetext", "25")
    page.wait_for_url("**steps%22%3A25**")
    idle(page)
    expect(page.locator(".player .readout")).to_contain_text(shown(NEXT))
    expect(page.locator(".drag-note")).to_have_text("")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    assert 0 < sum(sizes[told:]) < MOVE


def shown(experiment: Experiment) -> str:
    return number(experiment).replace("_", "")


def test_eta_c0_and_the_seed_are_dragged_where_there_are_such(
    page: Page, show: Open, idle: Idle
) -> None:
    canvas = show(link(START.with_(sampler="ddim", eta=0.5)))
    what = page.get_by_label("What to drag")
    for name, key, said, address in (
        ("η", "ArrowLeft", "η = 0.45", "eta%22%3A0.45"),
        ("c₀", "ArrowRight", "c₀ = 2.25", "c0%22%3A2.25"),
        ("seed", "ArrowRight", "seed = 1", "seed%22%3A1"),
    ):
        what.select_option(name)
        page.get_by_role("slider", name=name, exact=True).focus()
        page.keyboard.down(key)
        expect(canvas).to_have_attribute("aria-label", re.compile(f"at t = 1, {said}: "))
        page.keyboard.up(key)
        page.wait_for_url(f"**{address}**")
        expect(canvas).to_have_attribute("aria-label", AT_END)
        idle(page)


def test_what_a_link_fixes_and_what_cannot_be_made_again_is_not_dragged(
    page: Page, show: Open
) -> None:
    show(f"{link(START)}&lock=steps&hide=seed")
    expect(page.get_by_label("What to drag").locator("option")).to_have_text(["c₀"])
    show(link(START.with_(start="exact")))
    expect(page.locator(".drag")).to_be_hidden()


def test_the_control_fits_a_phone(page: Page, show: Open) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    show(link(START))
    expect(page.locator(".drag")).to_be_visible()
    width, window = page.evaluate(WIDTHS)
    assert width <= window
    for part in page.locator(".drag > *:visible").all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= window
    for control in page.locator(".drag select, .drag input").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
