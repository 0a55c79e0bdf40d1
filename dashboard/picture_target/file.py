"""A reader's picture read into cells: what its file must be, and what was read.

Either cells come out, or InputError with one sentence that says what is wrong. Sizes are checked
before a pixel is decoded.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from dashboard.picture_target.cells import averages, colours_of
from dashboard.picture_target.kinds import FORMATS, READ, kind_of
from dashboard.prose import prose
from diffusion_core.errors import InputError

phrase = prose("phrases/picture_target")
MAX_IMAGE_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
MAX_SCANS = 100  # of a JPEG, each over all its pixels; programs write a dozen
SCAN = b"\xff\xda"
FINER = 8  # a JPEG is decoded at a reduced size that leaves as many pixels along a cell, or more
ORIENTATION = 0x0112  # the EXIF tag, whose values other than 1 are those of UPRIGHT
UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda cells: cells[:, ::-1],
    3: lambda cells: cells[::-1, ::-1],
    4: lambda cells: cells[::-1],
    5: lambda cells: cells.T,
    6: lambda cells: np.rot90(cells, -1),
    7: lambda cells: cells[::-1, ::-1].T,
    8: lambda cells: np.rot90(cells),
}


@dataclass(frozen=True)
class ImageCells:
    """A picture averaged over square cells, and what its file said.

    dark, light: (rows, columns) from 0 to 1, rows from the top: the means of alpha (1 - grey) and
    of alpha grey over each cell, so that transparent parts are in neither. grey is the luma of
    ITU-R BT.601 of the colours that a screen shows (sRGB).
    darkest, lightest: the greatest alpha (1 - grey) and alpha grey of any pixel.
    width, height: pixels of the picture held upright; turned: whether its EXIF tag turned it.
    frames: how many pictures the file holds, of which the first is read.
    profile: whether the colour profile of the file was followed; None where there is none.
    """

    kind: str
    width: int
    height: int
    frames: int
    turned: bool
    profile: bool | None
    dark: np.ndarray
    light: np.ndarray
    darkest: float
    lightest: float

    @property
    def transparent(self) -> float:
        """The share of the picture that is transparent."""
        return max(0.0, 1 - float((self.dark + self.light).mean()))


def read_image(data: bytes, title: str, size: int) -> ImageCells:
    """The first picture of the file on square cells, ``size`` of them along its longer side.

    InputError, whose words begin with ``title``, for a file of another kind than FORMATS, of more
    than MAX_IMAGE_BYTES, MAX_PIXELS or MAX_SCANS, with one side more than ``size`` times the other,
    with one of its colours of 16 bits transparent, or damaged.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise InputError(
            phrase(
                "has-bytes-at-most-are",
                title=title,
                data=f"{len(data):,}",
                max_image_bytes=f"{MAX_IMAGE_BYTES:,}",
            )
        )
    kind = kind_of(data)
    if kind not in FORMATS:
        raise InputError(phrase("is-not-a-picture", title=title, kind=kind, read=READ))
    damaged = phrase("is-a-picture-that-cannot", title=title, formats=FORMATS[kind])
    try:
        image = Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(
            phrase("has-more-than-the-pixels", title=title, max_pixels=f"{MAX_PIXELS:,}")
        ) from None
    except Exception:  # Pillow's readers of broken files raise whatever they meet
        raise InputError(damaged) from None
    _refuse_size(image, title, size)
    _refuse_deep_transparency(image, data, title)
    _refuse_scans(image, data, title)
    try:
        return _decoded(image, data, size)
    except Exception:
        raise InputError(damaged) from None


def _refuse_size(image: Image.Image, title: str, size: int) -> None:
    width, height = image.size
    sides = f"{width:,} × {height:,}"
    if width * height > MAX_PIXELS:
        raise InputError(
            phrase(
                "has-pixels-at-most-are",
                title=title,
                sides=sides,
                width=f"{width * height:,}",
                max_pixels=f"{MAX_PIXELS:,}",
            )
        )
    if max(image.size) > size * min(image.size):
        raise InputError(phrase("has-pixels-but-one-side", title=title, sides=sides, size=size))


def _refuse_deep_transparency(image: Image.Image, data: bytes, title: str) -> None:
    """Pillow keeps the upper 8 bits of such colours only, so the transparent one is not known."""
    if isinstance(image.info.get("transparency"), tuple) and _depth(image, data) == 16:
        raise InputError(phrase("has-colours-of-16-bits", title=title))


def _refuse_scans(image: Image.Image, data: bytes, title: str) -> None:
    """A few bytes a scan, and thousands of them: hours of work in a small file."""
    if image.format in ("JPEG", "MPO") and data.count(SCAN) > MAX_SCANS:
        raise InputError(
            f"{title}: is a JPEG picture of more than {MAX_SCANS} scans, which would take too long "
            "to read; save it anew"
        )


def _depth(image: Image.Image, data: bytes) -> int:
    """Bits a sample, which a PNG says in its header."""
    return data[24] if image.format == "PNG" else 8


def _decoded(image: Any, data: bytes, size: int) -> ImageCells:
    """``image`` is one of Pillow's files, which have members of their own."""
    if image.format == "PNG":  # of which Pillow reads the pixels without their checksums
        Image.open(io.BytesIO(data), formats=("PNG",)).verify()
    jpeg = image.format in ("JPEG", "MPO")
    sides, frames = image.size, getattr(image, "n_frames", 1)
    columns, rows = (max(1, round(side * size / max(sides))) for side in sides)
    extent = image.draft(None, (FINER * columns, FINER * rows))[1][2:] if jpeg else sides
    frame = image.tile[0][1] if image.format == "GIF" else None
    image.load()
    colours = colours_of(image, _depth(image, data), frame)
    (dark, light), (darkest, lightest) = averages(image, (columns, rows), extent, colours)
    orientation = _orientation(image)
    if orientation in UPRIGHT:
        dark, light = UPRIGHT[orientation](dark), UPRIGHT[orientation](light)
    width, height = sides if orientation < 5 else sides[::-1]
    return ImageCells(
        kind="JPEG" if jpeg else FORMATS[image.format],
        width=width,
        height=height,
        frames=frames,
        turned=orientation in UPRIGHT,
        profile=colours.transform is not None if image.info.get("icc_profile") else None,
        dark=dark,
        light=light,
        darkest=float(darkest),
        lightest=float(lightest),
    )


def _orientation(image: Image.Image) -> int:
    """1 to 8; EXIF that cannot be read, or says something else, turns nothing, as in viewers."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1
    return found if found in UPRIGHT else 1
