"""One Chromium and one server per app for the whole session, one page per test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER_OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
}
NOT_OURS = ("net::", "status of 404")  # fonts and health probes that a sealed machine cannot reach
AWAY = ("server", "Failed to fetch")  # complaints while a test has its server killed
START_SECONDS = 180

LIMIT = 60_000  # ms, after which what is waited for will not come; a busy machine is no failure

expect.set_options(timeout=LIMIT)


@pytest.fixture(scope="session")
def idle() -> Callable[[Page], None]:
    """idle(page) waits until the script of the page has run to its end."""

    def wait(page: Page) -> None:
        app = page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    return wait


def _chromium() -> str | None:
    """The browser to use; None means the one that playwright installed."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return found or None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_FLAGS)
        except Error as error:
            pytest.exit(
                "no browser: set CHROMIUM to a Chromium or Chrome, or run "
                f"`playwright install chromium` ({error.message.splitlines()[0]})",
                returncode=2,
            )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """serve(path) -> address of a Streamlit server for the script, started once.

    serve(path, NAME=value): of one whose environment has these variables, too.
    """
    running: dict[tuple[Path, frozenset[tuple[str, str]]], tuple[subprocess.Popen[bytes], str]] = {}

    def start(path: Path | str, **environment: str) -> str:
        script = Path(path).resolve()
        key = script, frozenset(environment.items())
        if key not in running:
            running[key] = _launch(script, _free_port(), environment)
        return running[key][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(10)


@pytest.fixture
def restarted() -> Iterator[Callable[[Path], str]]:
    """restarted(path) -> address of a server for the script; each call kills the one before."""
    running: list[subprocess.Popen[bytes]] = []
    port = _free_port()

    def start(path: Path) -> str:
        for process in running:
            process.kill()
            process.wait(10)
        process, url = _launch(path, port)
        running[:] = [process]
        return url

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(
    script: Path, port: int, environment: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], str]:
    options = [f"--{name}={value}" for name, value in SERVER_OPTIONS.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", *options],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DIFFUSION_LAB_CACHE": "off",
            **(environment or {}),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the server for {script.name} did not start")
        time.sleep(0.05)
    return process, url


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.read() == b"ok")
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page of 1280 x 800; the test fails if the page logs an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(LIMIT)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield tab
    context.close()
    known = NOT_OURS + (AWAY if "restarted" in request.fixturenames else ())
    assert not [text for text in errors if not any(part in text for part in known)]
