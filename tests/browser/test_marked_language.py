"""In a language in which every word is marked, a walk through all pages finds what is not prose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from dashboard.navigation import PAGES
from dashboard.prose import VARIABLE, pseudo
from diffusion_core import PRESETS, Experiment
from tests.browser.marked import unmarked
from tests.quick import SMALL

APP = Path(__file__).resolve().parents[2] / "app.py"
PLANE = Experiment(PRESETS["two-moons"].target, preset="two-moons", steps=12)
DEEPER = (
    f"trajectories?particles=200&e={quote(PLANE.to_json())}",
    "imperfect_scores?view=waves",
    "correctors?view=mixing",
    "guidance?view=scale",
    "learned_score?view=memory",
    "lessons?lesson=rates",
    "lessons?lesson=all-at-once",
)
WRONG = ("trajectories?e=%7B%7D", "convergence?from=64&to=8", "lessons?lesson=rates&step=99")

Idle = Callable[[Page], None]


@pytest.fixture(scope="session")
def marked(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a server that speaks the marked language."""
    folder = tmp_path_factory.mktemp("marked")
    pseudo.write(folder)
    return serve(APP, **{VARIABLE: str(folder)})


def words_left(page: Page, address: str, idle: Idle) -> list[tuple[str, str]]:
    """What a page says unmarked, all of it opened: what lies in expanders is filled then."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    page.evaluate(
        "document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())"
    )
    expect(page.locator("details:not([open])")).to_have_count(0)
    idle(page)
    return list(unmarked(page))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_says_a_word_that_is_not_prose(
    page: Page, marked: str, idle: Idle, name: str
) -> None:
    address = f"{marked}/{'' if name == 'home' else name}?{SMALL.get(name, '')}"
    assert words_left(page, address, idle) == []


@pytest.mark.parametrize("address", DEEPER)
def test_no_view_and_no_lesson_says_one_either(
    page: Page, marked: str, idle: Idle, address: str
) -> None:
    assert words_left(page, f"{marked}/{address}", idle) == []


@pytest.mark.parametrize("address", WRONG)
def test_what_a_link_gets_wrong_is_prose(page: Page, marked: str, idle: Idle, address: str) -> None:
    page.goto(f"{marked}/{address}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    assert list(unmarked(page)) == []
