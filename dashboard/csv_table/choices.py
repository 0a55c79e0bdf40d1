"""What a reader may say of a file that can be read in more than one way."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.csv_table.lines import Wrong
from dashboard.prose import prose

phrase = prose("phrases/csv_table")
SEPARATORS = {
    "\t": phrase("tabs"),
    ";": phrase("semicolons"),
    "|": phrase("bars"),
    ",": phrase("commas"),
    " ": phrase("blanks"),
    "": phrase("one-column"),
}
DECIMALS = {".": phrase("points"), ",": phrase("commas")}
QUESTION = phrase("choose-which-is-meant")


@dataclass(frozen=True)
class Choices:
    """What the reader says of the file; None is as found.

    separator: a key of SEPARATORS; decimal: of DECIMALS; first: whether the first line holds
    "names", is a "row", or is left out ("skip").
    """

    separator: str | None = None
    decimal: str | None = None
    first: str | None = None

    def __post_init__(self) -> None:
        for value, allowed in (
            (self.separator, SEPARATORS),
            (self.decimal, DECIMALS),
            (self.first, ("names", "row", "skip")),
        ):
            if value is not None and value not in allowed:
                raise ValueError(f"one of {list(allowed)} or None can be chosen, got {value!r}")


AS_FOUND = Choices()


class Ambiguous(Wrong):
    """Two readings of one file, both named; a choice settles it."""
