"""A reader's picture as a density in the plane: every cell of a grid is a box of uniform mass.

Either a target comes out, or InputError with one sentence that says what is wrong. Sizes are
checked before a pixel is decoded.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from dashboard.cells import short
from diffusion_core.errors import InputError
from diffusion_core.targets import Boxes

SIZES = (16, 32, 48, 64)  # cells along the longer side
REACH = 2.4  # the picture fills [-REACH, REACH] along its longer side
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MAX_IMAGE_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
LEVELS = 15  # of grey; coarse ones keep links short and drop the noise of paper and of JPEG
WEIGHT_DIGITS = 10  # 4096 rounded weights still sum to 1 within 1e-6
EDGE_DIGITS = 4


def image_target(data: bytes, name: str, size: int = 32, invert: bool = True) -> Boxes:
    """The picture as Boxes on size x size cells or fewer; its top is at high x2.

    invert: dark is mass; otherwise light is. InputError for a file that is no PNG, JPEG, GIF, WebP
    or BMP, is too large or damaged, or leaves no mass; ValueError for a size that is not in SIZES.
    """
    if size not in SIZES:
        raise ValueError(f"size: one of {SIZES}, got {size}")
    grey = _grey(data, short(name) or "the picture", size)
    boxes = boxes_of_cells(1 - grey if invert else grey, 2 * REACH / size)
    if boxes is None:
        shade = "white" if invert else "black"
        raise InputError(f"{short(name) or 'the picture'}: is all {shade}, so it holds no mass")
    return boxes


def boxes_of_cells(mass: np.ndarray, cell: float) -> Boxes | None:
    """Square cells with mass, rows from the top, around the origin; None where all are empty.

    mass: (rows, columns) from 0 to 1, rounded to LEVELS steps.
    """
    levels = np.rint(LEVELS * mass).astype(int)
    if not levels.any():
        return None
    rows, columns = np.nonzero(levels)
    weights = levels[rows, columns] / levels.sum()
    x = np.round(cell * (np.arange(mass.shape[1] + 1) - mass.shape[1] / 2), EDGE_DIGITS) + 0.0
    y = np.round(cell * (mass.shape[0] / 2 - np.arange(mass.shape[0] + 1)), EDGE_DIGITS) + 0.0
    return Boxes(
        tuple(round(w, WEIGHT_DIGITS) for w in weights.tolist()),
        tuple(zip(x[columns].tolist(), y[rows + 1].tolist(), strict=True)),
        tuple(zip(x[columns + 1].tolist(), y[rows].tolist(), strict=True)),
    )


def _grey(data: bytes, title: str, size: int) -> np.ndarray:
    """Lightness from 0 to 1 of each cell, (rows, columns), the longer side ``size``."""
    if len(data) > MAX_IMAGE_BYTES:
        raise InputError(f"{title}: has {len(data):,} bytes, at most {MAX_IMAGE_BYTES:,} are read")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{title}: has more than {MAX_PIXELS:,} pixels") from None
    except Exception:  # Pillow's readers of broken files raise whatever they meet
        raise InputError(f"{title}: is not a PNG, JPEG, GIF, WebP or BMP picture") from None
    if image.width * image.height > MAX_PIXELS:
        raise InputError(
            f"{title}: has {image.width * image.height:,} pixels, at most {MAX_PIXELS:,} are read"
        )
    try:
        return _cells(image, size)
    except Exception:
        raise InputError(f"{title}: is cut off or damaged, so it cannot be read") from None


def _cells(image: Image.Image, size: int) -> np.ndarray:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
        values = np.asarray(image, dtype=np.float32) / 65_535
    else:
        shown = image.convert("RGBA")
        white = Image.new("RGBA", shown.size, "white")
        values = np.asarray(Image.alpha_composite(white, shown).convert("L"), np.float32) / 255
    longer = max(image.size)
    shape = [max(1, round(side * size / longer)) for side in image.size]
    # BOX averages what a cell covers, and repeats pixels where there are fewer than cells
    fitted = Image.fromarray(values).resize((shape[0], shape[1]), Image.Resampling.BOX)
    return np.clip(np.asarray(fitted, dtype=float), 0.0, 1.0)
