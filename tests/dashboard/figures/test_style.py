"""The design language: visible on both backgrounds, told apart by every eye and without colour."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures.marks import (
    DARK,
    LARGE,
    LAWS,
    LIGHT,
    OUTPUT,
    PARTS,
    SAMPLERS,
    SCHEDULES,
    TARGET,
    Mark,
    css_colours,
    theme,
)
from dashboard.figures.style import enlarge, figure_template, is_dark, signs, two_lines
from diffusion_core import Experiment
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.samplers import SAMPLERS as RECORDS
from diffusion_core.samplers.ode_order import OTHERS

ROOT = Path(__file__).resolve().parents[3]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
MARKS = SAMPLERS | LAWS
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])

# Machado, Oliveira, Fernandes, IEEE TVCG 15(6), 2009: severity 1, on linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Ottosson's OKLab: linear RGB to cone responses, their cube roots to (L, a, b).
TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), with L the relative luminance."""
    low, high = sorted(float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def distance(a: str, b: str, vision: str) -> float:
    """In OKLab, as seen; two colours side by side differ visibly from about 0.02 on."""
    seen = [TO_LMS @ np.clip(VISION[vision] @ linear(c), 0, 1) for c in (a, b)]
    return float(np.linalg.norm(np.subtract(*(TO_LAB @ np.cbrt(lms) for lms in seen))))


def test_the_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_every_sampler_has_a_mark() -> None:
    assert set(SAMPLERS) == {*RECORDS, *OTHERS}


def test_laws_have_the_fixed_colours() -> None:
    assert (TARGET.light, TARGET.dark) == ("#0072b2", "#56b4e9")
    assert (OUTPUT.light, OUTPUT.dark) == ("#d55e00", "#e69f00")


def test_shape_alone_tells_samplers_and_laws_apart() -> None:
    for marks in (SAMPLERS, LAWS):
        assert len({mark.symbol for mark in marks.values()}) == len(marks)
        assert len({mark.dash for mark in marks.values()}) == len(marks)


def test_open_symbols_are_the_stochastic_samplers() -> None:
    for name, mark in SAMPLERS.items():
        assert mark.symbol.endswith("-open") == Experiment().by(name).record.stochastic


EVERY_MARK = MARKS | SCHEDULES | {f"part {k}": mark for k, mark in enumerate(PARTS, 1)}


@THEMES
@pytest.mark.parametrize("mark", EVERY_MARK.values(), ids=EVERY_MARK)
def test_lines_stand_out_from_the_background(mark: Mark, dark: bool) -> None:
    assert contrast(mark.colour(dark), theme(dark).background) >= 3


@THEMES
@pytest.mark.parametrize("vision", VISION)
def test_colours_are_told_apart(vision: str, dark: bool) -> None:
    def least(pairs: itertools.chain | itertools.product | itertools.combinations) -> float:
        return min(distance(a.colour(dark), b.colour(dark), vision) for a, b in pairs)

    paper = [SAMPLERS[name] for name in PAPER_SAMPLERS]
    assert least(itertools.combinations(paper, 2)) > 0.13
    assert least(itertools.combinations(SAMPLERS.values(), 2)) > 0.08
    assert least(itertools.product(SAMPLERS.values(), LAWS.values())) > 0.045
    assert least(itertools.combinations(LAWS.values(), 2)) > 0.13


@THEMES
def test_text_and_axes(dark: bool) -> None:
    colours = theme(dark)
    assert contrast(colours.text, colours.background) >= 7
    assert contrast(colours.axis, colours.background) >= 3


@THEMES
def test_the_app_theme(dark: bool) -> None:
    app = CONFIG["theme"]["dark" if dark else "light"]
    colours = theme(dark)
    assert (app["backgroundColor"], app["textColor"]) == (colours.background, colours.text)
    for background in (app["backgroundColor"], app["secondaryBackgroundColor"]):
        assert contrast(app["textColor"], background) >= 7
        assert contrast(app["linkColor"], background) >= 4.5
        assert contrast(app["primaryColor"], background) >= 4.5
        assert contrast(app["borderColor"], background) >= 3
    white_on_button = contrast("#ffffff", app["primaryColor"])  # not Streamlit's to change
    assert white_on_button >= (3 if dark else 4.5)


def test_every_config_key_exists() -> None:
    from streamlit import config

    known = config.get_config_options()

    def check(prefix: str, node: dict[str, object]) -> None:
        for key, value in node.items():
            path = f"{prefix}.{key}".lstrip(".")
            if isinstance(value, dict):
                check(path, value)
            else:
                assert path in known

    check("", CONFIG)
    assert not any("http" in str(value) for value in CONFIG["theme"].values())


@THEMES
def test_template(dark: bool) -> None:
    template = figure_template(dark)
    layout = template.layout
    sizes = [
        layout.font.size,
        layout.legend.font.size,
        layout.hoverlabel.font.size,
        layout.xaxis.tickfont.size,
        layout.xaxis.title.font.size,
        layout.yaxis.title.font.size,
    ]
    assert min(sizes) >= 14
    assert layout.xaxis.automargin
    assert layout.yaxis.automargin
    assert layout.margin.l + layout.margin.r <= 40
    figure = go.Figure(layout={"template": template})
    for mark in MARKS.values():
        figure.add_trace(go.Scatter(x=[1, 2], y=[1, 2], **mark.scatter(dark)))
    assert {trace.line.color for trace in figure.data} == {m.colour(dark) for m in MARKS.values()}


def test_light_and_dark_differ() -> None:
    assert LIGHT != DARK
    assert figure_template(False) != figure_template(True)


def test_is_dark_is_light_without_a_browser() -> None:
    assert is_dark() is False


def test_a_component_takes_its_colours_from_the_design() -> None:
    css = css_colours(".player", {"--target": TARGET})
    assert css.splitlines() == [
        ".player {",
        "  --target: #0072b2;",
        "}",
        '.player[data-theme="dark"] {',
        "  --target: #56b4e9;",
        "}",
    ]


def test_colours_are_written_in_one_place() -> None:
    files = [p for p in (ROOT / "dashboard").rglob("*") if p.suffix in (".py", ".css", ".js")]
    files += (ROOT / "pages").glob("*.py")
    fallback = re.compile(r'value\("--st-[\w-]+", "#\w+"\)|\|\| "#\w+"')  # without a theme
    assert len(files) > 60
    for path in files:
        if path.name != "marks.py":
            text = fallback.sub("", path.read_text(encoding="utf-8"))
            assert not re.search(r"#[0-9a-fA-F]{6}\b", text), path


def test_large_type_enlarges_type_lines_and_marks() -> None:
    def drawn() -> go.Figure:
        figure = go.Figure(go.Scatter(x=[1, 2], y=[1, 2], **TARGET.scatter(False)))
        return figure.update_layout(template=figure_template(False), height=400)

    small, large = drawn(), enlarge(drawn())
    for size in (
        lambda f: f.layout.template.layout.font.size,
        lambda f: f.layout.template.layout.xaxis.tickfont.size,
        lambda f: f.layout.template.layout.yaxis.title.font.size,
        lambda f: f.layout.template.layout.legend.font.size,
        lambda f: f.data[0].line.width,
        lambda f: f.data[0].marker.size,
    ):
        assert size(large) == pytest.approx(LARGE * size(small))
    assert large.layout.height > small.layout.height
    assert drawn().layout.template.layout.font.size == small.layout.template.layout.font.size


def test_style_does_not_import_streamlit() -> None:
    code = "import sys, dashboard.figures.style; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_long_title_of_an_axis_takes_two_lines() -> None:
    assert two_lines("total variation") == "total variation"
    long = "total variation between q₁ and p₁, T = 100"
    assert two_lines(long) == "total variation between<br>q₁ and p₁, T = 100"


def test_a_signed_map_has_its_signs_where_it_is_highest_and_lowest() -> None:
    x, y = np.array([1.0, 2.0]), np.array([5.0, 6.0, 7.0])
    found = signs(x, y, np.array([[0.0, 0.5, -0.1], [-0.7, 0.0, 0.2]]))
    assert [(sign["text"], sign["x"], sign["y"]) for sign in found] == [
        ("<b>+</b>", 1.0, 6.0),
        ("<b>−</b>", 2.0, 5.0),
    ]
    assert signs(x, y, np.zeros((2, 3))) == []
