"""From a move of the slider T to the new picture, in headless Chromium, at the page's defaults.

Needs what the browser tests need. Run in the project's folder:

    PYTHONPATH=. .venv/bin/python benchmarks/_browser_latency.py [MOVES]

Prints the median and the 95th percentile over moves to values of T that are new to the server
(computed) and over moves back (remembered), their ratio, and the server's memory for each session.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PORT = 8765
URL = f"http://127.0.0.1:{PORT}"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SESSIONS = 10
PRESSED = """() => document.addEventListener(
    "keydown", () => { window.pressed = performance.now(); }, true)"""
CHANGED = "([e, before]) => !e.innerText.endsWith(` of ${before}`)"


def serve() -> subprocess.Popen[bytes]:
    options = ["--server.headless=true", "--server.fileWatcherType=none", f"--server.port={PORT}"]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    while True:
        try:
            urllib.request.urlopen(f"{URL}/_stcore/health", timeout=1)
            return server
        except OSError:
            time.sleep(0.1)


def opened(page: Page) -> None:
    page.goto(f"{URL}/trajectories")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_selector(".player canvas[data-drawn]")


def moves(page: Page, key: str, count: int) -> list[float]:
    """Seconds from each press to the picture of the new T."""
    time_label = page.locator(".player .time").element_handle()
    slider = page.get_by_role("slider", name=re.compile("Steps T"))
    seconds = []
    for _ in range(count):
        before = time_label.inner_text().split(" of ")[1]
        slider.press(key)
        page.wait_for_function(CHANGED, arg=[time_label, before], polling="raf")
        seconds.append(page.evaluate("(performance.now() - pressed) / 1000"))
        page.wait_for_timeout(300)
    return seconds


def memory(server: subprocess.Popen[bytes]) -> float:
    """Resident megabytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    server = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            opened(page)
            page.evaluate(PRESSED)
            for name, key in (("computed", "ArrowLeft"), ("remembered", "ArrowRight")):
                seconds = sorted(moves(page, key, count))
                high = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
                middle = statistics.median(seconds)
                print(
                    f"{name}: median {1000 * middle:.0f} ms, 95th percentile {1000 * high:.0f} ms"
                )
            before = memory(server)
            for _ in range(SESSIONS):
                opened(browser.new_context().new_page())
            each = (memory(server) - before) / SESSIONS
            print(f"server: {before:.0f} MB with one session, {each:.1f} MB for each further one")
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
