"""Gallery and sketch pads in a real browser: mouse, keyboard, touch, both themes, 390 pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

APP = Path(__file__).with_name("pickers_app.py")
LAW = {"light": (0x00, 0x72, 0xB2), "dark": (0x56, 0xB4, 0xE9)}
COUNT_PIXELS = """(canvas, [r, g, b]) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const off = (i) => [r, g, b].reduce((sum, c, k) => sum + Math.abs(data[i + k] - c), 0);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i + 3] > 60 && off(i) < 40;
    return count;
}"""
PRESS = """(group, keys) => keys.forEach((key) => {
    const options = { key, bubbles: true, cancelable: true };
    group.getRootNode().activeElement.dispatchEvent(new KeyboardEvent("keydown", options));
})"""

Open = Callable[[str], None]


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    def visit(name: str) -> None:
        page.goto(f"{serve(APP)}/?show={name}")
        expect(page.locator(".gallery [role=radio], .pad canvas").first).to_be_visible()
        expect(page.get_by_text(re.compile("^runs: "))).to_be_visible()
        idle(page)

    return visit


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A touch screen of 390 x 844."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def value(page: Page) -> Locator:
    return page.get_by_text(re.compile("^value: "))


def runs(page: Page) -> int:
    return int(page.get_by_text(re.compile("^runs: ")).inner_text().split()[-1])


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


def size(canvas: Locator, count: int) -> None:
    expect(canvas).to_have_attribute("data-size", str(count))


def drag(page: Page, canvas: Locator, *places: tuple[float, float]) -> None:
    """A stroke through shares of the pad's width and height."""
    box = canvas.bounding_box()
    assert box is not None
    for i, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def sent_points(page: Page) -> list[tuple[float, float]]:
    text = value(page).inner_text()
    found = re.findall(r"\((-?\d+\.\d+), (-?\d+\.\d+)\)", text)
    return [(float(x), float(y)) for x, y in found]


def test_a_click_chooses_and_reruns_once(page: Page, show: Open, idle: Callable) -> None:
    show("gallery-1")
    before = runs(page)
    choice(page, "Skewed").click()
    expect(value(page)).to_have_text("value: 'skewed'")
    expect(choice(page, "Skewed")).to_have_attribute("aria-checked", "true")
    expect(choice(page, "Three modes")).to_have_attribute("aria-checked", "false")
    checks = page.locator(".gallery .check").evaluate_all(
        "all => all.map(e => getComputedStyle(e).visibility)"
    )
    assert checks.count("visible") == 1
    line = page.locator(".gallery .line").first
    stroke = line.evaluate("e => getComputedStyle(e).stroke")
    assert stroke == "rgb({}, {}, {})".format(*LAW["light"])
    idle(page)
    assert runs(page) == before + 1
    choice(page, "Skewed").click()
    idle(page)
    page.get_by_role("button", name="From outside").click()
    expect(value(page)).to_have_text("value: 'claw'")
    idle(page)
    assert runs(page) == before + 2  # the second click made none


def test_the_page_can_change_the_choice(page: Page, show: Open) -> None:
    show("gallery-1")
    choice(page, "Skewed").click()
    expect(value(page)).to_have_text("value: 'skewed'")
    page.get_by_role("button", name="From outside").click()
    expect(choice(page, "Claw")).to_have_attribute("aria-checked", "true")
    expect(value(page)).to_have_text("value: 'claw'")
    choice(page, "Skewed").click()
    expect(value(page)).to_have_text("value: 'skewed'")


def test_a_chosen_law_is_kept_while_the_gallery_is_away(page: Page, show: Open) -> None:
    show("gallery-2")
    choice(page, "Pinwheel").click()
    expect(value(page)).to_have_text("value: 'pinwheel'")
    page.get_by_text("other", exact=True).click()
    expect(page.locator(".gallery")).to_have_count(0)
    page.get_by_text("pickers", exact=True).click()
    expect(choice(page, "Pinwheel")).to_have_attribute("aria-checked", "true")
    expect(choice(page, "Pinwheel")).to_be_in_viewport()


