"""A page holds no scripts but those that the policy of ``make serve`` names."""

from __future__ import annotations

import re

import pytest

from dashboard import inline_scripts
from tests.dashboard.visiting import calm, visit

SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


@pytest.mark.parametrize(
    ("page", "address"), [("home", {}), ("theory", {"section": "the-setting"})]
)
def test_the_policy_names_every_script_of_a_page(page: str, address: dict[str, str]) -> None:
    app = calm(visit(page, **address))
    found = [text for part in app.get("html") for text in SCRIPT.findall(part.proto.body)]
    assert len(found) == 1 + bool(address)
    assert set(found) <= set(inline_scripts.ALL)


def test_a_digest_is_written_as_policies_write_it() -> None:
    """SHA-256 of nothing, as everybody knows it."""
    assert inline_scripts.digest("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
