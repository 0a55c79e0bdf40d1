"""Both pages in a real browser: they load, move, remember, take files and say what is wrong."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from player_steps import wait_beyond
from playwright.sync_api import Browser, Locator, Page, expect

from diffusion_core import Experiment, measure
from tests.browser.menus import go, menu
from tests.browser.waiting import frames, press_at_once, reloaded

APP = Path(__file__).resolve().parents[2] / "app.py"
SMALL = "from=8&to=16"
PICTURE = "canvas => canvas.toDataURL()"
# asked in one go: a sweep that grows puts another figure in the place of one that was found before
CURVES = """() => {
  const [figure, ...others] = document.querySelectorAll(".js-plotly-plot");
  const drawn = !others.length && figure?.querySelector(".scatterlayer .trace")?.checkVisibility();
  return drawn && figure.data?.map((trace) => trace.name);
}"""
WIDTHS = "() => [document.documentElement.scrollWidth, innerWidth]"

Idle = Callable[[Page], None]
Open = Callable[..., Page]


def link(**changes: object) -> str:
    """The setting that holds the default experiment with some changes."""
    return "e=" + json.dumps(Experiment(preset="three-modes").to_dict() | changes)


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Idle) -> Open:
    """show(address) -> the page of the app, once its script has run."""

    def visit(address: str = "trajectories", tab: Page = page) -> Page:
        tab.goto(f"{serve(APP)}/{address}")
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        idle(tab)
        return tab

    return visit


def canvas(page: Page) -> Locator:
    found = page.locator(".player canvas").first
    expect(found).to_have_attribute("data-drawn", re.compile(r"[1-9]"))
    return found


def paused(page: Page, place: int) -> Locator:
    """The canvas, paused at this frame."""
    page.get_by_role("slider", name="Reverse time").fill(str(place))
    found = canvas(page)
    expect(found).to_have_attribute("data-frame", str(place))
    expect(found).to_have_attribute("data-playing", "false")
    frames(found)
    return found


def curves(page: Page) -> list[str]:
    """The names of the figure's traces, once it is drawn."""
    return page.wait_for_function(CURVES).json_value()


def steps(page: Page) -> Locator:
    return page.get_by_role("slider", name="Steps T")


def seed(page: Page, number: str) -> None:
    field = page.get_by_role("spinbutton", name="Seed")
    field.fill(number)
    field.press("Enter")


# first, because it needs a server that has not shown the front page yet
def test_a_pages_own_address_works_first(page: Page, show: Open) -> None:
    show(f"convergence?{SMALL}")
    expect(menu(page, "Reverse trajectories")).to_be_visible()
    assert page.get_by_role("link", name="app", exact=True).count() == 0
    assert page.title() == "Diffusion Convergence Lab" or "Distance" in page.title()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", f"convergence?{SMALL}"])
