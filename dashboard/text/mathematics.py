"""Plain sentences with their symbols as mathematics."""

from __future__ import annotations

import re

_SIGNS = {
    "c_R": "c_R",
    "c_M": "c_M",
    "p_t": "p_t",
    "p_T": "p_T",
    "X_T": "X_T",
    "β_t": "\\beta_t",
    "beta_t": "\\beta_t",
    "abar_T": "\\bar\\alpha_T",
    "abar_t": "\\bar\\alpha_t",
    "ᾱ_T": "\\bar\\alpha_T",
    "ε_score": "\\varepsilon_{\\mathrm{score}}",
    "ε_Jacobi": "\\varepsilon_{\\mathrm{Jacobi}}",
    "w_t": "w_t",
    "v_t": "v_t",
}
_SYMBOL = re.compile(
    r"\b(?P<base>T|d)\^(?:\{(?P<braced>[^{}]*)\}|(?P<power>[−\d.]*\d))"
    r"|\(log T\)\^(?P<of_log>[\d.]*\d)"
    r"|\blog\^(?P<log>[\d.]*\d) ?T\b"
    rf"|(?P<sign>{'|'.join(map(re.escape, _SIGNS))})"
)


def typeset(said: str) -> str:
    """Plain text, as in a table, with its symbols as mathematics."""
    return _SYMBOL.sub(_formula, said)


def _formula(found: re.Match[str]) -> str:
    if found["base"]:
        return f"${found['base']}^{{{found['braced'] or found['power']}}}$"
    if found["of_log"]:
        return f"$(\\log T)^{{{found['of_log']}}}$"
    if found["log"]:
        return f"$\\log^{{{found['log']}}}T$"
    return f"${_SIGNS[found['sign']]}$"
