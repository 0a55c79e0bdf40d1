"""Waiting for what a test waits for: frames that the browser draws, never a time that passes."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

FRAMES = """async (_, count) => {
    for (let k = 0; k < count; k += 1) await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done));  // what was asked for before is drawn, too
}"""
PRESSED = """name => {
    const all = document.querySelectorAll("[data-testid=stMain] button");
    const button = [...all].find((b) => b.checkVisibility() && b.innerText.trim() === name);
    button?.click();
    return Boolean(button);
}"""
OUT_OF_SIGHT = """element => new Promise((done) => {
    const seen = new IntersectionObserver(([entry]) => {
        if (entry.isIntersecting) return;
        seen.disconnect();
        done();
    });
    seen.observe(element);
})"""


def frames(where: Page | Locator, count: int = 1) -> None:
    """Until the browser has drawn this many frames: what asked for one before is drawn by then."""
    (where if isinstance(where, Locator) else where.locator("body")).evaluate(FRAMES, count)


def out_of_sight(element: Locator) -> None:
    """Until observers made before have been told that the element is out of sight."""
    element.evaluate(OUT_OF_SIGHT)


def press_at_once(page: Page, name: str) -> None:
    """Press the page's button of this name in the frame in which it comes: it may not stay long."""
    page.wait_for_function(PRESSED, arg=name)


def reloaded(canvas: Locator, loads: str | None) -> None:
    """Until a player has taken and drawn data after those that it counted as ``loads``."""
    canvas.page.wait_for_function(
        "([canvas, loads]) => canvas.dataset.loads !== loads", arg=[canvas.element_handle(), loads]
    )
    frames(canvas)