def test_arrow_keys_choose_after_a_rest(page: Page, show: Open, idle: Callable) -> None:
    show("gallery-1")
    group = page.get_by_role("radiogroup", name="Law on the line")
    assert group.locator("[tabindex='0']").count() == 1
    before = runs(page)
    choice(page, "Three modes").focus()
    group.evaluate(PRESS, ["ArrowRight", "ArrowDown", "ArrowDown"])  # quicker than a reader
    expect(choice(page, "Thin and wide")).to_be_focused()
    expect(choice(page, "Thin and wide")).to_have_attribute("tabindex", "0")
    assert group.locator("[tabindex='0']").count() == 1
    expect(value(page)).to_have_text("value: 'thin-and-wide'")
    idle(page)
    assert runs(page) == before + 1
    expect(choice(page, "Thin and wide")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(choice(page, "Heavy tail")).to_be_focused()
    expect(choice(page, "Heavy tail")).to_be_in_viewport()
    outline = choice(page, "Heavy tail").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_pictures_are_drawn_in_the_law_s_colour(page: Page, show: Open) -> None:
    show("gallery-2")
    canvases = page.locator(".gallery canvas").all()
    assert len(canvases) == 13
    for scheme, colour in LAW.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".gallery")).to_have_attribute("data-theme", scheme)
        for canvas in canvases:
            assert canvas.evaluate(COUNT_PIXELS, colour) > 15


@pytest.mark.parametrize("name", ["gallery-1", "gallery-2"])
def test_the_gallery_fits_the_sidebar(page: Page, show: Open, name: str) -> None:
    show(name)
    box = page.locator(".choices").bounding_box()
    assert box is not None
    assert box["height"] <= 270
    assert page.locator(".choices").evaluate("e => e.scrollWidth <= e.clientWidth")
    for label in page.locator(".gallery .name").all():
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    columns = page.locator(".choice").evaluate_all(
        "all => new Set(all.map(e => e.offsetLeft)).size"
    )
    assert columns == 3


def test_a_stroke_raises_columns_and_is_told_at_its_end(
    page: Page, show: Open, idle: Callable
) -> None:
    show("line")
    canvas = page.locator(".pad canvas")
    expect(page.get_by_text("Drag over the columns")).to_be_visible()
    before = runs(page)
    drag(page, canvas, (0.3, 0.6), (0.7, 0.2))
    size(canvas, 28)
    expect(value(page)).to_have_text(re.compile(r"Boxes\("))
    idle(page)
    assert runs(page) == before + 1
    expect(page.get_by_text("Drag over the columns")).to_be_hidden()
    weights = re.search(r"weights=\(([^)]*)\)", value(page).inner_text())
    assert weights is not None
    masses = [float(w) for w in weights[1].split(",")]
    assert len(masses) == 28
    assert masses == sorted(masses)
    assert sum(masses) == pytest.approx(1)


def test_undo_and_clear(page: Page, show: Open) -> None:
    show("line")
    canvas = page.locator(".pad canvas")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    drag(page, canvas, (0.1, 0.5), (0.2, 0.5))
    drag(page, canvas, (0.8, 0.5), (0.9, 0.5))
    size(canvas, 16)
    undo.click()
    size(canvas, 8)
    page.get_by_role("button", name="Clear").click()
    size(canvas, 0)
    expect(value(page)).to_have_text("value: None")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()
    canvas.press("Control+z")
    size(canvas, 8)
    expect(value(page)).to_have_text(re.compile(r"Boxes\("))


def test_columns_by_keyboard(page: Page, show: Open) -> None:
    show("line")
    canvas = page.locator(".pad canvas")
    canvas.focus()
    for key in ("Home", "ArrowUp", "ArrowUp", "ArrowRight", "PageUp", "Shift+ArrowDown"):
        page.keyboard.press(key)
    size(canvas, 2)
    news = page.locator(".pad .news")
    expect(news).to_have_text("x = -2.86: height 19 of 100")
    expect(news).to_have_attribute("aria-live", "polite")
    expect(value(page)).to_have_text(re.compile(r"weights=\(0.34483, 0.65517\)"))
    page.keyboard.press("Delete")
    size(canvas, 1)


@pytest.mark.parametrize(("name", "count"), [("line", 32), ("plane", 3)])
def test_the_pad_shows_what_the_page_brings(page: Page, show: Open, name: str, count: int) -> None:
    show(name)
    canvas = page.locator(".pad canvas")
    drag(page, canvas, (0.3, 0.3), (0.5, 0.5))
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.get_by_role("button", name="From outside").click()
    size(canvas, count)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Empty").click()
    size(canvas, 0)
    expect(value(page)).to_have_text("value: None")


