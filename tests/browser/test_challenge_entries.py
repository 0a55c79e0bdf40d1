"""Submitted entries are kept in the browser: another visit shows, restores and clears them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_an_entry_is_kept_restored_and_cleared(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]
) -> None:
    address = f"{serve(APP)}/challenges"
    page.goto(f"{address}?challenge=fingers")
    submit = page.get_by_role("button", name="Submit this entry")
    submit.click()
    restore = page.get_by_role("link", name=re.compile("^Restore entry 1"))
    expect(restore).to_be_visible()
    idle(page)
    page.wait_for_function(
        "() => Object.values(localStorage).some((kept) => kept.includes('fingers'))"
    )
    page.goto(f"{address}?challenge=atoms")  # a new session; that challenge has no entries
    expect(submit).to_be_visible()
    idle(page)
    expect(restore).to_have_count(0)
    page.goto(f"{address}?challenge=fingers")
    restore.click()
    expect(page).to_have_url(re.compile(r"e=.*challenge=fingers"))
    idle(page)
    page.get_by_role("button", name="Clear my entries in all challenges").click()
    expect(restore).to_have_count(0)
    page.goto(f"{address}?challenge=fingers")
    expect(submit).to_be_visible()
    idle(page)
    expect(restore).to_have_count(0)
