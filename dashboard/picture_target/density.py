"""A reader's picture as a density in the plane: every cell of a grid is a box of uniform mass.

Either a target comes out, or InputError with one sentence that says what is wrong.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

import numpy as np

from dashboard.csv_table.lines import short
from dashboard.memory import Store
from dashboard.picture_target.file import ImageCells, read_image
from dashboard.prose import prose
from diffusion_core.errors import InputError
from diffusion_core.targets import Boxes

phrase = prose("phrases/picture_target")
SIZES = (16, 32, 48, 64)  # cells along the longer side
REACH = 2.4  # the picture fills [-REACH, REACH] along its longer side
LEVELS = 15  # up to the greatest mass; few keep links short and drop the noise of paper and of JPEG
LEAST = 0.5 / LEVELS  # of black, or of white where light is mass: a picture of less holds none
WEIGHT_DIGITS = 10  # 4096 rounded weights still sum to 1 within 1e-6
EDGE_DIGITS = 4
KEPT = 64  # pictures that were read, of some 64 kB at most


@dataclass(frozen=True)
class Density:
    """A picture as a target.

    emptiest: the least mass of a cell over the greatest; shade: the mean over the whole picture of
    what makes mass, from 0 to 1; faint: the share of the mass that was in cells too faint to keep.
    """

    boxes: Boxes
    emptiest: float
    shade: float
    faint: float


def image_cells(data: bytes, name: str, size: int) -> ImageCells:
    """The picture on its cells, decoded once for as long as it is among the last KEPT."""
    if size not in SIZES:
        raise ValueError(f"size: one of {SIZES}, got {size}")

    def read() -> ImageCells:
        with _ONE:
            return read_image(data, title(name), size)

    return _READ.get((hashlib.blake2b(data).digest(), size), read)


def density(cells: ImageCells, name: str, invert: bool = True, background: float = 0.0) -> Density:
    """The density proportional to max(m - background, 0), m the darkness or lightness of a cell.

    InputError where that leaves no mass.
    """
    m, most = (cells.dark, cells.darkest) if invert else (cells.light, cells.lightest)
    if most < LEAST:
        raise InputError(f"{title(name)}: {_empty(cells, invert)}")
    mass = np.maximum(m - background, 0.0)
    boxes = boxes_of_cells(mass, 2 * REACH / max(mass.shape))
    if boxes is None:
        shade = phrase("dark-shade") if invert else phrase("light-shade")
        raise InputError(
            phrase(
                "has-no-cell-more-than",
                name=title(name),
                most=f"{100 * m.max():.0f}",
                shade=shade,
                background=f"{100 * background:.0f}",
            )
        )
    faint = mass[np.rint(LEVELS * mass / mass.max()) == 0].sum() / mass.sum()
    full = len(boxes.weights) == mass.size
    emptiest = min(boxes.weights) / max(boxes.weights) if full else 0.0
    return Density(boxes, emptiest, float(m.mean()), float(faint))


def boxes_of_cells(mass: np.ndarray, cell: float) -> Boxes | None:
    """Square cells with mass, rows from the top, around the origin; None where all are empty.

    mass: (rows, columns), not negative, rounded to LEVELS steps up to its greatest value.
    """
    if not mass.any():
        return None
    levels = np.rint(LEVELS * mass / mass.max()).astype(int)
    rows, columns = np.nonzero(levels)
    weights = levels[rows, columns] / levels.sum()
    x = np.round(cell * (np.arange(mass.shape[1] + 1) - mass.shape[1] / 2), EDGE_DIGITS) + 0.0
    y = np.round(cell * (mass.shape[0] / 2 - np.arange(mass.shape[0] + 1)), EDGE_DIGITS) + 0.0
    return Boxes(
        tuple(round(w, WEIGHT_DIGITS) for w in weights.tolist()),
        tuple(zip(x[columns].tolist(), y[rows + 1].tolist(), strict=True)),
        tuple(zip(x[columns + 1].tolist(), y[rows].tolist(), strict=True)),
    )


def title(name: str) -> str:
    """How sentences begin that are about the file."""
    return short(name) or phrase("the-picture")


def _empty(cells: ImageCells, invert: bool) -> str:
    if max(cells.darkest, cells.lightest) < LEAST:
        return phrase("is-transparent-everywhere-so-it")
    shade, most, other = (
        (phrase("white"), cells.darkest, phrase("light-shade"))
        if invert
        else (phrase("black"), cells.lightest, phrase("dark-shade"))
    )
    nearly = f" {phrase('or-nearly', shade=shade)}" if most else ""
    where = f" {phrase('where-not-transparent')}" if cells.transparent > 0 else ""
    return phrase("is-all-so-it-holds", shade=shade, nearly=nearly, where=where, other=other)


_READ = Store(KEPT)
_ONE = threading.Lock()  # one picture at a time: 25 million pixels take some 150 MB
