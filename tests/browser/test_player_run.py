"""Runs that the browser makes look and read as the same runs do when they are sent as positions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from player_steps import COLORS, OUTPUT, Open, colored, opener, scrub
from playwright.sync_api import Locator, Page, expect

FRAME = 12


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    return opener(page, serve, idle)


def told(page: Page, canvas: Locator) -> list[str]:
    """What is said of the followed particle and its step, in slow motion part by part."""
    page.get_by_label("Speed").select_option("slow")
    scrub(page, canvas, FRAME)
    found = []
    for _ in range(3):
        words = page.locator(".player .readout, .player .followed, .player .formula")
        found += words.all_inner_texts()
        part = canvas.get_attribute("data-part")
        page.get_by_role("button", name="Forward one part").click()
        expect(canvas).not_to_have_attribute("data-part", part or "")
    return found


@pytest.mark.parametrize(("sampler", "d"), [("ddpm-covariance", 2), ("dpmpp-2m", 1)])
def test_a_run_looks_and_reads_as_its_positions(
    page: Page, show: Open, sampler: str, d: int
) -> None:
    texts, counts = [], []
    for sent in (0, 1):
        canvas = show(f"run={sampler}&d={d}&n=300&steps=20&sent={sent}&layers=particles")
        scrub(page, canvas, FRAME)
        counts.append(colored(canvas, COLORS["light"][OUTPUT]))
        texts.append(told(page, canvas))
    assert len(texts[0]) > 6
    assert texts[0] == texts[1]
    assert counts[0] == pytest.approx(counts[1], rel=0.05)
    assert min(counts) > 300
