"""Numbers as people and programs write them, read a whole column at a time under one decimal mark.

The other mark, a blank or an apostrophe may group the digits by three. A currency before the number
or a unit behind it is read where the whole column has the same; (5) is -5 as accountants write it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from dashboard.prose import prose

phrase = prose("phrases/csv_table")
MARKS = {".": ",", ",": "."}  # a decimal mark, and the other one
ERRORS = frozenset(
    {"#n/a", "#nv", "#n/d", "#div/0!", "#value!", "#wert!", "#valeur!", "#ref!", "#bezug!"}
    | {"#num!", "#zahl!", "#nombre!", "#name?", "#nom?", "#null!", "#nul!"}
)
MISSING = ERRORS | frozenset(
    {"", "na", "n/a", "n.a.", "nan", "null", "none", "nil", "missing", "<na>", "\\n"}
    | {"-", "--", "–", "—", "?", "."}
)
LONGEST = 60  # of a number with its unit
_NEVER = re.compile(r"[;|:\t]")  # in no number: saves most of the time on other separators
_DIGIT = re.compile("[0-9]")
_INFINITE = re.compile(r"([+−-]?)(?:inf(?:inity)?|∞)", re.IGNORECASE)
_PLAIN = {mark: re.compile(rf"-?([0-9]+)(?:[{mark}][0-9]+)?") for mark in MARKS}
_NUMBER = r"""
    (?P<open>\()? \s* (?P<sign>[+−-])? \s*
    (?P<currency>(?:US|CA|AU)?\$|[€£¥₹]|(?:USD|EUR|GBP|CHF|JPY)(?=[ 0-9]))? \s* (?P<inner>[+−-])?
    (?P<whole>[1-9][0-9]{{0,2}}(?P<group>[{other}'’\ \u00a0\u2009\u202f])[0-9]{{3}}
        (?:(?P=group)[0-9]{{3}})*|[0-9]+)?
    (?:{mark}(?P<places>[0-9]{places}))?
    (?:[eEdD](?P<power>[+−-]?[0-9]+))?
    \s* (?P<unit>%|‰|°|(?![ij]\b)(?:°\ ?)?[^\W\d_](?:[^\W\d_]|[/·*^⁻]){{0,11}}
        |[€£¥₹$])? \s* (?(open)\))
"""
_DATE = re.compile(
    r"(?:[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-/.])[0-9]{1,2}\2[0-9]{2,4})(?:[T ].*)?"
    r"|[0-9]{1,2}:[0-9]{2}.*"
)
_COMPLEX = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?\s*[+-]\s*[\d.]*(?:e[+-]?\d+)?\s*[ij]", re.I)
_TRUTH = frozenset({"true", "false", "t", "f", "yes", "no", "wahr", "falsch", "vrai", "faux"})


class Numeral(NamedTuple):
    """One number; ``group`` parts its thousands, ``bare`` says that nothing does from 1000 on."""

    value: float
    unit: str = ""
    group: str = ""
    bare: bool = False
    bracketed: bool = False


@dataclass(frozen=True)
class Reading:
    """A column under one decimal mark: a number, or None for a missing or unreadable cell.

    ``bad`` are the positions of unreadable cells, ``filled`` counts those that are not missing.
    """

    values: tuple[float | None, ...]
    bad: tuple[int, ...]
    filled: int
    unit: str

    @property
    def numeric(self) -> bool:
        """At least half of its filled cells are numbers: a typing error does not hide a column."""
        return 2 * (self.filled - len(self.bad)) >= max(self.filled, 1)


def is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def is_number(cell: str) -> bool:
    """Whether it spells a number without a unit under either decimal mark."""
    found = (numeral(cell, mark) for mark in MARKS)
    return any(number is not None and not number.unit for number in found)


def is_text(cell: str) -> bool:
    return not (is_missing(cell) or is_number(cell))


def numeral(cell: str, mark: str) -> Numeral | None:
    """The number that the cell spells under this decimal mark, infinity included."""
    return _numeral(cell, mark) if len(cell) <= LONGEST else _numeral.__wrapped__(cell, mark)


@lru_cache(maxsize=2**16)  # where cells are many they are short, and many alike
def _numeral(cell: str, mark: str) -> Numeral | None:
    plain = _PLAIN[mark].fullmatch(cell)
    if plain:
        return Numeral(float(cell.replace(",", ".")), bare=len(plain[1]) > 3)
    infinite = _INFINITE.fullmatch(cell)
    if infinite:
        return Numeral(float("-inf" if infinite[1] in ("-", "−") else "inf"))
    if len(cell) > LONGEST or _NEVER.search(cell) or not _DIGIT.search(cell):
        return None
    found = _pattern(mark).fullmatch(cell)
    if found is None or not (found["whole"] or found["places"]):
        return None
    signs = [s for s in (found["open"], found["sign"], found["inner"]) if s]
    if len(signs) > 1 or (found["currency"] and found["unit"]):
        return None
    group = found["group"] or ""
    whole = (found["whole"] or "0").replace(group, "") if group else found["whole"] or "0"
    power = (found["power"] or "0").replace("−", "-")
    value = float(f"{whole}.{found['places'] or 0}e{power}")
    negative = bool(signs) and signs[0] != "+"
    return Numeral(
        -value if negative else value,
        found["currency"] or found["unit"] or "",
        group,
        not group and len(whole) > 3,
        bool(found["open"]),
    )


@cache
def _pattern(mark: str) -> re.Pattern[str]:
    places = "*" if mark == "." else "+"
    number = _NUMBER.format(mark=re.escape(mark), other=re.escape(MARKS[mark]), places=places)
    return re.compile(number, re.VERBOSE)


@lru_cache(maxsize=256)
def read_column(cells: tuple[str, ...], mark: str) -> Reading:
    """What the cells say as a whole: one unit, and thousands parted everywhere or nowhere."""
    filled = [i for i, cell in enumerate(cells) if not is_missing(cell)]
    found = {i: n for i in filled if (n := numeral(cells[i], mark)) is not None}
    units = Counter(n.unit for n in found.values())
    unit = units.most_common(1)[0][0] if units else ""
    bare = any(n.bare for n in found.values())
    bracketed = all(n.bracketed for n in found.values())  # standard errors, not debts
    good = {
        i: n
        for i, n in found.items()
        if n.unit == unit and not bracketed and not (n.group and bare)
    }
    values = [good[i].value if i in good else None for i in range(len(cells))]
    bad = tuple(i for i in filled if i not in good)
    return Reading(tuple(values), bad, len(filled), unit)


def kind(cells: Sequence[str]) -> str:
    """What a column that is not numbers holds, in a word."""
    filled = [cell for cell in cells if not is_missing(cell)]
    if not filled:
        return phrase("empty")
    for name, fits in (
        (phrase("dates"), _DATE.fullmatch),
        (phrase("complex-numbers"), _COMPLEX.fullmatch),
        (phrase("true-or-false"), lambda cell: cell.lower() in _TRUTH),
        (phrase("all-in-brackets"), lambda cell: cell.startswith("(") and is_number(cell)),
        (phrase("mixed-units"), lambda cell: any(numeral(cell, mark) for mark in MARKS)),
    ):
        if all(map(fits, filled)):
            return name
    return phrase("text")
