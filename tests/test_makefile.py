"""What ``make test-fast`` names is there."""

from __future__ import annotations

import re

from tests.test_requirements import ROOT


def test_every_fast_test_exists():
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    listed = re.search(r"^FAST := (.*)$", text, re.MULTILINE)
    assert listed is not None
    paths = listed[1].split()
    assert len(set(paths)) == len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
