"""Targets in the plane in a real browser: the difference as a heat map, exact numbers on call."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import pytest
from player_steps import boxes, scrub
from playwright.sync_api import Locator, Page, expect

from dashboard.compute.exact import QUICK
from diffusion_core import Experiment
from diffusion_core.laws.plane.cost import plane_cost
from diffusion_core.schedules import MAX_STEPS
from tests.browser.waiting import press_at_once

APP = Path(__file__).resolve().parents[2] / "app.py"
RING = Experiment(preset="three-modes").to_dict() | {
    "target": {"kind": "preset", "name": "ring-of-8"}
}
TINTS = """(canvas, box) => {  // pixels that are more red than blue, and the other way round
    const scale = canvas.width / canvas.clientWidth;
    const area = [box.left, box.top, box.width, box.height].map((x) => Math.round(x * scale));
    const { data } = canvas.getContext("2d").getImageData(...area);
    const counts = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
        const opacity = data[i + 3] / 255;
        counts[0] += (data[i] - data[i + 2]) * opacity > 20;
        counts[1] += (data[i + 2] - data[i]) * opacity > 20;
    }
    return counts;
}"""
OFFER = "Compute the exact distances"

Visit = Callable[..., Locator]


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str]) -> Visit:
    """show(address, changes) -> the canvas; the script may still be running."""

    def visit(address: str = "", **changes: object) -> Locator:
        page.goto(f"{serve(APP)}/trajectories?e={json.dumps(RING | changes)}{address}")
        canvas = page.locator(".player canvas")
        expect(canvas).to_have_attribute("data-drawn", re.compile(r"[1-9]"))
        return canvas

    return visit


@pytest.mark.parametrize("width", [1280, 390])
def test_the_difference_of_both_laws_is_drawn(
    page: Page, show: Visit, idle: Callable[[Page], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    canvas = show("&map=difference&layers=target", steps=12)
    player = page.locator(".player")
    expect(player).to_have_attribute("data-layers", "difference")
    expect(page.locator(".readout")).to_contain_text("TV(qt, pt) = ")
    idle(page)
    scrub(page, canvas, 11)
    (box,) = boxes(canvas)
    warm, cold = canvas.evaluate(TINTS, box)
    assert min(warm, cold) > 300  # too much of the output here, too little there
    scrub(page, canvas, 0)
    assert canvas.evaluate(TINTS, box) == [0, 0]  # N(0, I) is p_T to a thousandth
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_exact_numbers_come_when_they_are_asked_for(
    page: Page, show: Visit, idle: Callable[[Page], None]
) -> None:
    ring, every = Experiment.from_dict(RING), range(2, MAX_STEPS + 1)
    # the shortest run that costs more than what is begun unasked
    steps = every[bisect_right(every, QUICK, key=lambda t: plane_cost(ring.with_(steps=t)))]
    show(steps=steps)
    ask = page.get_by_role("button", name=OFFER)
    expect(ask).to_be_visible()
    reading = page.get_by_text(f"After {steps - 1:,} updates of ODE")
    expect(reading).not_to_contain_text("without sampling noise")
    ask.click()
    expect(reading).to_contain_text("without sampling noise")
    idle(page)
    expect(ask).to_have_count(0)


def test_exact_numbers_can_be_stopped(page: Page, show: Visit) -> None:
    show(steps=8192)  # minutes, so that the reader is always in time to stop it
    ask = page.get_by_role("button", name=OFFER)
    ask.click()
    press_at_once(page, "Stop")
    expect(ask).to_be_visible()
    expect(
        page.get_by_test_id("stMain").get_by_text("After 8,191 updates of ODE")
    ).not_to_contain_text("without sampling noise")


PLACED = """() => {
    const host = document.querySelector("[data-testid=stBidiComponentIsolated]");
    const { top, height } = host.shadowRoot.querySelector(".stage").getBoundingClientRect();
    const tabs = document.querySelector("[data-testid=stTabs]").getBoundingClientRect();
    return [top, height, tabs.top + document.querySelector("[data-testid=stMain]").scrollTop];
}"""


def test_a_heat_map_can_be_stopped_and_moves_nothing(page: Page, show: Visit) -> None:
    show("&map=difference", steps=8192)  # minutes
    expect(
        page.get_by_text(re.compile("Computing the exact law .*: (about|[0-9])"))
    ).to_be_visible()
    during = page.evaluate(PLACED)
    press_at_once(page, "Stop")
    expect(page.get_by_text(re.compile("Computing the exact law .*: stopped"))).to_be_visible()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert page.evaluate(PLACED)[:2] == during[:2]


def test_a_picture_can_be_stopped_over_the_one_before(
    page: Page, show: Visit, idle: Callable[[Page], None]
) -> None:
    many = {"kind": "points", "points": [[k / 300, (k * k % 999) / 999] for k in range(600)]}
    show(target=many | {"bandwidth": 0.1}, steps=4)
    idle(page)
    before = page.evaluate(PLACED)
    steps = page.get_by_role("slider", name="Steps T")
    steps.focus()
    steps.press("End")
    expect(page.get_by_text("Running the reverse chain: ")).to_be_visible()
    assert page.evaluate(PLACED)[:2] == before[:2]
    press_at_once(page, "Stop")
    expect(page.get_by_text("Running the reverse chain: stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
