"""The whole path by keyboard alone: from the front door to what is proven, and to a sweep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, TimeoutError, expect

from dashboard.lessons import LESSONS
from dashboard.lessons.structure import Guess, Read
from dashboard.link.permalink import encode
from dashboard.navigation import PAGES
from diffusion_core import PRESETS, Experiment

APP = Path(__file__).resolve().parents[2] / "app.py"
MOST = 200  # presses of Tab from one end of a page to the other
SETTLED = 400  # ms after a run: see dashboard/news.js
FOCUSED = """() => {
    let it = document.activeElement;
    while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
    const look = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return outlineStyle === "none" ? boxShadow : `${outlineWidth} ${boxShadow}`;
    };
    const around = [];  // the mark may be on what an input lies in that is clipped away
    const first = it?.closest("[style*='clip-path']")?.parentElement ?? it;
    for (let e = first; e && e !== document.body && around.length < 4; e = e.parentElement) {
        around.push(e);
    }
    const left = window.focused ?? { around: [], looks: [] };
    window.changed = () => left.around.some((element, k) => look(element) !== left.looks[k]);
    window.focused = { around, looks: around.map(look) };
    return {
        name: (it?.getAttribute("aria-label") || it?.innerText || "").trim(),
        seen: around.some((element) => look(element) !== "none"),
        inside: it?.tagName ?? "",
        type: it?.getAttribute("type") ?? "",
    };
}"""
HEARD = """() => {
    window.heard = [];
    const news = document.querySelector(".page-news");
    const note = () => news.textContent && window.heard.push(news.textContent);
    new MutationObserver(note).observe(news, { childList: true });
}"""
DRAWN = 2000  # ms, in which a busy browser draws what has lost the focus
CELLS = ("TD", "CANVAS")  # a table draws its own mark

Idle = Callable[[Page], None]


def tab_to(page: Page, name: str = "", kind: str = "") -> None:
    """Tab on to the link, button or slider that begins so behind its icon, or to an input."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        named = found["inside"] in ("A", "BUTTON") or found["type"] == "range"
        lines = found["name"].splitlines() if named else []
        if name and any(line.startswith(name) for line in lines):
            assert found["seen"], f"nothing shows that {name!r} has the focus"
            return
        if kind and found["inside"] == "INPUT" and found["type"] == kind:
            return
    raise AssertionError(f"Tab does not lead to {name or kind!r}")


def changes(page: Page) -> bool:
    """Whether what had the focus before looks otherwise without it, as soon as that is drawn."""
    try:
        page.wait_for_function("window.changed()", timeout=DRAWN)
    except TimeoutError:
        return False
    return True


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


def test_a_number_is_moved_and_the_run_played_by_keyboard_alone(
    page: Page, serve: Callable[[Path], str], idle: Idle
) -> None:
    page.goto(f"{serve(APP)}/trajectories?particles=200")
    canvas = page.locator(".player canvas")
    expect(canvas).to_have_attribute("data-playing", "false")
    idle(page)
    told = canvas.get_attribute("aria-label")
    tab_to(page, "Steps T")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**steps%22%3A128**")
    idle(page)
    expect(canvas).not_to_have_attribute("aria-label", told or "")
    tab_to(page, "Play")
    page.keyboard.press("Enter")
    expect(canvas).to_have_attribute("data-playing", "true")
    page.keyboard.press("Space")  # on what is Pause now
    expect(canvas).to_have_attribute("data-playing", "false")
    enter(page, idle, PAGES["convergence"].title)
    expect(page.get_by_role("heading", level=1, name=PAGES["convergence"].title)).to_be_visible()


def test_a_sweep_is_stopped_and_continued_by_keyboard_alone(
    page: Page, serve: Callable[[Path], str], idle: Idle
) -> None:
    spiral = quote(encode(Experiment(preset="spiral", target=PRESETS["spiral"].target)) or "")
    long = f"e={spiral}&samplers=ode&from=2&to=8192&particles=100000"  # so that Tab is in time
    page.goto(f"{serve(APP)}/convergence?{long}")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    tab_to(page, "Skip to main content")
    page.keyboard.press("Enter")
    tab_to(page, "Stop")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMain").get_by_text("runs are shown")).to_be_visible()
    idle(page)
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def show_at_rest(page: Page, address: str, idle: Idle) -> None:
    """The picture of a run, which does not move by itself."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}/trajectories?particles=200")
    expect(page.locator(".player canvas[data-drawn]")).to_be_visible()
    idle(page)


def test_tab_leads_through_a_page_and_out_of_it_and_is_always_seen(
    page: Page, serve: Callable[[Path], str], idle: Idle
) -> None:
    show_at_rest(page, serve(APP), idle)
    assert page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0
    page.keyboard.press("Tab")
    unseen, names, last = [], [], page.evaluate(FOCUSED)
    for _ in range(MOST):
        names.append(last["name"])
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if last["inside"] not in CELLS and not changes(page):
            unseen.append(last)
        if found["inside"] == "BODY":
            break
        last = found
    else:
        raise AssertionError(f"Tab does not leave the page: {names[-3:]}")
    assert not unseen
    order = [names.index(name) for name in ("Skip to main content", "Steps T", "Play", "Save")]
    assert order == sorted(order)


def test_what_a_move_has_changed_is_read_aloud_once(
    page: Page, serve: Callable[[Path], str], idle: Idle
) -> None:
    show_at_rest(page, serve(APP), idle)
    news = page.locator(".page-news[role=status]")
    page.wait_for_timeout(2 * SETTLED)
    expect(news).to_be_empty()  # a page that is new is read anyhow
    page.evaluate(HEARD)
    page.get_by_role("slider", name="Steps T").press("ArrowRight")
    expect(news).to_contain_text("After 127 updates of ODE (probability flow), TV(q₁, p₁) = ")
    page.get_by_test_id("stMain").get_by_role("link", name=PAGES["forward"].title).click()
    expect(news).to_have_text(PAGES["forward"].title)
    idle(page)
    told = [text for text in page.evaluate("window.heard") if text.startswith("After 127")]
    assert len(told) == 1
