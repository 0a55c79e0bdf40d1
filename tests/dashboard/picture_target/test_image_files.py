"""Picture files as people have them: read as a viewer shows them, or refused by name."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, ImageOps, PngImagePlugin

from dashboard.picture_target.file import MAX_PIXELS, MAX_SCANS, read_image
from diffusion_core import InputError
from tests.dashboard.pictures import (
    RGB,
    SIGNATURE,
    block_means,
    chunk,
    frames_of,
    grey_png,
    halves,
    header,
    huge_png,
    saved,
    small_gif,
)

LEFT = np.arange(16)[None, :] < 8


def drawing() -> np.ndarray:
    """Greys of 64 x 64 pixels without any symmetry."""
    y, x = np.mgrid[:64, :64]
    return (np.where((x < 20) & (y < 40), 0, 255) - (x > 50) * y).astype(np.uint8)


def read(data: bytes, size: int = 16):
    return read_image(data, "p.png", size)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_empty_at_every_depth(depth):
    hidden, shown = (0, 1) if depth == 1 else (2**depth // 3, 2**depth - 1)
    values = np.where(LEFT, shown, np.full((16, 16), hidden))
    cells = read(grey_png(values, depth, chunk(b"tRNS", struct.pack(">H", hidden))))
    np.testing.assert_allclose(cells.light, LEFT & np.ones((16, 1), bool), atol=1e-6)
    assert cells.dark.max() == 0
    assert cells.transparent == pytest.approx(0.5)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_grey_without_transparency_is_read_at_every_depth(depth):
    values = np.tile(np.arange(16) * (2**depth - 1) // 15, (16, 1))
    cells = read(grey_png(values, depth))
    np.testing.assert_allclose(cells.light, values / (2**depth - 1), atol=1e-6)
    np.testing.assert_allclose(cells.dark, 1 - cells.light, atol=1e-6)


def test_greys_that_differ_in_their_lower_bits_are_told_apart():
    values = np.where(LEFT, 1000, np.full((16, 16), 1001))
    cells = read(grey_png(values, 16, chunk(b"tRNS", struct.pack(">H", 1001))))
    np.testing.assert_allclose(cells.dark, np.where(LEFT, 1 - 1000 / 65_535, np.zeros((16, 16))))


def test_a_transparent_colour_is_empty():
    picture = Image.merge("RGB", [halves(10, 0), halves(20, 0), halves(30, 0)])
    cells = read(saved(picture, transparency=(10, 20, 30)))
    np.testing.assert_allclose(cells.dark, ~LEFT & np.ones((16, 1), bool))
    assert cells.transparent == 0.5


def test_a_transparent_colour_of_sixteen_bits_is_refused():
    line = b"\0" + struct.pack(">3H", 1000, 1000, 1000) * 2
    pixels = chunk(b"IDAT", zlib.compress(line * 2))
    hidden = chunk(b"tRNS", struct.pack(">3H", 1001, 1001, 1001))
    data = SIGNATURE + header(2, 2, 16, RGB) + hidden + pixels + chunk(b"IEND", b"")
    with pytest.raises(InputError, match=r"^p.png: .*16 bits, one of them transparent.*; save"):
        read(data)


@pytest.mark.parametrize("hidden", [0, b"\0\xff\x80"])
def test_palettes_with_transparency(hidden):
    picture = Image.frombytes("P", (4, 4), bytes([0, 1, 2, 1] * 4))
    picture.putpalette([0, 0, 0, 255, 255, 255, 0, 0, 0])
    cells = read(saved(picture, transparency=hidden))
    share = 1.0 if hidden == 0 else 128 / 255
    expected = np.repeat([0, 0, share, 0], 4)[None, :] * np.ones((16, 1))
    np.testing.assert_allclose(cells.dark, expected, atol=1e-6)
    assert cells.light[:, 4:8].min() == 1


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_half_transparent_pixels_count_by_half(mode, kind):
    shade, alpha = drawing(), np.roll(drawing(), 17, axis=0)
    picture = Image.fromarray(shade).convert(mode)
    picture.putalpha(Image.fromarray(alpha))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    cells = read(saved(picture.convert("RGBA") if kind == "WEBP" else picture, kind, **options))
    grey, covered = shade / 255, alpha / 255
    np.testing.assert_allclose(cells.dark, block_means(covered * (1 - grey), 16), atol=1e-6)
    np.testing.assert_allclose(cells.light, block_means(covered * grey, 16), atol=1e-6)


def test_one_bit_a_pixel():
    picture = Image.fromarray(drawing() > 127)
    assert picture.mode == "1"
    for kind in ("PNG", "BMP"):
        cells = read(saved(picture, kind))
        np.testing.assert_allclose(cells.dark, block_means(drawing() <= 127, 16))


@pytest.mark.parametrize(("kind", "many"), [("PNG", 2), ("GIF", 5), ("WEBP", 3), ("PNG", 4)])
def test_of_an_animation_the_first_frame_is_read_and_the_others_counted(kind, many):
    cells = read(frames_of(kind, many))
    assert cells.frames == many
    np.testing.assert_allclose(cells.dark, LEFT & np.ones((16, 1), bool), atol=0.02)


def test_of_two_pictures_of_a_phone_the_first_is_read():
    data = saved(halves(0, 255), "MPO", save_all=True, append_images=[halves(255, 0)], quality=100)
    cells = read(data)
    assert (cells.kind, cells.frames) == ("JPEG", 2)
    np.testing.assert_allclose(cells.dark, LEFT & np.ones((16, 1), bool), atol=0.02)


def test_what_the_only_frame_of_a_gif_leaves_uncovered_is_empty():
    cells = read(small_gif(16, (2, 3, 1, 1)))
    assert cells.dark.max() == 0
    assert np.argwhere(cells.light).tolist() == [[3, 2]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(9))
def test_every_orientation_is_shown_upright(kind, orientation):
    picture = Image.fromarray(drawing()[:48]).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(picture, kind, exif=exif, quality=100)
    cells = read(data)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")
    assert (cells.width, cells.height) == upright.size
    assert cells.turned == (orientation in range(2, 9))
    greys = np.asarray(upright, float)
    rows, columns = cells.light.shape
    means = greys.reshape(rows, 4, columns, 4).mean(axis=(1, 3)) / 255
    np.testing.assert_allclose(cells.light, means, atol=1e-6)


def test_a_print_in_four_inks_is_as_dark_as_it_looks():
    ink = Image.merge("CMYK", [Image.new("L", (16, 16))] * 3 + [halves(255, 0)])
    cells = read(saved(ink, "JPEG", quality=100))
    np.testing.assert_allclose(cells.dark, LEFT & np.ones((16, 1), bool), atol=0.02)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (5, 7), (50, 31), (101, 100)])
def test_pixels_that_cells_share_count_in_each_by_their_part(width, height):
    greys = np.random.default_rng(3).integers(0, 256, (height, width))
    cells = read(saved(Image.fromarray(greys.astype(np.uint8))))
    rows, columns = cells.light.shape
    fine = np.kron(greys, np.ones((rows, columns))) / 255  # cells and pixels both divide it
    means = fine.reshape(rows, height, columns, width).mean(axis=(1, 3))
    np.testing.assert_allclose(cells.light, means, atol=1e-6)


def test_a_large_photograph_is_decoded_small_and_read_the_same():
    y, x = np.mgrid[:777, :1501]
    greys = (127 * (1 + np.sin(x / 90) * np.cos(y / 70))).astype(np.uint8)
    data = saved(Image.fromarray(greys), "JPEG", quality=95)
    photo = read(data)
    full = read(saved(Image.open(io.BytesIO(data))))
    assert (photo.width, photo.height) == (1501, 777)
    np.testing.assert_allclose(photo.light, full.light, atol=0.01)


@pytest.mark.parametrize(
    ("chunks", "exponent"),
    [
        ([(b"gAMA", 100_000)], 1 / 2.2),
        ([(b"gAMA", 45_455)], 1),
        ([(b"gAMA", 0)], 1),
        ([(b"sRGB", None), (b"gAMA", 100_000)], 1),
    ],
)
def test_the_gamma_of_a_file_is_followed(chunks, exponent):
    written = [chunk(n, b"\0" if v is None else struct.pack(">I", v)) for n, v in chunks]
    cells = read(grey_png(np.full((16, 16), 100), 8, *written))
    np.testing.assert_allclose(cells.light, (100 / 255) ** exponent, atol=1e-6)


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_a_colour_profile_is_followed(mode):
    linear = profile().replace(bytes.fromhex("00026666"), bytes.fromhex("00010000"))
    assert linear != profile()  # ((x + 0.055) / 1.055)^2.4 without its exponent
    picture = Image.new("L", (8, 8), 128).convert(mode)
    usual, other = (read(saved(picture, icc_profile=p)) for p in (profile(), linear))
    light = (128 / 255 + 0.055) / 1.055
    np.testing.assert_allclose(usual.light, 128 / 255, atol=1.5 / 255)
    np.testing.assert_allclose(other.light, 1.055 * light ** (1 / 2.4) - 0.055, atol=2 / 255)
    assert usual.profile is other.profile is True


@pytest.mark.parametrize("given", [b"nothing", profile()[:200]])
def test_a_colour_profile_that_cannot_be_followed_is_told(given):
    cells = read(saved(halves(0, 255), icc_profile=given))
    assert cells.profile is False
    np.testing.assert_allclose(cells.dark, LEFT & np.ones((16, 1), bool))
    assert read(saved(halves(0, 255))).profile is None


def boxed(*brands: bytes) -> bytes:
    body = b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return struct.pack(">I", 4 + len(body)) + body + b"\0" * 40


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"x,y\n1,2\n", "a text file"),
        ("Füße\n".encode() * 400, "a text file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0", "a PostScript drawing"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (boxed(b"heic", b"mif1", b"heic"), "a HEIC picture"),
        (boxed(b"mif1", b"heic"), "a HEIC picture"),
        (boxed(b"avif", b"mif1"), "an AVIF picture"),
        (saved(halves(0, 255), "AVIF"), "an AVIF picture"),
        (boxed(b"isom", b"mp42"), "a video"),
        (saved(Image.new("F", (8, 8)), "TIFF"), "a TIFF picture"),
        (saved(halves(0, 255), "JPEG2000"), "a JPEG 2000 picture"),
        (saved(halves(0, 255), "ICO"), "an icon"),
        (b"RIFF\0\0\0\0WAVE", "a sound or a video"),
        (b"PK\x03\x04", "a zip archive"),
        (b"BM of the month: none", "a text file"),
        (bytes(range(200)), "of an unknown kind"),
        (b"\xfc\xfd text in no known script", "of an unknown kind"),
    ],
)
def test_a_file_that_is_not_read_is_named(data, kind):
    words = rf"^p.png: is {kind}.*, not a PNG, JPEG, GIF, WebP or BMP picture$"
    with pytest.raises(InputError, match=words):
        read(data)


def test_the_end_of_the_name_is_not_what_counts():
    assert read(saved(halves(0, 255), "JPEG")).kind == "JPEG"
    assert read(saved(halves(0, 255), "WEBP")).kind == "WebP"


def broken_checksum(data: bytes, name: bytes) -> bytes:
    """The same pixels, with the wrong checksum after them."""
    start = data.index(name)
    at = start + 4 + struct.unpack(">I", data[start - 4 : start])[0]
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


PNG = saved(Image.fromarray(drawing()))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG[:6], "PNG"),
        (PNG[:20], "PNG"),
        (PNG[:60], "PNG"),
        (PNG[:-12], "PNG"),
        (PNG.replace(b"\r\n", b"\n"), "PNG"),
        (broken_checksum(PNG, b"IHDR"), "PNG"),
        (broken_checksum(PNG, b"IDAT"), "PNG"),
        (saved(halves(0, 255), "JPEG")[:100], "JPEG"),
        (saved(Image.fromarray(drawing()), "JPEG")[:-200], "JPEG"),
        (saved(halves(0, 255), "GIF")[:30], "GIF"),
        (saved(halves(0, 255), "WEBP")[:40], "WebP"),
        (saved(halves(0, 255), "BMP")[:200], "BMP"),
    ],
)
def test_a_damaged_file_is_called_damaged(data, kind):
    words = f"^p.png: is a {kind} picture that cannot be read: it is cut off or damaged, or"
    with pytest.raises(InputError, match=words):
        read(data)


def huge_jpeg(width: int, height: int) -> bytes:
    small = saved(halves(0, 255), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def huge_webp(width: int, height: int) -> bytes:
    small = saved(Image.new("RGB", (4, 4)), "WEBP", lossless=True)
    at = small.index(b"VP8L") + 9  # 14 bits each for width and height, both less 1
    old = int.from_bytes(small[at : at + 4], "little") >> 28 << 28
    sides = old | (height - 1) << 14 | (width - 1)
    return small[:at] + sides.to_bytes(4, "little") + small[at + 4 :]


HUGE = {
    "many pixels": (huge_png(6000, 6000), "6,000 × 6,000 = 36,000,000 pixels, at most 25,000,000"),
    "a line": (huge_png(1, 25_000_000), "1 × 25,000,000 pixels, but one side may be at most 16"),
    "narrow": (huge_png(1700, 100), "1,700 × 100 pixels, but one side may be at most 16 times"),
    "JPEG": (huge_jpeg(9000, 4000), "9,000 × 4,000 = 36,000,000 pixels"),
    "GIF": (small_gif(9000, (0, 0, 1, 1)), "9,000 × 9,000 = 81,000,000 pixels"),
    "WebP": (huge_webp(9000, 4000), "9,000 × 4,000 = 36,000,000 pixels"),
    "beyond Pillow's own limit": (huge_png(50_000, 50_000), "more than the 25,000,000 pixels"),
}


@pytest.mark.parametrize("name", HUGE)
def test_sizes_are_refused_before_anything_is_decoded(name, monkeypatch):
    decoded = []
    for owner, method in ((ImageFile.ImageFile, "load"), (PngImagePlugin.PngImageFile, "verify")):
        monkeypatch.setattr(owner, method, lambda self: decoded.append(self))
    data, words = HUGE[name]
    with pytest.raises(InputError, match=words):
        read(data)
    assert not decoded
    with pytest.raises(InputError):  # what is not refused does get there
        read(PNG)
    assert decoded


def test_the_largest_pictures_are_turned_into_numbers_strip_by_strip():
    side = int(MAX_PIXELS**0.5)
    data = saved(Image.new("L", (side, side)))
    tracemalloc.start()
    try:
        cells = read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(cells.dark, 1)
    assert peak < 2 * MAX_PIXELS  # bytes: numbers for every pixel at once would be four times that


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded():
    """Each scan goes over all pixels: 42 bytes of the file for a part of a second."""
    data = saved(Image.new("L", (600, 600), 200), "JPEG", progressive=True)
    first, *scans = data.split(b"\xff\xda")
    assert read(data).width == 600
    again = [*scans[:-1], *[scans[-2]] * MAX_SCANS, scans[-1]]
    with pytest.raises(InputError, match=r"^p\.png: is a JPEG picture of more than 100 scans"):
        read(b"\xff\xda".join([first, *again]))
