"""The gallery's pictures, and what the picker gives back as the page's value changes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.gallery import thumbnails as pictures
from diffusion_core import PRESETS
from diffusion_core.targets import Boxes

LINE = [p for p in PRESETS.values() if p.target.dim == 1]
PLANE = [p for p in PRESETS.values() if p.target.dim == 2]


def numbers(path: str) -> list[float]:
    return [float(v) for v in re.findall(r"-?\d+\.?\d*", path)]


@pytest.mark.parametrize("dim", [1, 2])
def test_every_preset_has_a_picture(dim):
    items = pictures.thumbnails(dim)
    assert [i["name"] for i in items] == [n for n, p in PRESETS.items() if p.target.dim == dim]
    assert all(i["label"] and i["about"] for i in items)
    assert all({"curve", "stems", "map"} & set(i) for i in items)


def test_pictures_are_made_once():
    assert pictures.thumbnails(1) is pictures.thumbnails(1)


@pytest.mark.parametrize("preset", LINE, ids=lambda p: p.name)
def test_a_line_fills_its_height_and_stays_in_its_frame(preset):
    picture = pictures.line_picture(preset.target)
    values = numbers(next(iter(picture.values())))
    assert np.isfinite(values).all()
    assert min(values) >= 0
    assert max(values) <= pictures.WIDTH
    share = pictures.line_density(preset.target)
    assert share.max() == 1
    assert share.min() >= 0
    if "curve" in picture:
        assert min(values[1::2]) == pictures.TOP
        assert (values[0], values[-2]) == (0, pictures.WIDTH)


def test_a_curve_is_the_density():
    path = numbers(pictures.line_picture(PRESETS["skewed"].target)["curve"])
    drawn = np.interp(np.arange(pictures.WIDTH + 1), path[::2], path[1::2])
    share = pictures.line_density(PRESETS["skewed"].target)
    height = (pictures.HEIGHT - drawn) / (pictures.HEIGHT - pictures.TOP)
    np.testing.assert_allclose(height, share, atol=0.02)
    assert share.argmax() < pictures.WIDTH / 2  # its heavy mode is the left one


@pytest.mark.parametrize(("name", "count"), [("atoms", 4), ("cantor", 64)])
def test_atoms_are_stems_as_high_as_their_weights(name, count):
    assert set(pictures.line_picture(PRESETS[name].target)) == {"stems"}
    places, weights = pictures.atoms_of(PRESETS[name].target)
    assert len(places) == count
    assert weights.sum() == pytest.approx(1)
    assert pictures.line_picture(PRESETS["atoms"].target)["stems"].startswith("M18 44V")


@pytest.mark.parametrize("preset", PLANE, ids=lambda p: p.name)
def test_a_map_is_bright_somewhere_and_dark_somewhere(preset):
    shares = pictures.plane_map(preset.target)
    assert shares.shape == (pictures.SIDE, pictures.SIDE)
    assert shares.max() >= 240  # the peak may fall between two pixels
    assert shares.min() < 40
    assert 0.005 < (shares > 60).mean() < 0.8


def test_the_top_row_of_a_map_is_high():
    shares = pictures.plane_map(Boxes((1.0,), ((1.0, 2.0),), ((2.0, 3.0),)))
    rows, columns = np.nonzero(shares > 128)
    assert rows.max() < pictures.SIDE / 4
    assert columns.min() > pictures.SIDE / 2


def page():
    import streamlit as st

    from dashboard.gallery import pick_preset
    from dashboard.link.component_value import choose
    from dashboard.link.widget_keys import forget

    if st.button("pick skewed"):
        choose("law", "skewed")
    if st.button("forget"):
        forget()
    dim = st.number_input("dim", 1, 2, 1)
    current = st.text_input("current", "claw")
    st.text(pick_preset(int(dim), current, "law"))


@pytest.fixture
def app():
    return AppTest.from_function(page).run()


def test_the_page_decides_until_the_reader_does(app):
    assert app.text[0].value == "claw"
    app.button[0].click().run()
    assert app.text[0].value == "skewed"
    app.run()
    assert app.text[0].value == "skewed"


def test_a_later_change_of_the_page_wins(app):
    app.button[0].click().run()
    app.text_input[0].set_value("skewed").run()
    app.text_input[0].set_value("uniform").run()
    assert app.text[0].value == "uniform"
    app.button[0].click().run()
    app.button[1].click().run()
    assert app.text[0].value == "uniform"


def test_a_name_of_another_dimension_stands_for_the_default(app):
    app.number_input[0].set_value(2).run()
    assert app.text[0].value == "two-moons"
    assert not app.exception
