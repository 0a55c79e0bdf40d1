"""Going from page to page as a reader does: by the menus at the top."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from dashboard.navigation import PAGES


def menu(page: Page, title: str) -> Locator:
    """The link to the page of this title, its menu opened."""
    section = next(p.section for p in PAGES.values() if p.title == title)
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    return page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title)


def go(page: Page, title: str) -> None:
    """To the page of this title."""
    menu(page, title).click()
