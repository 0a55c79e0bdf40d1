"""A page's Python as a Jupyter notebook, version 4.5 of its format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dashboard.exports.snippets import FILE, own_sampler_snippet
from dashboard.prose import prose
from diffusion_core import Experiment


def notebook(title: str, code: str, experiment: Experiment, samplers: Sequence[str] = ()) -> str:
    """What it is and what it needs, the page's code, and a sampler of the reader's own.

    experiment, samplers: what that sampler is measured on, and those that it is compared with,
    beside the experiment's own.
    """
    say = prose("exports")
    own = own_sampler_snippet(experiment, samplers)
    told = say("notebook", title=title)
    if FILE in code + own:
        told += "\n\n" + say("notebook-file")
    cells = [
        _cell("about", "markdown", told),
        _cell("code", "code", code.strip()),
        _cell("own-about", "markdown", say("notebook-own")),
        _cell("own", "code", own.strip()),
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
