"""Plain sentences with their symbols as mathematics."""

from __future__ import annotations

import re

from dashboard.prose.library import spoken
from dashboard.text.plain import plain

_SIGNS = {
    "p_1": "p_1",
    "q_1": "q_1",
    "q_t": "q_t",
    "s_t": "s_t",
    "ŝ_t": "\\hat s_t",
    "J_s_t": "J_{s_t}",
    "J_ŝ_t": "J_{\\hat s_t}",
    "X_0": "X_0",
    "X_t": "X_t",
    "Y_t": "Y_t",
    "Σ_t": "\\sum_t",
    "α_t": "\\alpha_t",
    "ᾱ_t": "\\bar\\alpha_t",
    "ε²_score": "\\varepsilon_{\\mathrm{score}}^2",
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
    rf"|(?<![^\W_])(?P<sign>{'|'.join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))})\b"
)


def worded(words: str) -> str:
    """The words of others as they are but for their symbols; of the library, in our language."""
    return typeset(plain(spoken(words)))


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
