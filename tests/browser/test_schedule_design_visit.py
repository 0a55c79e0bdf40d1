"""Designing a schedule in a real browser: a slider, a search that is stopped, one that is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect

from dashboard.link.permalink import encode
from diffusion_core import PRESETS, Experiment
from tests.browser.waiting import press_at_once

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_a_visit(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> None:
    heavy = Experiment(preset="three-modes", sampler="ddpm-accelerated")
    page.goto(f"{serve(APP)}/schedule_design?T=32&e={quote(encode(heavy) or '')}")
    reading = page.get_by_test_id("stMain").get_by_text(re.compile(r"your grid ends at"))
    expect(reading).to_be_visible()
    idle(page)
    before = reading.inner_text()

    knob = page.get_by_role("slider", name=re.compile(r"near 5\.0"))
    knob.press("ArrowRight")
    expect(reading).not_to_have_text(before)
    page.wait_for_url(re.compile("bend="))
    idle(page)

    page.get_by_role("button", name="Minimise the error").click()
    press_at_once(page, "Stop")
    idle(page)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    expect(page.get_by_text("Least error found")).to_have_count(0)
    expect(reading).to_be_visible()


def test_a_search_ends_and_fits_on_a_phone(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    quick = Experiment(target=PRESETS["gaussian"].target, preset="gaussian", sampler="ddim")
    page.goto(f"{serve(APP)}/schedule_design?T=6&e={quote(encode(quick) or '')}")
    page.get_by_role("button", name="Minimise the error").click()
    expect(page.get_by_text("Least error found:")).to_be_visible()
    page.wait_for_url(re.compile("found=least"))
    idle(page)
    charts = page.locator(".js-plotly-plot")
    expect(charts).to_have_count(3)
    for i in range(3):
        box = charts.nth(i).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