def test_points_are_set_and_kept_over_pages(page: Page, show: Open) -> None:
    show("plane")
    canvas = page.locator(".pad canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
    size(canvas, 1)
    expect(value(page)).to_have_text(re.compile("Points"))
    ((x, y),) = sent_points(page)
    assert (x, y) == (pytest.approx(0, abs=0.03), pytest.approx(1.5, abs=0.03))
    drag(page, canvas, (0.2, 0.8), (0.8, 0.8))
    expect(page.locator(".pad .count")).to_have_text(re.compile("^3[5-9] points$"))
    count = canvas.get_attribute("data-size")
    expect(value(page)).to_have_text(re.compile(r"(\([^(]*){30}"))
    assert {y for _, y in sent_points(page)[1:]} <= {-1.79, -1.8, -1.81}
    page.get_by_text("other", exact=True).click()
    expect(canvas).to_have_count(0)
    page.get_by_text("pickers", exact=True).click()
    expect(canvas).to_have_attribute("data-size", count or "")


def test_quick_strokes_are_all_told(page: Page, show: Open, idle: Callable) -> None:
    show("plane")
    canvas = page.locator(".pad canvas")
    for i in range(8):
        drag(page, canvas, (0.1 + 0.1 * i, 0.5))
    size(canvas, 8)
    expect(value(page)).to_have_text(re.compile(r"^[^(]*(\([^(]*){11}$"))  # three, and one each
    idle(page)
    assert len(sent_points(page)) == 8
    size(canvas, 8)


def test_shapes(page: Page, show: Open) -> None:
    show("plane")
    canvas = page.locator(".pad canvas")
    page.get_by_role("button", name="Ring").click()
    expect(page.get_by_role("button", name="Ring")).to_have_attribute("aria-pressed", "true")
    drag(page, canvas, (0.5, 0.5), (0.75, 0.5))
    expect(value(page)).to_have_text(re.compile("Points"))
    ring = sent_points(page)
    assert len(ring) == pytest.approx(94, abs=2)
    assert all(abs((x * x + y * y) ** 0.5 - 1.5) < 0.05 for x, y in ring)
    page.get_by_role("button", name="Clear").click()
    expect(value(page)).to_have_text("value: None")
    page.get_by_role("button", name="Rectangle").click()
    drag(page, canvas, (0.25, 0.25), (0.75, 0.75))
    expect(page.locator(".pad .count")).to_have_text(re.compile("^1[12]. points$"))
    expect(value(page)).to_have_text(re.compile("Points"))
    assert all(max(abs(x), abs(y)) == pytest.approx(1.5, abs=0.03) for x, y in sent_points(page))


def test_a_full_pad_takes_no_more(page: Page, show: Open) -> None:
    show("plane")
    canvas = page.locator(".pad canvas")
    page.get_by_role("button", name="Ring").click()
    for _ in range(4):
        drag(page, canvas, (0.5, 0.5), (0.98, 0.5))
    size(canvas, 500)
    expect(page.locator(".pad .count")).to_have_text("500 points (full)")
    expect(value(page)).to_have_text(re.compile(r"^[^(]*(\([^(]*){503}$"))


def test_points_by_keyboard(page: Page, show: Open) -> None:
    show("plane")
    canvas = page.locator(".pad canvas")
    canvas.focus()
    for key in ("Shift+ArrowRight", "ArrowUp", "Enter", "ArrowLeft", " "):
        page.keyboard.press(key)
    expect(page.locator(".pad .news")).to_have_text("(0.40, 0.10): 2 points")
    expect(value(page)).to_have_text(re.compile(r"Points\("))
    assert sent_points(page) == [(0.5, 0.1), (0.4, 0.1)]
    page.get_by_role("button", name="Line", exact=True).click()
    canvas.focus()
    for key in ("Enter", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    size(canvas, 8)


@pytest.mark.parametrize("name", ["line", "plane"])
def test_drawings_have_the_law_s_colour(page: Page, show: Open, name: str) -> None:
    show(name)
    canvas = page.locator(".pad canvas")
    drag(page, canvas, (0.2, 0.3), (0.8, 0.3))
    for scheme, colour in LAW.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".pad")).to_have_attribute("data-theme", scheme)
        page.wait_for_function(
            f"([c, colour]) => ({COUNT_PIXELS})(c, colour) > 60",
            arg=[canvas.element_handle(), colour],
        )


@pytest.mark.parametrize("name", ["gallery-2", "line", "plane"])
def test_touch_on_a_phone(
    phone: Page, serve: Callable[[Path], str], idle: Callable, name: str
) -> None:
    phone.goto(f"{serve(APP)}/?show={name}")
    idle(phone)
    phone.get_by_test_id("stExpandSidebarButton").tap()
    if name == "gallery-2":
        part = phone.locator(".choices")
        choice(phone, "Circle").tap()
        expect(choice(phone, "Circle")).to_have_attribute("aria-checked", "true")
        expect(value(phone)).to_have_text("value: 'ring'")
    else:
        part = phone.locator(".pad")
        part.locator("canvas").tap()
        size(part.locator("canvas"), 1)
        expect(value(phone)).not_to_have_text("value: None")
        for button in part.locator("button").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44
    box = part.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert part.evaluate("e => e.scrollWidth <= e.clientWidth")
