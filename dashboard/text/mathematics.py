"""Plain sentences with their symbols as mathematics."""

from __future__ import annotations

import re

_POWER = re.compile(r"\b(T|d)\^([−\d.]*\d)")
_LOG_POWER = re.compile(r"\(log T\)\^([\d.]*\d)")
_SIGNS = {
    "c_R": "$c_R$",
    "c_M": "$c_M$",
    "p_t": "$p_t$",
    "β_t": "$\\beta_t$",
    "ᾱ_T": "$\\bar\\alpha_T$",
    "ε_score": "$\\varepsilon_{\\mathrm{score}}$",
    "ε_Jacobi": "$\\varepsilon_{\\mathrm{Jacobi}}$",
    "w_t": "$w_t$",
    "v_t": "$v_t$",
}


def typeset(said: str) -> str:
    """Plain text, as in a table, with its symbols as mathematics."""
    said = _POWER.sub(r"$\1^{\2}$", said)
    said = _LOG_POWER.sub(r"$(\\log T)^{\1}$", said)
    for sign, latex in _SIGNS.items():
        said = said.replace(sign, latex)
    return said
