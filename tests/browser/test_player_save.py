"""What the player saves: a picture, a GIF, a video, a page that plays without a server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from player_steps import Open, frame, opener, pixels, scrub, wait_beyond
from playwright.sync_api import Browser, Page, expect

from tests.browser.waiting import frames


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    return opener(page, serve, idle)


def saved(page: Page, name: str, folder: Path) -> Path:
    """The file that an entry of the menu gives."""
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    expect(page.locator(".player .saved")).to_contain_text(f"Saved {path.name}")
    return path


def test_a_gif_has_the_run(page: Page, show: Open, tmp_path: Path) -> None:
    canvas = show("d=1&n=300&frames=40")
    scrub(page, canvas, 12)
    path = saved(page, "Animation (GIF)", tmp_path)
    assert path.name == "reverse-process.gif"
    with Image.open(path) as gif:
        assert gif.n_frames == 75
        assert gif.info["loop"] == 0
        assert gif.width == 832
        assert 300 < gif.height < 900
        first = gif.convert("RGB")
        assert first.getpixel((2, 2)) == (255, 255, 255)
        durations = []
        for k in range(gif.n_frames):
            gif.seek(k)
            durations.append(gif.info["duration"])
        assert durations == [80] * 74 + [1600]
        last = gif.convert("RGB")
    assert last.getpixel((2, 2)) == (255, 255, 255)
    changed = int((np.asarray(first) != np.asarray(last)).any(axis=2).sum())
    assert 2000 < changed < 0.8 * first.width * first.height
    assert frame(canvas) == 12
    assert path.stat().st_size < 3_000_000


def test_a_video_has_the_run(page: Page, show: Open, tmp_path: Path) -> None:
    show("d=2&n=300&frames=20")
    path = saved(page, "Video", tmp_path)
    start = path.read_bytes()[:12]
    kinds = {".mp4": start[4:8] == b"ftyp", ".webm": start[:4] == b"\x1a\x45\xdf\xa3"}
    assert kinds[path.suffix]
    page.goto("about:blank")
    page.set_content("<input type=file><video muted>")
    page.locator("input").set_input_files(path)
    size = page.evaluate(
        """async () => {
            const video = document.querySelector("video");
            video.src = URL.createObjectURL(document.querySelector("input").files[0]);
            await video.play();
            const shown = () => video.currentTime > 0.3;
            await new Promise((done) => { video.ontimeupdate = () => shown() && done(); });
            return [video.videoWidth, video.videoHeight];
        }"""
    )
    assert size[0] == 832
    assert 300 < size[1] < 900
    assert path.stat().st_size > 50_000


def test_what_takes_long_shows_how_far_it_is_and_stops(page: Page, show: Open) -> None:
    show("d=1&n=300&frames=20")
    files: list[str] = []
    page.on("download", lambda download: files.append(download.suggested_filename))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Video").click()
    stop = page.get_by_role("button", name=re.compile(r"^Stop \d+ %$"))
    expect(stop).to_be_focused()
    page.wait_for_function(  # pressed at once: the film goes on and ends by itself
        """b => {
            if (!(parseInt(b.textContent.replace(/\\D/g, "")) > 5)) return false;
            b.click();
            return true;
        }""",
        arg=stop.element_handle(),
    )
    expect(page.get_by_role("status").last).to_have_text("Stopped: nothing is saved.")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    assert not files


def test_the_menu_by_keyboard(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=1&n=100")
    scrub(page, canvas, 20)
    page.locator(".player").press("f")
    button = page.get_by_role("button", name="Save", exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.press("ArrowUp")
    expect(page.get_by_role("button", name="Page (HTML)")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Picture (PNG)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("group", name="Save as")).to_be_hidden()
    assert canvas.get_attribute("data-follow") == "0"
    button.click()
    page.get_by_role("button", name="Back one step").focus()
    expect(page.get_by_role("group", name="Save as")).to_be_hidden()


def test_a_page_plays_offline(page: Page, show: Open, browser: Browser, tmp_path: Path) -> None:
    scrub(page, show("demo=ode,ddpm&d=1&n=200&steps=30"), 11)
    path = saved(page, "Page (HTML)", tmp_path)
    context = browser.new_context(color_scheme="dark", offline=True)
    tab = context.new_page()
    asked, errors = list[str](), list[str]()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda line: errors.append(line.text))
    tab.goto(path.as_uri())
    canvas = tab.locator(".player canvas")
    wait_beyond(canvas, 3)
    expect(tab.locator(".player")).to_have_attribute("data-theme", "dark")
    scrub(tab, canvas, 11)
    before = pixels(canvas)
    tab.locator(".player").press("ArrowRight")
    expect(canvas).to_have_attribute("data-frame", "12")
    frames(canvas)
    assert pixels(canvas) != before
    tab.emulate_media(color_scheme="light")
    expect(tab.locator(".player")).to_have_attribute("data-theme", "light")
    assert tab.title().startswith("A run")
    assert tab.get_by_role("link").get_attribute("href") == page.url
    told = tab.locator("pre").all_text_contents()
    assert told == ['{"steps": 60, "a": "</pre>"}', "@software{lab}"]
    saved(tab, "Page (HTML)", tmp_path)
    again = path.read_text()
    assert f'"{page.url}"' in again
    assert "Matt DesLauriers" in again  # the licence of the GIF encoder goes with it
    assert asked == [path.as_uri()]
    assert not errors
    context.close()
