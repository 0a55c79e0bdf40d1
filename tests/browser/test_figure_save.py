"""What a reader saves of a figure: its picture in the chosen format, and its numbers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

APP = Path(__file__).resolve().parents[2] / "app.py"
# arrays arrive coded, and Plotly keeps what it has decoded beside the code
POINTS = """f => f.data.filter(trace => trace.y).flatMap((trace) => {
    const [x, y] = [trace.x, trace.y].map((values) => Array.from(values._inputArray ?? values));
    return y.map((_, k) => [trace.name, x[k], y[k]]);
})"""

# of the figure as it is drawn: the page runs again before a choice reaches it
FORMAT = """format => {
    const figure = document.querySelector(".js-plotly-plot");
    return figure?._context?.toImageButtonOptions.format === format;
}"""


def saved(page: Page, button: Locator, folder: Path) -> Path:
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_figure_is_saved_with_its_numbers(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None], tmp_path: Path
) -> None:
    page.goto(f"{serve(APP)}/literature")
    figure = page.locator(".js-plotly-plot")
    expect(figure).to_be_visible()
    idle(page)
    asked = figure.evaluate("f => [f.layout.height, f._fullLayout.height]")
    assert asked[0] == asked[1] > 1000  # its legend is a list, not squeezed into the window
    camera = figure.locator(".modebar-btn").first
    assert saved(page, camera, tmp_path).suffix == ".svg"

    numbers = saved(page, page.get_by_role("button", name="Numbers (CSV)"), tmp_path)
    _, *lines = csv.reader(numbers.read_text(encoding="utf-8").splitlines())
    drawn = figure.evaluate(POINTS)
    assert len(lines) == len(drawn) > 100
    for (name, *values), (trace, *point) in zip(lines, drawn, strict=True):
        assert not trace or name == trace.replace("<br>", " ")
        assert [float(v) for v in values] == point

    page.get_by_text("Save and cite").click()
    expect(page.get_by_text("@software")).to_be_visible()
    page.get_by_text("PNG", exact=True).click()
    page.wait_for_function(FORMAT, arg="png")
    picture = saved(page, figure.locator(".modebar-btn").first, tmp_path)
    assert picture.suffix == ".png"
    assert picture.read_bytes().startswith(b"\x89PNG")


TEXTS = """root => {
    const shown = [...root.querySelectorAll("text")].filter((text) => text.textContent.trim());
    return shown.map((text) => {
        const { left, top, right, bottom } = text.getBoundingClientRect();
        return [text.textContent, left, top, right, bottom];
    }).filter(([, left, , right]) => right > left);
}"""


def test_a_saved_figure_needs_no_font_of_the_page(
    page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None], tmp_path: Path
) -> None:
    page.goto(f"{serve(APP)}/budget")
    figure = page.locator(".js-plotly-plot").first
    expect(figure.locator(".main-svg").first).to_be_visible()
    idle(page)
    assert page.evaluate("document.fonts.check('14px Source Sans')")
    drawn = [(name, right - left) for name, left, _, right, _ in figure.evaluate(TEXTS)]
    path = saved(page, figure.locator(".modebar-btn").first, tmp_path)
    page.goto(path.as_uri())  # without the app's style sheet, and so without its font
    root = page.locator("svg").first
    width, height = root.evaluate("r => [r.width.baseVal.value, r.height.baseVal.value]")
    found = root.evaluate(TEXTS)
    assert len(found) == len(drawn) > 10
    for name, left, top, right, bottom in found:
        assert left > -1, name
        assert top > -1, name
        assert right < width + 1, name
        assert bottom < height + 1, name
        assert any(name == text and abs(right - left - size) <= 2 for text, size in drawn), name
