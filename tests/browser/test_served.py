"""The dashboard as ``make serve`` serves it: under its policy, and asking nobody else."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from dashboard.navigation import FIRST, PAGES
from deploy.serve import SYSTEM, healthy
from tests.quick import SMALL

ROOT = Path(__file__).resolve().parents[2]
START = 180  # seconds
COOKIES = {"lab_process", "_streamlit_xsrf"}
QUICK = {**SMALL, "theory": "section=bounds-against-measurement"}
REFUSED = re.compile("Content Security Policy|Permissions-Policy|Refused to")
INJECTED = """() => new Promise((done) => {
    const blocked = new Set();
    addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        blocked.add(effectiveDirective);
        if (blocked.size === 4) done([...blocked].sort());
    });
    const box = document.createElement("div");
    box.innerHTML = `<img src="https://elsewhere.invalid/x.png" onerror="window.ran = true">`;
    document.body.append(box);
    const script = document.createElement("script");
    script.textContent = "window.ran = true;";
    document.body.append(script);
    fetch("https://elsewhere.invalid/").catch(() => null);
})"""

Idle = Callable[[Page], None]

pytestmark = pytest.mark.skipif(
    shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{SYSTEM}") is None,
    reason="nginx is not installed: make serve needs it",
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    asked = {
        "DIFFUSION_LAB_PORT": str(port),
        "DIFFUSION_LAB_ADDRESS": "127.0.0.1",
        "DIFFUSION_LAB_PROCESSES": "1",
        "DIFFUSION_LAB_CACHE": str(tmp_path_factory.mktemp("cache")),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.serve"],
        cwd=ROOT,
        env=os.environ | asked,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + START
    while not healthy(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail("make serve did not start")
        time.sleep(0.05)
    yield port
    process.send_signal(signal.SIGTERM)
    process.wait(30)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser refuses of the page, as it says it."""
    said: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if REFUSED.search(line.text):
            said.append(line.text)

    page.on("console", hear)
    return said


def show(page: Page, idle: Idle, port: int, name: str) -> None:
    path = "" if name == FIRST else name
    page.goto(f"http://127.0.0.1:{port}/{path}?{QUICK.get(name, '')}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)


def saved(page: Page, press: Callable[[], None], folder: Path) -> Path:
    with page.expect_download() as download:
        press()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert path.stat().st_size > 0
    return path


def test_every_page_asks_this_server_alone_and_keeps_two_cookies(
    page: Page, idle: Idle, port: int, complaints: list[str]
) -> None:
    asked: set[str] = set()
    page.context.on("request", lambda request: asked.add(request.url))
    page.on("websocket", lambda socket: asked.add(socket.url))
    for name in PAGES:
        show(page, idle, port, name)
    places = {urlsplit(url)[:2] for url in asked if not url.startswith(("data:", "blob:"))}
    here = f"127.0.0.1:{port}"
    assert places == {("http", here), ("ws", here)}
    assert {cookie["name"] for cookie in page.context.cookies()} == COOKIES
    assert complaints == []


def test_files_are_saved_and_opened_under_the_policy(
    page: Page, idle: Idle, port: int, complaints: list[str], tmp_path: Path
) -> None:
    show(page, idle, port, "trajectories")
    expect(page.locator(".player canvas").first).to_have_attribute(
        "data-drawn", re.compile("[1-9]")
    )
    kinds = set()
    for kind in ("Picture", "Animation (GIF)", "Video", "Page"):
        page.locator(".player").get_by_role("button", name="Save", exact=True).click()
        entry = page.get_by_role("button", name=re.compile(f"^{re.escape(kind)}"))
        kinds.add(saved(page, entry.click, tmp_path).suffix)
    assert kinds in ({".png", ".gif", ".mp4", ".html"}, {".png", ".gif", ".webm", ".html"})
    saved(page, page.get_by_role("button", name="Download the particles (CSV)").click, tmp_path)
    page.get_by_text("Link and file").click()
    file = saved(page, page.get_by_role("button", name="Download this experiment").click, tmp_path)
    changed = file.read_text().replace('"seed": 0', '"seed": 5')
    sent = {"name": "a.json", "mimeType": "application/json", "buffer": changed.encode()}
    page.get_by_test_id("stSidebar").locator("input[type=file]").first.set_input_files(sent)
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("5")
    page.get_by_text("For a class").click()
    expect(page.get_by_alt_text("QR code of the link above")).to_be_visible()
    show(page, idle, port, "literature")
    camera = page.locator(".js-plotly-plot .modebar-btn").first
    assert saved(page, camera.click, tmp_path).suffix == ".svg"
    page.get_by_text("Save and cite").click()
    page.get_by_text("PNG", exact=True).click()
    idle(page)
    assert saved(page, camera.click, tmp_path).suffix == ".png"
    assert complaints == []


def test_markup_from_elsewhere_neither_runs_nor_loads(browser: Browser, port: int) -> None:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/notation")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    found = page.evaluate(INJECTED)
    assert found == ["connect-src", "img-src", "script-src-attr", "script-src-elem"]
    assert page.evaluate("window.ran") is None
    page.close()


def test_another_sites_page_shows_it_in_a_frame(page: Page, port: int) -> None:
    address = f"http://127.0.0.1:{port}/notation?embed=true"
    html = f'<!doctype html><iframe src="{address}" width="900" height="600"></iframe>'.encode()

    class Lecture(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Lecture) as server:
        threading.Thread(target=server.serve_forever).start()
        page.goto(f"http://localhost:{server.server_port}/")
        heading = page.frame_locator("iframe").get_by_role("heading", level=1)
        expect(heading).to_have_text("Notation and glossary")
        server.shutdown()


def test_a_file_is_not_taken_without_the_readers_token(port: int) -> None:
    """The token is in a cookie that another site's page cannot read."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as link:
        link.request("PUT", "/_stcore/upload_file/session/file", b"x\n1\n")
        assert link.getresponse().status == 403


def test_a_message_that_no_page_sends_ends_its_connection(port: int) -> None:
    begin = bytes([0x82, 0xFF]) + (65_000_000).to_bytes(8, "big") + bytes(4)  # binary, masked
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream") as link:
        link.socket.sendall(begin)
        with pytest.raises(ConnectionClosedError) as ended:
            link.recv(timeout=START)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1009  # too big
