"""What ``make audit`` says: silence of the database is no safety."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.audit import FINE, UNKNOWN, VULNERABLE, main, told

SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
FLAWED = {
    "name": "pillow",
    "version": "11.0.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["11.3.0"], "aliases": [], "description": ""},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": ""},
    ],
}
UNHEARD = {"name": "segno", "skip_reason": "Dependency not found and could not be audited"}


def answer(*packages: dict) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_flaws_are_listed_with_what_mends_them() -> None:
    assert told(answer(SOUND, FLAWED), "") == (
        VULNERABLE,
        [
            "pillow 11.0.0: PYSEC-1, mended in 11.3.0",
            "pillow 11.0.0: PYSEC-2, mended in no version yet",
        ],
    )


def test_no_flaw_is_said_only_where_all_were_asked() -> None:
    assert told(answer(SOUND), "") == (FINE, ["No known vulnerability in 1 packages."])
    status, [line] = told(answer(SOUND, UNHEARD), "")
    assert status == UNKNOWN
    assert line.startswith("1 of 2 packages are not in the database")
    assert line.endswith("segno.")
    assert told(answer(UNHEARD), "")[0] == UNKNOWN
    status, lines = told(answer(UNHEARD, FLAWED), "")
    assert status == VULNERABLE
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        (
            "Traceback ...\n  line\nProxyError: Max retries exceeded.\n",
            "ProxyError: Max retries ex",
        ),
        ("", "pip-audit says nothing"),
    ],
)
def test_without_a_network_one_sentence_says_so(complaint, reason, capsys) -> None:
    done = subprocess.CompletedProcess([], 1, "", complaint)
    assert main(lambda: done) == UNKNOWN
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(
        f"The database of vulnerabilities could not be asked, so nothing is known: {reason}"
    )
    assert said.err.count("\n") == 1
