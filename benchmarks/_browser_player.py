"""How fast the player draws, and how much is sent to it.

Run it with `PYTHONPATH=. .venv/bin/python benchmarks/_browser_player.py`. It needs Chromium (or
CHROMIUM=/path/to/it), serves tests/browser/player_app.py, and plays every case for three seconds in
a window of 1280 x 1000, without a GPU, as the browser tests do. "Made" are runs of T = 100 that the
browser makes itself, after the same runs "sent" as positions. A frame counts when the player has
drawn it; browsers call at most 60 times a second, and other work on the machine makes it fewer. The
CPU time a frame is the main thread's own, of all that it does and of the scripts in it: a frame of
16 ms is kept where it is below.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "tests" / "browser" / "player_app.py"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SECONDS = 3
EVERYTHING = "particles trails target contours output field parts histogram"
BASIC = "particles target"
CASES = [
    *[
        (
            f"{'plane' if d == 2 else 'line'}, {n:,}, {sampler}, {'sent' if sent else 'made'}",
            f"run={sampler}&d={d}&n={n}&sent={sent}&layers={BASIC}",
        )
        for d in (1, 2)
        for n, sampler in ((2000, "ode"), (10_000, "ddpm"))
        for sent in (1, 0)
    ],
    *[(f"plane, {n:,}, target", f"demo=ode&d=2&n={n}&layers={BASIC}") for n in (1000, 5000, 20000)],
    *[(f"plane, {n:,}, all", f"demo=ddpm&d=2&n={n}&layers={EVERYTHING}") for n in (1000, 5000)],
    *[
        (f"line, {n:,}, density", f"demo=ode&d=1&n={n}&view=density&layers={BASIC}")
        for n in (1000, 5000, 20000)
    ],
    *[
        (f"line, {n:,}, both, all", f"demo=ddpm&d=1&n={n}&layers={EVERYTHING}")
        for n in (1000, 5000)
    ],
    ("4 planes, 1,000, target", f"demo=ode,ddpm,ode,ddpm&d=2&n=1000&layers={BASIC}"),
    ("4 planes, 1,000, default", "demo=ode,ddpm,ode,ddpm&d=2&n=1000"),
    ("4 lines, 1,000, default", "demo=ode,ddpm,ode,ddpm&d=1&n=1000"),
]
PLAY = """async (canvas) => {
    const player = canvas.closest(".player");
    const speed = player.querySelector(".speed");
    speed.value = "0.25";
    speed.dispatchEvent(new Event("change"));
    if (canvas.dataset.playing !== "true") player.querySelector(".play").click();
    await new Promise((go) => setTimeout(go, 500));
}"""
COUNT = """async ([canvas, seconds]) => {
    const before = Number(canvas.dataset.drawn);
    const start = performance.now();
    await new Promise((go) => setTimeout(go, 1000 * seconds));
    const drawn = Number(canvas.dataset.drawn) - before;
    return [drawn, (1000 * drawn) / (performance.now() - start)];
}"""


def serve() -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).read() == b"ok":
                return process, url
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    raise SystemExit("the server did not start")


def measure(page: Page, url: str) -> tuple[float, list[float], int]:
    """Frames a second while playing; CPU ms a frame of the page's main thread, and of its scripts;

    the bytes that came over the websocket.
    """
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    received = [0]
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived", lambda data: received.__setitem__(0, received[0] + len(data))
        ),
    )
    page.goto(url)
    canvas = page.wait_for_selector(".player canvas[data-drawn]", timeout=60_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.evaluate(PLAY, canvas)
    before = spent(clock)
    drawn, rate = page.evaluate(COUNT, [canvas, SECONDS])
    cpu = [(b - a) * 1000 / drawn for a, b in zip(before, spent(clock), strict=True)]
    return rate, cpu, received[0]


def spent(clock: CDPSession) -> list[float]:
    """CPU seconds of the main thread so far: of its tasks, and of scripts in them."""
    found = {m["name"]: m["value"] for m in clock.send("Performance.getMetrics")["metrics"]}
    return [found["TaskDuration"], found["ScriptDuration"]]


def main() -> None:
    process, url = serve()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    print(f"{'case':32} {'frames/s':>8} {'CPU ms':>8} {'scripts':>8} {'kB':>7}")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for name, query in CASES:
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                fps, cpu, size = measure(page, f"{url}/?{query.replace(' ', '%20')}")
                times = " ".join(f"{ms:8.1f}" for ms in cpu)
                print(f"{name:32} {fps:8.0f} {times} {size / 1000:7.0f}", flush=True)
                page.close()
            browser.close()
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()
