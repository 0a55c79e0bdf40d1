"""Small pictures for tests: saved by Pillow, or PNG files written by hand to the last bit."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB = 0, 2  # PNG's colour types


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    check = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)


def header(width: int, height: int, depth: int = 8, colour: int = GREY) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def grey_png(values: np.ndarray, depth: int, *chunks: bytes) -> bytes:
    """The values as greys of ``depth`` bits, with these chunks before the pixels."""
    bits = (values[..., None] >> np.arange(depth)[::-1]) & 1
    lines = np.packbits(bits.reshape(len(values), -1).astype(np.uint8), axis=1)
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + line.tobytes() for line in lines)))
    head = header(values.shape[1], values.shape[0], depth)
    return b"".join([SIGNATURE, head, *chunks, pixels, chunk(b"IEND", b"")])


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of width x height pixels."""
    return SIGNATURE + header(width, height) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def halves(left: int, right: int, side: int = 16) -> Image.Image:
    """Two greys side by side."""
    picture = Image.new("L", (side, side), left)
    picture.paste(right, (side // 2, 0, side, side))
    return picture


def frames_of(kind: str, count: int) -> bytes:
    """An animation whose first frame is dark on the left, the others on the right."""
    first, other = halves(0, 255).convert("RGB"), halves(255, 0).convert("RGB")
    later = [other.rotate(90 * k) for k in range(count - 1)]
    options = {"lossless": True} if kind == "WEBP" else {}
    return saved(first, kind, save_all=True, append_images=later, **options)


def block_means(values: np.ndarray, size: int) -> np.ndarray:
    """Means of equal blocks, size x size of them."""
    rows, columns = values.shape
    return values.reshape(size, rows // size, size, columns // size).mean(axis=(1, 3))


def small_gif(side: int, frame: Sequence[int]) -> bytes:
    """A canvas of which the only frame covers (left, top, 1, 1) with white."""
    palette = b"\0\0\0\xff\xff\xff"
    canvas = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + palette
    return canvas + b"," + struct.pack("<HHHHB", *frame, 0) + b"\x02\x02\x4c\x01\0;"
