"""How to cite the project and the papers it illustrates: BibTeX, kept in citation.bib.

``python -m dashboard.exports.citation`` makes that of CITATION.cff: the first page shows it, and
need not read YAML for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "CITATION.cff"
FILE = Path(__file__).with_name("citation.bib")


@cache
def bibtex() -> str:
    """The project's entry, then those of its references."""
    return FILE.read_text(encoding="utf-8").rstrip()


def made() -> str:
    """The same from CITATION.cff itself."""
    import yaml  # for developers

    cited = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return "\n\n".join(map(_entry, [cited, *cited.get("references", [])]))


def _entry(source: Mapping[str, Any]) -> str:
    authors = source["authors"]
    known = {
        "title": f"{{{source['title']}}}",
        "author": " and ".join(map(_author, authors)),
        "year": source.get("year") or str(source.get("date-released", ""))[:4],
        "version": source.get("version"),
        "url": source.get("url") or source.get("repository-code"),
        **_identified(source.get("identifiers", [])),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in known.items() if value]
    kind = {"article": "article", "software": "software"}.get(source["type"], "misc")
    return f"@{kind}{{{_name(source)},\n" + ",\n".join(lines) + "\n}"


def _author(author: Mapping[str, str]) -> str:
    if "family-names" in author:
        return f"{author['family-names']}, {author['given-names']}"
    return f"{{{author['name']}}}"  # in braces: a name that is not a person's is not taken apart


def _identified(identifiers: list[Mapping[str, str]]) -> dict[str, str]:
    found = {}
    for identifier in identifiers:
        kind, _, number = identifier["value"].partition(":")
        if identifier["type"] == "doi":
            found["doi"] = identifier["value"]
        elif kind == "arXiv":
            found |= {"eprint": number, "archiveprefix": "arXiv"}
    return found


def _name(source: Mapping[str, Any]) -> str:
    """Such as li2023nonasymptotic, or the title's words."""
    first = source["authors"][0]
    if "family-names" not in first:
        return str(source["title"]).lower().replace(" ", "-")
    word = max(source["title"].split()[1:3], key=len).lower().replace("-", "")
    return f"{first['family-names'].lower()}{source.get('year', '')}{word}"


if __name__ == "__main__":
    FILE.write_text(f"{made()}\n", encoding="utf-8")
