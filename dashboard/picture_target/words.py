"""Sentences about a picture that became a density: what was read, and what to look out for."""

from __future__ import annotations

from dashboard.picture_target.density import LEAST, Density
from dashboard.picture_target.file import ImageCells
from dashboard.prose import prose
from dashboard.text.numbers import percent

phrase = prose("phrases/picture_target")
TOLD = 0.01  # a smaller share of the mass, or of the area, is not worth a word
_say = prose("images")


def what_was_read(cells: ImageCells, made: Density, invert: bool, background: float) -> str:
    """The file's kind and size, and everything about it that was not read as it is stored."""
    rows, columns = cells.dark.shape
    told = [
        _say(
            "read",
            kind=cells.kind,
            width=f"{cells.width:,}",
            height=f"{cells.height:,}",
            columns=columns,
            rows=rows,
            mass=phrase("dark") if invert else phrase("light"),
        )
    ]
    if cells.turned:
        told.append(_say("turned"))
    if cells.frames > 1:
        many = f"{cells.frames:,}"
        told.append(_say("pictures" if cells.kind == "JPEG" else "frames", frames=many))
    if cells.transparent > LEAST / cells.dark.size:
        told.append(_say("transparent", share=percent(cells.transparent)))
    if cells.profile is False:
        told.append(_say("profile"))
    if background:
        told.append(_say("removed", share=f"{100 * background:.0f} %"))
    if made.faint >= TOLD:
        told.append(_say("faint", share=percent(made.faint)))
    return " ".join(told)


def what_may_be_wrong(made: Density, invert: bool) -> str | None:
    """A hint where the background seems to carry mass, or nothing stands out."""
    if made.emptiest == 1:
        return _say("uniform")
    if made.shade > 0.5:
        dark, light = phrase("dark-shade"), phrase("light-shade")
        mass, other = (dark, light) if invert else (light, dark)
        return _say("mostly", share=percent(made.shade), mass=mass, other=other)
    if made.emptiest > 0:
        return _say("full", share=percent(made.emptiest))
    return None
