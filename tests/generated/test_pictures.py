"""Generated pictures: of every kind and mode, with their parts doubled, moved, cut and bent."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from dashboard.picture_target.density import SIZES, density
from dashboard.picture_target.file import MAX_IMAGE_BYTES, MAX_PIXELS, read_image
from dashboard.picture_target.words import what_may_be_wrong, what_was_read
from tests.dashboard.pictures import SIGNATURE, chunk, frames_of, huge_png
from tests.generated.bounds import GENERATED, answer, bounded
from tests.generated.mutations import bent_bytes

SIDES = ((16, 16), (40, 24), (1, 9), (300, 200), (1600, 1600), (1, 70))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "GIF": ("L", "P", "RGB"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB"),
}
NUMBERS = (0, 1, 255, 2**14, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)
MOST_PARTS = 60_000


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    """A picture as programs save it."""
    kind = draw(st.sampled_from(list(MODES)))
    if kind in ("PNG", "GIF", "WEBP") and draw(st.integers(0, 4)) == 0:
        return frames_of(kind, draw(st.integers(2, 9)))
    mode, side = draw(st.sampled_from(MODES[kind])), draw(st.sampled_from(SIDES))
    rng = np.random.default_rng(side[0])
    noise = Image.fromarray(rng.integers(0, 256, (side[1], side[0]), dtype=np.uint8))
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (side[1], side[0]), dtype=np.uint16))
    else:
        image = noise.convert("RGB").convert(mode)
    options: dict[str, object] = {}
    if draw(st.booleans()) and kind in ("PNG", "JPEG", "WEBP"):
        exif = Image.Exif()
        exif[0x0112] = draw(st.integers(0, 9))
        options["exif"] = exif
    if draw(st.booleans()) and kind in ("PNG", "JPEG", "WEBP"):
        options["icc_profile"] = draw(bent_bytes(st.just(PROFILE), 2))
    if kind == "JPEG":
        options |= {"progressive": draw(st.booleans()), "quality": draw(st.sampled_from((5, 90)))}
    if kind in ("PNG", "GIF") and mode in ("L", "P"):
        options["transparency"] = draw(st.integers(0, 255))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def parts_of(data: bytes) -> list[bytes]:
    """The file as the pieces that its kind is made of; joined they are the file."""
    if data.startswith(SIGNATURE):
        return _cut(data, 8, lambda at: 12 + int.from_bytes(data[at : at + 4], "big"))
    if data.startswith(b"\xff\xd8"):
        return _cut(data, 2, lambda at: _segment(data, at))
    if data.startswith(b"RIFF"):
        return _cut(data, 12, lambda at: 8 + int.from_bytes(data[at + 4 : at + 8], "little"))
    return [data[:13], data[13:]]


def _cut(data: bytes, start: int, size: Callable[[int], int]) -> list[bytes]:
    parts, at = [data[:start]], start
    while at < len(data):
        end = min(len(data), at + max(2, size(at)))
        parts.append(data[at:end])
        at = end
    return parts


def _segment(data: bytes, at: int) -> int:
    """Bytes of a JPEG's segment; a scan's run up to the next marker that is none of its own."""
    size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    if data[at : at + 2] != b"\xff\xda":
        return size
    end = at + size
    while end + 1 < len(data) and not (
        data[end] == 0xFF and data[end + 1] not in (0, *range(0xD0, 0xD8))
    ):
        end += 1
    return end - at


def sealed(part: bytes, png: bool) -> bytes:
    """A PNG's part with its length and checksum made right."""
    return chunk(part[4:8], part[8:-4]) if png and len(part) >= 12 else part


@st.composite
def rearranged(draw: st.DrawFn) -> bytes:
    """A picture whose parts are doubled, left out, moved or bent, their checksums right."""
    data = draw(pictures())
    parts, png = parts_of(data), data.startswith(SIGNATURE)
    for _ in range(draw(st.integers(1, 2))):
        i, j = (draw(st.integers(1, len(parts) - 1)) for _ in range(2))
        how = draw(st.sampled_from(("many", "drop", "move", "bend", "number", "cut")))
        if how == "many":
            count = draw(st.sampled_from((2, 50, MOST_PARTS)))
            count = min(count, max(1, MAX_IMAGE_BYTES // max(1, len(parts[i])) - 1))
            parts[i : i + 1] = [parts[i]] * count
        elif how == "drop":
            del parts[i]
        elif how == "move":
            parts.insert(j, parts.pop(i))
        elif how == "bend":
            parts[i] = sealed(draw(bent_bytes(st.just(parts[i]))), png)
        elif how == "number":
            at = draw(st.integers(0, min(len(parts[i]), 40)))
            order = draw(st.sampled_from((">I", "<I", ">H", "<H")))
            said = struct.pack(
                order, draw(st.sampled_from(NUMBERS)) % 256 ** struct.calcsize(order)
            )
            parts[i] = sealed(parts[i][:at] + said + parts[i][at + len(said) :], png)
        else:
            parts = parts[: i + 1]
        if len(parts) < 2:
            break
    return b"".join(parts)


@cache
def large_jpeg() -> list[bytes]:
    """The parts of a plain picture of 25 million pixels in several scans, some of a few bytes."""
    out = io.BytesIO()
    Image.new("L", (5000, 5000), 200).save(out, "JPEG", progressive=True, quality=10)
    return parts_of(out.getvalue())


@st.composite
def bombs(draw: st.DrawFn) -> bytes:
    """Small files that claim much: pixels, scans, or text and profiles that unpack to a lot."""
    sides = st.sampled_from((1, 5000, 5001, 16_000, 65_535, 2**31 - 1))
    kind = draw(st.sampled_from(("pixels", "scans", "text")))
    if kind == "pixels":
        return huge_png(draw(sides), draw(sides))
    if kind == "scans":
        *parts, end = large_jpeg()
        return b"".join(parts + parts[-1:] * draw(st.sampled_from((0, 90, 20_000))) + [end])
    packed = zlib.compress(b"\0" * draw(st.sampled_from((10**5, 10**8))), 9)
    name = draw(st.sampled_from((b"iCCP", b"zTXt", b"iTXt")))
    body = b"name\0" + (b"\1\0\0\0" if name == b"iTXt" else b"\0") + packed
    whole = huge_png(16, 16)
    return whole[:33] + chunk(name, body) * draw(st.sampled_from((1, 30))) + whole[33:]


@GENERATED
@given(
    pictures() | bent_bytes(pictures()) | rearranged() | rearranged() | bombs(),
    st.sampled_from(SIZES),
    st.booleans(),
    st.sampled_from((0.0, 0.3, 0.95)),
)
def test_a_picture_is_a_density_or_refused(
    data: bytes, size: int, dark: bool, background: float
) -> None:
    with bounded():
        cells = answer(lambda: read_image(data, "p", size))
        if cells is None:
            return
        assert len(data) <= MAX_IMAGE_BYTES
        assert cells.width * cells.height <= MAX_PIXELS
        assert max(cells.dark.shape) == size
        for shade in (cells.dark, cells.light):
            assert ((shade >= 0) & (shade <= 1)).all()
        made = answer(lambda: density(cells, "p", dark, background))
        if made is not None:
            assert 1 <= len(made.boxes.weights) <= size * size
            assert what_was_read(cells, made, dark, background)
            what_may_be_wrong(made, dark)
