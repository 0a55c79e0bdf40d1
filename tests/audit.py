"""Known vulnerabilities of the packages that run this script; run by ``make audit``.

pip-audit asks; it comes by uv, into a place of its own. What it could not ask is said in one
sentence and is a failure, so that silence never passes for safety.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOOL = "pip-audit>=2.9,<3"
LONGEST = 200  # characters of a reason
FINE, VULNERABLE, UNKNOWN = 0, 1, 2
NOT_ASKED = "The database of vulnerabilities could not be asked, so nothing is known: {}."
NOT_IN_IT = (
    "{} of {} packages are not in the database of vulnerabilities that could be asked, so nothing "
    "is known of them: {}."
)


def ask() -> subprocess.CompletedProcess[str]:
    """pip-audit on all that is installed beside this Python: JSON on stdout."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "tool", "run", "--quiet", "--from", TOOL, "pip-audit", "--format", "json"]
    command += ["--progress-spinner", "off", "--path", sysconfig.get_path("purelib")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def told(answer: str, complaint: str) -> tuple[int, list[str]]:
    """The exit status and what to say, from what pip-audit wrote to stdout and stderr."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except ValueError:
        reason = (complaint.strip().splitlines() or ["pip-audit says nothing"])[-1]
        return UNKNOWN, [NOT_ASKED.format(reason.strip()[:LONGEST].rstrip("."))]
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    left = [package["name"] for package in packages if "skip_reason" in package]
    if left and len(left) == len(packages):
        return UNKNOWN, [NOT_ASKED.format(f"it knows none of the {len(left)} packages")]
    unknown = [NOT_IN_IT.format(len(left), len(packages), ", ".join(left))] if left else []
    if flaws:
        return VULNERABLE, flaws + unknown
    if unknown:
        return UNKNOWN, unknown
    return FINE, [f"No known vulnerability in {len(packages)} packages."]


def main(run: Callable[[], subprocess.CompletedProcess[str]] = ask) -> int:
    done = run()
    status, lines = told(done.stdout, done.stderr)
    print("\n".join(lines), file=sys.stdout if status == FINE else sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
