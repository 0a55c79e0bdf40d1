"""Pictures as densities: known cells, the right way up, and refusals in one sentence."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dashboard.image_files import MAX_IMAGE_BYTES
from dashboard.images import LEVELS, SIZES, boxes_of_cells, image_target
from dashboard.permalink import decode, encode
from diffusion_core import Experiment, InputError
from diffusion_core.targets import Boxes


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def grey(rows: list[list[int]]) -> Image.Image:
    return Image.fromarray(np.array(rows, dtype=np.uint8))


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


def huge_png(side: int) -> bytes:
    """A few bytes that claim to be a picture of side x side pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


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
        (huge_png(6000), "36,000,000 pixels, at most 25,000,000"),
        (huge_png(12_000), "pixels"),
        (huge_png(50_000), "pixels"),
        (saved(Image.new("L", (8, 8), 255)), "all white, so it holds no mass"),
        (saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), "all white"),
    ],
)
def test_refusals_are_one_sentence(data, message):
    with pytest.raises(InputError, match=message) as refused:
        image_target(data, "holiday.png", 16)
    assert str(refused.value).startswith("holiday.png: ")
    assert "\n" not in str(refused.value)


def test_an_all_black_picture_has_no_light():
    with pytest.raises(InputError, match="all black"):
        image_target(saved(Image.new("L", (8, 8))), "p.png", 16, invert=False)


def test_only_the_offered_sizes():
    with pytest.raises(ValueError, match="size"):
        image_target(saved(drawing()), "p.png", 33)
