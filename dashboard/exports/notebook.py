"""A page's Python as a Jupyter notebook, version 4.5 of its format."""

from __future__ import annotations

import json
from typing import Any

from dashboard.exports.snippets import FILE
from dashboard.prose import prose


def notebook(title: str, code: str) -> str:
    """What it is and what it needs, and the code."""
    say = prose("exports")
    told = say("notebook", title=title)
    if FILE in code:
        told += "\n\n" + say("notebook-file")
    cells = [
        _cell("about", "markdown", told),
        _cell("code", "code", code.strip()),
    ]
    about = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}}
    cell["source"] = text.splitlines(keepends=True)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
