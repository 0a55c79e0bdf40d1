"""Our prose as plain HTML for paper: paragraphs, emphasis, lists, links and simple formulas."""

from __future__ import annotations

import html
import re

SIGNS = {
    "alpha": "α", "beta": "β", "sigma": "σ", "epsilon": "ε", "varepsilon": "ε", "eta": "η",
    "phi": "φ", "pi": "π", "lambda": "λ", "delta": "δ", "Delta": "Δ", "ell": "ℓ",
    "nabla": "∇", "log": "log ", "le": "≤", "ge": "≥",
    "approx": "≈", "propto": "∝", "cdot": "·", "times": "×", "to": "→", "infty": "∞", "sum": "∑",
    "in": "∈", "quad": " ", "qquad": " ", "lesssim": "≲", "mid": "|", "ldots": "…",
    "dots": "…", "sim": "~", "ne": "≠",
    "mathbb": "", "mathrm": "", "text": "", "left": "", "right": "", "big": "", "Big": "",
    "tfrac": "", "displaystyle": "", ",": " ", ";": " ", "!": "", "|": "‖", "{": "{", "}": "}",
}  # fmt: skip
STRONG = "̄"  # a combining bar
_INLINE = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([_^])|(\{)|(\})|(\s+)|(.)", re.DOTALL)


def formula(tex: str) -> str:
    """The formula as HTML; what it does not know it writes as it stands."""
    rest = [found.group(0) for found in _TOKEN.finditer(tex.strip())]
    out = []
    while rest:
        out.append(_piece(rest))
    return "".join(out).replace("-", "−")


def _piece(rest: list[str]) -> str:
    token = rest.pop(0)
    if token in "_^":
        tag = "sub" if token == "_" else "sup"
        return f"<{tag}>{_piece(rest) if rest else ''}</{tag}>"
    if token == "{":
        inside = []
        while rest and rest[0] != "}":
            inside.append(_piece(rest))
        rest[:1] = []
        return "".join(inside)
    if token.startswith("\\"):
        return _command(token[1:], rest)
    if token.isspace():
        return ""
    if token in "=<>":
        return f" {html.escape(token)} "
    return f"<i>{token}</i>" if token.isalpha() else html.escape(token)


def _grouped(part: str) -> str:
    """In brackets, unless it is a single sign."""
    return part if re.fullmatch(r"[^ +−-]{1,2}|<i>.</i>|√.*", part) else f"({part})"


def _command(name: str, rest: list[str]) -> str:
    while rest and rest[0].isspace():
        rest.pop(0)
    if name in ("frac", "tfrac", "dfrac"):
        return f"{_grouped(_piece(rest))}/{_grouped(_piece(rest))}"
    if name == "sqrt":
        return f"√<span class=root>{_piece(rest)}</span>"
    if name in ("bar", "hat"):
        return _piece(rest) + (STRONG if name == "bar" else "\u0302")
    if name in ("mathrm", "text", "operatorname"):
        return re.sub("</?i>", "", _piece(rest))
    sign = SIGNS.get(name, html.escape(name))
    return f" {sign} " if sign in "≤≥≈∝≲∈" and sign else sign


def to_html(markdown: str) -> str:
    """Paragraphs and lists."""
    out = []
    for part in re.split(r"\n\s*\n", markdown.strip()):
        lines = part.splitlines()
        if lines[0].startswith("- "):
            items = re.split(r"^- ", part, flags=re.MULTILINE)[1:]
            out.append("<ul>" + "".join(f"<li>{inline(i)}</li>" for i in items) + "</ul>")
        else:
            out.append(f"<p>{inline(part)}</p>")
    return "\n".join(out)


def inline(markdown: str) -> str:
    """One paragraph; formulas are kept aside while other signs are looked for."""
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        formulas.append(formula(found[1] or found[2]))
        return f"\0{len(formulas) - 1}\0"

    text = _words(_INLINE.sub(keep, markdown)).strip()
    return re.sub("\0([0-9]+)\0", lambda found: formulas[int(found[1])], text)


def _words(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text, flags=re.DOTALL)
    text = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text, flags=re.DOTALL)
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (\2)", text)
