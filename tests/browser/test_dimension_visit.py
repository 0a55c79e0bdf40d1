"""Dimension and assumptions in a real browser: curves to a million dimensions, on any screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"
WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"


@pytest.mark.parametrize("width", [1280, 390])
def test_dimension_and_assumptions_follow_the_reader(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if width < 500 else "light")
    page.goto(f"{serve(APP)}/dimension?kind=low&samplers=ddpm,ddim")
    figures = page.locator(".js-plotly-plot")
    expect(figures).to_have_count(2)
    idle(page)
    names = figures.first.evaluate("f => f.data.map(trace => trace.name)")
    bounds = ["DDPM: upper bound ∝ d²", "DDIM: upper bound ∝ k"]
    assert names == ["DDPM, measured", "DDIM, measured", *bounds]
    ends = figures.first.evaluate("f => f.data.slice(0, 2).map(t => [...t.x].at(-1))")
    assert ends == [10**6, 10**6]
    page.get_by_role("radio", name="Hellinger").click()
    page.wait_for_url(lambda url: "metric=hellinger" in url)
    idle(page)
    expect(figures).to_have_count(2)
    assert page.get_by_test_id("stAlert").count() == 0
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window
    page.get_by_role("link", name="What these theorems assume, and whether it is true").click()
    expect(page.get_by_role("heading", name="Assumptions")).to_be_visible()
    idle(page)
    expect(page.get_by_text("cannot be checked, at T = 100").first).to_be_visible()
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window
