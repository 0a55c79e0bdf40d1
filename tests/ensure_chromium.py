"""Make sure that the browser tests have a Chromium; run by ``make test``.

A Chromium or Chrome that is there is used. Else Debian's own is installed (as root), else
Playwright's. Where neither works, one sentence says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "google-chrome")
ADVICE = (
    "The browser tests need Chromium: install it (Debian: apt-get install chromium), "
    "or set CHROMIUM to the path of a Chromium or Chrome."
)


def find_chromium() -> str | None:
    """$CHROMIUM if set, a browser on the PATH, or Playwright's own: what the tests will start."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or _playwright_chromium()


def _playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _on_debian() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def _run(*command: str, errors: int | None = None) -> bool:
    """Whether the command succeeds; dpkg needs the system folders on the PATH."""
    path = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
    environment = {**os.environ, "PATH": path, "DEBIAN_FRONTEND": "noninteractive"}
    print("+", " ".join(command), flush=True)
    try:
        done = subprocess.run(command, env=environment, stderr=errors, check=False)
    except OSError:
        return False
    return done.returncode == 0


def install_chromium() -> None:
    if _on_debian() and os.geteuid() == 0:
        install = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
        if _run(*install):
            return
        _run("apt-get", "update")  # may fail for one source and still help
        if _run(*install):
            return
    _run(sys.executable, "-m", "playwright", "install", "chromium", errors=subprocess.DEVNULL)


def main() -> int:
    if find_chromium() is None and not os.environ.get("CHROMIUM"):
        install_chromium()
    path = find_chromium()
    print(f"Chromium: {path}" if path else ADVICE, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
