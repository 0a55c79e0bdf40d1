"""The film of sequences: what a run draws and the law over words, on one clock for two runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.figures.marks import LARGE, OUTPUT, TARGET, css_colours
from dashboard.javascript import script
from dashboard.topics.discrete.measure import Film
from dashboard.topics.discrete.words import frame_reading, panel_title
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.schedules import Array

FOLDER = Path(__file__).parent
_mount = st.components.v2.component(
    "sequence_film",
    html='<div class="film"></div>',
    css=css_colours(".film", {"--film-target": TARGET, "--film-output": OUTPUT})
    + (FOLDER / "film.css").read_text(encoding="utf-8"),
    js=script(FOLDER / "film.js"),
)


def play(films: Sequence[Film], label: str, dark: bool, large: bool) -> None:
    """One or two films on one clock; the first plays once by itself where motion is welcome.

    label: for screen readers, what the slider moves through.
    """
    panels = [_panel(film) for film in films]
    said = json.dumps(panels).encode()
    data = {
        "id": hashlib.sha256(said).hexdigest(),
        "panels": panels,
        "label": label,
        "dark": dark,
        "size": LARGE if large else 1,
    }
    _mount(key="film of sequences", data=data)


def _panel(film: Film) -> dict[str, Any]:
    run = film.run
    both = np.concatenate([film.output, np.nan_to_num(film.truth)])[:, : film.words]
    return {
        "title": panel_title(film),
        "readings": [frame_reading(film, k) for k in range(len(film.steps))],
        "letters": list(run.target.letters),
        "mask": run.model.symbols if isinstance(run.dynamics, Masked) else -1,
        "tokens": film.tokens.tolist(),
        "rows": list(film.rows),
        "words": film.words,
        "cycle": run.model.length == 1,
        "output": _rounded(film.output),
        "truth": _rounded(film.truth),
        "most": float(both.max()),
    }


def _rounded(masses: Array) -> list[list[float | None]]:
    return [[None if np.isnan(m) else round(float(m), 5) for m in row] for row in masses]
