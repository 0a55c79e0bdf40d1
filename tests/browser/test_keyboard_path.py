"""The whole path by keyboard alone: from the front door to what is proven, and to the theory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from dashboard.lessons import LESSONS
from dashboard.lessons.structure import Guess, Read
from dashboard.navigation import PAGES

APP = Path(__file__).resolve().parents[2] / "app.py"
MOST = 200  # presses of Tab from one end of a page to the other
FOCUSED = """() => {
    const it = document.activeElement;
    const style = it && getComputedStyle(it);
    return {
        name: (it?.getAttribute("aria-label") || it?.innerText || "").trim(),
        seen: Boolean(style && (style.outlineStyle !== "none" || style.boxShadow !== "none")),
        inside: it?.tagName ?? "",
        type: it?.getAttribute("type") ?? "",
    };
}"""

Idle = Callable[[Page], None]


def tab_to(page: Page, name: str = "", kind: str = "") -> None:
    """Tab on to the link or button that begins so behind its icon, or to an input of this kind."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        lines = found["name"].splitlines() if found["inside"] in ("A", "BUTTON") else []
        if name and any(line.startswith(name) for line in lines):
            assert found["seen"], f"nothing shows that {name!r} has the focus"
            return
        if kind and found["inside"] == "INPUT" and found["type"] == kind:
            return
    raise AssertionError(f"Tab does not lead to {name or kind!r}")


def enter(page: Page, idle: Idle, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")
    idle(page)


def through(page: Page, idle: Idle, name: str) -> None:
    """Every step of a lesson: the first answer, or a number, and on."""
    lesson = LESSONS[name]
    for number, step in enumerate(lesson.steps, 1):
        expect(page.get_by_text(f"Step {number} of {len(lesson.steps)}")).to_be_visible()
        if not isinstance(step, Read):
            commit = page.get_by_role("button", name="Commit and measure").or_(
                page.get_by_role("button", name="Check", exact=True)
            )
            expect(commit).to_be_visible()
            if isinstance(step, Guess):
                tab_to(page, kind="number")
                page.keyboard.type(f"{step.low:g}")
                page.keyboard.press("Enter")
            else:
                tab_to(page, kind="radio")
                page.keyboard.press("Space")
            expect(commit).to_be_enabled()
            tab_to(page, commit.inner_text().strip())
            page.keyboard.press("Enter")
            expect(commit).to_have_count(0)
            idle(page)
        if number < len(lesson.steps):
            enter(page, idle, "Next")
    expect(page.get_by_text("What to keep:")).to_be_visible()


def test_from_the_front_door_to_the_theory_by_keyboard_alone(
    page: Page, serve: Callable[[Path], str], idle: Idle
) -> None:
    page.goto(serve(APP))
    expect(page.locator(".player canvas")).to_be_visible()
    idle(page)
    enter(page, idle, PAGES["lessons"].title)
    expect(page.get_by_role("heading", level=1, name="Lessons", exact=True)).to_be_visible()
    enter(page, idle, "Start lesson 1,")
    through(page, idle, "first-words")
    closing = LESSONS["how-loose"]
    enter(page, idle, closing.title)
    expect(page.get_by_role("heading", level=1, name=closing.title)).to_be_visible()
    through(page, idle, closing.name)
    enter(page, idle, PAGES["theory"].title)
    expect(page.get_by_role("heading", level=1, name=PAGES["theory"].title)).to_be_visible()
