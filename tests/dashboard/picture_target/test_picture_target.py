"""Pictures as densities: known cells, the right way up, and refusals in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dashboard.link.permalink import decode, encode
from dashboard.picture_target import density as picture_target_density
from dashboard.picture_target.density import (
    LEVELS,
    SIZES,
    boxes_of_cells,
    density,
    image_cells,
)
from dashboard.picture_target.file import MAX_IMAGE_BYTES
from dashboard.picture_target.words import what_may_be_wrong, what_was_read
from diffusion_core import Experiment, InputError
from diffusion_core.targets import Boxes
from tests.dashboard.pictures import frames_of, halves, huge_png, saved


def grey(rows: list[list[int]]) -> Image.Image:
    return Image.fromarray(np.array(rows, dtype=np.uint8))


def image_target(data: bytes, name: str, size: int, invert: bool = True) -> Boxes:
    return density(image_cells(data, name, size), name, invert).boxes


def mass_in(boxes: Boxes, where) -> float:
    middles = (np.array(boxes.lows) + np.array(boxes.highs)) / 2
    return float(sum(w for w, m in zip(boxes.weights, middles, strict=True) if where(*m)))


def test_four_cells_are_the_known_boxes():
    boxes = boxes_of_cells(np.array([[1.0, 0.0], [1 / 3, 2 / 3]]), 1.5)
    assert boxes == Boxes(
        (0.5, round(1 / 6, 10), round(1 / 3, 10)),
        ((-1.5, 0.0), (-1.5, -1.5), (0.0, -1.5)),
        ((0.0, 1.5), (0.0, 0.0), (1.5, 0.0)),
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_two_by_two_picture_fills_the_square_with_its_four_masses(size):
    boxes = image_target(saved(grey([[0, 255], [170, 85]])), "p.png", size)
    assert len(boxes.weights) == 3 * size**2 // 4
    np.testing.assert_allclose(boxes.bounds, [[-2.4, -2.4], [2.4, 2.4]])
    assert mass_in(boxes, lambda x, y: x < 0 < y) == pytest.approx(1 / 2, abs=1e-6)
    assert mass_in(boxes, lambda x, y: x > 0 and y > 0) == 0
    assert mass_in(boxes, lambda x, y: x < 0 and y < 0) == pytest.approx(1 / 6, abs=1e-6)
    assert mass_in(boxes, lambda x, y: y < 0 < x) == pytest.approx(1 / 3, abs=1e-6)
    sides = np.array(boxes.highs) - np.array(boxes.lows)
    np.testing.assert_allclose(sides, 4.8 / size, atol=1e-12)


def test_the_top_of_the_picture_is_high():
    picture = Image.new("L", (64, 64), 255)
    picture.paste(0, (0, 0, 64, 8))
    boxes = image_target(saved(picture), "p.png", 16)
    assert np.array(boxes.lows)[:, 1].min() == pytest.approx(1.8)


def test_light_is_mass_where_asked():
    boxes = image_target(saved(grey([[0, 255], [0, 0]])), "p.png", 16, invert=False)
    assert mass_in(boxes, lambda x, y: x > 0 and y > 0) == pytest.approx(1)


@pytest.mark.parametrize(("shape", "bounds"), [((40, 20), (2.4, 1.2)), ((10, 40), (0.6, 2.4))])
def test_the_aspect_ratio_is_kept(shape, bounds):
    boxes = image_target(saved(Image.new("L", shape)), "p.png", 32)
    np.testing.assert_allclose(boxes.bounds[1], bounds)
    np.testing.assert_allclose(boxes.bounds[0], [-b for b in bounds])


def test_an_odd_number_of_cells_is_centred_and_even():
    boxes = image_target(saved(Image.new("L", (64, 3))), "p.png", 64)
    sides = np.array(boxes.highs) - np.array(boxes.lows)
    np.testing.assert_allclose(sides, 0.075, atol=1e-9)
    assert boxes.bounds[1, 1] == pytest.approx(0.1125)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_every_format_is_read(kind):
    picture = Image.new("RGB", (64, 64), "white")
    picture.paste("black", (0, 0, 32, 32))
    boxes = image_target(saved(picture, kind), f"p.{kind}", 16)
    assert mass_in(boxes, lambda x, y: x < 0 < y) > 0.97


def test_transparent_is_white():
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (4, 4, 8, 8))
    boxes = image_target(saved(picture), "p.png", 16)
    assert mass_in(boxes, lambda x, y: y < 0 < x) == pytest.approx(1)


def test_the_camera_held_sideways_is_put_upright():
    picture = Image.new("L", (32, 32), 255)
    picture.paste(0, (0, 0, 32, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    boxes = image_target(saved(picture, exif=exif), "p.png", 16)
    assert np.array(boxes.lows)[:, 0].min() == pytest.approx(1.2)


def test_the_first_frame_counts():
    frames = [grey([[0, 255]]), grey([[255, 0]])]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    boxes = image_target(data, "p.gif", 16)
    assert mass_in(boxes, lambda x, y: x < 0) == pytest.approx(1)


def test_sixteen_bits_are_not_clipped_to_eight():
    deep = Image.fromarray(np.array([[0, 65_535], [43_690, 21_845]], dtype=np.uint16))
    flat = grey([[0, 255], [170, 85]])
    assert image_target(saved(deep), "p.png", 16) == image_target(saved(flat), "p.png", 16)


def test_faint_noise_of_paper_is_no_mass():
    noise = np.random.default_rng(5).integers(248, 256, (64, 64)).astype(np.uint8)
    noise[:16, :16] = 0
    boxes = image_target(saved(Image.fromarray(noise)), "p.png", 16)
    assert len(boxes.weights) == 16
    assert len(set(boxes.weights)) == 1
    assert LEVELS * (1 - 248 / 255) < 0.5


def drawing() -> Image.Image:
    picture = Image.new("L", (400, 400), 255)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 40, 360, 360), outline=0, width=14)
    pen.arc((110, 110, 290, 290), 20, 160, fill=0, width=14)
    pen.ellipse((130, 130, 160, 170), fill=0)
    pen.ellipse((240, 130, 270, 170), fill=0)
    return picture


@pytest.mark.parametrize("size", [16, 32, 48, 64])
def test_a_line_drawing_fits_a_link(size):
    experiment = Experiment(target=image_target(saved(drawing()), "p.png", size))
    link = encode(experiment)
    assert link is not None
    assert decode(link) == experiment


def test_a_grey_photograph_fits_a_link_at_the_usual_size():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:256, :256]
    light = 100 * (1 + np.sin(x / 30) * np.cos(y / 23)) + rng.integers(0, 50, (256, 256))
    target = image_target(saved(Image.fromarray(light.astype(np.uint8))), "p.png", 32)
    assert len(target.weights) > 1000
    assert encode(Experiment(target=target)) is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a PNG"),
        (b"x,y\n1,2\n", "not a PNG"),
        (b"%PDF-1.7", "not a PNG"),
        (saved(Image.new("L", (8, 8)), "TIFF"), "not a PNG"),
        (saved(drawing())[:900], "cut off or damaged"),
        (saved(drawing(), "JPEG")[:3000], "cut off or damaged"),
        (b"\0" * (MAX_IMAGE_BYTES + 1), "5,000,001 bytes, at most 5,000,000"),
        (huge_png(6000, 6000), "36,000,000 pixels, at most 25,000,000"),
        (huge_png(12_000, 12_000), "pixels"),
        (huge_png(50_000, 50_000), "pixels"),
        (saved(Image.new("L", (8, 8), 255)), "all white, so it holds no mass"),
        (saved(Image.new("L", (8, 8), 250)), "all white or nearly white, so it holds no mass"),
        (saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), "transparent everywhere, so it holds no"),
    ],
)
def test_refusals_are_one_sentence(data, message):
    with pytest.raises(InputError, match=message) as refused:
        image_target(data, "holiday.png", 16)
    assert str(refused.value).startswith("holiday.png: ")
    assert "\n" not in str(refused.value)


def logo(shade: str) -> bytes:
    """A square of one shade in the upper right, on transparency."""
    picture = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    picture.paste(shade, (8, 0, 16, 8))
    return saved(picture)


@pytest.mark.parametrize(("shade", "invert"), [("black", True), ("white", False)])
def test_a_shape_on_transparency_is_its_own_mass_and_no_more(shade, invert):
    boxes = image_target(logo(shade), "logo.png", 16, invert)
    assert len(boxes.weights) == 64
    assert mass_in(boxes, lambda x, y: x > 0 and y > 0) == pytest.approx(1)


@pytest.mark.parametrize(
    ("shade", "invert", "other"), [("white", True, "light"), ("black", False, "dark")]
)
def test_a_shape_of_the_other_shade_on_transparency_says_what_to_choose(shade, invert, other):
    words = (
        f"^logo.png: is all {shade} where it is not transparent, so it holds no mass; "
        f"choose {other} as mass$"
    )
    with pytest.raises(InputError, match=words):
        image_target(logo(shade), "logo.png", 16, invert)


def test_lines_much_finer_than_a_cell_keep_their_mass():
    picture = Image.new("L", (1600, 1600), 255)
    picture.paste(0, (150, 0, 151, 1600))  # one pixel in a hundred of its cells
    boxes = image_target(saved(picture), "plan.png", 16)
    assert boxes.weights == (1 / 16,) * 16
    assert {low[0] for low in boxes.lows} == {-2.1}


def scan() -> bytes:
    """A black bar on grey paper with the noise of a scanner."""
    greys = np.random.default_rng(2).normal(215, 4, (320, 320))
    greys[:, 140:180] = 0
    return saved(Image.fromarray(greys.astype(np.uint8)))


def test_paper_that_carries_mass_is_told_and_can_be_taken_away():
    cells = image_cells(scan(), "scan.png", 16)
    made = density(cells, "scan.png")
    grey = cells.dark[:, 0].mean()
    assert made.emptiest == pytest.approx(grey, abs=0.5 / LEVELS)
    assert what_may_be_wrong(made, True).startswith("No cell is empty: the emptiest holds 13.3 %")
    clean = density(cells, "scan.png", background=0.17)
    assert mass_in(clean.boxes, lambda x, y: abs(x) < 0.3) == pytest.approx(1)
    assert what_may_be_wrong(clean, True) is None
    assert "17 % is taken from every cell" in what_was_read(cells, clean, True, 0.17)


def test_taking_everything_away_is_refused():
    cells = image_cells(saved(halves(128, 255)), "p.png", 16)
    words = "^p.png: has no cell more than 50 % dark, so nothing is left when 60 % is taken away$"
    with pytest.raises(InputError, match=words):
        density(cells, "p.png", background=0.6)


@pytest.mark.parametrize(
    ("background", "invert", "mostly"), [(20, True, "dark"), (235, False, "light")]
)
def test_a_background_of_the_chosen_shade_is_told(background, invert, mostly):
    other = {"dark": "light", "light": "dark"}[mostly]
    picture = Image.new("L", (16, 16), background)
    picture.paste(255 - background, (4, 4, 8, 8))
    cells = image_cells(saved(picture), "screen.png", 16)
    hint = what_may_be_wrong(density(cells, "screen.png", invert), invert)
    assert hint.startswith(f"The picture is 86.9 % {mostly}, so its background may carry")
    assert hint.endswith(f"choose {other} instead.")
    assert what_may_be_wrong(density(cells, "screen.png", not invert), not invert) != hint


def test_a_single_colour_is_said_to_be_uniform():
    made = density(image_cells(saved(Image.new("L", (4, 2), 90)), "p.png", 16), "p.png")
    assert len(set(made.boxes.weights)) == 1
    assert "uniform on a rectangle" in what_may_be_wrong(made, True)


def test_mass_lost_in_faint_cells_is_told():
    rows = np.full((16, 16), 255 - 8)  # 8/255 of black, which is less than half a level
    rows[0, 0] = 0
    cells = image_cells(saved(grey(rows.tolist())), "p.png", 16)
    made = density(cells, "p.png")
    assert made.faint == pytest.approx(255 * 8 / (255 * 8 + 255))
    assert "they held 88.9 % of the mass" in what_was_read(cells, made, True, 0)


def told(data: bytes, size: int = 16) -> str:
    cells = image_cells(data, "p.png", size)
    return what_was_read(cells, density(cells, "p.png"), True, 0)


def test_what_was_read_is_told():
    assert told(saved(halves(0, 255))) == (
        "PNG, 16 × 16 pixels, on 16 × 16 cells. Dark carries the mass."
    )
    wide = Image.new("RGBA", (1200, 900), (0, 0, 0, 0))
    wide.paste("black", (0, 0, 600, 900))
    exif = Image.Exif()
    exif[0x0112] = 8
    assert told(saved(wide, exif=exif, icc_profile=b"none"), 32) == (
        "PNG, 900 × 1,200 pixels, on 24 × 32 cells. Dark carries the mass. "
        "Turned upright, as its EXIF note asks. "
        "Transparent parts (50.0 % of the area) count as empty. "
        "Its colour profile cannot be followed, so its colours are read as they are stored."
    )
    assert "The first of its 12 frames is used." in told(frames_of("GIF", 12))
    assert "The first of the 2 pictures in the file is used." in told(frames_of("MPO", 2))


def test_a_picture_is_decoded_once(monkeypatch):
    decoded = []

    def counted(data, *rest):
        decoded.append(rest)
        return read(data, *rest)

    read = picture_target_density.read_image
    monkeypatch.setattr(picture_target_density, "read_image", counted)
    data = saved(Image.fromarray(np.random.default_rng(9).integers(0, 255, (16, 16), np.uint8)))
    for invert in (True, False, True):
        image_target(data, "p.png", 16, invert)
    assert decoded == [("p.png", 16)]
    image_target(data, "p.png", 32)
    assert len(decoded) == 2


def test_an_all_black_picture_has_no_light():
    with pytest.raises(InputError, match="all black"):
        image_target(saved(Image.new("L", (8, 8))), "p.png", 16, invert=False)


def test_only_the_offered_sizes():
    with pytest.raises(ValueError, match="size"):
        image_target(saved(drawing()), "p.png", 33)
