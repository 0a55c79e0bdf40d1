"""A language in which every word is marked, to see what on a page is not prose yet.

    python -m dashboard.prose.pseudo FOLDER
    DIFFUSION_LAB_LANGUAGE=FOLDER make run

Words stand between ⟦ and ⟧; formulas, code, addresses, icons and the places of numbers stay.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.prose import ENGLISH, names

OPEN, CLOSE = "⟦", "⟧"
_KEPT = (
    r"^```.*?^```",
    r"\$\$.*?\$\$",
    r"(?<!\\)\$[^$]*\$",
    r"`[^`]*`",
    r"<[^>\n]*>",
    r"\[\[\w+\]\]",
    r"%?\{[^{}]*\}",
    r"\]\([^)]*\)",
    r"https?://[^\s)]+",
    r":material/\w+:",
    r"&\w+;",
)
_PARTS = re.compile(rf"({'|'.join(_KEPT)})", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_][\w'’-]*(?: [\w'’-]*\w[\w'’-]*)*")
READ_AS_TEXT = (
    *("sampler", "statement", "rate", "steps", "conditions", "data", "score", "errors"),
    *("how", "differ", "venue"),
)


def marked(text: str) -> str:
    """The text with its words between marks.

    >>> marked("Hello $p_t$, TV is **[[tv]]**.")
    '⟦Hello⟧ $p_t$, ⟦TV is⟧ **[[tv]]**.'
    """
    parts = _PARTS.split(text)  # every other one is kept as it is
    parts[::2] = [_WORDS.sub(lambda words: f"{OPEN}{words[0]}{CLOSE}", part) for part in parts[::2]]
    return "".join(parts)


def _literature(text: str) -> str:
    made: dict[str, Any] = json.loads(text)
    for result in made["results"]:
        result |= {k: marked(v) for k, v in result.items() if k in READ_AS_TEXT}
    return json.dumps(made, ensure_ascii=False)


def write(folder: Path) -> None:
    """Every file of the English folder, marked, into ``folder``."""
    files: dict[str, Callable[[str], str]] = {f"{name}.md": marked for name in names()}
    for name, mark in (files | {"literature.json": _literature}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mark((ENGLISH / name).read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m dashboard.prose.pseudo FOLDER")
    write(Path(sys.argv[1]))
