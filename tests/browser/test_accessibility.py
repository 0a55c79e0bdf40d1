"""axe-core on every page, light and dark: nothing serious but what is Streamlit's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.navigation import PAGES

APP = Path(__file__).resolve().parents[2] / "app.py"
SMALL = {
    "trajectories": "particles=200",
    "forward": "particles=200",
    "compare": "particles=200",
    "convergence": "from=8&to=16",
    "schedule_design": "T=5",
}
SERIOUS = {"serious", "critical"}
OURS_TOO = {"heading-order", "empty-table-header"}  # moderate for axe, and ours to avoid
STREAMLITS = (("scrollable-region-focusable", '<pre class="st-emotion'),)
"""Rules that Streamlit's own elements break, with how those begin: a long line of st.code."""


def violations(page: Page) -> Iterator[str]:
    """What is serious and ours, each with its rule, its selector and its markup."""
    found: dict[str, Any] = Axe().run(page).response
    for violation in found["violations"]:
        rule = violation["id"]
        if violation["impact"] not in SERIOUS and rule not in OURS_TOO:
            continue
        for node in violation["nodes"]:
            own = any(rule == r and node["html"].startswith(start) for r, start in STREAMLITS)
            if not own:
                yield f"{rule}: {node['target']} {node['html'][:200]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_serious_rule(
    browser: Browser,
    serve: Callable[[Path], str],
    idle: Callable[[Page], None],
    scheme: Any,
) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page, found = context.new_page(), list[str]()
    for name in PAGES:
        page.goto(f"{serve(APP)}/{'' if name == 'home' else name}?{SMALL.get(name, '')}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        idle(page)
        found += [f"{name}: {one}" for one in violations(page)]
    context.close()
    assert not found, "\n".join(found)
