"""The design language, in one place: what a colour, a symbol, a dash and a size mean everywhere.

A mark is a colour for each theme, a symbol and a dash, so that nothing is told by colour alone.
Filled symbols are deterministic samplers, open ones stochastic; the circle is the plain update, the
triangle the seed paper's accelerated one, the diamond the training-free one. The laws' blue and
vermilion are Okabe and Ito's; the samplers' colours were searched to stay apart from each other and
from them under simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009). Text has a
contrast of at least 4.5 with its background, marks of 3 (WCAG 2.2, level AA).

Plotly figures read it through ``figures.style``, our own components through ``css_colours``;
widgets have Streamlit's theme, whose colours in .streamlit/config.toml are those of LIGHT and DARK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
FONT_SIZE = 15
LINE_WIDTH = 2.5
MARKER_SIZE = 9
BOUND_WIDTH, BOUND_MARKER, BOUND_MARKERS = 1.5, 6, 4  # of a bound: pixels, and how many
LARGE = 1.35  # sizes of type and marks on a projector, relative to those on a screen


@dataclass(frozen=True)
class Mark:
    """How one sampler or law is drawn everywhere."""

    light: str
    dark: str
    symbol: str
    dash: str

    def colour(self, dark: bool) -> str:
        return self.dark if dark else self.light

    def scatter(self, dark: bool) -> dict[str, Any]:
        """Line and marker of a scatter trace: ``go.Scatter(x=, y=, **mark.scatter(dark))``."""
        colour = self.colour(dark)
        return {
            "line": {"color": colour, "dash": self.dash, "width": LINE_WIDTH},
            "marker": {
                "color": colour,
                "symbol": self.symbol,
                "size": MARKER_SIZE,
                "line": {"color": colour, "width": 2},
            },
        }

    def bound(self, dark: bool) -> dict[str, Any]:
        """Mode, line and marker of the shape of a proven bound: dotted, with few small symbols."""
        colour = self.colour(dark)
        return {
            "mode": "lines+markers",
            "line": {"color": colour, "dash": "dot", "width": BOUND_WIDTH},
            "marker": {
                "color": colour,
                "symbol": self.symbol,
                "size": BOUND_MARKER,
                "line": {"color": colour, "width": 1},
                "maxdisplayed": BOUND_MARKERS,
            },
        }


def plain_look(colour: str, symbol: str, dash: str, size: int = MARKER_SIZE) -> dict[str, Any]:
    """Line and marker of a scatter trace, the marker without a rim of its own."""
    return {
        "line": {"color": colour, "dash": dash, "width": LINE_WIDTH},
        "marker": {"color": colour, "symbol": symbol, "size": size},
    }


SAMPLERS: dict[str, Mark] = {
    "ode": Mark("#21a359", "#009262", "circle", "solid"),
    "ode-taylor": Mark("#060848", "#abbdfe", "triangle-up", "longdash"),
    "ddpm": Mark("#b939b8", "#cd49cb", "circle-open", "dash"),
    "ddpm-covariance": Mark("#542a00", "#ffd0b7", "triangle-up-open", "dot"),
    "ode-accelerated": Mark("#7b6104", "#f4fb8a", "diamond", "dashdot"),
    "ddpm-accelerated": Mark("#a657fc", "#8c78ff", "diamond-open", "longdashdot"),
    "ddim": Mark("#00365a", "#afe8fe", "square", "10px,3px"),
    "heun": Mark("#2e0f00", "#d6ac70", "pentagon", "14px,3px,3px,3px,3px,3px"),
    "dpmpp-2m": Mark("#4e4e4e", "#a8a5aa", "star", "3px,6px"),
    "dpmpp-3m": Mark("#cf74b7", "#ff120e", "hexagram", "6px,3px,2px,3px"),
    "ode-order": Mark("#7a0395", "#a80bbe", "cross", "18px,4px,4px,4px"),
    "ode-order-2": Mark("#080005", "#50677b", "triangle-down", "4px,4px"),
    "ode-order-4": Mark("#0003f1", "#8d03ff", "bowtie", "20px,6px"),
    "langevin": Mark("#516d5a", "#55ec04", "hourglass-open", "2px,4px,10px,4px"),
}

DISCRETE: dict[str, Mark] = {  # samplers of sequences, on no page together with the others
    "euler": SAMPLERS["ode"],
    "tau-leaping": SAMPLERS["ddpm"],
    "bridge": SAMPLERS["ode-taylor"],
    "uniformisation": SAMPLERS["dpmpp-2m"],
    "trapezoidal": SAMPLERS["ode-accelerated"],
    "unmasking": SAMPLERS["ddim"],
    "first-hitting": SAMPLERS["heun"],
}

TARGET = Mark("#0072b2", "#56b4e9", "square", "solid")
OUTPUT = Mark("#d55e00", "#e69f00", "x", "dash")
GUESS = Mark("#b3004c", "#ff7aa8", "x", "solid")  # what a reader said before it was measured
LAWS: dict[str, Mark] = {"target": TARGET, "output": OUTPUT}

SCHEDULES: dict[str, Mark] = {
    "theory": Mark("#3e48d9", "#1975fc", "circle", "solid"),
    "linear": Mark("#d20b00", "#cc0ca8", "circle", "dash"),
    "linear-ddpm": Mark("#978a99", "#898b71", "circle", "dot"),
    "cosine": Mark("#0894f0", "#62c8eb", "circle", "dashdot"),
    "sigmoid": Mark("#74045d", "#746813", "circle", "longdash"),
    "constant": Mark("#302701", "#9cf9fd", "circle", "longdashdot"),
    "karras": Mark("#98417a", "#c4a601", "circle", "10px,3px"),
    "log-snr": Mark("#0807a9", "#bece9a", "circle", "14px,3px,3px,3px,3px,3px"),
    "custom": Mark("#1a030a", "#f1ff83", "circle", "24px,3px"),
}  # curves against t have no markers


@dataclass(frozen=True)
class Theme:
    """The colours around the data; the background and text are those of .streamlit/config.toml."""

    background: str
    text: str
    grid: str
    axis: str


LIGHT = Theme("#ffffff", "#080d12", "#dde3e9", "#68727d")
DARK = Theme("#10151c", "#eaeff4", "#2c3744", "#8d99a5")

# the parts of a step, in turn; a dash of its own tells each apart as well
PARTS = (
    Mark("#00694f", "#4be0b4", "circle", "solid"),
    Mark("#96288c", "#c77dff", "circle", "dash"),
    Mark("#7a4a00", "#f0e442", "circle", "dot"),
    Mark("#30343a", "#d5dbe2", "circle", "longdash"),
)

# densities: from the background through the blue of p to its strongest tone
LAW_SCALE = {
    False: ("#ffffff", "#8cc3e4", "#0072b2", "#00243a"),
    True: ("#10151c", "#1f5f86", "#56b4e9", "#f2f9fe"),
}


def theme(dark: bool) -> Theme:
    return DARK if dark else LIGHT


def css_colours(selector: str, marks: Mapping[str, Mark]) -> str:
    """Custom properties with the marks' colours, for both themes of a component's root element."""

    def rule(where: str, dark: bool) -> str:
        lines = "".join(f"  {name}: {mark.colour(dark)};\n" for name, mark in marks.items())
        return f"{where} {{\n{lines}}}\n"

    return rule(selector, False) + rule(f'{selector}[data-theme="dark"]', True)
