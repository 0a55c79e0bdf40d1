"""Layers, the space-time view, slow motion and followed particles, as pixels and words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from player_data import FOLLOWED, demo
from player_steps import (
    COLORS,
    OUTPUT,
    PARTS,
    TARGET,
    TEXT,
    Open,
    box_pixels,
    boxes,
    colored,
    frame,
    opener,
    scrub,
    set_field,
    wait_beyond,
)
from playwright.sync_api import Locator, Page, expect

FRAME = 40
LIGHT = COLORS["light"]
PLANE_LAYERS = [
    ("particles", LIGHT[OUTPUT], 500),
    ("trails", TEXT["light"], 100),
    ("contours", LIGHT[TARGET], 300),
    ("output", LIGHT[OUTPUT], 300),
    ("field", TEXT["light"], 1000),
    ("parts", PARTS["light"][1], 20),
]
LINE_LAYERS = [
    ("particles", LIGHT[OUTPUT], 300),
    ("target", LIGHT[TARGET], 300),
    ("output", LIGHT[OUTPUT], 200),
    ("field", TEXT["light"], 100),
    ("trails", TEXT["light"], 100),
    ("parts", PARTS["light"][1], 20),
]


@pytest.fixture
def show(page: Page, serve: Callable[[Path], str], idle: Callable[[Page], None]) -> Open:
    return opener(page, serve, idle)


def followed(page: Page) -> Locator:
    return page.locator(".player .followed")


def numbers(text: str) -> list[float]:
    return [float(x.replace("−", "-")) for x in re.findall(r"−?\d+\.\d+", text)]


@pytest.mark.parametrize(
    ("query", "layers"), [("d=2", PLANE_LAYERS), ("d=1&view=density", LINE_LAYERS)]
)
def test_each_layer_appears_and_disappears(
    page: Page, show: Open, query: str, layers: list[tuple[str, tuple[int, ...], int]]
) -> None:
    nothing = "histogram" if "d=2" in query else "contours"  # draws nothing in this view
    canvas = show(f"demo=ddpm&{query}&layers={nothing}")
    scrub(page, canvas, FRAME)
    for layer, color, least in layers:
        before = colored(canvas, color)
        set_field(page, "Layers", layer)
        assert colored(canvas, color) - before > least, layer
    set_field(page, "Layers", nothing)
    for _, color, _ in layers[:-1]:
        empty = colored(canvas, color, boxes(canvas)[0])
        assert empty < 30
    assert frame(canvas) == FRAME


def test_heat_map_and_histogram_are_layers(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=2&layers=parts")
    scrub(page, canvas, 59)
    page.locator(".player").press("Escape")
    (box,) = boxes(canvas)
    empty = box_pixels(canvas, box)
    set_field(page, "Layers", "target")
    assert colored(canvas, LIGHT[TARGET], box) > 300
    set_field(page, "Layers", "histogram")
    assert box_pixels(canvas, box) == empty


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_heat_maps_of_the_output_and_of_the_difference(page: Page, show: Open, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    canvas = show("demo=ode&d=2&layers=parts")
    scrub(page, canvas, 59)
    page.locator(".player").press("Escape")
    (box,) = boxes(canvas)
    empty = [colored(canvas, color, box) for color in COLORS[scheme].values()]
    seen = {}
    for layer in ("target", "output-map", "difference"):
        set_field(page, "Layers", layer)
        counts = [colored(canvas, color, box) for color in COLORS[scheme].values()]
        seen[layer] = [n - before for n, before in zip(counts, empty, strict=True)]
    blue, orange = zip(*seen.values(), strict=True)
    assert blue[0] > 300
    assert orange[0] < 30
    assert orange[1] > 300
    assert blue[1] < 30
    assert min(blue[2], orange[2]) > 30  # too little here, too much there


def test_layers_change_without_a_new_mount(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=1&steps=200&n=200")
    page.get_by_label("Speed", exact=True).select_option("0.25")
    canvas.evaluate("canvas => { canvas.mark = 1; }")
    wait_beyond(canvas, 2)
    place = frame(canvas)
    set_field(page, "Layers", "target output")
    set_field(page, "View", "spacetime")
    assert [box["view"] for box in boxes(canvas)] == ["spacetime"]
    expect(canvas).to_have_attribute("data-playing", "true")
    expect(page.get_by_label("Speed", exact=True)).to_have_value("0.25")
    assert canvas.evaluate("canvas => canvas.mark") == 1
    assert frame(canvas) >= place
    wait_beyond(canvas, frame(canvas))


@pytest.mark.parametrize(
    ("width", "beside"), [pytest.param(1280, True, id="wide"), pytest.param(390, False, id="phone")]
)
def test_space_time_view(page: Page, show: Open, width: int, beside: bool) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    canvas = show("demo=ode&d=1&layers=particles%20target%20contours&view=both")
    density, spacetime = boxes(canvas)
    assert (density["view"], spacetime["view"]) == ("density", "spacetime")
    assert (spacetime["left"] > density["left"] + density["width"]) == beside
    scrub(page, canvas, 30)
    assert colored(canvas, LIGHT[TARGET], spacetime) > 300
    half = {**spacetime, "width": spacetime["width"] * 30 / 59 + 6}
    rest = {**spacetime, "left": half["left"] + half["width"]}
    rest["width"] = spacetime["width"] - half["width"]
    assert colored(canvas, LIGHT[OUTPUT], half) > 300  # the paths up to the cursor, and no further
    assert colored(canvas, LIGHT[OUTPUT], rest) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dimension", [1, 2])
def test_slow_motion_names_the_parts_and_ends_on_the_next_frame(
    page: Page, show: Open, dimension: int
) -> None:
    canvas = show(f"demo=ddpm&d={dimension}&n=200")
    scrub(page, canvas, FRAME)
    page.get_by_label("Speed", exact=True).select_option("slow")
    expect(canvas).to_have_attribute("data-follow", "0")
    group = page.locator(".player")
    heading, formula = group.locator(".formula .heading"), group.locator(".formula .numbers")
    seen = []
    for part, name in enumerate(["drift along the score", "add noise", "rescale"], start=1):
        expect(heading).to_have_text(f"t = 20 → 19, part {part} of 3: {name}")
        expect(canvas).to_have_attribute("data-part", name)
        seen.append(numbers(formula.inner_text()))
        assert colored(canvas, PARTS["light"][part - 1]) > 5
        group.press("ArrowRight")
    expect(canvas).to_have_attribute("data-frame", str(FRAME + 1))
    follow = demo("ddpm", dimension, 200).follow
    assert follow is not None
    ends = follow.points[FRAME, 0]
    for shown, end in zip(seen, ends, strict=True):
        assert shown[-dimension:] == pytest.approx(end, abs=6e-4)
    assert numbers(followed(page).inner_text())[:dimension] == seen[-1][-dimension:]
    group.press("ArrowLeft")
    expect(heading).to_have_text("t = 20 → 19, part 3 of 3: rescale")


def test_slow_motion_plays_part_by_part(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=2&n=200")
    scrub(page, canvas, FRAME)
    page.get_by_label("Speed", exact=True).select_option("slow")
    page.get_by_role("button", name="Forward one part").click()
    expect(canvas).to_have_attribute("data-part", "rescale")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(  # asked at each frame that is drawn: the part lasts a second
        "([{ dataset }, frame, part]) => dataset.frame === frame && dataset.part === part",
        arg=[canvas.element_handle(), str(FRAME + 1), "drift along the score"],
    )
    expect(followed(page)).to_have_attribute("aria-live", "off")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(followed(page)).to_have_attribute("aria-live", "polite")
    expect(canvas).to_have_attribute("data-playing", "false")


def test_slow_motion_without_parts_is_just_slow(page: Page, show: Open) -> None:
    canvas = show("d=1&frames=20")
    scrub(page, canvas, 5)
    page.get_by_label("Speed", exact=True).select_option("slow")
    expect(canvas).to_have_attribute("data-follow", "-1")
    expect(page.locator(".player .formula")).to_be_hidden()
    page.get_by_role("button", name="Forward one step").click()
    expect(canvas).to_have_attribute("data-frame", "6")


def place_of(canvas: Locator, point: np.ndarray) -> dict[str, float]:
    (box,) = boxes(canvas)
    x, y = (point + 3.5) / 7
    return {"x": box["left"] + x * box["width"], "y": box["top"] + (1 - y) * box["height"]}


def test_a_click_follows_the_nearest_particle(page: Page, show: Open) -> None:
    canvas = show("demo=ode&d=2&n=300&layers=particles")
    scrub(page, canvas, FRAME)
    animation = demo("ode", 2, 300)
    points = animation.positions[FRAME]
    before = colored(canvas, TEXT["light"], boxes(canvas)[0])
    canvas.click(position=place_of(canvas, points[3]))
    expect(canvas).to_have_attribute("data-follow", "3")
    expect(followed(page)).to_contain_text(f"Particle 4 of {FOLLOWED} followed: Y20 = ")
    assert animation.follow is not None
    expected = [*points[3], *animation.follow.score[FRAME, 3]]
    assert numbers(followed(page).inner_text())[:4] == pytest.approx(expected, abs=6e-4)
    assert colored(canvas, TEXT["light"], boxes(canvas)[0]) - before > 60  # the ring and the path
    page.locator(".player").press("Escape")
    expect(canvas).to_have_attribute("data-follow", "-1")
    expect(followed(page)).to_have_text("Click a particle, or press F, to follow it.")
    assert colored(canvas, TEXT["light"], boxes(canvas)[0]) == before


def test_keys_and_the_button_follow_another(page: Page, show: Open) -> None:
    canvas = show("d=2&n=5")
    scrub(page, canvas, FRAME)
    group = page.locator(".player")
    group.press("f")
    expect(canvas).to_have_attribute("data-follow", "0")
    button = page.get_by_role("button", name="Follow another particle")
    for particle in (1, 2, 3, 4, 0):
        button.click()
        expect(canvas).to_have_attribute("data-follow", str(particle))
    expect(followed(page)).to_contain_text("Particle 1 of 5 followed: Y60 = (")


def test_everything_at_once_in_the_dark_on_a_phone(page: Page, show: Open) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    names = "particles%20trails%20target%20contours%20output%20field%20parts%20histogram"
    canvas = show(f"demo=ddpm&d=2&layers={names}")
    scrub(page, canvas, FRAME)
    for color in (*COLORS["dark"].values(), *PARTS["dark"], TEXT["dark"]):
        assert colored(canvas, color) > 10
    player = page.locator(".player")
    assert player.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for control in player.locator("button:visible, select:visible, input:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
