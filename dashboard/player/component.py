"""Mounts the player on a page."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.figures.marks import FONT, OUTPUT, PARTS, TARGET, css_colours
from dashboard.javascript import body, script
from dashboard.link.widget_keys import mounted
from dashboard.player.animation import Animation
from dashboard.player.drag import Drag
from dashboard.player.packing import pack, with_display
from dashboard.player.story import Chapter
from dashboard.prose.components import in_language

FOLDER = Path(__file__).parent
GIF_ENCODER_LICENCE = FOLDER / "vendor" / "gifenc.LICENSE.md"
CONFIG = FOLDER.parents[1] / ".streamlit" / "config.toml"
LAYERS = (
    *("particles", "trails", "target", "output-map", "difference", "contours", "output"),
    *("field", "parts", "histogram", "ends"),
)
COLOURS = {
    "--player-target": TARGET,
    "--player-output": OUTPUT,
    **{f"--player-part-{k}": mark for k, mark in enumerate(PARTS, 1)},
}
VIEWS = ("auto", "density", "spacetime", "both")


def _page_style() -> str:
    """The style of a page that plays offline, in the app's own colours."""
    themes = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    rules = {
        theme: "".join(f"{_property(name)}:{colour};" for name, colour in colours.items())
        for theme, colours in themes.items()
    }
    return (
        f":root{{{rules['light']}--st-font:{FONT};}}"
        f"@media (prefers-color-scheme: dark){{:root{{{rules['dark']}}}}}"
        + (FOLDER / "page.css").read_text(encoding="utf-8")
    )


def _property(name: str) -> str:
    """Streamlit's custom property of a setting: --st-primary-color of primaryColor."""
    return "--st-" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def _script() -> str:
    """The modules as one function, which also is a part of a page that plays offline."""
    parts = json.dumps({"html": HTML, "css": CSS, "page": _page_style()})
    licence = GIF_ENCODER_LICENCE.read_text(encoding="utf-8")
    source = f"/* gifenc 1.0.3\n{licence}*/\n{body(FOLDER / 'player.js')}"
    return (
        f"function program() {{\n{source}}}\n"
        f"const source = {{ program, parts: {parts} }};\n"
        "const run = program();\n"
        "export default ({ data: { channel }, parentElement, setTriggerValue: tell }) =>"
        " run({ channel, parentElement, tell, source });\n"
    )


HTML = in_language((FOLDER / "player.html").read_text(encoding="utf-8"))
CSS = css_colours(".player", COLOURS) + (FOLDER / "player.css").read_text(encoding="utf-8")
_mount = st.components.v2.component("reverse_process_player", html=HTML, css=CSS, js=_script())
_carrier = st.components.v2.component(
    "reverse_process_data", html="<i hidden></i>", js=script(FOLDER / "carrier.js")
)


def player(
    animation: Animation | Sequence[Animation] | bytes,
    key: str,
    layers: Sequence[str] | None = None,
    view: str = "auto",
    height: int | None = None,
    enlarged: float | None = None,
    words: tuple[str, str] | None = None,
    about: Mapping[str, Any] | None = None,
    story: Sequence[Chapter] = (),
    drag: Drag | None = None,
    axes: Sequence[str] = (),
) -> None:
    """Shows one to four animations side by side on one clock, or their `pack`ed bytes.

    It plays once by itself where motion is welcome.

    key: names the player: when its data, layers or view change, the share of the run, the playing
        state, the speed and the followed particle are kept.
    layers: what is drawn, names out of LAYERS; None for all but "trails", "field", "parts",
        "ends" and the heat maps of q_t. A layer without data is left out.
        particles: the dots. trails: the fading paths of ten of them. target: p_t, filled.
        output-map, difference: q_t and q_t - p_t as heat maps in the plane; p_t where q_t is not
        given. contours: level lines of p_t in the plane, quantile lines over time. output: q_t.
        field: arrows of the score. parts: the next step of the followed particle.
        histogram: of the particles, on the line. ends: these coloured by the third of all in which
        they end, on the line.
    view: of a target on the line: "density" (the density at one time), "spacetime" (all times at
        once), "both", or "auto": both for a single panel, the density for several.
    height: of the picture in CSS pixels, without the controls; by default it follows the width.
    enlarged: the size of its type, relative to what fits the width; for a projector.
    words: for screen readers, what the animation is and what its slider moves through; by default
        "Animation from noise to data" and "Reverse time", or their counterparts forward.
    about: of a page saved to play offline: "title", "experiments", their JSON, "runs", what
        they are in words, under saved pictures too, and "cite".
    story: chapters to tell one after the other, each over one run, with layers of its own.
    axes: names of the target's coordinates, where they are not x, or x_1 and x_2.
    drag: what may be dragged; nothing else in the player makes the page rerun.
    """
    unknown = sorted(set(layers or ()) - set(LAYERS))
    if unknown:
        raise ValueError(f"layers: out of {', '.join(LAYERS)}, not {', '.join(unknown)}")
    if view not in VIEWS:
        raise ValueError(f"view: one of {', '.join(VIEWS)}, not {view!r}")
    blob = animation if isinstance(animation, bytes) else pack(animation)
    shown = None if layers is None else [name for name in LAYERS if name in layers]
    display = {
        "layers": shown,
        "view": view,
        "height": height,
        "enlarged": enlarged,
        "words": words,
        "about": about,
        "axes": [name.replace("_", r"\_") for name in axes] or None,
        "story": [chapter.sent() for chapter in story] or None,
        "drag": {"dials": drag.dials, "heard": drag.heard} if drag and drag.dials else None,
    }
    _show(key, with_display(blob, channel=key, **display), drag)


def _show(key: str, blob: bytes, drag: Drag | None) -> None:
    """The player, and beside it what it is given, which changes while its program does not."""
    ladder = f"{key} ladder"

    def told(sent: Any) -> None:
        if drag and isinstance(sent, dict):
            drag.tell(sent)

    mounted(_mount, f"{key} player", "told", told, {"channel": key})
    _carrier(key=key, data=blob)
    if drag and drag.ladder is not None:
        _carrier(key=ladder, data=with_display(drag.ladder, channel=ladder))
