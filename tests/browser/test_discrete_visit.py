"""The film of sequences in a real browser: its slider, its keys and Play, on any screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from diffusion_core import DiscreteExperiment
from diffusion_core.discrete import measure_discrete
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.grids import TheoryGrid
from diffusion_core.discrete.targets import MarkovChain

APP = Path(__file__).resolve().parents[2] / "app.py"
RUN = DiscreteExperiment(MarkovChain(4, 0.3), Masked(), TheoryGrid(end=0.001), steps=12)
WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_film_follows_the_slider_and_the_keys(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"{serve(APP)}/discrete?run={quote(RUN.to_json())}&to=8")
    slider, play = page.locator(".film .slider"), page.locator(".film .play")
    expect(play).to_have_text("Pause")  # it plays by itself once
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(play).to_have_text("Play")
    expect(slider).to_have_value("2")
    page.wait_for_timeout(700)  # longer than a frame: it stands still
    expect(slider).to_have_value("2")
    reading = page.locator(".film .reading").first
    expect(reading).to_contain_text("Step 2 of 12")
    assert page.locator(".film .panel").first.locator(".mask").count() > 30  # of 40 tokens
    page.keyboard.press("End")
    tv = measure_discrete(RUN)["tv"].value
    expect(reading).to_contain_text(f"TV so far {tv:.3g}")
    play.click()
    expect(slider).to_have_value("0")
    expect(slider).not_to_have_value("0")
    box = play.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    idle(page)
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window


def test_who_wants_no_motion_sees_the_end(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{serve(APP)}/discrete?run={quote(RUN.to_json())}&to=8")
    expect(page.locator(".film .play")).to_have_text("Play again")
    expect(page.locator(".film .slider")).to_have_value("12")
