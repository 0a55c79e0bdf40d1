"""Where the error comes from, in a real browser: figures, the step's slider, and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_figures_answer_the_reader_and_fit_a_phone(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    page.goto(f"{serve(APP)}/budget?beside=ddpm")
    figures = page.locator(".js-plotly-plot")
    expect(figures).to_have_count(5)
    idle(page)
    steps = page.get_by_label(re.compile("^What every single step adds"))
    expect(steps).to_have_count(1)
    for name in ("ODE (probability flow)", "DDPM"):
        expect(figures.nth(1).locator(".legendtext", has_text=name)).to_have_count(1)
    caption = page.get_by_text("Given exactly")
    before = caption.inner_text()
    slider = page.get_by_role("slider", name="Step from t")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_url(re.compile(r"[?&]step=\d+"))
    idle(page)
    expect(caption).not_to_have_text(before)
    page.get_by_role("radio", name="linear", exact=True).click()
    page.wait_for_url(re.compile(r"axis=linear"))
    idle(page)
    page.set_viewport_size({"width": 390, "height": 800})
    expect(figures.first).to_be_visible()
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
