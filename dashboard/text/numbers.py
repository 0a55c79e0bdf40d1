"""Numbers as readers see them: as many digits as their error allows."""

from __future__ import annotations

import math


def rounded(value: float, digits: int = 3) -> str:
    """Significant digits, in scientific notation only where the plain form would be long."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e-4 <= abs(value) < 1e6:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return f"{value:.{places}f}"
    return scientific(value, digits)


def scientific(value: float, digits: int = 2) -> str:
    """1.2·10⁻⁵"""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}·10{superscript(int(exponent))}"


def superscript(n: float) -> str:
    return f"{n:g}".translate(str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·"))


def with_error(value: float, error: float) -> str:
    """value ± error, the value to the place of the error's leading digit, at most 6 digits."""
    if value == 0 or error <= 0:
        return rounded(value)
    known = math.floor(math.log10(abs(value))) - math.floor(math.log10(error)) + 1
    small = rounded(error, 1) if error >= 1e-3 else scientific(error, 1)
    return f"{rounded(value, min(max(known, 1), 6))} ± {small}"


def stated(error: float) -> str:
    """A table's error: 4·10⁻⁶, or 0.012 from 0.001 on."""
    return scientific(error, 1) if error < 1e-3 else rounded(error, 2)


def percent(share: float) -> str:
    return f"{rounded(100 * share, 3)} %"


def exact(number: float) -> str:
    """The number as a text that is read as the same, for links: short where that is enough."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
