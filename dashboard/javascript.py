"""Joins ES modules: Streamlit loads a component from a blob: address, from which none is found.

Each module becomes a function that runs once, after those it imports, with names of its own.
Taken is what the project writes: `import { a, b as c } from "./file.js";`, `export` before a named
function, class or const, and one list of exports at the end of a file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from dashboard.prose.components import words

WORDS = "const WORDS = {};"  # of said.js, where the server's language has its place
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(
    r"^export (default )?(?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE
)
EXPORT_LIST = re.compile(r"\bexport\s*\{([^}]*)\};?\s*(?://.*\s*)?\Z")
UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def modules(entry: Path) -> list[Path]:
    """The entry and all that it imports, each after those that it imports itself.

    Raises ValueError where modules import each other in a circle.
    """
    found: list[Path] = []
    _visit(entry.resolve(), [], found)
    return found


def _visit(module: Path, way: list[Path], found: list[Path]) -> None:
    if module in way:
        circle = [*way[way.index(module) :], module]
        raise ValueError(f"modules import each other: {' -> '.join(m.name for m in circle)}")
    if module in found:
        return
    for match in IMPORT.finditer(module.read_text(encoding="utf-8")):
        _visit((module.parent / match[2]).resolve(), [*way, module], found)
    found.append(module)


def body(entry: Path) -> str:
    """The modules as the body of a function that returns the default export of the entry.

    Raises ValueError for a circle, for an import of what is not exported, and for an import or
    export written in another way.
    """
    known: dict[Path, tuple[str, set[str]]] = {}
    parts = []
    for number, module in enumerate(modules(entry)):
        source, exported = _without_exports(module, _bind_imports(module, known))
        known[module] = (f"${number}", set(exported))
        pairs = ", ".join(f"{name}: {local}" for name, local in exported.items())
        parts.append(
            f"// {module.name}\nconst ${number} = (() => {{\n"
            f"{source}\nreturn {{ {pairs} }};\n}})();\n"
        )
    return "".join(parts) + f"return {known[entry.resolve()][0]}.default;\n"


def script(entry: Path) -> str:
    """The modules as one, whose default export is that of the entry."""
    return f"export default (() => {{\n{body(entry)}}})();\n"


def _bind_imports(module: Path, known: dict[Path, tuple[str, set[str]]]) -> str:
    def bind(match: re.Match[str]) -> str:
        value, exported = known[(module.parent / match[2]).resolve()]
        names = _names(match[1])
        missing = sorted(names.keys() - exported)
        if missing:
            raise ValueError(f"{module.name}: {match[2]} does not export {', '.join(missing)}")
        pairs = ", ".join(f"{name}: {local}" for name, local in names.items())
        return f"const {{ {pairs} }} = {value};\n"

    source = module.read_text(encoding="utf-8")
    return IMPORT.sub(bind, source).replace(WORDS, f"const WORDS = {json.dumps(words())};")


def _without_exports(module: Path, source: str) -> tuple[str, dict[str, str]]:
    """The source, and its exports: the local name of each."""
    exported = {"default" if m[1] else m[2]: m[2] for m in EXPORT.finditer(source)}
    source = EXPORT.sub("", source)
    if listed := EXPORT_LIST.search(source):
        exported |= {name: local for local, name in _names(listed[1]).items()}
        source = source[: listed.start()]
    if unknown := UNKNOWN.search(source):
        raise ValueError(f"{module.name}: cannot join {unknown[0]!r}")
    return source, exported


def _names(text: str) -> dict[str, str]:
    """{a: a, b: c} of "a, b as c"."""
    pairs = (part.split(" as ") for part in map(str.strip, text.split(",")) if part)
    return {pair[0].strip(): pair[-1].strip() for pair in pairs}
