"""A stranger's link in a real browser: its markup does nothing, on pages and in what is saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.link.axis_names import write
from dashboard.link.permalink import encode
from diffusion_core import Experiment
from diffusion_core.scores.guided import Guided
from diffusion_core.targets import Points

APP = Path(__file__).resolve().parents[2] / "app.py"
MARKUP = '"><img src=//e.invalid onerror=ran=1>'
SCRIPT = "</script><script>ran=1</script>"
AXIS = f"<a href='//e.invalid'>{SCRIPT}"
RUN = Experiment(
    target=Points(tuple((k / 7,) for k in range(-6, 7)), 0.3, (MARKUP,) * 6 + (SCRIPT,) * 7),
    score_error=Guided(SCRIPT, 2.0),
    steps=12,
)
ADDRESS = urlencode({"e": encode(RUN), "axes": write([AXIS]), "particles": "200"})
SVG = "{http://www.w3.org/2000/svg}"

Serve = Callable[[Path], str]
Idle = Callable[[Page], None]


@pytest.fixture
def asked(page: Page) -> set[str]:
    """The hosts that the browser asks."""
    hosts: set[str] = set()
    page.context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("dialog", lambda dialog: dialog.dismiss())
    return hosts


def saved(page: Page, press: Callable[[], None], folder: Path) -> Path:
    with page.expect_download() as download:
        press()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_page_that_plays_offline_holds_a_strangers_words_as_words(
    page: Page, browser: Browser, serve: Serve, idle: Idle, asked: set[str], tmp_path: Path
) -> None:
    page.goto(f"{serve(APP)}/trajectories?{ADDRESS}")
    canvas = page.locator(".player canvas").first
    expect(canvas).to_have_attribute("data-drawn", re.compile("[1-9]"))
    idle(page)
    expect(page.get_by_role("button", name=MARKUP)).to_be_visible()  # a class to choose
    page.locator(".player").get_by_role("button", name="Save", exact=True).click()
    entry = page.get_by_role("button", name=re.compile("^Page"))
    file = saved(page, entry.click, tmp_path)
    assert asked - {""} == {urlsplit(serve(APP)).netloc}
    assert page.evaluate("window.ran") is None
    offline = browser.new_page()
    hosts: set[str] = set()
    offline.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    offline.goto(file.as_uri())
    expect(offline.locator("canvas").first).to_have_attribute("data-drawn", re.compile("[1-9]"))
    assert SCRIPT in offline.locator("pre").first.text_content().replace("\\u003c", "<")
    assert hosts == {""}
    assert offline.evaluate("window.ran") is None
    offline.close()


def test_a_saved_figure_has_a_strangers_words_as_text(
    page: Page, serve: Serve, idle: Idle, asked: set[str], tmp_path: Path
) -> None:
    page.goto(f"{serve(APP)}/forward?{ADDRESS}")
    idle(page)
    figure = page.locator(".js-plotly-plot").filter(has_text="e.invalid").first
    expect(figure).to_be_visible()
    file = saved(page, figure.locator(".modebar-btn").first.click, tmp_path)
    parts = list(ElementTree.parse(file).iter())
    texts = "".join(part.text or "" for part in parts if part.tag in (f"{SVG}text", f"{SVG}tspan"))
    assert SCRIPT in texts
    kinds = {part.tag.removeprefix(SVG) for part in parts}
    assert not kinds & {"script", "a", "foreignObject", "iframe", "use"}
    attributes = [(name, value) for part in parts for name, value in part.attrib.items()]
    assert not [name for name, _ in attributes if name.lower().startswith("on")]
    assert {name for name, value in attributes if "e.invalid" in value} <= {"data-unformatted"}
    assert asked - {""} == {urlsplit(serve(APP)).netloc}
    assert page.evaluate("window.ran") is None
