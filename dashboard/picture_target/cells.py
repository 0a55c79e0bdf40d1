"""How dark and how light the cells of a grid over a picture are: exact averages of its pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms

STRIP = 1 << 20  # pixels that are turned into numbers at a time
DISPLAY = 2.2  # a PNG's gAMA is the exponent of the file; 1 / DISPLAY is a screen's own
SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of colour profiles, and Pillow's modes

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Colours:
    """How the numbers of a file are meant.

    depth: bits a sample, for transparent greys; gamma: the exponent that makes them those of a
    screen; transform: from the file's colour profile (whose mode is ``space``) to sRGB; frame:
    the part of the canvas that the picture covers, where not all of it.
    """

    depth: int = 8
    gamma: float = 1.0
    space: str = ""
    transform: Any = None
    frame: Box | None = None


def colours_of(image: Image.Image, depth: int, frame: Box | None) -> Colours:
    """Of a file that Pillow opened; a profile that cannot be followed leaves no transform."""
    given = image.info.get("icc_profile")
    if not given:
        return Colours(depth, _gamma(image.info), frame=frame)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(given))
        space = SPACES[source.profile.xcolor_space.strip()]
        if image.mode.startswith("I") or (space == "CMYK") != (image.mode == "CMYK"):
            return Colours(depth, frame=frame)
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, space, "RGB")
    except (ImageCms.PyCMSError, KeyError, OSError):
        return Colours(depth, frame=frame)
    return Colours(depth, 1.0, space, transform, frame)


def averages(
    image: Image.Image, cells: tuple[int, int], extent: tuple[float, float], colours: Colours
) -> tuple[np.ndarray, np.ndarray]:
    """Means over cells (2, rows, columns) and maxima (2,) of alpha (1 - grey) and alpha grey.

    cells: (columns, rows), which cut up [0, extent[0]] x [0, extent[1]], in pixels. A pixel that
    several cells share counts in each by its part.
    """
    columns = _shares(image.width, cells[0], extent[0])
    rows = _shares(image.height, cells[1], extent[1])
    sums, peaks = np.zeros((2, cells[1], image.width)), np.zeros(2)
    for top, grey, alpha in _strips(image, colours):
        share = rows[:, top : top + len(grey)]
        met = share.any(axis=1)
        for k, layer in enumerate((alpha * (1 - grey), alpha * grey)):
            sums[k, met] += np.einsum("kr,rw->kw", share[met], layer)  # no threads, few rows
            peaks[k] = max(peaks[k], layer.max())
    return np.clip(sums @ columns.T, 0.0, 1.0), peaks


def _shares(pixels: int, cells: int, extent: float) -> np.ndarray:
    """Which part of each cell each pixel fills: (cells, pixels), rows that sum to 1."""
    edges = np.linspace(0.0, extent, cells + 1)[:, None]
    ends = np.minimum(np.arange(pixels + 1), extent)
    low, high = np.maximum(edges[:-1], ends[:-1]), np.minimum(edges[1:], ends[1:])
    return np.maximum(high - low, 0.0) * (cells / extent)


def _strips(image: Image.Image, colours: Colours) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Strip after strip: its first row, and the grey and alpha of its pixels, from 0 to 1."""
    step = max(1, STRIP // image.width)
    for top in range(0, image.height, step):
        strip = image.crop((0, top, image.width, min(top + step, image.height)))
        alpha = _alpha(strip, colours.depth)
        if colours.frame is not None:
            left, upper, right, lower = colours.frame
            outside = np.ones(alpha.shape, dtype=bool)
            outside[max(upper - top, 0) : max(lower - top, 0), left:right] = False
            alpha[outside] = 0.0
        yield top, _grey(strip, colours), alpha


def _alpha(strip: Image.Image, depth: int) -> np.ndarray:
    hidden = strip.info.get("transparency")
    if isinstance(hidden, int) and strip.mode != "P":
        most = 65_535 if strip.mode.startswith("I") else 255
        if depth < 8 and strip.mode == "L":  # Pillow stretches the pixels to 8 bits, not this
            hidden = hidden * most // (2**depth - 1)
        values = np.asarray(strip if most > 255 else strip.convert("L"))
        return (values != (hidden & most)).astype(np.float32)
    if strip.has_transparency_data:
        return np.asarray(strip.convert("RGBA").getchannel("A"), np.float32) / 255
    return np.ones((strip.height, strip.width), np.float32)


def _grey(strip: Image.Image, colours: Colours) -> np.ndarray:
    """Luma of ITU-R BT.601 from the colours that a screen shows."""
    if strip.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
        grey = np.asarray(strip, np.float32) / 65_535
    else:
        if strip.mode == "P":
            strip = strip.convert("RGBA")
        strip.info.pop("transparency", None)  # is dealt with, and would be converted too
        shown = strip.convert(colours.space or "RGB")
        if colours.transform is not None:
            shown = colours.transform.apply(shown)
        grey = np.asarray(shown.convert("L"), np.float32) / 255
    return grey if colours.gamma == 1 else grey**colours.gamma


def _gamma(info: dict[Any, Any]) -> float:
    """The exponent that a PNG's gAMA asks for; 1 where there is none, or as good as none."""
    given = info.get("gamma", 0)
    if given <= 0 or "srgb" in info or abs(given * DISPLAY - 1) < 0.05:
        return 1.0
    return 1 / (given * DISPLAY)