def test_loads_without_a_complaint_and_fits(
    page: Page, show: Open, address: str, scheme: str, size: tuple[int, int]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    show(address)
    if address:
        assert any("measured" in name for name in curves(page))
    else:
        canvas(page)
    assert page.get_by_test_id("stAlert").count() == 0
    wide, window = page.evaluate(WIDTHS)
    assert wide <= window
    background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == ("rgb(16, 21, 28)" if scheme == "dark" else "rgb(255, 255, 255)")


@pytest.mark.parametrize(
    "address",
    ["why", *(f"theory?{link(sampler={'kind': k})}" for k in ("ode-taylor", "ddpm-covariance"))],
)
def test_no_formula_is_wider_than_a_phone(page: Page, show: Open, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    show(address)
    for summary in page.locator("summary", has_text="The formulas of all samplers").all():
        summary.click()
        expect(page.get_by_text("DPM-Solver++(2M)", exact=False).last).to_be_visible()
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".katex-display")]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    )
    assert wide == []
    assert page.locator(".katex-display").count() > 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_captions_can_be_read(page: Page, show: Open, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    show()
    ratios = page.evaluate(
        """() => {
        const rgb = text => text.match(/[\\d.]+/g).slice(0, 4).map(Number);
        const light = c => c.map(v => v / 255).map(v =>
            v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = e => {
            for (; e; e = e.parentElement) {
                const c = rgb(getComputedStyle(e).backgroundColor);
                if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
            }
            return [255, 255, 255];
        };
        return [...document.querySelectorAll("[data-testid=stCaptionContainer] p")].map(p => {
            const below = ground(p), share = Number(getComputedStyle(p.parentElement).opacity);
            const ink = rgb(getComputedStyle(p).color).slice(0, 3)
                .map((v, i) => share * v + (1 - share) * below[i]);
            const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05);
        });
    }"""
    )
    assert len(ratios) >= 3
    assert min(ratios) >= 4.5


def test_something_moves_before_the_first_click(page: Page, show: Open) -> None:
    show()
    moving = canvas(page)
    wait_beyond(moving, 0)
    shown = moving.evaluate(PICTURE)
    assert paused(page, 0).evaluate(PICTURE) != shown


def test_the_number_on_the_page_is_the_cores(page: Page, show: Open) -> None:
    show("trajectories?" + link(steps=30))
    value = measure(Experiment(preset="three-modes", steps=30)).value
    expect(
        page.get_by_test_id("stMain").get_by_text(re.compile(rf"TV\(q₁, p₁\) = {value:.5f}"))
    ).to_be_visible()


def test_a_link_gives_the_same_state_and_the_same_pixels(
    page: Page, browser: Browser, show: Open, idle: Idle
) -> None:
    page.emulate_media(reduced_motion="reduce")
    show("trajectories?particles=500")
    for change, shown in (
        (lambda: steps(page).press("ArrowLeft"), "steps%22%3A80"),
        (lambda: seed(page, "12"), "seed%22%3A12"),
    ):
        loads = canvas(page).get_attribute("data-loads")
        change()
        expect(page).to_have_url(re.compile(shown))
        reloaded(canvas(page), loads)
        idle(page)
    before = paused(page, 0).evaluate(PICTURE)
    context = browser.new_context(viewport=page.viewport_size, reduced_motion="reduce")
    other = context.new_page()
    show(page.url.split("/", 3)[3], other)
    assert steps(other).get_attribute("aria-valuetext") == steps(page).get_attribute(
        "aria-valuetext"
    )
    assert other.get_by_role("spinbutton", name="Seed").input_value() == "12"
    assert paused(other, 0).evaluate(PICTURE) == before
    other.get_by_role("slider", name="Particles").press("ArrowRight")
    expect(other).not_to_have_url(re.compile("particles=500"))
    idle(other)
    assert "particles=500" in page.url  # two tabs do not disturb each other
    page.reload()
    idle(page)
    assert paused(page, 0).evaluate(PICTURE) == before
    context.close()


def test_the_place_in_time_is_kept_when_something_else_changes(
    page: Page, show: Open, idle: Idle
) -> None:
    show("trajectories?" + link(steps=51))
    paused(page, 25)
    loads = canvas(page).get_attribute("data-loads")
    seed(page, "3")
    reloaded(canvas(page), loads)
    expect(page).to_have_url(re.compile("seed%22%3A3"))
    idle(page)
    expect(canvas(page)).to_have_attribute("data-frame", "25")
    steps(page).press("ArrowRight")
    expect(page.locator(".player .time")).to_contain_text("of 64")
    share = int(canvas(page).get_attribute("data-frame") or 0) / 63
    assert share == pytest.approx(0.5, abs=0.02)


def test_another_page_and_back_keeps_the_experiment(page: Page, show: Open, idle: Idle) -> None:
    show(f"convergence?samplers=ode&{SMALL}&" + link(seed=9, steps=12))
    go(page, "Reverse trajectories")
    expect(steps(page)).to_have_attribute("aria-valuetext", "12")
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("9")
    expect(page).to_have_url(re.compile("seed%22%3A9"))
    idle(page)
    go(page, "Distance against T")
    expect(page.get_by_role("heading", name="Distance against T")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("9")
    idle(page)
    assert curves(page)[0] == "ODE (probability flow), measured"
    expect(page).to_have_url(re.compile("to=16"))
    page.go_back()  # to the page without its settings, which Streamlit's navigation puts first
    idle(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Reverse trajectories")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("9")


def test_the_range_keeps_both_ends(page: Page, show: Open, idle: Idle) -> None:
    show(f"convergence?samplers=ode&{SMALL}")
    page.get_by_role("slider", name="Range").last.press("ArrowRight")
    expect(page).to_have_url(re.compile("to=32"))
    idle(page)
    page.get_by_text("with their log factors").click()
    expect(page).to_have_url(re.compile("logs=off"))
    idle(page)
    assert "to=32" in page.url
    assert page.get_by_test_id("stAlert").count() == 0


def test_a_long_sweep_grows_stops_and_continues(page: Page, show: Open) -> None:
    plane = link(target={"kind": "preset", "name": "spiral"})
    page.goto(
        show("convergence?samplers=ode&" + SMALL).url.split("?")[0]
        + f"?{plane}&samplers=ode&from=2&to=8192&particles=100000"
    )
    main = page.get_by_test_id("stMain")
    stop = main.get_by_role("button", name="Stop", exact=True)
    assert curves(page)[0] == "ODE (probability flow), measured"
    press_at_once(page, "Stop")
    stopped = main.get_by_text(re.compile(r"Stopped: \d+ of 13 runs are shown"))
    expect(stopped).to_be_visible()
    done = int(re.findall(r"\d+", stopped.inner_text())[0])
    assert 1 <= done < 13
    assert curves(page)
    main.get_by_role("button", name="Continue").click()
    expect(stop).to_be_visible()
    expect(page).to_have_url(re.compile("spiral"))
    page.get_by_test_id("stSidebar").get_by_text("Line", exact=True).click()
    expect(page).not_to_have_url(re.compile("spiral"))  # another run has begun: the sweep has ended


def test_the_figure_on_a_phone(page: Page, show: Open) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    show(f"convergence?{SMALL}")
    curves(page)
    figure = page.locator(".js-plotly-plot")
    plot = figure.locator(".bglayer .bg, .draglayer .nsewdrag").first.bounding_box()
    legend = figure.locator(".legend .bg").bounding_box()
    assert plot is not None
    assert legend is not None
    assert legend["y"] >= plot["y"] + plot["height"]
    assert plot["height"] > 150
    box = figure.bounding_box()
    assert box is not None
    for label in figure.locator(".xtick text, .ytick text, .legendtext").all():
        at = label.bounding_box()
        assert at is not None
        assert at["x"] >= box["x"] - 1
        assert at["x"] + at["width"] <= box["x"] + box["width"] + 1


def test_a_table_is_uploaded(page: Page, show: Open, idle: Idle) -> None:
    show("trajectories?particles=200")
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Data", exact=True).first.click()
    sidebar.get_by_role("combobox", name="Data").click()
    page.get_by_role("option", name="My table").click()
    expect(sidebar.get_by_text("Until a file is chosen")).to_be_visible()
    idle(page)
    field = sidebar.locator("input[type=file]").first
    good = {"name": "t.csv", "mimeType": "text/csv", "buffer": b"x\n1\n2\n4\n8\n"}
    field.set_input_files(good)
    expect(sidebar.get_by_text("4 rows.")).to_be_visible()
    idle(page)
    canvas(page)
    field = sidebar.locator("input[type=file]").first
    field.set_input_files(good | {"name": "u.csv", "buffer": b"x\n1\nab\n2\n3\n"})
    expect(sidebar.get_by_text('u.csv: line 3, column "x" holds "ab"')).to_be_visible()
    idle(page)
    expect(sidebar.get_by_text("In use: 4 points")).to_be_visible()
    canvas(page)


def test_downloads_open(page: Page, show: Open, idle: Idle) -> None:
    show("trajectories?particles=200&" + link(steps=10))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the particles (CSV)").click()
    with open(download.value.path(), newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["x"]
    assert len(rows) == 201
    page.get_by_text("Link and file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this experiment").click()
    text = Path(download.value.path()).read_bytes()
    assert Experiment.from_json(text) == Experiment(preset="three-modes", steps=10)
    show()
    page.get_by_text("Link and file").click()
    field = page.get_by_test_id("stSidebar").locator("input[type=file]").first
    file = {"name": "experiment.json", "mimeType": "application/json", "buffer": text}
    field.set_input_files(file)
    expect(steps(page)).to_have_attribute("aria-valuetext", "10")


@pytest.mark.parametrize("address", ["trajectories", "convergence"])
def test_a_broken_link_is_a_sentence_and_the_app_is_up(
    page: Page, show: Open, idle: Idle, address: str
) -> None:
    own = SMALL if address == "convergence" else "particles=200"
    show(f"{address}?e=%7B&{own}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("experiment: not valid JSON")
    assert "e=" in page.url
    seed(page, "2")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_every_control_is_reached_by_the_keyboard(page: Page, show: Open) -> None:
    show("trajectories?" + link(steps=10))
    reached = set()
    page.locator("body").press("Tab")
    for _ in range(220):  # round all of them
        reached.add(
            page.evaluate(
                """() => {
                let e = document.activeElement;
                while (e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
                const label = e.labels && e.labels[0] && e.labels[0].innerText;
                const group = e.closest("[role=radiogroup]");
                return [e.ariaLabel, label, group && group.ariaLabel, e.innerText].join("|");
            }"""
            )
        )
        page.keyboard.press("Tab")
    told = "\n".join(reached)
    for name in (
        "Target",
        "Law on the line",
        "Noise schedule",
        "c₀",
        "Sampler",
        "Steps T",
        "Seed",
        "Particles",
        "Link and file",
        "Reverse time",
        "Pause" if "Pause" in told else "Play",
        "Download the particles",
        "Distances",
    ):
        assert name in told, name


@pytest.mark.parametrize(
    ("section", "selector"),
    [
        ("what-is-proven", "#what-is-proven"),
        ("theorem-1-of-2408-02320", ".st-key-theorem-1-of-2408-02320"),
        ("the-formulas-of-all-samplers", ".st-key-the-formulas-of-all-samplers"),
    ],
)
def test_a_link_to_a_section_of_the_theory_opens_there(
    page: Page,
    serve: Callable[[Path], str],
    idle: Callable[[Page], None],
    section: str,
    selector: str,
) -> None:
    page.goto(f"{serve(APP)}/theory?section={section}")
    expect(page.locator(selector)).to_be_visible()
    idle(page)
    page.wait_for_function(
        "s => { const { top } = document.querySelector(s).getBoundingClientRect();"
        " return top >= 60 && top < 200; }",
        arg=selector,
    )
